// What a panel shows, ready to be drawn: lines of values on the frame's time axis. Made by `shape.ts` from a panel's
// declaration and the server's data, drawn by `chart/`, read out by the legend.

import type { Unit } from "./format";

/** Names of the colours in `style/tokens.css`, in the order in which devices take them. */
export const COLORS = ["green", "blue", "amber", "violet", "teal", "red", "pink", "grey"] as const;
export type Color = (typeof COLORS)[number];

/** Above or below the zero line, or in the legend only. */
export type Place = "above" | "below" | "legend";

/** Where the vertical axis ends: fixed, at the data's maximum, or with air above it but never below `least`. */
export type Top = number | "fit" | { least: number };

/** The least and the greatest sample of each row; null where they are not known. */
export interface Spread {
  least: (number | null)[];
  greatest: (number | null)[];
}

export interface Line {
  /** The legend's row. Lines of one label belong to one thing, such as an interface, and share its colour. */
  label: string;
  /** The legend's column, such as "received"; empty where the panel has one value a row. */
  column: string;
  /** Null: drawn as nothing, as the idle rest of a stack. */
  color: Color | null;
  unit: Unit;
  place: Place;
  /** As measured: not stacked, never negated for being drawn below. Null is a gap. */
  values: (number | null)[];
  /** What lies behind means, as measured; null where rows are samples, and where it is never shown. */
  spread: Spread | null;
}

export interface Drawing {
  hint: string;
  stacked: boolean;
  unit: Unit;
  top: Top;
  lines: Line[];
  /** How many further things there are, left out as the quietest. */
  omitted: number;
}

/** With more things than this, bands over bands only make mud. */
const MOST_SPREADS = 4;

/** The lines whose spread is shown: of few things, and of a stack's total while none of its layers is hidden. */
export function spreadLines({ lines, stacked }: Drawing, hidden: ReadonlySet<string>): Line[] {
  const shown = lines.filter((line) => !hidden.has(line.label));
  if (stacked && shown.length < lines.length) return [];
  const spread = shown.filter((line) => line.spread !== null);
  return new Set(spread.map((line) => line.label)).size <= MOST_SPREADS ? spread : [];
}

/** The time axis that the drawings of a section share, in unix seconds. */
export interface Frame {
  from: number;
  to: number;
  ts: number[];
}

/** What the cursor is over, in unix seconds: the instant of the nearest row, or null where none is near. */
export interface Cursor {
  ts: number | null;
  at: number;
}

/** The row of an instant: every frame has rows of its own, which are those of the host's samples in all of them. */
export function rowAt(frame: Frame, ts: number | null): number | null {
  if (ts === null) return null;
  let [low, high] = [0, frame.ts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((frame.ts[middle] ?? 0) < ts) low = middle + 1;
    else high = middle;
  }
  return frame.ts[low] === ts ? low : null;
}
