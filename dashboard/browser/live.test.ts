// The whole way: a real agent reads this machine, a real server keeps it, a real browser draws it.

import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  brightness,
  colouredPixels,
  type Drawn,
  drawn,
  launch,
  overflows,
  readAll,
  until,
  type Viewer,
  view,
} from "./chromium";
import { built, Program, temporaryFolder } from "./processes";

const INTERVAL_SECONDS = 1;
/** Longer than three intervals: the server must see it as a gap. */
const OUTAGE_MS = 8_000;
/** A step gathers two samples and is named by its beginning: the first after the gap may begin within it. */
const STEP_SECONDS = 2;

const folder = temporaryFolder();
let server: Program | undefined;
let agent: Program | undefined;
let origin = "";
let browser: Browser | undefined;
let viewer: Viewer;

function startAgent(): Program {
  const target = `${origin}/metrics`;
  const args = ["--listen", "127.0.0.1:0", "--server", target, "--interval", String(INTERVAL_SECONDS)];
  return new Program(built("SISKIN_AGENT_BIN"), args, folder.path);
}

beforeAll(async () => {
  const data = ["--data", `${folder.path}/siskin.duckdb`];
  built("SISKIN_AGENT_BIN");
  server = new Program(
    built("SISKIN_SERVER_BIN"),
    ["serve", "--listen", "127.0.0.1:0", ...data],
    folder.path,
  );
  origin = await server.address();
  agent = startAgent();
  browser = await launch();
  viewer = await view(browser, origin);
});
afterAll(async () => {
  await browser?.close();
  await agent?.end();
  await server?.end();
  folder.remove();
});

/** Rows in which every drawn column has a value. */
function fullRows({ ts, columns }: Drawn): number[] {
  return ts.map((_, row) => row).filter((row) => columns.every((column) => column[row] !== null));
}

async function cpuWith(rows: number): Promise<Drawn> {
  return until(`the CPU chart has ${rows} points`, async () => {
    const chart = await drawn(viewer.page, "cpu");
    return chart && fullRows(chart).length >= rows ? chart : null;
  });
}

describe("this host", () => {
  it("appears in the fleet by itself, and is up", async () => {
    await viewer.page.goto(`${origin}/dashboard`);
    const row = viewer.page.locator("tr.host");
    await row.first().waitFor({ timeout: 30_000 });
    expect(await row.count()).toBe(1);
    expect(await row.locator(".host-name").innerText()).toBe(hostname());
    await until("it is up", async () => (await row.locator(".state").innerText()) === "up");
    await until("its CPU is known", async () =>
      /^\d+%$/.test(await row.locator(".level-value").first().innerText()),
    );
  });

  it("has a chart of its CPU whose modes add up to one", async () => {
    await viewer.page.getByRole("link", { name: hostname() }).click();
    await viewer.page.getByRole("link", { name: "Last 15 minutes" }).click();
    const chart = await cpuWith(3);
    const modes = chart.lines.filter((line) => line.place !== "legend");
    expect(modes.length).toBeGreaterThanOrEqual(4);
    for (const row of fullRows(chart)) {
      const shares = modes.map((line) => line.values[row] ?? Number.NaN);
      for (const share of shares) {
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
      }
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 2);
      expect(chart.columns.at(-1)?.[row]).toBeCloseTo(1, 2);
    }
    expect(chart.to - chart.from).toBe(900);
  });

  it("is drawn, not only known", async () => {
    for (const panel of ["cpu", "memory", "load"]) {
      // A line of a few seconds is a few pixels wide in 15 minutes: it grows while one looks.
      await until(`${panel} is drawn`, async () => (await colouredPixels(viewer.page, panel)) > 10 || null);
    }
  });

  it("has as much memory as the kernel says", async () => {
    const kib = /^MemTotal:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1];
    const chart = await drawn(viewer.page, "memory");
    const total = chart?.lines
      .find((line) => line.label === "Total")
      ?.values.filter((value) => value !== null);
    expect(total?.at(-1)).toBe(Number(kib) * 1024);
    const row = chart ? fullRows(chart).at(-1) : undefined;
    expect(chart?.columns.at(-1)?.[row ?? -1]).toBe(Number(kib) * 1024);
  });

  it("has further readings below, and no panel for what it lacks", async () => {
    await readAll(viewer.page);
    const files = await until("open files are drawn", () => drawn(viewer.page, "open-files"));
    const open = files.lines.find((line) => line.label === "Open")?.values.filter((value) => value !== null);
    expect(open?.at(-1)).toBeGreaterThan(0);
    await until("context switches are drawn", () => drawn(viewer.page, "switches"));
    const hasMemoryErrors = existsSync("/sys/devices/system/edac/mc/mc0");
    expect((await drawn(viewer.page, "ecc")) !== null).toBe(hasMemoryErrors);
  });

  it("goes on while it is looked at", async () => {
    const before = await cpuWith(3);
    const after = await until("newer points are drawn", async () => {
      const chart = await drawn(viewer.page, "cpu");
      return chart && fullRows(chart).length >= fullRows(before).length + 3 ? chart : null;
    });
    expect(Date.now() / 1000 - (after.ts.at(-1) ?? 0)).toBeLessThan(10);
  });

  it("has a gap where its agent was dead", async () => {
    const last = (await cpuWith(3)).ts.at(-1) ?? 0;
    await agent?.end("SIGKILL");
    const killed = Date.now() / 1000;
    await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
    agent = startAgent();
    const restarted = Date.now() / 1000;
    const chart = await until("points are drawn after the gap", async () => {
      const now = await drawn(viewer.page, "cpu");
      const rows = now ? fullRows(now).filter((row) => (now.ts[row] ?? 0) > restarted) : [];
      return now && rows.length >= 3 ? now : null;
    });
    expect(last).toBeLessThan(restarted);
    const inside = chart.ts
      .map((_, row) => row)
      .filter((row) => {
        const ts = chart.ts[row] ?? 0;
        return ts > killed + INTERVAL_SECONDS && ts < restarted - STEP_SECONDS;
      });
    expect(inside.length).toBeGreaterThan(0);
    for (const row of inside) for (const column of chart.columns) expect(column[row]).toBeNull();
    const blank = await colouredPixels(
      viewer.page,
      "cpu",
      killed + 2 * INTERVAL_SECONDS,
      restarted - STEP_SECONDS,
    );
    expect(blank).toBe(0);
  });

  it("asks nobody else and complains about nothing", () => {
    expect(viewer.errors).toEqual([]);
    expect(viewer.strangers).toEqual([]);
  });
});

describe("the real page", () => {
  it("is dark where the system is, and fits a phone", async () => {
    if (!browser) throw new Error("no browser");
    const phone = await view(browser, origin, { width: 360, height: 740, dark: true });
    await phone.page.goto(`${origin}/dashboard`);
    await phone.page.getByRole("link", { name: hostname() }).waitFor();
    expect(await brightness(phone.page)).toBeLessThan(0.2);
    expect(await overflows(phone.page)).toBe(false);
    await phone.page.getByRole("link", { name: hostname() }).click();
    await until("the chart is drawn", () => drawn(phone.page, "cpu"));
    expect(await overflows(phone.page)).toBe(false);
    expect(phone.errors).toEqual([]);
    expect(phone.strangers).toEqual([]);
    await phone.close();
  });
});
