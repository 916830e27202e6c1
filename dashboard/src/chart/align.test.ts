import { describe, expect, it } from "vitest";
import type { Drawing, Line } from "../drawing";
import { align, isolated, stack } from "./align";

const NONE: ReadonlySet<string> = new Set();

function line(label: string, values: (number | null)[], place: Line["place"] = "above"): Line {
  return { label, column: "", color: "green", unit: "count", place, values, spread: null };
}

function drawing(stacked: boolean, lines: Line[]): Drawing {
  return { hint: "", stacked, unit: "count", top: "fit", lines, omitted: 0 };
}

describe("stack", () => {
  it("adds each layer to those below", () => {
    expect(
      stack([
        [1, 2],
        [10, 20],
        [100, 200],
      ]),
    ).toEqual([
      [1, 2],
      [11, 22],
      [111, 222],
    ]);
  });

  it("keeps a gap a gap in every layer", () => {
    expect(
      stack([
        [1, null, 3],
        [10, null, 30],
      ]),
    ).toEqual([
      [1, null, 3],
      [11, null, 33],
    ]);
  });

  it("does not guess the tops above a layer without a reading", () => {
    expect(stack([[1], [null], [100]])).toEqual([[1], [null], [null]]);
  });

  it("skips hidden layers without moving the others up", () => {
    expect(stack([[1], null, [100]])).toEqual([[1], [null], [101]]);
    expect(stack([null, [10], [100]])).toEqual([[null], [10], [110]]);
  });

  it("has a zero where a zero was read", () => {
    expect(stack([[0], [0]])).toEqual([[0], [0]]);
  });
});

describe("align", () => {
  it("gives each flag a lane, the first the topmost, and keeps gaps", () => {
    const flags: Drawing = {
      ...drawing(false, [line("a", [0, 1, null]), line("b", [1, 0.5, 0])]),
      unit: "flag",
    };
    const [a, b] = align(flags, NONE);
    expect(a).toEqual([expect.closeTo(1.15), expect.closeTo(1.85), null]);
    expect(b).toEqual([expect.closeTo(0.85), expect.closeTo(0.5), expect.closeTo(0.15)]);
    expect(align(flags, new Set(["a"]))).toEqual([[null, null, null], b]);
  });

  it("leaves out what stands in the legend only", () => {
    expect(align(drawing(true, [line("total", [9], "legend"), line("used", [4])]), NONE)).toEqual([[4]]);
  });

  it("draws below what is declared so, with its gaps", () => {
    const both = drawing(false, [line("eth0", [1, null]), line("eth0", [2, null], "below")]);
    expect(align(both, NONE)).toEqual([
      [1, null],
      [-2, null],
    ]);
  });

  it("hides lines by their label", () => {
    const two = drawing(false, [line("sda", [1]), line("sdb", [2])]);
    expect(align(two, new Set(["sda"]))).toEqual([[null], [2]]);
  });
});

describe("isolated", () => {
  it("finds readings that no line reaches", () => {
    expect(isolated([null, 5, null, 1, 2, null, 0])).toEqual([1, 6]);
    expect(isolated([7])).toEqual([0]);
    expect(isolated([7, 8])).toEqual([]);
    expect(isolated([])).toEqual([]);
  });
});
