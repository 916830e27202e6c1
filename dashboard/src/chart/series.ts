// How lines look: stacked layers as filled bands, flags as blocks in lanes, everything else as a line over a faint area;
// dots where a reading stands alone.

import type uPlot from "uplot";
import type { Color, Drawing, Line } from "../drawing";
import { drawnLines, isolated, laneOf } from "./align";
import { stroke, wash } from "./palette";

const LINE_WIDTH = 1.5;
const DOT_SIZE = 5;
const LAYER_ALPHA = 0.64;
const AREA_ALPHA = 0.12;
/** With more things than this, areas under their lines only make mud. */
const MOST_AREAS = 2;

/** Settings of all series, the time axis first as uPlot wants it. */
export function seriesOf(drawing: Drawing, hidden: ReadonlySet<string>): uPlot.Series[] {
  const lines = drawnLines(drawing);
  const lowest = lines.findIndex((line) => !hidden.has(line.label));
  const areas = new Set(lines.map((line) => line.label)).size <= MOST_AREAS;
  const settings = lines.map((line, index) => {
    if (drawing.unit === "flag") return block(line, laneOf(index, lines));
    if (drawing.stacked) return layer(line, index === lowest);
    return curve(line, areas);
  });
  return [{}, ...settings];
}

/** The layers of a stack above the lowest: each from its own top down to the next shown one below. */
export function bandsOf(drawing: Drawing, hidden: ReadonlySet<string>): uPlot.Band[] {
  if (!drawing.stacked) return [];
  const bands: uPlot.Band[] = [];
  let below: number | null = null;
  drawnLines(drawing).forEach(({ label, color }, index) => {
    if (hidden.has(label)) return;
    const series = index + 1;
    if (color && below !== null)
      bands.push({ series: [series, below], fill: () => wash(color, LAYER_ALPHA) });
    below = series;
  });
  return bands;
}

function layer(line: Line, lowest: boolean): uPlot.Series {
  const { color } = line;
  if (!color) return { label: line.label, points: { show: false } };
  const series: uPlot.Series = {
    label: line.label,
    // No edge: the edge of a layer that is zero would lie on the layer below and claim its colour.
    width: 0,
    points: dots(color),
  };
  // It reaches down to zero by itself; those above are bands.
  if (lowest) series.fill = () => wash(color, LAYER_ALPHA);
  return series;
}

function curve(line: Line, area: boolean): uPlot.Series {
  const { color } = line;
  const label = line.column ? `${line.label} ${line.column}` : line.label;
  if (!color) return { label, points: { show: false } };
  const series: uPlot.Series = { label, stroke: () => stroke(color), width: LINE_WIDTH, points: dots(color) };
  if (area) {
    series.fill = () => wash(color, AREA_ALPHA);
    series.fillTo = 0;
  }
  return series;
}

/** A flag: a line along its lane, and a block on it while it is set. */
function block(line: Line, base: number): uPlot.Series {
  const series = curve(line, false);
  const { color } = line;
  if (color) series.fill = () => wash(color, LAYER_ALPHA);
  series.fillTo = base;
  return series;
}

function dots(color: Color): uPlot.Series.Points {
  return {
    show: false,
    size: DOT_SIZE,
    width: 0,
    fill: () => stroke(color),
    filter: (chart, index) => isolated(chart.data[index] ?? []),
  };
}
