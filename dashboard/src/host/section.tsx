// A section of a host's page: a heading and its panels. It asks for nothing before the reader is near, and is not there
// when the host has nothing for it.

import { type Signal, useSignal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import type { Cursor } from "../drawing";
import { panelsOf, type Section } from "../panel";
import { type Range, SPANS } from "../range";
import { frameOf, type Names, shape } from "../shape";
import { useNear } from "./near";
import { PanelCard } from "./panel";
import { type Shown, useReadings } from "./readings";

interface SectionProps {
  id: string;
  section: Section;
  /** The chosen range. What is shown may still be of the one chosen before. */
  range: Range;
  cursor: Signal<Cursor | null>;
  names: Names;
}

export function DetailSection({ id, section, range, cursor, names }: SectionProps) {
  const place = useRef<HTMLElement>(null);
  const near = useNear(place);
  const { shown, refusal } = useReadings(id, section, range, near);
  const filled = useMemo(() => shown !== null && hasPanels(section, shown), [section, shown]);
  // Before its first answer it takes the room that it may need, so that those below it are not near yet.
  const kind = refusal || filled ? "" : shown ? " section-empty" : " section-waiting";
  return (
    <section
      ref={place}
      class={`section${kind}`}
      data-section={section.id}
      aria-labelledby={kind ? undefined : `${section.id}-title`}
    >
      {!kind && <h2 id={`${section.id}-title`}>{section.title}</h2>}
      {refusal && <p class="quiet">The server says: {refusal}.</p>}
      {!refusal && shown && filled && (
        <Grid near={near} section={section} shown={shown} range={range} cursor={cursor} names={names} />
      )}
    </section>
  );
}

/** Panels of one section that are shown unasked: people's own metrics may have hundreds of names. */
const MOST_PANELS = 12;

interface GridProps {
  near: boolean;
  section: Section;
  shown: Shown;
  range: Range;
  cursor: Signal<Cursor | null>;
  names: Names;
}

/** A section's panels, two abreast where there is room. */
export function Grid({ near, section, shown, range, cursor, names }: GridProps) {
  const { data } = shown;
  const frame = useMemo(() => frameOf(data), [data]);
  const everything = useSignal(false);
  const all = useMemo(() => panelsOf(section, data).filter((panel) => shape(panel, data)), [section, data]);
  const panels = everything.value ? all : all.slice(0, MOST_PANELS);
  const stale = shown.range !== range;
  return (
    <>
      <div class={stale ? "panels panels-stale" : "panels"} aria-busy={stale}>
        {panels.map((panel) => (
          <PanelCard
            key={panel.id}
            panel={panel}
            data={data}
            frame={frame}
            cursor={cursor}
            near={near}
            names={names}
            span={SPANS[shown.range].name}
          />
        ))}
      </div>
      {panels.length < all.length && (
        <button
          type="button"
          class="more"
          onClick={() => {
            everything.value = true;
          }}
        >
          {`Show ${all.length - panels.length} more`}
        </button>
      )}
    </>
  );
}

function hasPanels(section: Section, { data }: Shown): boolean {
  return panelsOf(section, data).some((panel) => shape(panel, data) !== null);
}
