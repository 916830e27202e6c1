import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Data } from "../wire";
import { questionOf } from "./readings";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function answer(...metrics: string[]): Data {
  const series = metrics.map((metric) => ({ metric, labels: {}, unit: "count", values: [1] }));
  return { from: 0, to: 1, step_seconds: 1, ts: [0], series };
}

describe("a section's question", () => {
  it("is for everything at first, then for what the host has, and for everything again in a minute", () => {
    const question = questionOf(["a", "b", "c"]);
    expect(question.metrics()).toEqual(["a", "b", "c"]);
    question.answered(answer("b", "c", "b"));
    expect(question.metrics()).toEqual(["b", "c"]);
    // One that is missing for a while has not gone.
    question.answered(answer("c"));
    vi.advanceTimersByTime(59_000);
    expect(question.metrics()).toEqual(["b", "c"]);
    vi.advanceTimersByTime(1_000);
    expect(question.metrics()).toEqual(["a", "b", "c"]);
    question.answered(answer("a"));
    expect(question.metrics()).toEqual(["a"]);
  });

  it("stays the whole one while there is no answer, or none with readings", () => {
    const question = questionOf(["a", "b"]);
    question.metrics();
    expect(question.metrics()).toEqual(["a", "b"]);
    question.answered(answer());
    expect(question.metrics()).toEqual(["a", "b"]);
  });
});
