// Turns the server's data into drawings, as the panels declare. Pure: no page, no chart.

import { COLORS, type Color, type Drawing, type Frame, type Line, type Place, type Spread } from "./drawing";
import type { LineSpec, Panel, View } from "./panel";
import type { Data, Series } from "./wire";

/** More lines than this nobody tells apart: the quietest wait until they are asked for. */
export const MOST_THINGS = 8;

type Values = (number | null)[];

/** The time axis of the data. */
export function frameOf(data: Data): Frame {
  return { from: data.from, to: data.to, ts: data.ts };
}

/** Words for things, by the label that tells them apart and its value: what a chip calls its `sensor`. */
export type Names = Record<string, Record<string, string>>;

/** What the panel shows of this data; null when the host has nothing for it. */
export function shape(panel: Panel, data: Data, everything = false, names: Names = {}): Drawing | null {
  const view = panel.views.find((candidate) => suits(candidate, data));
  if (!view) return null;
  const all = (view.each ? thingsOf(view, view.each, data) : [null]).map((thing) => {
    const lines = linesOf(view, thing, thing === null ? "" : named(view, thing, names), data);
    return { thing, lines, loudness: loudnessOf(lines) };
  });
  const things = view.each
    ? all.filter(({ loudness }) => loudness > (view.idle ? 0 : Number.NEGATIVE_INFINITY))
    : all;
  const shown = everything ? things : loudest(things);
  const colors = colorsOf(things, shown);
  const lines = shown.flatMap((one) => {
    const own = colors.get(one) ?? null;
    return one.lines.map((line): Line => ({ ...line, color: line.color === undefined ? own : line.color }));
  });
  if (!lines.some(isDrawn)) return null;
  return {
    hint: view.hint ?? "",
    stacked: view.stacked ?? false,
    unit: view.unit,
    top: view.top,
    lines,
    omitted: things.length - shown.length,
  };
}

function suits(view: View, data: Data): boolean {
  const has = (metric: string) => data.series.some((series) => series.metric === metric);
  if (!view.needs.every(has)) return false;
  if (!view.positive) return true;
  return peak(find(data, view.positive, view, null)) > 0;
}

/** The labels' values of everything that the view draws, sorted as people sort: `sda2` before `sda10`. */
function thingsOf(view: View, label: string, data: Data): string[] {
  const read = new Set(view.lines.filter(isDrawn).flatMap((line) => line.metrics));
  const ours = data.series.filter((series) => read.has(series.metric));
  const names = ours.map((series) => series.labels[label]).filter((name) => name !== undefined);
  const wanted = [...new Set(names)].filter((name) => view.of?.(name) ?? true);
  return wanted.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** One thing of a view, with its lines, of which some have no colour yet. */
interface Thing {
  thing: string | null;
  lines: Uncoloured[];
  loudness: number;
}

type Uncoloured = Omit<Line, "color"> & { color: Color | null | undefined };

function isDrawn(line: { place?: Place }): boolean {
  return line.place !== "legend";
}

/** How far from zero it is drawn at most; less than anything where there is no reading. */
function loudnessOf(lines: Uncoloured[]): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const line of lines.filter(isDrawn))
    for (const value of line.values) if (value !== null) most = Math.max(most, Math.abs(value));
  return most;
}

function loudest(things: Thing[]): Thing[] {
  if (things.length <= MOST_THINGS) return things;
  const ranked = [...things].sort((a, b) => b.loudness - a.loudness);
  const chosen = new Set(ranked.slice(0, MOST_THINGS));
  return things.filter((thing) => chosen.has(thing));
}

/**
 * A colour for each thing that is shown: the one of its place among all, so that it keeps it while others come and go.
 * Of two that share one the second takes a free colour, as long as there is any.
 */
function colorsOf<T>(things: T[], shown: T[]): Map<T, Color> {
  const colors = new Map<T, Color>();
  const free = new Set<Color>(COLORS);
  const place = new Map(things.map((thing, index) => [thing, index]));
  const own = (thing: T) => COLORS[(place.get(thing) ?? 0) % COLORS.length] ?? COLORS[0];
  const take = (thing: T, color: Color) => {
    free.delete(color);
    colors.set(thing, color);
  };
  for (const thing of shown) if (free.has(own(thing))) take(thing, own(thing));
  for (const thing of shown) if (!colors.has(thing)) take(thing, [...free][0] ?? own(thing));
  return colors;
}

function linesOf(view: View, thing: string | null, label: string, data: Data): Uncoloured[] {
  return view.lines.flatMap((spec) => {
    if (spec.unless && find(data, spec.unless, view, thing)) return [];
    const sources = spec.metrics.map((metric) => find(data, metric, view, thing));
    if (sources.some((source) => source === undefined)) return [];
    const spreads = view.unit !== "flag" && (view.stacked ? spec.crest : isDrawn(spec));
    return {
      label: label || (spec.label ?? ""),
      column: spec.column ?? "",
      color: spec.color,
      unit: spec.unit ?? view.unit,
      place: spec.place ?? "above",
      values: combine(spec, sources as Series[]),
      spread: spreads ? spreadOf(spec, sources as Series[]) : null,
    };
  });
}

/** The words come first, and the thing's own name stays: two sensors may have the same words. */
function named(view: View, thing: string, names: Names): string {
  if (view.call) return view.call(thing);
  const words = names[view.each ?? ""]?.[thing];
  if (words) return `${words} (${thing})`;
  return view.noun ? `${view.noun} ${thing}` : thing;
}

function find(data: Data, metric: string, view: View, thing: string | null): Series | undefined {
  return data.series.find(
    (series) => series.metric === metric && (thing === null || series.labels[view.each ?? ""] === thing),
  );
}

function combine(spec: LineSpec, sources: Series[]): Values {
  const [first] = sources;
  const value = spec.value;
  if (!first || !value) return first?.values ?? [];
  return first.values.map((_, row) => {
    const readings = sources.map((source) => source.values[row] ?? null);
    return readings.includes(null) ? null : value(...(readings as number[]));
  });
}

function spreadOf(spec: LineSpec, sources: Series[]): Spread | null {
  if (!sources.every((source) => source.min && source.max)) return null;
  const ends = (sources[0]?.values ?? []).map((_, row) => endsOf(spec, sources, row));
  return { least: ends.map((end) => end?.[0] ?? null), greatest: ends.map((end) => end?.[1] ?? null) };
}

/** Of several readings only one may move within the step: how far two went together, nobody knows afterwards. */
function endsOf({ value }: LineSpec, sources: Series[], row: number): [number, number] | null {
  const least = sources.map((source) => source.min?.[row] ?? null);
  const greatest = sources.map((source) => source.max?.[row] ?? null);
  if (least.includes(null) || greatest.includes(null)) return null;
  const of = (readings: (number | null)[]) =>
    value ? value(...(readings as number[])) : (readings[0] ?? null);
  if (value && least.filter((reading, index) => reading !== greatest[index]).length > 1) return null;
  const [one, other] = [of(least), of(greatest)];
  return one === null || other === null ? null : [Math.min(one, other), Math.max(one, other)];
}

function peak(series: Series | undefined): number {
  let most = 0;
  for (const value of series?.values ?? []) if (value !== null && value > most) most = value;
  return most;
}
