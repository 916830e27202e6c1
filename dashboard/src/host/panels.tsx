// The grid of panels, and what stands in its place when there is nothing to draw.

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Cursor } from "../drawing";
import { PANELS } from "../panels";
import { RANGES, type Range, SPANS } from "../range";
import { address } from "../route";
import { frameOf } from "../shape";
import type { Data } from "../wire";
import { PanelCard } from "./panel";

/** Data, and the range that it was asked for. */
export interface Shown {
  range: Range;
  data: Data;
}

interface PanelsProps {
  id: string;
  shown: Shown | null;
  /** The chosen range. What is shown may still be of the one chosen before. */
  range: Range;
}

export function Panels({ id, shown, range }: PanelsProps) {
  const cursor = useSignal<Cursor | null>(null);
  const data = shown?.data;
  const frame = useMemo(() => data && frameOf(data), [data]);
  if (!shown || !data || !frame) return <Skeleton />;
  const stale = shown.range !== range;
  if (data.series.length === 0) return stale ? <Skeleton /> : <Nothing id={id} range={range} />;
  return (
    <div class={stale ? "panels panels-stale" : "panels"} aria-busy={stale}>
      {PANELS.map((panel) => (
        <PanelCard
          key={panel.id}
          panel={panel}
          data={data}
          frame={frame}
          cursor={cursor}
          span={SPANS[shown.range].name}
        />
      ))}
    </div>
  );
}

/** The shapes of the first panels, so that the page does not jump when they come. */
function Skeleton() {
  return (
    <div class="panels" aria-busy="true">
      {PANELS.slice(0, 4).map((panel) => (
        <section key={panel.id} class="panel">
          <div class="panel-head">
            <h2>{panel.title}</h2>
          </div>
          <div class="chart" />
        </section>
      ))}
    </div>
  );
}

function Nothing({ id, range }: { id: string; range: Range }) {
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
