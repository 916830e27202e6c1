// All panels of a host: the overview, and the sections below it. And what stands in the overview's place when there is
// nothing to draw.

import { type Signal, useSignal } from "@preact/signals";
import type { Cursor } from "../drawing";
import { DETAILS, OVERVIEW } from "../panels";
import { RANGES, type Range, SPANS } from "../range";
import { Refused } from "../refused";
import { address } from "../route";
import type { Names } from "../shape";
import { type Readings, useReadings } from "./readings";
import { DetailSection, Grid } from "./section";

interface PanelsProps {
  id: string;
  /** The chosen range. What is shown may still be of the one chosen before. */
  range: Range;
  names: Names;
}

export function Panels({ id, range, names }: PanelsProps) {
  const cursor = useSignal<Cursor | null>(null);
  const overview = useReadings(id, OVERVIEW, range, true);
  if (overview.refusal) return <Refused reason={overview.refusal} />;
  return (
    <>
      <Overview id={id} range={range} readings={overview} cursor={cursor} names={names} />
      {overview.shown &&
        DETAILS.map((section) => (
          <DetailSection
            key={section.id}
            id={id}
            section={section}
            range={range}
            cursor={cursor}
            names={names}
          />
        ))}
    </>
  );
}

interface OverviewProps extends PanelsProps {
  readings: Readings;
  cursor: Signal<Cursor | null>;
}

function Overview({ id, range, readings: { shown }, cursor, names }: OverviewProps) {
  if (!shown) return <Skeleton />;
  if (shown.data.series.length === 0)
    return shown.range === range ? <Nothing id={id} range={range} /> : <Skeleton />;
  return (
    <section class="section" data-section={OVERVIEW.id} aria-label={OVERVIEW.title}>
      <Grid near section={OVERVIEW} shown={shown} range={range} cursor={cursor} names={names} />
    </section>
  );
}

/** The shapes of the first panels, so that the page does not jump when they come. */
function Skeleton() {
  return (
    <div class="panels" aria-busy="true">
      {OVERVIEW.panels.slice(0, 4).map((panel) => (
        <section key={panel.id} class="panel">
          <div class="panel-head">
            <h3>{panel.title}</h3>
          </div>
          <div class="chart" />
        </section>
      ))}
    </div>
  );
}

function Nothing({ id, range }: Omit<PanelsProps, "names">) {
  const longer = RANGES.slice(RANGES.indexOf(range) + 1);
  return (
    <section class="message">
      <h2>No readings in the last {SPANS[range].name}</h2>
      {longer.length > 0 && (
        <p>
          Look further back:{" "}
          {longer.map((one) => (
            <a key={one} class="further" href={address({ page: "host", id, range: one })}>
              {SPANS[one].short}
            </a>
          ))}
        </p>
      )}
    </section>
  );
}
