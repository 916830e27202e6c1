// Numbers for people: a value, its unit, and never more digits than it deserves.

/** Units that a panel can be in. */
export type Unit = "ratio" | "bytes" | "bytes_per_second" | "bits_per_second" | "count";

/** What stands for a missing reading. */
export const MISSING = "–";

const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
const DECIMAL = ["", "k", "M", "G", "T", "P", "E"];

/** A value in a legend or fact: `12.3%`, `1.50 GiB`, `15.3 MiB/s`, `1.20 Mbit/s`, `0.52`. */
export function formatValue(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
  switch (unit) {
    case "ratio":
      return `${unsigned((value * 100).toFixed(1))}%`;
    case "bytes":
      return formatBytes(value);
    case "bytes_per_second":
      return `${formatBytes(value)}/s`;
    case "bits_per_second": {
      const [digits, prefix] = scale(value, 1000, DECIMAL);
      return `${digits} ${prefix}bit/s`;
    }
    case "count":
      return unsigned(value.toFixed(2));
  }
}

/** A tick of an axis: short, as the panel's heading already names rates. `50%`, `512 KiB`, `1.5 M`, `0.5`. */
export function formatTick(value: number, unit: Unit): string {
  const size = Math.abs(value);
  switch (unit) {
    case "ratio":
      return `${trim(size * 100)}%`;
    case "bytes":
    case "bytes_per_second":
      return tick(size, 1024, BINARY);
    case "bits_per_second":
      return tick(size, 1000, DECIMAL);
    case "count":
      return tick(size, 1000, DECIMAL);
  }
}

/** Bytes with binary prefixes and three digits: `512 B`, `1.50 KiB`, `15.3 GiB`. */
export function formatBytes(bytes: number): string {
  const [digits, prefix] = scale(bytes, 1024, BINARY);
  return `${digits} ${prefix}`;
}

/** Whole percent of a percentage, as the fleet shows it. */
export function formatPercent(percent: number | null): string {
  if (percent === null || !Number.isFinite(percent)) return MISSING;
  return `${unsigned(percent.toFixed(0))}%`;
}

function scale(value: number, base: number, prefixes: string[]): [string, string] {
  let size = Math.abs(value);
  let power = 0;
  // 999.5 would be written as 1000: it belongs to the next prefix already.
  while (size >= base - 0.5 && power < prefixes.length - 1) {
    size /= base;
    power += 1;
  }
  const digits = power === 0 ? wholeOrTenth(size) : size.toFixed(decimals(size));
  return [`${value < 0 && Number(digits) !== 0 ? "−" : ""}${digits}`, prefixes[power] ?? ""];
}

function decimals(size: number): number {
  if (size >= 99.95) return 0;
  return size >= 9.995 ? 1 : 2;
}

function wholeOrTenth(size: number): string {
  return size === 0 || size >= 9.95 ? size.toFixed(0) : trim(Number(size.toFixed(1)));
}

function tick(size: number, base: number, prefixes: string[]): string {
  let power = 0;
  while (size >= base && power < prefixes.length - 1) {
    size /= base;
    power += 1;
  }
  return `${trim(size)} ${prefixes[power] ?? ""}`.trim();
}

/** At most three digits after the point, and no zeros at the end. */
function trim(value: number): string {
  return String(Number(value.toFixed(3)));
}

/** `-0.0` is a rounding's leftover. */
function unsigned(text: string): string {
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text.replace("-", "−");
}
