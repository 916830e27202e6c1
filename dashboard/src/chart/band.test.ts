import { describe, expect, it } from "vitest";
import type { Drawing, Line } from "../drawing";
import { bandsBetween, reach } from "./band";

const NONE: ReadonlySet<string> = new Set();

function line(label: string, more: Partial<Line> = {}): Line {
  const spread = { least: [1, null], greatest: [9, null] };
  return {
    label,
    column: "",
    color: "green",
    unit: "count",
    place: "above",
    values: [2, null],
    spread,
    ...more,
  };
}

function drawing(lines: Line[], stacked = false): Drawing {
  return { hint: "", stacked, unit: "count", top: "fit", lines, omitted: 0 };
}

function named(count: number): Line[] {
  return Array.from({ length: count }, (_, index) => line(`${index}`));
}

describe("bandsBetween", () => {
  it("reaches from the least to the greatest, with gaps", () => {
    expect(bandsBetween(drawing([line("a")]), NONE)).toEqual([
      { color: "green", low: [1, null], high: [9, null] },
    ]);
  });

  it("stands on its head where its line is drawn below", () => {
    const both = drawing([line("eth0"), line("eth0", { place: "below" })]);
    expect(bandsBetween(both, NONE)[1]).toEqual({ color: "green", low: [-9, null], high: [-1, null] });
  });

  it("is not there for samples, for what is hidden and among too many things", () => {
    expect(bandsBetween(drawing([line("a", { spread: null })]), NONE)).toEqual([]);
    expect(bandsBetween(drawing(named(2)), new Set(["0"]))).toHaveLength(1);
    expect(bandsBetween(drawing(named(4)), NONE)).toHaveLength(4);
    expect(bandsBetween(drawing(named(5)), NONE)).toEqual([]);
    expect(bandsBetween(drawing(named(5)), new Set(["3"]))).toHaveLength(4);
  });

  it("stands on the mean of a stack, as long as that is whole", () => {
    const stack = drawing([line("total", { place: "legend" }), line("layer", { spread: null })], true);
    expect(bandsBetween(stack, NONE)).toEqual([{ color: "green", low: [2, null], high: [9, null] }]);
    expect(bandsBetween(stack, new Set(["layer"]))).toEqual([]);
  });
});

describe("reach", () => {
  it("is how far all bands go from zero", () => {
    const below = line("eth0", { place: "below", spread: { least: [0, 3], greatest: [4, 5] } });
    expect(reach(bandsBetween(drawing([line("eth0"), below]), NONE))).toEqual([-5, 9]);
    expect(reach([])).toEqual([0, 0]);
  });
});
