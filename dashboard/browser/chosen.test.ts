// The page with chosen data: what a real host shows too seldom to wait for. See `live.test.ts` for the real server.

import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { flatHost, inState, nativeHost } from "./chosen-hosts";
import { ChosenServer } from "./chosen-server";
import {
  brightness,
  colouredPixels,
  drawn,
  launch,
  overflows,
  painted,
  readAll,
  until,
  type Viewer,
  view,
} from "./chromium";

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
  server.silent = false;
  server.instead = {};
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

describe("fleet", () => {
  it("lists hosts with their state as a word and their readings as numbers", async () => {
    server.hosts = [inState(nativeHost("crossbill"), "down", 7_300), nativeHost("heron")];
    await viewer.page.goto(`${origin}/dashboard`);
    const row = viewer.page.locator("tr.host").first();
    await row.waitFor();
    expect(await viewer.page.locator("tr.host").count()).toBe(2);
    expect(await row.locator(".host-name").innerText()).toBe("crossbill");
    expect(await row.locator(".state").innerText()).toBe("down");
    expect(await row.locator(".host-seen").innerText()).toBe("2 h ago");
    expect(await row.locator(".level-value").allInnerTexts()).toEqual(["18%", "41%", "57%"]);
    expect(viewer.errors).toEqual([]);
  });

  it("says how to start an agent while there is no host, and shows the first by itself", async () => {
    server.hosts = [];
    await viewer.page.goto(`${origin}/dashboard`);
    await viewer.page.getByText(`siskin-agent --server ${origin}`).waitFor();
    server.hosts = [nativeHost("heron")];
    await viewer.page.getByRole("link", { name: "heron" }).waitFor();
  });

  it("tells why the server will not list them", async () => {
    server.instead = { "/hosts": { status: 403, body: '{"error":"not for you"}' } };
    await viewer.page.goto(`${origin}/dashboard`);
    await viewer.page.getByText("The server says: not for you").waitFor();
    server.instead = {};
    await viewer.page.getByRole("link", { name: "heron" }).waitFor();
  });

  it("ticks the age of what was last seen", async () => {
    await viewer.page.goto(`${origin}/dashboard`);
    const age = viewer.page.locator(".host-seen");
    const before = await age.innerText();
    await until("the age has changed", async () => (await age.innerText()) !== before, 10_000);
  });

  it("leads to a host and back", async () => {
    await viewer.page.goto(`${origin}/dashboard`);
    await viewer.page.getByRole("link", { name: "heron" }).click();
    await viewer.page.getByRole("heading", { name: "heron" }).waitFor();
    expect(viewer.page.url()).toBe(`${origin}/dashboard/host?id=id-heron&range=1h`);
    await viewer.page.goBack();
    await viewer.page.getByRole("heading", { name: "Hosts" }).waitFor();
    expect(viewer.errors).toEqual([]);
  });
});

describe("the keyboard", () => {
  const focused = () => viewer.page.evaluate(() => document.activeElement?.id ?? "");

  it("skips to the content", async () => {
    await viewer.page.goto(`${origin}/dashboard`);
    await viewer.page.getByRole("link", { name: "heron" }).waitFor();
    await viewer.page.keyboard.press("Tab");
    expect(await viewer.page.evaluate(() => document.activeElement?.className)).toBe("skip");
    await viewer.page.keyboard.press("Enter");
    await until("the content has the focus", async () => (await focused()) === "main", 5_000);
    await viewer.page.keyboard.press("Tab");
    expect(await viewer.page.evaluate(() => document.activeElement?.textContent)).toBe("heron");
    expect(viewer.errors).toEqual([]);
  });

  it("begins at the content of another page, and stays where it is on a change of range", async () => {
    await viewer.page.goto(`${origin}/dashboard`);
    await viewer.page.getByRole("link", { name: "heron" }).waitFor();
    expect(await focused()).toBe("");
    await viewer.page.getByRole("link", { name: "heron" }).press("Enter");
    await viewer.page.getByRole("heading", { name: "heron" }).waitFor();
    await until("the content has the focus", async () => (await focused()) === "main", 5_000);
    const week = viewer.page.getByRole("link", { name: "Last 7 days" });
    await week.press("Enter");
    await until("a week is chosen", async () => (await week.getAttribute("aria-current")) === "true");
    expect(await week.evaluate((link) => link === document.activeElement)).toBe(true);
  });
});

