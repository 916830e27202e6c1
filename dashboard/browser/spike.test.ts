// One sample among two thousand, seen over a week: pushed to a real server, drawn by a real browser up to the top.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChartElement } from "../src/chart/chart";
import { push } from "./batch";
import { drawn, launch, painted, until, type Viewer, view } from "./chromium";
import { built, Program, temporaryFolder } from "./processes";

const INTERVAL_SECONDS = 10;
const SAMPLES = 2_160;
const SPIKE = 1_000;
const GIB = 2 ** 30;
const TOTAL = 8 * GIB;

const folder = temporaryFolder();
let server: Program | undefined;
let browser: Browser | undefined;
let viewer: Viewer;

/** What went one way until then: all of it with the spike. */
function traffic(way: "rx" | "tx", number: number, bytes: number) {
  const all = number >= SPIKE ? bytes : 0;
  return {
    [`${way}_bytes_total`]: all,
    [`${way}_packets_total`]: all / 1000,
    [`${way}_errors_total`]: 0,
    [`${way}_dropped_total`]: 0,
  };
}

/** A host that sleeps but for one sample, in which it has all processors at work, 40 tasks and no memory left. */
function sample(number: number, unix_ms: number, boottime_ms: number) {
  const spike = number === SPIKE;
  const user = number >= SPIKE ? INTERVAL_SECONDS : 0;
  const free = spike ? GIB / 128 : 6 * GIB;
  return {
    at: { unix_ms, boottime_ms },
    interval_seconds: INTERVAL_SECONDS,
    uptime_seconds: boottime_ms / 1000,
    cpu: {
      total: {
        user_seconds_total: user,
        nice_seconds_total: 0,
        system_seconds_total: 0,
        idle_seconds_total: number * INTERVAL_SECONDS - user,
      },
    },
    load: { one: spike ? 40 : 0.5, five: 0.5, fifteen: 0.5 },
    memory: { total_bytes: TOTAL, free_bytes: free, available_bytes: free },
    networks: [{ interface: "eth0", ...traffic("rx", number, 1e9), ...traffic("tx", number, 5e8) }],
  };
}

let spike_ts = 0;

beforeAll(async () => {
  const args = ["serve", "--listen", "127.0.0.1:0", "--data", `${folder.path}/siskin.duckdb`];
  server = new Program(built("SISKIN_SERVER_BIN"), args, folder.path);
  const origin = await server.address();
  await push(
    origin,
    "sleeper",
    SAMPLES,
    (number, unix_ms, boottime_ms) => {
      if (number === SPIKE) spike_ts = unix_ms / 1000;
      return sample(number, unix_ms, boottime_ms);
    },
    INTERVAL_SECONDS,
  );
  browser = await launch();
  // One panel beside the other, the cursor would not meet every row.
  viewer = await view(browser, origin, { width: 960 });
  await viewer.page.goto(`${origin}/dashboard/host?id=sleeper&range=7d`);
  await until("the network is drawn", () => drawn(viewer.page, "network"));
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
  folder.remove();
});

/** The row of the chart in which the spike is, and what is painted there. */
async function spikeOf(panel: string) {
  const chart = await until(`${panel} is drawn`, () => drawn(viewer.page, panel));
  const row = chart.ts.filter((ts) => ts <= spike_ts).length - 1;
  const ts = chart.ts[row] ?? 0;
  const { low, high } = (await painted(viewer.page, panel, ts)) ?? { low: 0, high: 0 };
  return { chart, row, ts, low, high };
}

describe("one sample among two thousand", () => {
  it.each([
    { panel: "load", mean: 1, low: 0, high: 40 },
    { panel: "cpu", mean: 0.05, low: 0, high: 1 },
    { panel: "memory", mean: 2.2 * GIB, low: 0, high: TOTAL },
    { panel: "network", mean: 4e7, low: -4e8, high: 8e8 },
  ])("hardly moves the mean of $panel, and is painted as far as it went", async ({ panel, ...wanted }) => {
    const { chart, row, low, high } = await spikeOf(panel);
    expect(chart.columns[0]?.[row]).toBeLessThan(wanted.mean);
    const near = (wanted.high - wanted.low) / 50;
    expect(Math.abs(high - wanted.high)).toBeLessThan(near);
    expect(Math.abs(low - wanted.low)).toBeLessThan(near);
    const calm = await painted(viewer.page, panel, chart.ts[row - 3] ?? 0);
    expect(calm?.high ?? 0).toBeLessThan(wanted.mean + near);
  });

  it("is read out at the cursor, beside the mean", async () => {
    const x = await viewer.page.evaluate(
      ([id, ts]) =>
        document.querySelector<ChartElement>(`[data-panel="${id}"]`)?.chart?.valToPos(ts, "x") ?? 0,
      ["load", (await spikeOf("load")).ts] as const,
    );
    const plot = await viewer.page.locator('[data-panel="load"] .u-over').boundingBox();
    await viewer.page.mouse.move(Math.round((plot?.x ?? 0) + x), (plot?.y ?? 0) + 60);
    const entry = viewer.page.locator('.panel:has([data-panel="load"]) li').first();
    await until("the spread is told", async () => (await entry.innerText()).includes("0.50 – 40.00"));
    expect(Number(await entry.locator(".legend-value").innerText())).toBeLessThan(1);
    const busy = viewer.page.locator('.panel:has([data-panel="cpu"]) li').first();
    expect(await busy.locator(".legend-spread").innerText()).toBe("0.0 – 100.0%");
    await viewer.page.mouse.move(5, 5);
    await until("it is told no more", async () => !(await entry.innerText()).includes("–"));
  });

  it("leaves the page without a complaint", () => {
    expect(viewer.errors).toEqual([]);
    expect(viewer.strangers).toEqual([]);
  });
});
