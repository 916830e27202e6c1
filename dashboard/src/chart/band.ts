// The band behind a line of means, from the least to the greatest sample of each step: what a mean hides.

import type uPlot from "uplot";
import { type Color, type Drawing, spreadLines } from "../drawing";
import type { Column } from "./align";
import { wash } from "./palette";

const BAND_ALPHA = 0.3;
/** Of a band whose only row has no neighbour to tell how long a step is. */
const ALONE_PX = 5;

/** As it is drawn: upside down where its line is drawn below. */
export interface Band {
  color: Color;
  low: Column;
  high: Column;
}

/** The bands of a drawing. A stack's stands on the mean: what is below is under the layers. */
export function bandsBetween(drawing: Drawing, hidden: ReadonlySet<string>): Band[] {
  return spreadLines(drawing, hidden).flatMap(({ color, place, values, spread }): Band[] => {
    if (!color || !spread) return [];
    const { least, greatest } = spread;
    if (drawing.stacked) return [{ color, low: values, high: greatest }];
    if (place === "below") return [{ color, low: greatest.map(negated), high: least.map(negated) }];
    return [{ color, low: least, high: greatest }];
  });
}

/** How far they go down and up, from zero. */
export function reach(bands: Band[]): [number, number] {
  let [least, most] = [0, 0];
  for (const { low, high } of bands) {
    for (const value of low) least = Math.min(least, value ?? 0);
    for (const value of high) most = Math.max(most, value ?? 0);
  }
  return [least, most];
}

/** A bar a step, as wide as the step: a spike of one sample is as firm at its tip as at its foot. */
export function paint(plot: uPlot, bands: Band[]): void {
  const { ctx, bbox } = plot;
  const columns = plot.data[0];
  const half = halfStep(plot);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { color, low, high } of bands) {
    // One path for all bars: where two share a pixel it is not painted twice.
    ctx.beginPath();
    for (let row = 0; row < columns.length; row += 1) {
      const [bottom, top] = [low[row] ?? null, high[row] ?? null];
      if (bottom === null || top === null || bottom >= top) continue;
      const middle = plot.valToPos(columns[row] ?? 0, "x", true);
      const left = Math.floor(middle - half);
      const y = plot.valToPos(top, "y", true);
      ctx.rect(left, y, Math.ceil(middle + half) - left, plot.valToPos(bottom, "y", true) - y);
    }
    ctx.fillStyle = wash(color, BAND_ALPHA);
    ctx.fill();
  }
  ctx.restore();
}

/** In pixels of the canvas. Rows are a step apart, but for those around a gap. */
function halfStep(plot: uPlot): number {
  const ts = plot.data[0];
  let step = Number.POSITIVE_INFINITY;
  for (let row = 1; row < ts.length; row += 1) step = Math.min(step, (ts[row] ?? 0) - (ts[row - 1] ?? 0));
  if (!Number.isFinite(step)) return ALONE_PX / 2;
  return (plot.valToPos(step, "x", true) - plot.valToPos(0, "x", true)) / 2;
}

function negated(value: number | null): number | null {
  return value === null ? null : -value;
}
