import { describe, expect, it } from "vitest";
import { formatBytes, formatPercent, formatSpread, formatTick, formatValue, MISSING } from "./format";

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

  it("writes processors in use with three digits", () => {
    const written = [0, 0.0004, 0.0042, 0.5, 0.9996, 1.254, 12.34, 128].map((cores) =>
      formatValue(cores, "cores"),
    );
    expect(written).toEqual(["0", "0.000", "0.004", "0.500", "1.00", "1.25", "12.3", "128"]);
    expect(formatTick(0.05, "cores")).toBe("0.05");
  });

  it("writes load as uptime does", () => {
    expect(formatValue(0.5, "load")).toBe("0.50");
    expect(formatValue(12.345, "load")).toBe("12.35");
  });

  it.each([
    [0, "count", "0"],
    [42, "count", "42"],
    [3.25, "count", "3.3"],
    [262_144, "count", "262 k"],
    [0, "per_second", "0/s"],
    [12, "per_second", "12/s"],
    [1_234, "per_second", "1.23 k/s"],
    [0.004, "per_second", "0.2/min"],
    [1 / 3_600, "per_second", "1/h"],
    [1 / 86_400, "per_second", "1/d"],
    [256, "bits", "256 bit"],
    [2_400_000_000, "hertz", "2.40 GHz"],
    [0, "seconds", "0 s"],
    [0.00025, "seconds", "250 µs"],
    [-0.0000125, "seconds", "−12.5 µs"],
    [0.0012, "seconds", "1.20 ms"],
    [0.99999, "seconds", "1.00 s"],
    [9_000, "seconds", "2.50 h"],
    [48.46, "celsius", "48.5 °C"],
    [-5, "celsius", "−5.0 °C"],
    [-0.01, "celsius", "0.0 °C"],
    [1_234.4, "revolutions_per_minute", "1234 rpm"],
    [0.85, "volts", "0.85 V"],
    [12.06, "volts", "12.1 V"],
    [-1.5, "amperes", "−1.50 A"],
    [1_500, "watts", "1.50 kW"],
    [180_000, "joules", "180 kJ"],
    [18_000, "coulombs", "18.0 kC"],
    [0, "flag", "no"],
    [1, "flag", "yes"],
    [0.25, "flag", "25.0%"],
  ] as const)("writes %d %s as %s", (value, unit, text) => {
    expect(formatValue(value, unit)).toBe(text);
  });

  it.each([null, undefined, Number.NaN, Number.POSITIVE_INFINITY])("never makes a number of %s", (value) => {
    expect(formatValue(value, "bytes")).toBe(MISSING);
  });
});

describe("formatSpread", () => {
  it.each([
    [0.02, 1, "ratio", ["2.0", "100.0%"]],
    [0.5, 40, "load", ["0.50", "40.00"]],
    [2 ** 20, 3 * 2 ** 20, "bytes_per_second", ["1.00", "3.00 MiB/s"]],
    [0, 3 * 2 ** 20, "bytes_per_second", ["0 B/s", "3.00 MiB/s"]],
    [900, 1_200, "count", ["900", "1.20 k"]],
    [-0.002, 0.001, "seconds", ["−2.00", "1.00 ms"]],
  ] as const)("from %d to %d in %s is %j", (least, greatest, unit, ends) => {
    expect(formatSpread(least, greatest, unit)).toEqual(ends);
  });

  it("says nothing of ends that read the same, or are not known", () => {
    expect(formatSpread(0.5001, 0.5002, "ratio")).toBeNull();
    expect(formatSpread(null, null, "ratio")).toBeNull();
    expect(formatSpread(undefined, 1, "ratio")).toBeNull();
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

  it("has the units of what is measured", () => {
    expect(formatTick(60, "celsius")).toBe("60 °C");
    expect(formatTick(2_500_000_000, "hertz")).toBe("2.5 GHz");
    expect(formatTick(12, "volts")).toBe("12 V");
    expect(formatTick(1_500, "watts")).toBe("1.5 kW");
    expect(formatTick(0.002, "seconds")).toBe("2 ms");
    expect(formatTick(0, "hertz")).toBe("0 Hz");
  });

  it("keeps the sign of what can be negative", () => {
    expect(formatTick(-5, "celsius")).toBe("−5 °C");
    expect(formatTick(-0.00002, "seconds")).toBe("−20 µs");
  });
});

describe("formatPercent", () => {
  it("rounds to whole percent", () => {
    expect(formatPercent(12.5)).toBe("13%");
    expect(formatPercent(-0.2)).toBe("0%");
    expect(formatPercent(null)).toBe(MISSING);
  });
});
