// The top of a host's page: who it is, how it is, and what is chosen to be seen of it.

import { Age } from "../age";
import { now } from "../clock";
import { RANGES, type Range, SPANS } from "../range";
import { address } from "../route";
import { StateBadge } from "../state";
import { Tags } from "../tags";
import type { Details, Host } from "../wire";
import { factsOf } from "./facts";

/** A clock this far off makes its host's charts start early or late. */
const NOTABLE_SKEW_SECONDS = 5;

interface HeadProps {
  id: string;
  range: Range;
  host: Host | undefined;
  details: Details | null;
}

export function Head({ id, range, host, details }: HeadProps) {
  return (
    <div class="host-head">
      <nav class="crumbs" aria-label="You are here">
        <a href={address({ page: "fleet" })}>Hosts</a>
      </nav>
      <div class="host-title">
        <h1>{host?.hostname ?? details?.hostname ?? id}</h1>
        {host && <StateBadge state={host.state} />}
        <Tags tags={host?.tags} />
        {host && (
          <span class="quiet">
            seen <Age at={host.last_seen} />
          </span>
        )}
        <RangeChoice id={id} range={range} />
      </div>
      {host && Math.abs(host.skew_seconds ?? 0) > NOTABLE_SKEW_SECONDS && (
        <p class="quiet">Its clock is {Math.abs(host.skew_seconds ?? 0).toFixed(0)} s off the server's.</p>
      )}
      {details && <Facts details={details} host={host} />}
    </div>
  );
}

function Facts({ details, host }: { details: Details; host: Host | undefined }) {
  const facts = factsOf(details, host, now.value);
  return (
    <dl class="facts">
      {facts.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd title={value}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function RangeChoice({ id, range }: { id: string; range: Range }) {
  return (
    <nav class="ranges" aria-label="Time range">
      {RANGES.map((one) => (
        <a
          key={one}
          href={address({ page: "host", id, range: one })}
          aria-current={one === range ? "true" : undefined}
          aria-label={`Last ${SPANS[one].name}`}
        >
          {SPANS[one].short}
        </a>
      ))}
    </nav>
  );
}
