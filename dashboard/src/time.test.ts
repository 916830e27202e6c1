import { describe, expect, it } from "vitest";
import { formatAge, formatDuration, formatInstant, formatTimeTicks } from "./time";

/** 2026-11-23 13:26:00 UTC; the tests run in Berlin. */
const INSTANT = Date.UTC(2026, 10, 23, 13, 26) / 1000;

describe("formatAge", () => {
  it.each([
    [-3, "now"],
    [0.8, "now"],
    [8.9, "8 s ago"],
    [60, "1 min ago"],
    [3_599, "59 min ago"],
    [7_200, "2 h ago"],
    [200_000, "2 d ago"],
  ])("writes %d s as %s", (seconds, text) => {
    expect(formatAge(seconds)).toBe(text);
  });
});

describe("formatDuration", () => {
  it.each([
    [45.7, "45 s"],
    [12 * 60 + 59, "12 min"],
    [3 * 3_600 + 12 * 60, "3 h 12 min"],
    [12 * 86_400 + 4 * 3_600 + 1, "12 d 4 h"],
  ])("writes %d s as %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe("instants", () => {
  it("are told in local time", () => {
    expect(formatInstant(INSTANT)).toBe("Mon 23 Nov, 14:26:00");
  });

  it("on an axis name the day where it begins", () => {
    const midnight = Date.UTC(2026, 10, 23, 23) / 1000;
    expect(formatTimeTicks([midnight - 3_600, midnight, midnight + 3_600], 3_600)).toEqual([
      "23:00",
      "24 Nov",
      "01:00",
    ]);
  });

  it("on an axis have seconds only where ticks are closer than a minute", () => {
    expect(formatTimeTicks([INSTANT], 30)).toEqual(["14:26:00"]);
    expect(formatTimeTicks([INSTANT], 60)).toEqual(["14:26"]);
  });
});
