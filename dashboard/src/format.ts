// Numbers for people: a value, its unit, and never more digits than it deserves.

/** Units that a panel can be in: those of the server's answers, `load` for load averages, `cores` for processors in use, `flag` for yes and no. */
export type Unit =
  | "ratio"
  | "flag"
  | "count"
  | "load"
  | "cores"
  | "per_second"
  | "bytes"
  | "bytes_per_second"
  | "bits"
  | "bits_per_second"
  | "hertz"
  | "seconds"
  | "celsius"
  | "revolutions_per_minute"
  | "volts"
  | "amperes"
  | "watts"
  | "joules"
  | "coulombs";

/** What stands for a missing reading. */
export const MISSING = "–";

/** How a unit is written: a value in a legend or fact, and an amount at a tick of an axis, short. */
interface Words {
  value(value: number): string;
  tick(amount: number): string;
}

const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
const DECIMAL = ["", "k", "M", "G", "T", "P", "E"];
/** The largest unit that gives a rare event at least a tenth; its length in seconds. */
const RATES: [string, number][] = [
  ["s", 1],
  ["min", 60],
  ["h", 3_600],
  ["d", 86_400],
];
const SPANS: [string, number][] = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
  ["ms", 1e-3],
  ["µs", 1e-6],
];

const WORDS: Record<Unit, Words> = {
  ratio: { value: formatShare, tick: (amount) => `${trim(amount * 100)}%` },
  flag: { value: formatFlag, tick: () => "" },
  count: { value: (value) => scaled(value, ""), tick: (amount) => tick(amount, 1000, DECIMAL) },
  load: { value: (value) => unsigned(value.toFixed(2)), tick: (amount) => tick(amount, 1000, DECIMAL) },
  cores: { value: formatCores, tick: (amount) => tick(amount, 1000, DECIMAL) },
  per_second: { value: formatRate, tick: (amount) => tick(amount, 1000, DECIMAL) },
  bytes: { value: formatBytes, tick: (amount) => tick(amount, 1024, BINARY) },
  bytes_per_second: {
    value: (value) => `${formatBytes(value)}/s`,
    tick: (amount) => tick(amount, 1024, BINARY),
  },
  bits: { value: (value) => scaled(value, "bit"), tick: (amount) => tick(amount, 1000, DECIMAL) },
  bits_per_second: {
    value: (value) => scaled(value, "bit/s"),
    tick: (amount) => tick(amount, 1000, DECIMAL),
  },
  hertz: measured("Hz"),
  seconds: { value: formatSpan, tick: (amount) => spanTick(amount) },
  celsius: {
    value: (value) => `${unsigned(value.toFixed(1))} °C`,
    tick: (amount) => `${trim(amount)} °C`,
  },
  revolutions_per_minute: {
    value: (value) => `${unsigned(value.toFixed(0))} rpm`,
    tick: (amount) => tick(amount, 1000, DECIMAL),
  },
  volts: measured("V"),
  amperes: measured("A"),
  watts: measured("W"),
  joules: measured("J"),
  coulombs: measured("C"),
};

/** A value in a legend or fact: `12.3%`, `1.50 GiB`, `15.3 MiB/s`, `1.20 Mbit/s`, `48.5 °C`, `2.1 ms`. */
export function formatValue(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
  return WORDS[unit].value(value);
}

/** Two ends, with the unit once where both have the same: `2.0` and `100.0%`. Null where they are written the same. */
export function formatSpread(
  least: number | null | undefined,
  greatest: number | null | undefined,
  unit: Unit,
): [string, string] | null {
  const [from, to] = [formatValue(least, unit), formatValue(greatest, unit)];
  if (from === to || from === MISSING || to === MISSING) return null;
  const end = /\D*$/.exec(to)?.[0] ?? "";
  return [from.endsWith(end) ? from.slice(0, from.length - end.length) : from, to];
}

/** A tick of an axis: short, as the panel's heading already names rates. `50%`, `512 KiB`, `1.5 M`, `0.5`. */
export function formatTick(value: number, unit: Unit): string {
  const amount = WORDS[unit].tick(Math.abs(value));
  return value < 0 && amount !== "" ? `−${amount}` : amount;
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

function formatShare(ratio: number): string {
  return `${unsigned((ratio * 100).toFixed(1))}%`;
}

/** Three digits of what may be a thousandth of a processor, or a hundred of them: `0.004`, `1.25`, `12.3`. */
function formatCores(cores: number): string {
  if (cores === 0) return "0";
  return unsigned(cores.toFixed(Math.abs(cores) < 0.9995 ? 3 : decimals(Math.abs(cores))));
}

/** Yes, no, or the share of a step in which it was so. */
function formatFlag(value: number): string {
  if (value <= 0) return "no";
  return value >= 1 ? "yes" : formatShare(value);
}

/** `12.3/s`, and what is rarer by the minute, hour or day: `0.2/min`, `3/h`. */
function formatRate(per_second: number): string {
  if (per_second === 0) return "0/s";
  const fits = RATES.find(([, seconds]) => Math.abs(per_second) * seconds >= 0.1) ?? ["d", 86_400];
  const [digits, prefix] = scale(per_second * fits[1], 1000, DECIMAL);
  return `${digits}${prefix ? ` ${prefix}` : ""}/${fits[0]}`;
}

/** A length of time with three digits: `250 µs`, `1.20 ms`, `4.00 s`, `2.50 h`. */
function formatSpan(seconds: number): string {
  if (seconds === 0) return "0 s";
  const [name, length] = spanOf(Math.abs(seconds));
  const size = Math.abs(seconds) / length;
  return `${seconds < 0 ? "−" : ""}${size.toFixed(decimals(size))} ${name}`;
}

function spanTick(seconds: number): string {
  if (seconds === 0) return "0";
  const [name, length] = spanOf(seconds);
  return `${trim(seconds / length)} ${name}`;
}

function spanOf(seconds: number): [string, number] {
  return SPANS.find(([, length]) => seconds >= length * 0.9995) ?? ["µs", 1e-6];
}

/** What instruments measure: three digits, small amounts too. */
function measured(symbol: string): Words {
  return {
    value: (value) => {
      const [digits, prefix] = scale(value, 1000, DECIMAL, (size) => size.toFixed(decimals(size)));
      return `${digits} ${prefix}${symbol}`;
    },
    tick: (amount) => {
      const text = tick(amount, 1000, DECIMAL);
      return `${text}${/\d$/.test(text) ? " " : ""}${symbol}`;
    },
  };
}

/** With decimal prefixes: `999 bit/s`, `1.23 Mbit/s`, `12`, `1.23 k`. */
function scaled(value: number, symbol: string): string {
  const [digits, prefix] = scale(value, 1000, DECIMAL);
  return `${digits} ${prefix}${symbol}`.trim();
}

function scale(
  value: number,
  base: number,
  prefixes: string[],
  unscaled: (size: number) => string = wholeOrTenth,
): [string, string] {
  let size = Math.abs(value);
  let power = 0;
  // 999.5 would be written as 1000: it belongs to the next prefix already.
  while (size >= base - 0.5 && power < prefixes.length - 1) {
    size /= base;
    power += 1;
  }
  const digits = power === 0 ? unscaled(size) : size.toFixed(decimals(size));
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
