// Takes a picture of every page, light, dark and at a phone's width, for people to look at:
// `SISKIN_SCREENSHOTS=folder npm run test:browser -- look`. Skipped when no folder is named.

import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { flatHost, inState, nativeHost } from "./chosen-hosts";
import { ChosenServer } from "./chosen-server";
import { drawn, launch, readAll, until, view } from "./chromium";

const FOLDER = process.env.SISKIN_SCREENSHOTS ?? "";

const LOOKS = [
  { name: "light", width: 1280, dark: false },
  { name: "dark", width: 1280, dark: true },
  { name: "phone", width: 360, dark: false },
  { name: "phone-dark", width: 360, dark: true },
];

describe.skipIf(!FOLDER)("pictures", () => {
  const server = new ChosenServer();
  let origin = "";
  let browser: Browser;

  beforeAll(async () => {
    origin = await server.start();
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    server.close();
  });

  it.each(LOOKS)("$name", async ({ name, width, dark }) => {
    const outage = Date.now() / 1000 - 1500;
    const heron = nativeHost("heron");
    heron.reported = (ts) => ts < outage || ts > outage + 420;
    heron.host.tags = {
      env: "prod",
      site: "shed",
      "a-long-name": "and-a-value-that-is-longer-than-a-chip-should-be",
    };
    server.hosts = [
      nativeHost("bunting", 3),
      inState(nativeHost("crossbill-gateway.example.org", 4), "down", 8 * 3600),
      flatHost("grosbeak"),
      heron,
      inState(nativeHost("redpoll", 2), "late", 40),
    ];
    const { page, errors, close } = await view(browser, origin, { width, dark, height: 800 });
    const shoot = (what: string) =>
      page.screenshot({ path: join(FOLDER, `${what}-${name}.png`), fullPage: true });

    await page.goto(`${origin}/dashboard`);
    await page.waitForSelector("text=heron");
    await shoot("fleet");
    for (const range of ["1h", "7d"]) {
      await page.goto(`${origin}/dashboard/host?id=id-heron&range=${range}`);
      await until("the chart is drawn", () => drawn(page, "network"));
      if (range === "1h") {
        await readAll(page);
        await page.hover('[data-panel="cpu"]', { position: { x: width / 5, y: 60 } });
      }
      await shoot(`host-${range}`);
    }
    await page.goto(`${origin}/dashboard/host?id=id-grosbeak&range=15m`);
    await until("the chart is drawn", () => drawn(page, "cpu"));
    await shoot("flat");
    expect(errors).toEqual([]);
    server.silent = true;
    await page.getByText("cannot be reached").waitFor();
    await shoot("lost");
    server.silent = false;
    server.hosts = [];
    await page.goto(`${origin}/dashboard`);
    await page.waitForSelector("text=No hosts yet");
    await shoot("empty");
    await close();
  });
});
