import { describe, expect, it } from "vitest";
import type { Panel, View } from "./panel";
import { MOST_THINGS, shape } from "./shape";
import type { Data, Series } from "./wire";

function series(metric: string, values: (number | null)[], labels: Record<string, string> = {}): Series {
  return { metric, labels, unit: "count", values };
}

function data(...all: Series[]): Data {
  const rows = all[0]?.values.length ?? 0;
  return {
    from: 0,
    to: rows,
    step_seconds: 1,
    ts: Array.from({ length: rows }, (_, row) => row),
    series: all,
  };
}

const PLAIN: Panel = {
  id: "plain",
  title: "Plain",
  views: [
    {
      needs: ["rich"],
      unit: "bytes",
      top: "fit",
      stacked: true,
      lines: [{ metrics: ["rich", "share"], value: (rich, share) => rich * share, label: "Product" }],
    },
    { needs: ["poor"], unit: "ratio", top: 1, lines: [{ metrics: ["poor"], label: "Poor" }] },
  ],
};

const EACH: Panel = {
  id: "each",
  title: "Each",
  views: [
    {
      needs: ["in", "out"],
      unit: "count",
      top: { least: 1 },
      each: "device",
      lines: [
        { metrics: ["in"], column: "read" },
        { metrics: ["out"], column: "written", place: "below" },
      ],
    },
  ],
};

describe("shape", () => {
  it("takes the richest view that the host has readings for", () => {
    expect(shape(PLAIN, data(series("rich", [2]), series("share", [3]), series("poor", [1])))?.stacked).toBe(
      true,
    );
    expect(shape(PLAIN, data(series("poor", [0.5])))?.lines[0]?.label).toBe("Poor");
  });

  it("hides a panel whose metrics are absent", () => {
    expect(shape(PLAIN, data(series("other", [1])))).toBeNull();
    expect(shape(PLAIN, data(series("rich", [1])))).toBeNull();
  });

  it("hides a panel whose telling metric is never above zero", () => {
    const swap: Panel = { ...PLAIN, views: PLAIN.views.map((view) => ({ ...view, positive: "poor" })) };
    expect(shape(swap, data(series("poor", [0, null])))).toBeNull();
    expect(shape(swap, data(series("poor", [0, 1])))).not.toBeNull();
  });

  it("computes where every reading is there, and leaves a gap where one is missing", () => {
    const drawing = shape(PLAIN, data(series("rich", [2, null, 4, 0]), series("share", [3, 3, null, 5])));
    expect(drawing?.lines[0]?.values).toEqual([6, null, null, 0]);
  });

  it("draws a line for each thing, sorted as people sort, each with one colour", () => {
    const devices = ["sda10", "sda2"].flatMap((device) => [
      series("in", [1], { device }),
      series("out", [2], { device }),
    ]);
    const lines = shape(EACH, data(...devices))?.lines ?? [];
    expect(lines.map(({ label, column, place }) => [label, column, place])).toEqual([
      ["sda2", "read", "above"],
      ["sda2", "written", "below"],
      ["sda10", "read", "above"],
      ["sda10", "written", "below"],
    ]);
    expect(lines[0]?.color).toBe(lines[1]?.color);
    expect(lines[0]?.color).not.toBe(lines[2]?.color);
  });

  it("puts words before the name of a thing that has some", () => {
    const things = ["a", "b"].flatMap((device) => [
      series("in", [1], { device }),
      series("out", [1], { device }),
    ]);
    const all = data(...things);
    const lines = shape(EACH, all, false, { device: { b: "Boot disk" }, sensor: { a: "other" } })?.lines;
    expect(new Set(lines?.map((line) => line.label))).toEqual(new Set(["a", "Boot disk (b)"]));
  });

  it("does not mind a thing that lacks one of the metrics", () => {
    const lines = shape(
      EACH,
      data(series("in", [1], { device: "a" }), series("out", [1], { device: "b" })),
    )?.lines;
    expect(lines?.map(({ label, column }) => `${label} ${column}`)).toEqual(["a read", "b written"]);
  });

  it("leaves out a thing without any reading, and an idle one where the panel says so", () => {
    const things = (out: number | null) => [
      series("in", [0, null], { device: "idle" }),
      series("out", [0, 0], { device: "idle" }),
      series("in", [null, null], { device: "silent" }),
      series("out", [null, null], { device: "silent" }),
      series("in", [0, 0], { device: "writes" }),
      series("out", [0, out], { device: "writes" }),
    ];
    const hiding = (panel: Panel): Panel => ({
      ...panel,
      views: panel.views.map((view) => ({ ...view, idle: "hidden" })),
    });
    const labels = (panel: Panel, out: number | null) => {
      return [...new Set(shape(panel, data(...things(out)))?.lines.map((line) => line.label))];
    };
    expect(labels(EACH, 7)).toEqual(["idle", "writes"]);
    expect(labels(hiding(EACH), 7)).toEqual(["writes"]);
    expect(shape(hiding(EACH), data(...things(0)))).toBeNull();
  });

  it("draws a line in place of a metric only for the things that lack it", () => {
    const panel: Panel = {
      id: "either",
      title: "Either",
      views: [
        {
          needs: [],
          unit: "ratio",
          top: 1,
          each: "device",
          lines: [
            { metrics: ["in"], column: "busy" },
            { metrics: ["out"], unless: "in", value: (rest) => 1 - rest, column: "busy" },
          ],
        },
      ],
    };
    const all = data(
      series("in", [0.5], { device: "a" }),
      series("out", [0.9], { device: "a" }),
      series("out", [0.25], { device: "b" }),
    );
    expect(shape(panel, all)?.lines.map(({ label, values }) => [label, values])).toEqual([
      ["a", [0.5]],
      ["b", [0.75]],
    ]);
    expect(shape(panel, data(series("other", [1])))).toBeNull();
  });

  it("shows the busiest of many things and counts the others", () => {
    const many = Array.from({ length: MOST_THINGS + 3 }, (_, index) => [
      series("in", [index], { device: `d${index}` }),
      series("out", [0], { device: `d${index}` }),
    ]).flat();
    const some = shape(EACH, data(...many));
    expect(some?.omitted).toBe(3);
    expect(new Set(some?.lines.map((line) => line.label)).size).toBe(MOST_THINGS);
    expect(some?.lines.some((line) => line.label === "d0")).toBe(false);
    expect(shape(EACH, data(...many), true)?.omitted).toBe(0);
  });

  it("leaves each thing its colour when another takes a place among the busiest", () => {
    const colors = (quiet: string) => {
      const devices = Array.from({ length: MOST_THINGS + 1 }, (_, index) => `d${index}`);
      const all = devices.flatMap((device) => [
        series("in", [device === quiet ? 1 : 5], { device }),
        series("out", [0], { device }),
      ]);
      return new Map(shape(EACH, data(...all))?.lines.map(({ label, color }) => [label, color]));
    };
    const before = colors("d3");
    const after = colors("d5");
    const both = [...before.keys()].filter((label) => label !== "d8" && after.has(label));
    expect(both).toEqual(["d0", "d1", "d2", "d4", "d6", "d7"]);
    for (const label of both) expect(after.get(label), label).toBe(before.get(label));
    expect(new Set(before.values()).size).toBe(MOST_THINGS);
    expect(new Set(after.values()).size).toBe(MOST_THINGS);
  });
});

