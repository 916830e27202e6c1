// A machine with sensors that this one lacks: a batch of samples is pushed to a real server, a real browser draws it.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { push } from "./batch";
import { colouredPixels, drawn, launch, readAll, until, type Viewer, view } from "./chromium";
import { built, Program, temporaryFolder } from "./processes";

const SAMPLES = 60;

const folder = temporaryFolder();
let server: Program | undefined;
let browser: Browser | undefined;
let viewer: Viewer;

/** A sample of a board: warm, with a fan, throttled in its second half. */
function sample(number: number, unix_ms: number) {
  return {
    at: { unix_ms, boottime_ms: 1_000_000 + number * 1000 },
    interval_seconds: 1,
    uptime_seconds: 1000 + number,
    load: { one: 0.5, five: 0.4, fifteen: 0.3 },
    sensors: [
      {
        sensor: "cpu_thermal/temp1",
        chip: "cpu_thermal",
        label: "Processor",
        temperature_celsius: 50 + number / 10,
        temperature_critical_celsius: 110,
      },
      { sensor: "pwmfan/fan1", chip: "pwmfan", fan_revolutions_per_minute: 3000 },
      { sensor: "rapl:0", chip: "rapl", energy_joules_total: number * 7.5 },
    ],
    throttling: {
      under_voltage: number % 2 === 0,
      frequency_capped: false,
      throttled: number >= SAMPLES / 2,
      temperature_limited: false,
      under_voltage_since_boot: true,
      frequency_capped_since_boot: false,
      throttled_since_boot: true,
      temperature_limited_since_boot: false,
    },
  };
}

beforeAll(async () => {
  const args = ["serve", "--listen", "127.0.0.1:0", "--data", `${folder.path}/siskin.duckdb`];
  server = new Program(built("SISKIN_SERVER_BIN"), args, folder.path);
  const origin = await server.address();
  await push(origin, "board", SAMPLES, sample);
  browser = await launch();
  viewer = await view(browser, origin);
  await viewer.page.goto(`${origin}/dashboard/host?id=board&range=15m`);
  await until("the load is drawn", () => drawn(viewer.page, "load"));
  await readAll(viewer.page);
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
  folder.remove();
});

/** The readings of a line, gaps left out. */
async function readings(panel: string, label: string): Promise<number[]> {
  const chart = await until(`${panel} is drawn`, () => drawn(viewer.page, panel));
  const line = chart.lines.find((one) => one.label === label);
  return line?.values.filter((value) => value !== null) ?? [];
}

describe("a pushed batch", () => {
  it("has its temperatures, fans and power drawn", async () => {
    const warm = await readings("temperatures", "Processor (cpu_thermal/temp1)");
    expect(warm.length).toBeGreaterThanOrEqual(SAMPLES / 2);
    expect([Math.round(warm[0] ?? 0), Math.round(warm.at(-1) ?? 0)]).toEqual([50, 56]);
    expect(await colouredPixels(viewer.page, "temperatures")).toBeGreaterThan(10);
    expect(new Set(await readings("fans", "pwmfan/fan1"))).toEqual(new Set([3000]));
    for (const watts of await readings("energy", "rapl:0")) expect(watts).toBeCloseTo(7.5, 3);
    const legend = viewer.page.locator('.panel:has([data-panel="temperatures"]) .legend-value');
    expect((await legend.allInnerTexts()).at(-1)).toBe("110.0 °C");
  });

  it("has its flags as 0 and 1, in a step as the share in which they were set", async () => {
    const throttled = await readings("throttling", "Throttled");
    expect([throttled[0], throttled.at(-1)]).toEqual([0, 1]);
    // A step gathers two samples, of which one is set; at both ends it may have only one.
    const weak = (await readings("throttling", "Supply too weak")).slice(1, -1);
    expect(new Set(weak)).toEqual(new Set([0.5]));
    expect(new Set(await readings("clock-state", "Time only estimated"))).toEqual(new Set([0]));
  });

  it("has no panel for what it lacks", async () => {
    const panels = viewer.page.locator("[data-panel]");
    const names = await panels.evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset.panel));
    expect(names).toEqual(["load", "temperatures", "fans", "energy", "throttling", "clock-state"]);
    const headings = await viewer.page.locator(".section > h2").allInnerTexts();
    expect(headings).toEqual(["Sensors and power", "Kernel and clock"]);
  });

  it("leaves the page without a complaint", () => {
    expect(viewer.errors).toEqual([]);
    expect(viewer.strangers).toEqual([]);
  });
});
