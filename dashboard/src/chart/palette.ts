// Colours for the canvas, read from the style sheet, so that light and dark are decided in one place.

import type { Color } from "../drawing";

type Ink = "axis" | "grid" | "zero" | "cursor";

const read = new Map<string, string>();
let shade: string | undefined;

/** A colour of the chart's furniture. */
export function ink(name: Ink): string {
  return property(`--chart-${name}`);
}

/** A line's colour. */
export function stroke(color: Color): string {
  return property(`--${color}`);
}

/** The same, thin enough for the grid to shine through. `alpha` from 0 to 1. */
export function wash(color: Color, alpha: number): string {
  const byte = Math.round(alpha * 255);
  return `${stroke(color)}${byte.toString(16).padStart(2, "0")}`;
}

function property(name: string): string {
  const root = document.documentElement;
  if (root.dataset.theme !== shade) {
    shade = root.dataset.theme;
    read.clear();
  }
  let value = read.get(name);
  if (value === undefined) {
    value = getComputedStyle(root).getPropertyValue(name).trim();
    read.set(name, value);
  }
  return value;
}
