// One panel: a heading, a chart, a legend. Absent when the host has nothing for it.

import { type Signal, signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Chart, type ChartElement } from "../chart/chart";
import type { Cursor, Drawing, Frame } from "../drawing";
import type { Panel } from "../panel";
import { type Names, shape } from "../shape";
import { shade } from "../theme";
import type { Data } from "../wire";
import { Legend } from "./legend";

const NOWHERE = signal<Cursor | null>(null);

interface PanelProps {
  panel: Panel;
  data: Data;
  frame: Frame;
  /** The page's one cursor, shared by all panels. */
  cursor: Signal<Cursor | null>;
  /** Whether somebody may be looking: the legends of others need not follow the cursor. */
  near: boolean;
  names: Names;
  /** The range's name, for those who hear the page. */
  span: string;
}

export function PanelCard({ panel, data, frame, cursor, near, names, span }: PanelProps) {
  const everything = useSignal(false);
  const hidden = useSignal<ReadonlySet<string>>(new Set());
  const whole = everything.value;
  const drawing = useMemo(() => shape(panel, data, whole, names), [panel, data, whole, names]);
  if (!drawing) return null;

  const toggle = (label: string) => {
    const next = new Set(hidden.value);
    if (!next.delete(label)) next.add(label);
    hidden.value = next;
  };
  return (
    <section class="panel" aria-labelledby={`${panel.id}-title`}>
      <div class="panel-head">
        <h3 id={`${panel.id}-title`}>{panel.title}</h3>
        <span class="quiet">{drawing.hint}</span>
      </div>
      <Canvas
        id={panel.id}
        name={`${panel.title}, last ${span}; the values are in the legend`}
        frame={frame}
        drawing={drawing}
        hidden={hidden.value}
        cursor={cursor}
      />
      <Legend
        drawing={drawing}
        frame={frame}
        cursor={near ? cursor : NOWHERE}
        hidden={hidden.value}
        onToggle={toggle}
      />
      {(drawing.omitted > 0 || whole) && (
        <button
          type="button"
          class="more"
          onClick={() => {
            everything.value = !whole;
          }}
        >
          {whole ? "Show the busiest only" : `Show ${drawing.omitted} quieter ones`}
        </button>
      )}
    </section>
  );
}

interface CanvasProps {
  id: string;
  name: string;
  frame: Frame;
  drawing: Drawing;
  hidden: ReadonlySet<string>;
  cursor: Signal<Cursor | null>;
}

function Canvas({ id, name, frame, drawing, hidden, cursor }: CanvasProps) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart | null>(null);

  useEffect(() => {
    if (!element.current) return;
    const made = new Chart(element.current as ChartElement, (next) => {
      if (next?.ts !== cursor.peek()?.ts || next?.at !== cursor.peek()?.at) cursor.value = next;
    });
    chart.current = made;
    return () => made.destroy();
  }, [cursor]);
  useEffect(() => chart.current?.draw(frame, drawing, hidden), [frame, drawing, hidden]);
  const shown = shade.value;
  useEffect(() => chart.current?.repaint(), [shown]);

  return <div ref={element} class="chart" data-panel={id} role="img" aria-label={name} />;
}
