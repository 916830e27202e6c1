// A host full of processes, containers and services, sampled every second and asked for those every ten: a batch is pushed
// to a real server, a real browser draws it. `SISKIN_SCREENSHOTS=folder` takes pictures of it.

import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MOST_THINGS } from "../src/shape";
import { push } from "./batch";
import { drawn, launch, overflows, readAll, until, type Viewer, view } from "./chromium";
import { built, Program, temporaryFolder } from "./processes";

const FOLDER = process.env.SISKIN_SCREENSHOTS ?? "";
const SAMPLES = 601;
const NAMES = 30;
const MIB = 2 ** 20;
const PICTURED = ["processes", "containers", "services", "graphics", "custom", "agent"];
const SERVICES = [
  "ssh",
  "cron",
  "nginx",
  "postgresql@16-main",
  "systemd-journald",
  "systemd-resolved",
  "dbus",
  "rsyslog",
]
  .concat([
    "avahi-daemon",
    "docker",
    "containerd",
    "prometheus-node-exporter",
    "unattended-upgrades",
    "getty@tty1",
  ])
  .map((name) => `${name}.service`);

const folder = temporaryFolder();
let server: Program | undefined;
let browser: Browser | undefined;
let viewer: Viewer;
let origin = "";

/** Moves smoothly about 1, each `seed` in its own time. */
function sway(number: number, seed: number): number {
  return 1 + 0.4 * Math.sin(number / (40 + 7 * seed) + seed);
}

/** Grows by about one a sample, never back. */
function grown(number: number, seed: number): number {
  const pace = 30 + 9 * seed;
  return number + 0.8 * pace * (1 - Math.cos(number / pace + seed));
}

function processes(number: number) {
  return Array.from({ length: NAMES }, (_, index) => ({
    name: index === 0 ? "postgres" : `worker-${index}`,
    count: 1 + (index % 5),
    threads: 4,
    cpu_seconds_total: (0.8 * grown(number, index)) / (index + 1),
    resident_bytes: Math.round((900 * MIB * sway(number, index)) / (index + 1)),
    read_bytes_total: index < 4 ? Math.round((40_000 * grown(number, 2)) / (index + 1)) : 0,
    written_bytes_total: index < 6 ? Math.round((90_000 * grown(number, 1)) / (index + 1)) : 0,
  }));
}

/** What a control group uses; every third has a limit of processor time. */
function usage(number: number, index: number) {
  const limited = index % 3 === 0;
  return {
    cpu_seconds_total: (0.9 * grown(number, index)) / (index + 1) ** 2,
    cpu_periods_total: limited ? number * 10 : 0,
    cpu_throttled_periods_total: limited ? Math.floor(number * (index + 1)) : 0,
    memory_bytes: 700 * MIB,
    memory_working_bytes: Math.round((420 * MIB * sway(number, index)) / (index + 1)),
    ...(limited ? { memory_limit_bytes: 512 * MIB } : {}),
    read_bytes_total: index < 2 ? number * 3_000 : 0,
    written_bytes_total: index < 5 ? Math.round((70_000 * grown(number, 4)) / (index + 1)) : 0,
    tasks: 3 + index * 4,
  };
}

function gpus(number: number) {
  const amd = { gpu: "0000:03:00.0", name: "Radeon Pro W7600", vendor: "amd", driver: "amdgpu" };
  const intel = { gpu: "0000:00:02.0", name: "8086:46a6", vendor: "intel", driver: "i915" };
  return [
    {
      ...amd,
      utilization_ratio: 0.5 * sway(number, 2),
      memory_total_bytes: 8192 * MIB,
      memory_used_bytes: Math.round(3000 * MIB * sway(number, 5)),
      temperature_celsius: 55 + 8 * sway(number, 1),
      power_watts: 60 * sway(number, 2),
      frequency_hertz: Math.round(1.8e9 * sway(number, 2)),
      memory_frequency_hertz: 2_250_000_000,
      fan_revolutions_per_minute: 1400 * sway(number, 4),
      fan_ratio: 0.4,
      throttled: number > 500,
    },
    {
      ...intel,
      idle_seconds_total: number * 0.75,
      energy_joules_total: number * 4.5,
      frequency_hertz: 1_200_000_000,
    },
  ];
}

