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
    expect(await asked(new Error("lost"), 60)).toBe(2);
    expect(await asked(new Error("lost"), 66)).toBe(3);
  });

  it("keeps its own pace after a refusal", async () => {
    expect(await asked(new Refusal(404, "not found"), 59)).toBe(1);
    expect(await asked(new Refusal(404, "not found"), 61)).toBe(2);
  });
});
