// A batch of samples as an agent pushes it, by hand: for readings that this machine does not have.

import { expect } from "vitest";

/** Boot time of the first sample, milliseconds. */
const FIRST_BOOTTIME_MS = 1_000_000;

/** Pushes samples some seconds apart, of which the last is now; `sample` makes the nth, taken at an instant. */
export async function push(
  origin: string,
  host: string,
  count: number,
  sample: (n: number, unix_ms: number, boottime_ms: number) => object,
  apart_seconds = 1,
): Promise<void> {
  const now = Date.now();
  const samples = Array.from({ length: count }, (_, n) => {
    const since_first_ms = n * apart_seconds * 1000;
    const last_ms = (count - 1) * apart_seconds * 1000;
    return sample(n, now - last_ms + since_first_ms, FIRST_BOOTTIME_MS + since_first_ms);
  });
  const batch = {
    agent: { id: host, version: "0.1.0", boot_id: "b" },
    host: { hostname: host },
    stream: 7,
    first_seq: 1,
    sent_at: { unix_ms: now, boottime_ms: FIRST_BOOTTIME_MS + (count - 1) * apart_seconds * 1000 },
    samples,
  };
  const answer = await fetch(`${origin}/metrics`, { method: "POST", body: JSON.stringify(batch) });
  expect(await answer.json()).toMatchObject({ status: "ok", stored: count });
}
