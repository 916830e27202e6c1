import { describe, expect, it } from "vitest";
import { formatBytes, formatPercent, formatTick, formatValue, MISSING } from "./format";

describe("formatValue", () => {
  it.each([
    [0, "0.0%"],
    [0.1234, "12.3%"],
    [1, "100.0%"],
    [-0.00001, "0.0%"],
  ])("writes the ratio %d as %s", (ratio, text) => {
    expect(formatValue(ratio, "ratio")).toBe(text);
  });

  it("writes network rates with decimal prefixes", () => {
    expect(formatValue(0, "bits_per_second")).toBe("0 bit/s");
    expect(formatValue(999, "bits_per_second")).toBe("999 bit/s");
    expect(formatValue(1_234_567, "bits_per_second")).toBe("1.23 Mbit/s");
  });

  it("writes disk rates with binary prefixes", () => {
    expect(formatValue(1.5 * 2 ** 20, "bytes_per_second")).toBe("1.50 MiB/s");
  });

  it("writes load as uptime does", () => {
    expect(formatValue(0.5, "count")).toBe("0.50");
    expect(formatValue(12.345, "count")).toBe("12.35");
  });

  it.each([null, undefined, Number.NaN, Number.POSITIVE_INFINITY])("never makes a number of %s", (value) => {
    expect(formatValue(value, "bytes")).toBe(MISSING);
  });
});

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [0.4, "0.4 B"],
    [512, "512 B"],
    [1023, "1023 B"],
    [1024, "1.00 KiB"],
    [1536, "1.50 KiB"],
    [15.34 * 2 ** 30, "15.3 GiB"],
    [153.4 * 2 ** 30, "153 GiB"],
    [3.52 * 2 ** 40, "3.52 TiB"],
  ])("writes %d as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it("goes on to the next prefix when rounding would reach it", () => {
    expect(formatBytes(1023.7 * 1024)).toBe("1.00 MiB");
    expect(formatBytes(9.999 * 1024)).toBe("10.0 KiB");
  });
});

describe("formatTick", () => {
  it("is short", () => {
    expect(formatTick(0.25, "ratio")).toBe("25%");
    expect(formatTick(0.125, "ratio")).toBe("12.5%");
    expect(formatTick(2 ** 31, "bytes")).toBe("2 GiB");
    expect(formatTick(512 * 1024, "bytes_per_second")).toBe("512 KiB");
    expect(formatTick(1_500_000, "bits_per_second")).toBe("1.5 M");
    expect(formatTick(0, "bits_per_second")).toBe("0");
    expect(formatTick(0.5, "count")).toBe("0.5");
  });

  it("shows what is drawn below zero as the amount that it is", () => {
    expect(formatTick(-(8 * 2 ** 20), "bytes_per_second")).toBe("8 MiB");
  });
});

describe("formatPercent", () => {
  it("rounds to whole percent", () => {
    expect(formatPercent(12.5)).toBe("13%");
    expect(formatPercent(-0.2)).toBe("0%");
    expect(formatPercent(null)).toBe(MISSING);
  });
});