/** A metric in steps, each from the first of a pair to the second. */
function steps(
  metric: string,
  ends: ([number, number] | null)[],
  labels: Record<string, string> = {},
): Series {
  const of = (pick: (pair: [number, number]) => number) => ends.map((pair) => (pair ? pick(pair) : null));
  const values = of(([least, greatest]) => (least + greatest) / 2);
  return { ...series(metric, values, labels), min: of(([least]) => least), max: of(([, most]) => most) };
}

describe("the spread", () => {
  const look: Omit<View, "lines"> = { needs: [], unit: "count", top: "fit" };
  const spreadOf = (view: Partial<View>, ...all: Series[]) => {
    const panel: Panel = { id: "one", title: "One", views: [{ ...look, lines: [], ...view }] };
    return shape(panel, data(...all))?.lines[0]?.spread;
  };

  it("is that of the metric, with its gaps, and none of samples", () => {
    const lines = [{ metrics: ["a"], label: "A" }];
    expect(spreadOf({ lines }, steps("a", [[1, 9], null, [2, 2]]))).toEqual({
      least: [1, null, 2],
      greatest: [9, null, 2],
    });
    expect(spreadOf({ lines }, series("a", [1, null, 2]))).toBeNull();
  });

  it("is in its unit and in order where the line is made of a metric", () => {
    const lines = [{ metrics: ["a"], label: "A", value: (a: number) => 1 - a }];
    expect(spreadOf({ lines }, steps("a", [[0.25, 1]]))).toEqual({ least: [0], greatest: [0.75] });
  });

  it("of several metrics is known where only one of them moved", () => {
    const lines = [
      { metrics: ["all", "free"], label: "Used", value: (all: number, free: number) => all - free },
    ];
    const all = steps("all", [[8, 8], [8, 8], [7, 8], null]);
    const free = steps("free", [
      [1, 5],
      [2, 2],
      [1, 5],
      [1, 5],
    ]);
    expect(spreadOf({ lines }, all, free)).toEqual({
      least: [3, 6, null, null],
      greatest: [7, 6, null, null],
    });
  });

  it("is left out of flags, of what the legend alone names, and of stacks but for their crest", () => {
    const a = steps("a", [[0, 1]]);
    expect(spreadOf({ unit: "flag", lines: [{ metrics: ["a"], label: "A" }] }, a)).toBeNull();
    const lines = [
      { metrics: ["a"], label: "A", place: "legend" as const },
      { metrics: ["a"], label: "B" },
    ];
    expect(spreadOf({ lines }, a)).toBeNull();
    expect(spreadOf({ stacked: true, lines: [{ metrics: ["a"], label: "A" }] }, a)).toBeNull();
    const crest = [{ metrics: ["a"], label: "A", crest: true as const }];
    expect(spreadOf({ stacked: true, lines: crest }, a)).toEqual({ least: [0], greatest: [1] });
  });
});
