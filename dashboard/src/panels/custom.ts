// People's own metrics, from the files of the textfile directory: a panel for each name, a line for each set of labels.

import type { Unit } from "../format";
import { type Panel, type Section, things } from "../panel";
import type { Data } from "../wire";

const GAUGE = "custom.value";
const RATE = "custom.value_per_s";

/** What the end of a name says about its unit, as Prometheus' users write it. Instants are not lengths of time. */
const UNITS: [RegExp, Unit][] = [
  [/_time(stamp)?_seconds$/, "count"],
  [/_seconds$/, "seconds"],
  [/_bytes$/, "bytes"],
  [/_ratio$/, "ratio"],
  [/_celsius$/, "celsius"],
  [/_volts$/, "volts"],
  [/_amperes$/, "amperes"],
  [/_watts$/, "watts"],
  [/_joules$/, "joules"],
  [/_hertz$/, "hertz"],
];

const FILES = things(
  "textfiles",
  "Files that could not be taken whole",
  "file",
  { unit: "flag", top: 1, hint: "filled while it is so", idle: "hidden" },
  { failed: "textfile.failed", series: { metrics: ["textfile.series"], unit: "count", place: "legend" } },
);

export const CUSTOM: Section = {
  id: "custom",
  title: "Your own metrics",
  panels: [
    things("custom-values", "Values", "series", { unit: "count", top: { least: 1 } }, { value: GAUGE }),
    things("custom-rates", "Rates", "series", { unit: "per_second", top: { least: 0.1 } }, { rate: RATE }),
    FILES,
  ],
  panelsFor: (data) => [...familiesOf(data), FILES],
};

/** Series of one name share a panel: others may be a million times larger. */
function familiesOf(data: Data): Panel[] {
  const named = (metric: string) => {
    const ours = data.series.filter((series) => series.metric === metric);
    return new Set(ours.map(({ labels }) => nameOf(labels.series ?? "")));
  };
  const panels = [...[...named(GAUGE)].map(gauge), ...[...named(RATE)].map(rate)];
  return panels.sort((a, b) => a.title.localeCompare(b.title, "en", { numeric: true }));
}

function gauge(name: string): Panel {
  const unit = UNITS.find(([end]) => end.test(name))?.[1] ?? "count";
  const panel = things(`custom:${name}`, name, "series", { unit, top: { least: 1e-6 } }, { value: GAUGE });
  return only(panel, name);
}

function rate(name: string): Panel {
  const unit = /_bytes(_total|_sum)?$/.test(name) ? "bytes_per_second" : "per_second";
  const look = { unit, top: { least: 0.001 }, hint: "a second" } as const;
  return only(things(`custom:${name}:rate`, name, "series", look, { rate: RATE }), name);
}

/** The series of this name, called by their labels. */
function only(panel: Panel, name: string): Panel {
  const of = (series: string) => nameOf(series) === name;
  const call = (series: string) => series.slice(name.length).replace(/^\{|\}$/g, "") || name;
  return { ...panel, views: panel.views.map((view) => ({ ...view, of, call })) };
}

function nameOf(series: string): string {
  return series.split("{", 1)[0] ?? series;
}
