// The headline facts of a host, from its `/system` document. Whatever is missing is left out.

import { formatBytes } from "../format";
import type { Names } from "../shape";
import { formatDuration } from "../time";
import type { Details, Host } from "../wire";

export interface Fact {
  name: string;
  value: string;
}

/** Facts in reading order. `now` in unix seconds: a host that is up has grown older since its document was sent. */
export function factsOf(details: Details, host: Host | undefined, now: number): Fact[] {
  const { system, host: facts, cpu, memory, network, agent } = details.details;
  const address = network?.primary_interface;
  const rows: [string, string | null | undefined][] = [
    ["Model", facts?.model ?? system?.model],
    ["System", facts?.distribution ?? system?.platform ?? system?.os],
    ["Kernel", join(" ", system?.os, system?.os_release)],
    ["Processor", facts?.processor ?? cpu?.processor],
    ["Cores", coresOf(details)],
    ["Architecture", system?.architecture],
    ["Memory", memory?.total ? formatBytes(memory.total) : null],
    ["Address", join(" on ", address?.ipv4, address?.ipv4 ? address.name : null)],
    ["Agent", agent?.version ?? host?.agent_version],
    ["Uptime", uptimeOf(details, host, now)],
  ];
  return rows.flatMap(([name, value]) => (value ? [{ name, value }] : []));
}

function coresOf({ details }: Details): string | null {
  const threads = details.cpu?.logical_cores;
  const cores = details.cpu?.physical_cores;
  if (!threads) return cores ? String(cores) : null;
  return cores && cores !== threads ? `${cores} (${threads} threads)` : String(threads);
}

function uptimeOf({ details, updated_at }: Details, host: Host | undefined, now: number): string | null {
  const until = host?.state === "up" ? now : (host?.last_seen ?? updated_at);
  const boot = details.host?.boot_unix_seconds ?? Date.parse(details.uptime?.boot_time ?? "") / 1000;
  const seconds = Number.isFinite(boot) && boot < until ? until - boot : details.uptime?.seconds;
  return seconds ? formatDuration(seconds) : null;
}

function join(between: string, ...parts: (string | null | undefined)[]): string | null {
  return parts.filter(Boolean).join(between) || null;
}

/** What the host's chips call their sensors, and its graphics processors themselves, where they say so. */
export function namesOf(details: Details | null): Names {
  const { sensors, gpus } = details?.details.sample ?? {};
  return {
    sensor: Object.fromEntries(
      (sensors ?? []).flatMap(({ sensor, label }) => (label ? [[sensor, label]] : [])),
    ),
    gpu: Object.fromEntries((gpus ?? []).flatMap(({ gpu, name }) => (name ? [[gpu, name]] : []))),
  };
}
