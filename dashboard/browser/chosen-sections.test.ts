// The sections below the overview, with chosen data: when they ask, what hides, flags; and tags.

import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { flatHost, nativeHost } from "./chosen-hosts";
import { ChosenServer } from "./chosen-server";
import { colouredPixels, drawn, launch, readAll, until, type Viewer, view } from "./chromium";

const server = new ChosenServer();
let origin = "";
let browser: Browser;
let viewer: Viewer;

beforeAll(async () => {
  origin = await server.start();
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  server.close();
});
beforeEach(async () => {
  server.refused = "";
  server.hosts = [nativeHost("heron")];
  viewer = await view(browser, origin);
});
afterEach(async () => {
  await viewer.close();
  expect(viewer.strangers).toEqual([]);
});

async function openHost(name: string, range = "15m", panel = "cpu") {
  await viewer.page.goto(`${origin}/dashboard/host?id=id-${name}&range=${range}`);
  return until(`the ${panel} chart is drawn`, () => drawn(viewer.page, panel));
}

/** The metrics of every question for readings so far. */
function questions(): string[][] {
  const asked = server.asked.filter((address) => address.startsWith("/data?"));
  return asked.map((address) => {
    return (new URL(address, "http://chosen").searchParams.get("metrics") ?? "").split(",");
  });
}

/** The headings of the sections that are there. */
function headings(): Promise<string[]> {
  return viewer.page.locator(".section > h2").allInnerTexts();
}

describe("sections", () => {
  it("are asked for when somebody comes near them, each in one question", async () => {
    server.asked.length = 0;
    await openHost("heron", "24h", "network");
    expect(questions().flat()).toContain("cpu.user_ratio");
    expect(questions().flat()).not.toContain("sensor.temperature_celsius");
    await readAll(viewer.page);
    const sensors = questions().filter((metrics) => metrics.includes("sensor.temperature_celsius"));
    expect(sensors).toHaveLength(1);
    expect(sensors[0]).toContain("throttling.throttled");
    expect(await headings()).toEqual([
      "CPU",
      "Memory",
      "Disks",
      "Network",
      "Sensors and power",
      "Kernel and clock",
    ]);
    await until("the temperatures are drawn", () => drawn(viewer.page, "temperatures"));
    expect(await colouredPixels(viewer.page, "temperatures")).toBeGreaterThan(100);
    expect(viewer.errors).toEqual([]);
  });

  it("and panels are not there when the host lacks their readings", async () => {
    const heron = nativeHost("heron");
    const lacks = ["sensor.", "power_supply.", "throttling.", "core.frequency_hertz"];
    heron.readings = heron.readings.filter(({ metric }) => !lacks.some((name) => metric.startsWith(name)));
    server.hosts = [heron];
    await openHost("heron", "15m", "network");
    await readAll(viewer.page);
    expect(await headings()).toEqual(["CPU", "Memory", "Disks", "Network", "Kernel and clock"]);
    const panels = viewer.page.locator("[data-panel]");
    const names = await panels.evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset.panel));
    expect(names).toContain("cores");
    for (const absent of ["frequency", "temperatures", "throttling", "zfs-cache"])
      expect(names).not.toContain(absent);
  });

  it("ask on only for what the host was found to have", async () => {
    server.hosts = [flatHost("grosbeak")];
    server.asked.length = 0;
    await openHost("grosbeak", "15m");
    const overview = () => questions().filter((metrics) => metrics.includes("cpu.busy_ratio"));
    await until("it has asked twice", async () => overview().length >= 2);
    expect(overview()[0]).toContain("load.one");
    expect(overview()[1]?.sort()).toEqual([
      "cpu.busy_ratio",
      "disk.read_bytes_per_s",
      "disk.written_bytes_per_s",
      "filesystem.used_ratio",
      "memory.used_ratio",
    ]);
  });

  it("tell why the server refuses them, and leave the others", async () => {
    await openHost("heron", "15m", "network");
    server.refused = "time.synchronized";
    await readAll(viewer.page);
    const kernel = viewer.page.locator('[data-section="kernel"]');
    await kernel.getByText("The server says: not time.synchronized").waitFor();
    expect(await headings()).toContain("Sensors and power");
    server.refused = "";
    await kernel.scrollIntoViewIfNeeded();
    await until("they recover", () => drawn(viewer.page, "clock-state"));
  });

  it("share the cursor with those that have other rows", async () => {
    await openHost("heron", "15m", "network");
    await readAll(viewer.page);
    await viewer.page.hover('[data-panel="cpu"]', { position: { x: 300, y: 60 } });
    const times = viewer.page.locator('.section:has([data-panel="cores"]) .legend-when');
    await until("the legends follow", async () => (await times.last().innerText()) !== "latest");
    const overview = await viewer.page.locator(".legend-when").first().innerText();
    expect(new Set(await times.allInnerTexts())).toEqual(new Set([overview]));
    const cores = viewer.page.locator('.panel:has([data-panel="cores"]) .legend-value');
    expect(await cores.first().innerText()).toMatch(/^\d+\.\d%$/);
  });
});

describe("flags", () => {
  it("are drawn in lanes of their own, and read out as words", async () => {
    const heron = nativeHost("heron");
    const half = Date.now() / 1000 - 450;
    for (const reading of heron.readings) {
      if (reading.metric === "throttling.throttled") reading.value = (ts) => (ts > half ? 1 : 0);
      else if (reading.metric.startsWith("throttling.")) reading.value = () => 0;
    }
    server.hosts = [heron];
    await openHost("heron", "15m", "network");
    await readAll(viewer.page);
    const chart = await until("the flags are drawn", () => drawn(viewer.page, "throttling"));
    const flags = chart.lines.filter((line) => line.place !== "legend");
    expect(flags.map((line) => line.label)).toEqual([
      "Supply too weak",
      "Frequency capped",
      "Throttled",
      "Too hot",
    ]);
    expect(new Set(flags[2]?.values)).toEqual(new Set([0, 1]));
    chart.columns.forEach((column, index) => {
      const lane = flags.length - 1 - index;
      for (const value of column) {
        expect(value).toBeGreaterThan(lane);
        expect(value).toBeLessThan(lane + 1);
      }
    });
    const before = await colouredPixels(viewer.page, "throttling", half - 300, half - 20);
    const after = await colouredPixels(viewer.page, "throttling", half + 20, half + 300);
    expect(after).toBeGreaterThan(before * 3);
    const words = viewer.page.locator('.panel:has([data-panel="throttling"]) .legend-value');
    expect((await words.allInnerTexts()).slice(0, 4)).toEqual(["no", "no", "yes", "no"]);
  });
});

describe("tags", () => {
  it("stand beside the name, sorted, where the server tells them", async () => {
    const tagged = nativeHost("heron");
    tagged.host.tags = { site: "shed", env: "prod", spare: "" };
    server.hosts = [tagged, nativeHost("bunting")];
    await viewer.page.goto(`${origin}/dashboard`);
    await viewer.page.getByRole("link", { name: "heron" }).waitFor();
    expect(await viewer.page.locator(".tags").count()).toBe(1);
    await openHost("heron");
    const chips = await viewer.page.locator(".host-title .tags li").allInnerTexts();
    expect(chips.map((chip) => chip.replace(/\s+/g, " "))).toEqual(["env prod", "site shed", "spare"]);
    await openHost("bunting");
    expect(await viewer.page.locator(".tags").count()).toBe(0);
  });
});