/** What is read every ten seconds. */
function populations(number: number) {
  const jobs = ["db", "media", "mail"];
  return {
    process_counts: {
      count: 240 + (number % 50),
      threads: 900,
      running: 1 + (number % 4),
      sleeping: 170,
      disk_sleeping: number % 90 === 0 ? 2 : 0,
      stopped: 0,
      zombies: number > 300 ? 1 : 0,
      idle: 66,
    },
    processes: processes(number),
    containers: ["web", "shop/cart-7d9f/cart", "cache", "queue"].map((name, index) => ({
      name,
      runtime: "docker",
      id: `c0ffee00000${index}`,
      usage: usage(number, index),
    })),
    units: SERVICES.map((unit, index) => ({ unit, usage: usage(number, index + 1) })),
    custom: [
      ...jobs.map((job, index) => ({
        series: `backup_age_seconds{job="${job}"}`,
        value: 3600 * (index + 1) + (number % 300),
      })),
      { series: "greenhouse_celsius", value: 21.5 * sway(number, 6) },
      { series: 'mails_total{folder="inbox"}', value_total: number * 3 },
    ],
    textfiles: [
      { file: "/srv/metrics/backup.prom", modified_seconds: 1_795_440_000, series: 5, failed: false },
    ],
  };
}

function collectors(number: number) {
  const names = [
    "cpu",
    "memory",
    "disk",
    "filesystem",
    "process",
    "container",
    "unit",
    "sensor",
    "gpu",
    "textfile",
  ];
  return names.map((collector, index) => ({
    collector,
    duration_seconds: 0.0002 * (index + 1) * sway(number, index),
    success: collector !== "sensor" || number < 300,
  }));
}

function sample(number: number, unix_ms: number) {
  return {
    at: { unix_ms, boottime_ms: 1_000_000 + number * 1000 },
    interval_seconds: 1,
    uptime_seconds: 1000 + number,
    load: { one: 0.5, five: 0.4, fifteen: 0.3 },
    gpus: gpus(number),
    ...(number % 10 === 0 ? populations(number) : {}),
    ...(number % 60 === 0 ? { collectors: collectors(number) } : {}),
  };
}

beforeAll(async () => {
  const args = ["serve", "--listen", "127.0.0.1:0", "--data", `${folder.path}/siskin.duckdb`];
  server = new Program(built("SISKIN_SERVER_BIN"), args, folder.path);
  origin = await server.address();
  await push(origin, "busy", SAMPLES, sample);
  browser = await launch();
  viewer = await view(browser, origin);
  await open(viewer);
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
  folder.remove();
});

async function open({ page }: Viewer) {
  await page.goto(`${origin}/dashboard/host?id=busy&range=15m`);
  await until("the load is drawn", () => drawn(page, "load"));
  await readAll(page);
  await until("the collectors are drawn", () => drawn(page, "collector-duration"));
}

async function linesOf(panel: string) {
  const chart = await until(`${panel} is drawn`, () => drawn(viewer.page, panel));
  return chart.lines.filter((line) => line.place !== "legend");
}

/** From the first reading to the last. */
function within(values: (number | null)[]): (number | null)[] {
  const known = values.map((value, row) => (value === null ? -1 : row)).filter((row) => row >= 0);
  return values.slice(known[0], (known.at(-1) ?? -1) + 1);
}

