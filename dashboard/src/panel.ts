// The words in which a panel is declared. `panels.ts` speaks them, `shape.ts` understands them.

import type { Color, Place, Top } from "./drawing";
import type { Unit } from "./format";

export interface Panel {
  /** The value of `data-panel` on its chart. */
  id: string;
  title: string;
  /** From the richest to the plainest: the first that the host has readings for is shown, none hides the panel. */
  views: View[];
}

export interface View {
  /** Metrics without which this view makes no sense. */
  needs: string[];
  /** A metric that must be above zero at some time: no panel for swap where there is none. */
  positive?: string;
  /** After the title: what the axis counts. */
  hint?: string;
  unit: Unit;
  top: Top;
  stacked?: boolean;
  /** The label that tells things apart, such as `interface`: every line is then drawn once for each of them. */
  each?: string;
  lines: LineSpec[];
}

export interface LineSpec {
  /** What it is made of. A line with a metric that the host lacks is left out. */
  metrics: string[];
  /** How; the first metric as it is when absent. A missing reading in one of them makes a gap. */
  value?: (...readings: number[]) => number;
  /** The legend's row; things told apart by `each` are named by their label instead. */
  label?: string;
  /** The legend's column. */
  column?: string;
  /** Null draws nothing. Absent: the colour of the thing, or the first. */
  color?: Color | null;
  /** When it is not the view's. */
  unit?: Unit;
  place?: Place;
}

/** Everything that the panels need to be asked for, each metric once. */
export function metricsOf(panels: Panel[]): string[] {
  const views = panels.flatMap((panel) => panel.views);
  const asked = views.flatMap((view) => [...view.needs, ...view.lines.flatMap((line) => line.metrics)]);
  return [...new Set(asked)];
}
