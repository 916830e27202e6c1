// From a drawing to the columns that are drawn: stacked ones added up, lower ones negated, flags one above the other. Pure.

import type { Drawing, Line } from "../drawing";

export type Column = (number | null)[];

/** Below and above a flag's block in its lane. */
const LANE_AIR = 0.15;

/** The lines that have a column. */
export function drawnLines(drawing: Drawing): Line[] {
  return drawing.lines.filter((line) => line.place !== "legend");
}

/** One column for each drawn line, in their order; lines whose label is hidden are null throughout. */
export function align(drawing: Drawing, hidden: ReadonlySet<string>): Column[] {
  const lines = drawnLines(drawing);
  if (drawing.unit === "flag") return lines.map((line, index) => lane(line, laneOf(index, lines), hidden));
  if (drawing.stacked) return stack(lines.map((line) => (hidden.has(line.label) ? null : line.values)));
  return lines.map((line) => {
    if (hidden.has(line.label)) return line.values.map(() => null);
    return line.place === "below"
      ? line.values.map((value) => (value === null ? null : -value))
      : line.values;
  });
}

/** Where the lane of a flag begins; lanes are one high, the first line has the topmost. */
export function laneOf(index: number, lines: Line[]): number {
  return lines.length - 1 - index + LANE_AIR;
}

function lane(line: Line, base: number, hidden: ReadonlySet<string>): Column {
  const height = 1 - 2 * LANE_AIR;
  return line.values.map((value) =>
    value === null || hidden.has(line.label) ? null : base + value * height,
  );
}

/**
 * Adds up layers, bottom first; a null layer is skipped. Where a layer has no reading, its own top and all tops above
 * it are unknown: a gap in a stack stays a gap.
 */
export function stack(layers: (Column | null)[]): Column[] {
  const rows = layers.find((layer) => layer !== null)?.length ?? 0;
  let below: Column = new Array(rows).fill(0);
  return layers.map((layer) => {
    if (!layer) return new Array(rows).fill(null);
    const top = layer.map((value, row) => {
      const base = below[row];
      return value === null || base === null || base === undefined ? null : base + value;
    });
    below = top;
    return top;
  });
}

/** Rows whose value has no neighbour: no line reaches them, so they need a dot. */
export function isolated(column: ArrayLike<number | null | undefined>): number[] {
  const rows: number[] = [];
  for (let row = 0; row < column.length; row += 1) {
    const alone = column[row] != null && column[row - 1] == null && column[row + 1] == null;
    if (alone) rows.push(row);
  }
  return rows;
}