describe("populations", () => {
  it("have their sections", async () => {
    const headings = await viewer.page.locator(".section > h2").allInnerTexts();
    const wanted = [
      "Processes",
      "Containers",
      "Services",
      "Graphics",
      "Your own metrics",
      "Kernel and clock",
      "Agent",
    ];
    expect(headings).toEqual(wanted);
  });

  it("are drawn through between two readings", async () => {
    for (const panel of ["process-cpu", "process-memory", "container-cpu", "unit-memory", "process-states"]) {
      for (const { label, values } of await linesOf(panel)) {
        const known = within(values);
        expect(known.length, `${panel} ${label}`).toBeGreaterThan(SAMPLES / 4);
        expect(known, `${panel} ${label}`).not.toContain(null);
      }
    }
    const zombies = (await linesOf("process-states")).find((line) => line.label === "Zombies");
    expect(zombies?.values.at(-1)).toBe(1);
  });

  it("show the busiest of many names, and all of them to who asks with the keyboard", async () => {
    const { page } = viewer;
    const panel = page.locator('.panel:has([data-panel="process-cpu"])');
    expect(await linesOf("process-cpu")).toHaveLength(MOST_THINGS);
    expect((await linesOf("process-cpu")).map((line) => line.label)).toContain("postgres");
    const before = (await panel.boundingBox())?.height ?? 0;
    await panel.getByRole("button", { name: `Show ${NAMES - MOST_THINGS} quieter ones` }).focus();
    await page.keyboard.press("Enter");
    await until("all are drawn", async () => (await linesOf("process-cpu")).length === NAMES);
    const legend = panel.getByRole("group", { name: "Legend" });
    await legend.focus();
    await page.keyboard.press("End");
    await until("the legend scrolls", () => legend.evaluate((element) => element.scrollTop > 0));
    expect((await panel.boundingBox())?.height ?? 0).toBeLessThan(before + 150);
    await panel.getByRole("button", { name: "Show the busiest only" }).press("Enter");
    await until("they are few again", async () => (await linesOf("process-cpu")).length === MOST_THINGS);
  });

  it("leave out who has nothing to show", async () => {
    const labels = async (panel: string) => (await linesOf(panel)).map((line) => line.label);
    expect(new Set(await labels("container-io"))).toEqual(
      new Set(["web", "shop/cart-7d9f/cart", "cache", "queue"]),
    );
    expect(await labels("container-throttled")).toEqual(["queue", "web"]);
    expect(await labels("collector-failed")).toEqual(["sensor"]);
    expect(await drawn(viewer.page, "textfiles")).toBeNull();
  });

  it("tell how busy graphics processors are, each in its own way", async () => {
    const busy = await linesOf("gpu-busy");
    expect(busy.map((line) => line.label)).toEqual([
      "8086:46a6 (0000:00:02.0)",
      "Radeon Pro W7600 (0000:03:00.0)",
    ]);
    for (const share of within(busy[0]?.values ?? [])) expect(share).toBeCloseTo(0.25, 3);
    const watts = (await linesOf("gpu-power"))[0]?.values.at(-1);
    expect(watts).toBeCloseTo(4.5, 3);
  });

  it("have a panel for each metric of people's own, in its unit", async () => {
    const section = viewer.page.locator('[data-section="custom"]');
    expect(await section.locator("h3").allInnerTexts()).toEqual([
      "backup_age_seconds",
      "greenhouse_celsius",
      "mails_total",
    ]);
    expect(await section.locator(".legend-value").first().innerText()).toMatch(/ h$/);
    for (const mails of within((await linesOf("custom:mails_total:rate"))[0]?.values ?? []))
      expect(mails).toBeCloseTo(3, 3);
  });

  it("leave the page without a complaint", () => {
    expect(viewer.errors).toEqual([]);
    expect(viewer.strangers).toEqual([]);
  });

  it.each([
    { name: "light", width: 1280, dark: false },
    { name: "dark", width: 1280, dark: true },
    { name: "phone", width: 360, dark: false },
  ])("fit a page that is $name", async ({ name, width, dark }) => {
    if (!browser) throw new Error("no browser");
    const one = await view(browser, origin, { width, dark });
    await open(one);
    expect(await overflows(one.page)).toBe(false);
    for (const section of FOLDER ? PICTURED : []) {
      const path = join(FOLDER, `${section}-${name}.png`);
      await one.page.locator(`[data-section="${section}"]`).screenshot({ path });
    }
    await one.close();
  });
});
