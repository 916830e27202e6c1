// A headless Chromium and what the tests ask of a page: its errors, its requests, its drawn data.

import { type Browser, chromium, type Page } from "playwright-core";
import type { ChartElement } from "../src/chart/chart";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
}

export interface Viewer {
  page: Page;
  /** Console errors, exceptions and refused content, as they came. */
  errors: string[];
  /** Requests to other origins than the server's. */
  strangers: string[];
  close(): Promise<void>;
}

export interface View {
  width?: number;
  height?: number;
  dark?: boolean;
}

/** A fresh page with no history and no storage, watched from its first request on. */
export async function view(browser: Browser, origin: string, settings: View = {}): Promise<Viewer> {
  const { width = 1280, height = 900, dark = false } = settings;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
  });
  const page = await context.newPage();
  const errors: string[] = [];
  const strangers: string[] = [];
  page.on("console", (message) => {
    // The tests read pixels back; that is slow, and Chromium says so.
    if (message.text().includes("Multiple readback operations")) return;
    if (message.type() === "error" || message.type() === "warning") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) strangers.push(request.url());
  });
  return { page, errors, strangers, close: () => context.close() };
}

/** What one chart draws: the readings as they came, and the columns that uPlot holds. */
export interface Drawn {
  ts: number[];
  columns: (number | null)[][];
  labels: string[];
  from: number;
  to: number;
  lines: { label: string; column: string; place: string; values: (number | null)[] }[];
}

/** The data of the panel's chart, or null while there is none. */
export function drawn(page: Page, panel: string): Promise<Drawn | null> {
  return page.evaluate((id) => {
    const element = document.querySelector<ChartElement>(`[data-panel="${id}"]`);
    const { chart, drawing } = element ?? {};
    if (!chart || !drawing) return null;
    return {
      ts: [...chart.data[0]],
      columns: chart.data.slice(1).map((column) => [...column].map((value) => value ?? null)),
      labels: chart.series.slice(1).map((series) => String(series.label)),
      from: chart.scales.x?.min ?? 0,
      to: chart.scales.x?.max ?? 0,
      lines: drawing.lines.map(({ label, column, place, values }) => ({ label, column, place, values })),
    };
  }, panel);
}

/**
 * How many pixels of the plotting area are of a line's or area's colour, and not of text, grid or ground; all of it, or
 * the part between two instants in unix seconds.
 */
export function colouredPixels(page: Page, panel: string, from?: number, to?: number): Promise<number> {
  return page.evaluate(
    ([id, from, to]) => {
      const chart = document.querySelector<ChartElement>(`[data-panel="${id}"]`)?.chart;
      if (!chart) return 0;
      const { bbox } = chart;
      const left = from === undefined ? bbox.left : Math.ceil(chart.valToPos(from, "x", true));
      const right = to === undefined ? bbox.left + bbox.width : Math.floor(chart.valToPos(to, "x", true));
      const { data } = chart.ctx.getImageData(left, bbox.top, right - left, bbox.height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4) {
        const [red = 0, green = 0, blue = 0, alpha = 0] = data.subarray(at, at + 4);
        const spread = Math.max(red, green, blue) - Math.min(red, green, blue);
        if (alpha > 60 && spread > 50) count += 1;
      }
      return count;
    },
    [panel, from, to] as const,
  );
}

/**
 * How far down and up something is painted at an instant, as values of the axis: what differs from the left edge of the
 * plotting area, which must be without data. Null where nothing is. The grid's upright lines are taken away first: an instant
 * may lie on one.
 */
export function painted(
  page: Page,
  panel: string,
  ts: number,
): Promise<{ low: number; high: number } | null> {
  return page.evaluate(
    async ([id, ts]) => {
      const chart = document.querySelector<ChartElement>(`[data-panel="${id}"]`)?.chart;
      if (!chart) throw new Error(`no chart ${id}`);
      const upright = chart.axes[0]?.grid;
      if (upright?.show) {
        upright.show = false;
        chart.redraw(false, false);
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      const { top, left, height } = chart.bbox;
      const column = (x: number) => new Uint32Array(chart.ctx.getImageData(x, top, 1, height).data.buffer);
      const empty = column(Math.round(left) + 3);
      const rows = [...column(Math.round(chart.valToPos(ts, "x", true)))].flatMap((pixel, row) =>
        pixel === empty[row] ? [] : row,
      );
      const [first, last] = [rows[0], rows.at(-1)];
      if (first === undefined || last === undefined) return null;
      const value = (row: number) => chart.posToVal(top + row, "y", true);
      return { low: value(last + 1), high: value(first) };
    },
    [panel, ts] as const,
  );
}

/** Scrolls down to the end of a host's page, as a reader does, so that every section asks for what it shows, and back up. */
export async function readAll(page: Page): Promise<void> {
  await until("all sections have answered", () =>
    page.evaluate(() => {
      const waiting = document.querySelector(".section-waiting");
      (waiting ?? document.querySelector(".section:last-child"))?.scrollIntoView({ block: "end" });
      return waiting === null;
    }),
  );
  await page.evaluate(() => window.scrollTo(0, 0));
}

/** Waits until `probe` gives something, asking again a few times a second. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | null | false>,
  timeout_ms = 30_000,
): Promise<T> {
  const end = Date.now() + timeout_ms;
  for (;;) {
    const found = await probe();
    if (found !== null && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited ${timeout_ms / 1000} s in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Whether something is wider than the window. */
export function overflows(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
}

/** The relative luminance of what the page stands on, from 0 (black) to 1. */
export function brightness(page: Page): Promise<number> {
  return page.evaluate(() => {
    const channels = getComputedStyle(document.documentElement).backgroundColor.match(/[\d.]+/g) ?? [];
    const [red = 0, green = 0, blue = 0] = channels.map((channel) => Number(channel) / 255);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  });
}
