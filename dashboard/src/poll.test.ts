import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Refusal } from "./api";
import { poll } from "./poll";

const MINUTE_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("document", Object.assign(new EventTarget(), { hidden: false }));
  vi.stubGlobal("window", new EventTarget());
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** How often it has asked, after these many seconds of a question that fails once and is asked every minute. */
async function asked(error: Error, seconds: number): Promise<number> {
  // A page that has just begun: later turns are counted from there.
  vi.useRealTimers();
  vi.useFakeTimers();
  const load = vi
    .fn<(abort: AbortSignal) => Promise<void>>()
    .mockRejectedValueOnce(error)
    .mockResolvedValue();
  const end = poll(load, MINUTE_MS);
  await vi.advanceTimersByTimeAsync(seconds * 1_000);
  end();
  return load.mock.calls.length;
}

describe("a poll", () => {
  it("tries again soon after a failure, then at its own pace", async () => {
    expect(await asked(new Error("lost"), 4)).toBe(1);
    expect(await asked(new Error("lost"), 6)).toBe(2);
    expect(await asked(new Error("lost"), 59)).toBe(2);
    expect(await asked(new Error("lost"), 61)).toBe(3);
  });

  it("takes its first turn when it is time", async () => {
    const load = vi.fn<() => Promise<void>>().mockResolvedValue();
    const end = poll(load, MINUTE_MS, 20_000);
    await vi.advanceTimersByTimeAsync(19_000);
    expect(load).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(load).toHaveBeenCalledTimes(1);
    end();
    await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it("takes its later turns together with the others of its pace", async () => {
    const turns: number[] = [];
    const load = () => {
      turns.push(performance.now());
      return Promise.resolve();
    };
    const begin = performance.now();
    const ends = [poll(load, MINUTE_MS)];
    await vi.advanceTimersByTimeAsync(17_000);
    ends.push(poll(load, MINUTE_MS));
    await vi.advanceTimersByTimeAsync(150_000);
    for (const end of ends) end();
    const later = turns.slice(2).map((turn) => turn % MINUTE_MS);
    expect(turns.slice(0, 2).map((turn) => turn - begin)).toEqual([0, 17_000]);
    expect(later.length).toBeGreaterThanOrEqual(4);
    expect(new Set(later)).toEqual(new Set([0]));
  });

  it("keeps its own pace after a refusal", async () => {
    expect(await asked(new Refusal(404, "not found"), 59)).toBe(1);
    expect(await asked(new Refusal(404, "not found"), 61)).toBe(2);
  });
});