describe("charts", () => {
  it("draw the stack up to one, and something that can be seen", async () => {
    const cpu = await openHost("heron");
    const top = cpu.columns.at(-1) ?? [];
    expect(top.length).toBeGreaterThan(100);
    for (const sum of top) expect(sum).toBeCloseTo(1, 6);
    expect(await colouredPixels(viewer.page, "cpu")).toBeGreaterThan(1_000);
    expect(viewer.errors).toEqual([]);
  });

  it("span the chosen range even with little data", async () => {
    const heron = nativeHost("heron");
    const start = Date.now() / 1000 - 600;
    server.hosts = [{ ...heron, reported: (ts) => ts > start }];
    const { ts, from, to } = await openHost("heron", "24h");
    expect(to - from).toBe(86_400);
    expect(ts[0]).toBeGreaterThan(to - 900);
  });

  it("leave a gap empty, in lines and in stacks", async () => {
    const end = Date.now() / 1000 - 300;
    const begin = end - 200;
    server.hosts = [{ ...nativeHost("heron"), reported: (ts) => ts < begin || ts > end }];
    await openHost("heron", "15m", "network");
    for (const panel of ["cpu", "memory", "load", "network"]) {
      const chart = await drawn(viewer.page, panel);
      const row = chart?.ts.findIndex((ts) => ts >= begin && ts <= end) ?? -1;
      expect(row).toBeGreaterThan(0);
      expect(chart?.columns.map((column) => column[row])).toEqual(chart?.columns.map(() => null));
      expect(await colouredPixels(viewer.page, panel, begin + 10, end - 10)).toBe(0);
      expect(await colouredPixels(viewer.page, panel, begin - 100, begin - 10)).toBeGreaterThan(0);
      expect(await colouredPixels(viewer.page, panel, end + 10, end + 100)).toBeGreaterThan(0);
    }
  });

  it("leave a gap empty between the bands of a long range too", async () => {
    const now = Date.now() / 1000;
    const [first, begin, end] = [now - 12 * 3_600, now - 8 * 3_600, now - 5 * 3_600];
    server.hosts = [{ ...nativeHost("heron"), reported: (ts) => ts > first && (ts < begin || ts > end) }];
    const { ts } = await openHost("heron", "24h", "network");
    const step = (ts[2] ?? 0) - (ts[1] ?? 0);
    for (const panel of ["cpu", "memory", "load", "network"]) {
      // A step is less than a pixel wide.
      const hours = [1, 2].map((hour) => (Math.floor(begin / 3_600) + hour) * 3_600);
      for (const at of [begin + 4 * step, ...hours, end - 4 * step])
        expect(await painted(viewer.page, panel, at), panel).toBeNull();
      for (const at of [begin - 4 * step, end + 4 * step])
        expect(await painted(viewer.page, panel, at), panel).not.toBeNull();
    }
  });

  it("show a reading that stands alone", async () => {
    const alone = Math.floor(Date.now() / 5_000) * 5 - 300;
    server.hosts = [
      { ...nativeHost("heron"), reported: (ts) => ts === alone || ts < alone - 200 || ts > alone + 200 },
    ];
    await openHost("heron", "15m", "network");
    for (const panel of ["cpu", "load"]) {
      expect(await colouredPixels(viewer.page, panel, alone - 20, alone + 20)).toBeGreaterThan(5);
      expect(await colouredPixels(viewer.page, panel, alone - 150, alone - 20)).toBe(0);
    }
  });

  it("share one cursor, whose values the legends read out", async () => {
    const cpu = await openHost("heron", "15m", "network");
    await viewer.page.hover('[data-panel="cpu"]', { position: { x: 300, y: 60 } });
    const times = viewer.page.locator(".legend-when");
    await until("the legends follow", async () => (await times.first().innerText()) !== "latest");
    expect(new Set(await times.allInnerTexts()).size).toBe(1);
    await viewer.page.mouse.move(5, 5);
    await until("the legends are back", async () => (await times.last().innerText()) === "latest");
    expect(cpu.lines.length).toBeGreaterThan(0);
  });

  it("hide a layer on a click in the legend, and lower the stack", async () => {
    const before = await openHost("heron");
    await viewer.page.getByRole("button", { name: "User" }).click();
    const after = await until("the layer is gone", async () => {
      const now = await drawn(viewer.page, "cpu");
      return now?.columns[0]?.every((value) => value === null) ? now : null;
    });
    expect(after.columns.at(-1)?.at(-1)).toBeLessThan(before.columns.at(-1)?.at(-1) ?? 0);
    expect(await viewer.page.getByRole("button", { name: "User" }).getAttribute("aria-pressed")).toBe(
      "false",
    );
  });

  it("grow by themselves", async () => {
    const before = await openHost("heron");
    await until("a newer row is drawn", async () => {
      const now = await drawn(viewer.page, "cpu");
      return (now?.ts.at(-1) ?? 0) > (before.ts.at(-1) ?? 0);
    });
  });
});

