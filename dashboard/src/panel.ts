// The words in which a panel is declared. `panels/` speaks them, `shape.ts` understands them.

import { COLORS, type Color, type Place, type Top } from "./drawing";
import type { Unit } from "./format";
import type { Data } from "./wire";

/** Panels under one heading. What a section shows is asked for in one question, once the reader comes near it. */
export interface Section {
  id: string;
  title: string;
  /** What is asked for, and shown. */
  panels: Panel[];
  /** What is shown instead, where only the data tells which panels there are. */
  panelsFor?: (data: Data) => Panel[];
}

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
  /** Before a thing's label in the legend, where that alone says too little: `Core` before `0`. */
  noun?: string;
  /** Things that are the view's; all when absent. */
  of?: (thing: string) => boolean;
  /** What a thing is called, when not by its label. */
  call?: (thing: string) => string;
  /** Things whose readings are all zero are left out: nobody asks which services did not write. */
  idle?: "hidden";
  lines: LineSpec[];
}

export interface LineSpec {
  /** What it is made of. A line with a metric that the host lacks is left out. */
  metrics: string[];
  /** A metric in whose place this line stands: where it is there, the line is not. */
  unless?: string;
  /**
   * How; the first metric as it is when absent. A missing reading in one of them, or null as the result, is a gap. While
   * one of the readings grows, the result must not turn: what it is made of the least and the greatest is its spread.
   */
  value?: (...readings: number[]) => number | null;
  /** The legend's row; things told apart by `each` are named by their label instead. */
  label?: string;
  /** The legend's column. */
  column?: string;
  /** Null draws nothing. Absent: the colour of the thing, or the first. */
  color?: Color | null;
  /** When it is not the view's. */
  unit?: Unit;
  place?: Place;
  /** In a stack: that its greatest samples are drawn above the means. */
  crest?: true;
}

/** What one line shows: a metric as it is, or how it is made of several. */
export type Source = string | Omit<LineSpec, "label" | "column">;

/** How a panel looks: a view without its lines. `needs` is for those that make no sense without some of them. */
export type Look = Omit<View, "needs" | "lines" | "each"> & { needs?: string[] };

/** A panel with a line for each of these, named as the legend has it. Those that the host lacks are left out. */
export function lines(id: string, title: string, look: Look, sources: Record<string, Source>): Panel {
  const specs = Object.entries(sources).map(([label, source], index): LineSpec => {
    return { color: COLORS[index % COLORS.length] ?? "grey", ...lineOf(source), label };
  });
  return { id, title, views: [{ needs: [], ...look, lines: specs }] };
}

/**
 * A panel with a line for each thing (interface, sensor) that has the first of these, named by the label `each`; with
 * several, the keys are the legend's columns.
 */
export function things(
  id: string,
  title: string,
  each: string,
  look: Look,
  sources: Record<string, Source>,
): Panel {
  const specs = Object.entries(sources).map(([column, source]): LineSpec => ({ ...lineOf(source), column }));
  return { id, title, views: [{ needs: specs[0]?.metrics ?? [], ...look, each, lines: specs }] };
}

/** The panels that a section shows of this data. */
export function panelsOf(section: Section, data: Data): Panel[] {
  return section.panelsFor?.(data) ?? section.panels;
}

/** Everything that the panels need to be asked for, each metric once. */
export function metricsOf(panels: Panel[]): string[] {
  const views = panels.flatMap((panel) => panel.views);
  const asked = views.flatMap((view) => [
    ...view.needs,
    ...(view.positive ? [view.positive] : []),
    ...view.lines.flatMap((line) => line.metrics),
  ]);
  return [...new Set(asked)];
}

function lineOf(source: Source): LineSpec {
  return typeof source === "string" ? { metrics: [source] } : source;
}
