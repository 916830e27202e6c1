import { describe, expect, it } from "vitest";
import { address, parseRoute, type Route } from "./route";

describe("routes", () => {
  const routes: Route[] = [
    { page: "fleet" },
    { page: "host", id: "a b&c=ü/?", range: "24h" },
    { page: "host", id: "x", range: "15m" },
  ];
  it.each(routes)("survive the address bar: %o", (route) => {
    const url = new URL(address(route), "http://siskin");
    expect(parseRoute(url.pathname, url.search)).toEqual(route);
  });

  it("fall back to an hour when the range is none of ours", () => {
    expect(parseRoute("/dashboard/host", "?id=x&range=3y")).toEqual({ page: "host", id: "x", range: "1h" });
  });

  it("know the fleet with and without a slash, and what they do not know", () => {
    expect(parseRoute("/dashboard/", "")).toEqual({ page: "fleet" });
    expect(parseRoute("/dashboard/host", "")).toEqual({ page: "unknown" });
    expect(parseRoute("/dashboard/elsewhere", "?id=x")).toEqual({ page: "unknown" });
  });
});
