// How the page is built and tested. The server embeds `dist/` and serves it below `/dashboard/`.

import { defineConfig } from "vitest/config";

const server = process.env.SISKIN_SERVER ?? "http://localhost:5050";

export default defineConfig({
  base: "/dashboard/",
  build: {
    target: "es2022",
    // Every asset is a file of its own: the page must run under a policy that forbids `data:` and inline code.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    proxy: { "/hosts": server, "/data": server, "/details": server },
  },
  test: {
    include: ["src/**/*.test.ts"],
    environment: "node",
    // A zone off UTC, so that a test can tell local time from it.
    env: { TZ: "Europe/Berlin" },
  },
});
