// Axes and scales: the time axis spans the chosen range, the other one starts at zero.

import type uPlot from "uplot";
import type { Drawing, Frame, Top } from "../drawing";
import { formatTick } from "../format";
import { formatTimeTicks } from "../time";
import { drawnLines } from "./align";
import { ink } from "./palette";

/** The same for every chart, so that one instant stands at one place down the whole page. */
const VALUE_AXIS_WIDTH = 58;
const TIME_AXIS_HEIGHT = 22;
const TICK_SPACE = { time: 72, value: 28 };
const AIR = 1.08;
const FONT = "11px system-ui, sans-serif";

/** The page's range, whatever the data covers. */
export function timeScale(frame: () => Frame): uPlot.Scale {
  return { time: true, auto: false, range: () => [frame().from, frame().to] };
}

/**
 * From zero up; further down only for what is drawn there, and for readings below zero, such as frost. `reach` tells how
 * far the bands go down and up.
 */
export function valueScale(drawing: Drawing, reach: () => [number, number]): uPlot.Scale {
  if (drawing.unit === "flag") return { auto: false, range: () => [0, drawnLines(drawing).length] };
  const mirrored = isMirrored(drawing);
  return {
    auto: true,
    range: (_chart, low, high) => {
      const [least, most] = reach();
      const bottom = Math.min(low ?? 0, least);
      const top = end(drawing.top, Math.max(high ?? 0, most));
      if (mirrored) return [-end(drawing.top, -bottom), top];
      return [Math.min(0, bottom * AIR), top];
    },
  };
}

function isMirrored(drawing: Drawing): boolean {
  return drawing.lines.some((line) => line.place === "below");
}

function end(top: Top, most: number): number {
  if (typeof top === "number") return Math.max(top, most);
  if (top === "fit") return most > 0 ? most : 1;
  return Math.max(top.least, most * AIR);
}

export function timeAxis(): uPlot.Axis {
  return {
    ...look(),
    size: TIME_AXIS_HEIGHT,
    space: TICK_SPACE.time,
    gap: 6,
    values: (_chart, ticks, _axis, _space, step) => formatTimeTicks(ticks, step),
  };
}

export function valueAxis(drawing: Drawing): uPlot.Axis {
  const { unit } = drawing;
  // What is drawn below zero is no negative amount.
  const amount = isMirrored(drawing) ? Math.abs : (tick: number) => tick;
  const axis: uPlot.Axis = {
    ...look(),
    size: VALUE_AXIS_WIDTH,
    space: TICK_SPACE.value,
    gap: 8,
    values: (_chart, ticks) => ticks.map((tick) => formatTick(amount(tick), unit)),
  };
  if (unit === "bytes" || unit === "bytes_per_second") axis.incrs = BINARY_STEPS;
  if (unit === "seconds") axis.incrs = CLOCK_STEPS;
  if (unit === "ratio") axis.incrs = QUARTERS;
  // A grid line between two lanes; the legend tells which is which.
  if (unit === "flag") axis.splits = drawnLines(drawing).map((_, index) => index);
  return axis;
}

function look(): uPlot.Axis {
  return {
    font: FONT,
    stroke: () => ink("axis"),
    grid: { stroke: () => ink("grid"), width: 1 },
    ticks: { show: false },
    border: { show: false },
  };
}

/** A share reads best in quarters, or in tenths of what is small. */
const QUARTERS = [0.0001, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1];

/**
 * Lengths of time are written in minutes, hours and days once they are long enough. uPlot knows decimal fractions by
 * their exact value, which only reading them from text gives.
 */
const CLOCK_STEPS = [
  ...Array.from({ length: 9 }, (_, power) => [1, 2, 5].map((step) => Number(`${step}e${power - 9}`))).flat(),
  ...[1, 2, 5, 10, 15, 30].flatMap((step) => [step, step * 60]),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3_600),
  ...Array.from({ length: 6 }, (_, power) => [1, 2, 5].map((days) => days * 10 ** power * 86_400)).flat(),
].sort((a, b) => a - b);

/** Bytes are counted in powers of two; so are the steps between their ticks. */
const BINARY_STEPS = Array.from({ length: 60 }, (_, power) => 2 ** power);
