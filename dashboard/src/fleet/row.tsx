// One host of the fleet: a row of the table, a card on a phone.

import { Age } from "../age";
import { formatPercent, MISSING } from "../format";
import { DEFAULT_RANGE } from "../range";
import { address } from "../route";
import { StateBadge } from "../state";
import { Tags } from "../tags";
import type { Host } from "../wire";

/** From here on a bar asks for a look, and then for action. */
const HIGH_PERCENT = 80;
const FULL_PERCENT = 93;

export function HostRow({ host }: { host: Host }) {
  const link = address({ page: "host", id: host.id, range: DEFAULT_RANGE });
  return (
    <tr class={`host host-${host.state}`} data-host={host.id}>
      <th scope="row" class="host-name">
        <a href={link}>{host.hostname}</a>
        <Tags tags={host.tags} />
      </th>
      <td class="host-state">
        <StateBadge state={host.state} />
      </td>
      <Level name="CPU" percent={host.latest.cpu} />
      <Level name="Memory" percent={host.latest.ram} />
      <Level name="Disk" percent={host.latest.disk} />
      <td class="host-seen">
        <Age at={host.last_seen} />
      </td>
      <td class="host-agent">{host.agent_version ?? MISSING}</td>
    </tr>
  );
}

function Level({ name, percent }: { name: string; percent: number | null }) {
  return (
    <td class="level" data-name={name}>
      <span class="level-value">{formatPercent(percent)}</span>
      <svg
        class={`bar bar-${levelOf(percent)}`}
        viewBox="0 0 100 1"
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <rect class="bar-ground" width="100" height="1" />
        {percent !== null && <rect class="bar-fill" width={Math.min(100, Math.max(0, percent))} height="1" />}
      </svg>
    </td>
  );
}

function levelOf(percent: number | null): "calm" | "high" | "full" {
  if (percent === null || percent < HIGH_PERCENT) return "calm";
  return percent < FULL_PERCENT ? "high" : "full";
}
