// The spans of time that a host can be looked at, and how often each is asked for again.

export const RANGES = ["15m", "1h", "24h", "7d"] as const;
export type Range = (typeof RANGES)[number];

export const DEFAULT_RANGE: Range = "1h";

interface Span {
  /** For people, after "last". */
  name: string;
  short: string;
  seconds: number;
  /** New points appear at this pace or slower, so that asking more often shows nothing new. */
  refresh_ms: number;
}

export const SPANS: Record<Range, Span> = {
  "15m": { name: "15 minutes", short: "15 m", seconds: 900, refresh_ms: 5_000 },
  "1h": { name: "hour", short: "1 h", seconds: 3_600, refresh_ms: 5_000 },
  "24h": { name: "24 hours", short: "24 h", seconds: 86_400, refresh_ms: 30_000 },
  "7d": { name: "7 days", short: "7 d", seconds: 604_800, refresh_ms: 60_000 },
};

/** Reads a range from the address bar; anything else is the default. */
export function parseRange(text: string | null): Range {
  return RANGES.find((range) => range === text) ?? DEFAULT_RANGE;
}
