// What the server answers, as it travels. All times are unix seconds, and null always means "not known".

/** Whether a host reports: on time, later than it should, or no longer. */
export const STATES = ["up", "late", "down"] as const;
export type State = (typeof STATES)[number];

/** One host of `GET /hosts`. */
export interface Host {
  /** Stable; two hosts may bear one name. */
  id: string;
  hostname: string;
  state: State;
  last_seen: number | null;
  /** Seconds between two samples, as the agent announced it. */
  interval_seconds: number | null;
  agent_version: string | null;
  /** How far the agent's clock is off the server's. */
  skew_seconds: number | null;
  /** What its people say it is, such as `env` → `prod`; absent where they say nothing. */
  tags?: Record<string, string> | null;
  /** The newest readings, in percent. */
  latest: { cpu: number | null; ram: number | null; disk: number | null };
}

/** One metric over time, on the time axis of its `Data`. */
export interface Series {
  metric: string;
  /** What tells series of one metric apart, such as `{"interface": "eth0"}`. */
  labels: Record<string, string>;
  unit: string;
  /** Where rows are steps: the mean of each. */
  values: (number | null)[];
  /** The least and the greatest sample of each step; absent where the rows are the samples themselves. */
  min?: (number | null)[];
  max?: (number | null)[];
}

/** The answer of `GET /data`: many series on one shared time axis. A row of nulls is a gap. */
export interface Data {
  from: number;
  to: number;
  /** Width of one row; null when the rows are the samples themselves. */
  step_seconds: number | null;
  ts: number[];
  series: Series[];
}

/** The answer of `GET /details`. */
export interface Details {
  hostname: string;
  updated_at: number;
  details: System;
}

/**
 * The host's `/system` document. Agents of other makes send parts of it only,
 * so that everything in it may be missing.
 */
export interface System {
  cpu?: {
    processor?: string | null;
    logical_cores?: number | null;
    physical_cores?: number | null;
  } | null;
  memory?: { total?: number | null } | null;
  swap?: { total?: number | null } | null;
  network?: { primary_interface?: { name?: string | null; ipv4?: string | null } | null } | null;
  uptime?: { seconds?: number | null; boot_time?: string | null } | null;
  system?: {
    os?: string | null;
    os_release?: string | null;
    architecture?: string | null;
    platform?: string | null;
    model?: string | null;
  } | null;
  agent?: { version?: string | null } | null;
  host?: {
    distribution?: string | null;
    model?: string | null;
    processor?: string | null;
    boot_unix_seconds?: number | null;
  } | null;
  /** The whole last sample; of it only what names things. */
  sample?: {
    gpus?: { gpu: string; name?: string | null }[] | null;
    sensors?: { sensor: string; label?: string | null }[] | null;
  } | null;
}