describe("hosts of other kinds", () => {
  it("known by flat pushes show what they have and nothing else", async () => {
    server.hosts = [flatHost("grosbeak")];
    const cpu = await openHost("grosbeak");
    expect(cpu.labels).toEqual(["Busy"]);
    const panels = viewer.page.locator("[data-panel]");
    expect(await panels.evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset.panel))).toEqual([
      "cpu",
      "memory",
      "filesystem",
      "disk",
    ]);
  });

  it("that are long gone say so and point further back", async () => {
    server.hosts = [inState(nativeHost("crossbill"), "down", 8_000)];
    await viewer.page.goto(`${origin}/dashboard/host?id=id-crossbill&range=1h`);
    await viewer.page.getByText("No readings in the last hour").waitFor();
    await viewer.page.locator(".message").getByRole("link", { name: "24 h" }).click();
    await until("the chart is drawn", () => drawn(viewer.page, "cpu"));
    expect(await viewer.page.locator(".host-title .state").innerText()).toBe("down");
  });

  it("that nobody knows get the server's words", async () => {
    await viewer.page.goto(`${origin}/dashboard/host?id=nobody`);
    await viewer.page.getByText("The server says: hostname not found").waitFor();
  });
});

describe("time range", () => {
  it("is kept in the address bar, forward and back", async () => {
    await openHost("heron", "15m");
    const span = async () => {
      const chart = await drawn(viewer.page, "cpu");
      return chart && chart.to - chart.from;
    };
    await viewer.page.getByRole("link", { name: "Last 7 days" }).click();
    await until("a week is drawn", async () => (await span()) === 604_800);
    expect(viewer.page.url()).toContain("range=7d");
    await viewer.page.goBack();
    await until("a quarter of an hour is drawn", async () => (await span()) === 900);
    expect(await viewer.page.locator('.ranges [aria-current="true"]').innerText()).toBe("15 m");
    await viewer.page.goForward();
    await until("a week is drawn", async () => (await span()) === 604_800);
    expect(viewer.errors).toEqual([]);
  });

  it("is the one of the data, which is dimmed while another is chosen but not there yet", async () => {
    const panels = viewer.page.locator(".panels").first();
    const opacity = () => panels.evaluate((element) => getComputedStyle(element).opacity);
    const name = () => viewer.page.locator('[data-panel="cpu"]').getAttribute("aria-label");
    await openHost("heron", "15m");
    expect([await opacity(), await name()]).toEqual(["1", expect.stringContaining("last 15 minutes")]);
    server.silent = true;
    await viewer.page.getByRole("link", { name: "Last 7 days" }).click();
    await until("the old data is dimmed", async () => Number(await opacity()) < 1);
    expect(await name()).toContain("last 15 minutes");
    expect(await panels.getAttribute("aria-busy")).toBe("true");
    server.silent = false;
    await until("a week is drawn", async () => (await name())?.includes("last 7 days") ?? false);
    expect([await opacity(), await panels.getAttribute("aria-busy")]).toEqual(["1", "false"]);
  });

  it("is not asked for while nobody looks", async () => {
    await openHost("heron", "15m");
    const hide = (hidden: boolean) =>
      viewer.page.evaluate((value) => {
        Object.defineProperty(document, "hidden", { value, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await hide(true);
    const asked = server.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    expect(server.asked.length).toBe(asked);
    await hide(false);
    await until("it asks at once", async () => server.asked.length > asked, 4_000);
  });
});

describe("a lost server", () => {
  it("is announced over what was known, and the page recovers by itself", async () => {
    await openHost("heron");
    server.silent = true;
    const notice = viewer.page.getByRole("status").getByText("The server cannot be reached");
    await notice.waitFor();
    expect(await drawn(viewer.page, "cpu")).not.toBeNull();
    server.silent = false;
    await notice.waitFor({ state: "detached" });
  });

  it.each([
    { status: 200, body: "<!doctype html><p>Log in", words: "its answer cannot be read" },
    { status: 429, body: "", words: "it answers with an error (429)" },
  ])("is also one that gives no sensible answer: $status", async ({ status, body, words }) => {
    await openHost("heron");
    server.instead = { "/data": { status, body } };
    const notice = viewer.page.getByRole("status").getByText(words);
    await notice.waitFor();
    expect(await drawn(viewer.page, "cpu")).not.toBeNull();
    server.instead = {};
    await notice.waitFor({ state: "detached" });
  });
});

describe("appearance", () => {
  it("follows the system, and the choice is remembered", async () => {
    await viewer.close();
    viewer = await view(browser, origin, { dark: true });
    await openHost("heron");
    expect(await brightness(viewer.page)).toBeLessThan(0.2);
    await viewer.page.getByRole("radio", { name: "Light" }).check();
    expect(await brightness(viewer.page)).toBeGreaterThan(0.8);
    await viewer.page.reload();
    await until("the chart is drawn", () => drawn(viewer.page, "cpu"));
    expect(await brightness(viewer.page)).toBeGreaterThan(0.8);
    expect(await viewer.page.getByRole("radio", { name: "Light" }).isChecked()).toBe(true);
  });

  it("fits a phone", async () => {
    await viewer.close();
    viewer = await view(browser, origin, { width: 360, height: 740 });
    const long = nativeHost("a-host-with-a-name-that-is-much-too-long-for-a-phone.example.org");
    long.host.tags = { "a-tag-with-a-long-name": "and-a-value-that-is-as-long-as-a-host-name", env: "prod" };
    server.hosts = [long, flatHost("short")];
    await viewer.page.goto(`${origin}/dashboard`);
    await viewer.page.locator("tr.host").first().waitFor();
    expect(await overflows(viewer.page)).toBe(false);
    await openHost(long.host.hostname, "1h", "network");
    await readAll(viewer.page);
    expect(await overflows(viewer.page)).toBe(false);
    server.hosts = [];
    await viewer.page.goto(`${origin}/dashboard`);
    await viewer.page.getByText("No hosts yet").waitFor();
    expect(await overflows(viewer.page)).toBe(false);
    expect(viewer.errors).toEqual([]);
  });
});
