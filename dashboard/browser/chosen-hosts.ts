// Hosts to choose from for the stand-in server. Their readings are made up: smooth, repeatable functions of time.

import type { Host, State, System } from "../src/wire";
import { furtherReadings } from "./chosen-readings";
import type { ChosenHost, Reading } from "./chosen-server";
import { burst, wave } from "./waves";

const GIB = 2 ** 30;

/** A host with everything the agent sends. */
export function nativeHost(hostname: string, seed = 0): ChosenHost {
  return {
    host: hostOf(hostname, "up", { cpu: 18 + seed * 7, ram: 41 + seed * 6, disk: 57 + seed * 9 }),
    details: details(hostname),
    readings: [
      ...cpu(seed),
      ...load(seed),
      ...memory(seed),
      ...filesystems(seed),
      ...disks(seed),
      ...networks(seed),
      ...furtherReadings(seed),
    ],
    reported: () => true,
  };
}

/** A host known by the predecessor's flat pushes only. */
export function flatHost(hostname: string): ChosenHost {
  const host = hostOf(hostname, "up", { cpu: 31, ram: 62, disk: 44 });
  return {
    host: { ...host, agent_version: null, interval_seconds: null, skew_seconds: null },
    details: { system: { os: "Linux", os_release: "5.10.0" }, memory: { total: 4 * GIB } },
    readings: [
      { metric: "cpu.busy_ratio", labels: {}, unit: "ratio", value: wave(0.3, 0.1, 700) },
      { metric: "memory.used_ratio", labels: {}, unit: "ratio", value: wave(0.6, 0.05, 2000) },
      { metric: "filesystem.used_ratio", labels: { mountpoint: "/" }, unit: "ratio", value: () => 0.44 },
      rate("disk.read_bytes_per_s", { device: "all" }, wave(2e6, 1e6, 600)),
      rate("disk.written_bytes_per_s", { device: "all" }, wave(1e6, 9e5, 900)),
    ],
    reported: () => true,
  };
}

/** The same host in another state, last seen so long ago. */
export function inState(chosen: ChosenHost, state: State, age_seconds: number): ChosenHost {
  const last = Math.floor(Date.now() / 1000) - age_seconds;
  return { ...chosen, host: { ...chosen.host, state, last_seen: last }, reported: (ts) => ts <= last };
}

function hostOf(hostname: string, state: State, latest: Host["latest"]): Host {
  return {
    id: `id-${hostname}`,
    hostname,
    state,
    last_seen: Math.floor(Date.now() / 1000) - 2,
    interval_seconds: 5,
    agent_version: "0.1.0",
    skew_seconds: 0.01,
    latest,
  };
}

function details(hostname: string): System {
  return {
    system: { os: "Linux", os_release: "6.1.0-28-arm64", architecture: "aarch64", platform: "Linux-6.1.0" },
    cpu: { processor: "Cortex-A76", logical_cores: 4, physical_cores: 4 },
    memory: { total: 8 * GIB },
    network: { primary_interface: { name: "eth0", ipv4: "192.168.1.24" } },
    uptime: { seconds: 1_054_000 },
    agent: { version: "0.1.0" },
    sample: { sensors: [{ sensor: "cpu_thermal/temp1", label: "Processor" }] },
    host: {
      model: "Raspberry Pi 5 Model B Rev 1.0",
      distribution: "Debian GNU/Linux 12 (bookworm)",
      processor: hostname === "heron" ? "Cortex-A76" : "Cortex-A72",
      boot_unix_seconds: Math.floor(Date.now() / 1000) - 1_054_000,
    },
  };
}

function cpu(seed: number): Reading[] {
  const shares: Record<string, (ts: number) => number> = {
    user: (ts) => wave(0.16, 0.08, 900)(ts + seed * 99) + burst(ts, 3100, 0.35),
    nice: () => 0.004,
    system: (ts) => wave(0.05, 0.02, 420)(ts) + burst(ts, 3100, 0.08),
    irq: () => 0.002,
    softirq: wave(0.01, 0.006, 300),
    iowait: (ts) => burst(ts, 1700, 0.16),
    steal: () => 0,
  };
  const busy = (ts: number) => Object.values(shares).reduce((sum, share) => sum + share(ts), 0);
  const one = (name: string, value: (ts: number) => number): Reading => {
    return { metric: `cpu.${name}_ratio`, labels: {}, unit: "ratio", value };
  };
  return [
    ...Object.entries(shares).map(([name, value]) => one(name, value)),
    one("idle", (ts) => 1 - busy(ts)),
    one("busy", (ts) => busy(ts) - (shares.iowait?.(ts) ?? 0)),
  ];
}

function load(seed: number): Reading[] {
  const gauge = (metric: string, value: (ts: number) => number) => ({
    metric,
    labels: {},
    unit: "count",
    value,
  });
  return [
    gauge("load.one", (ts) => wave(0.9, 0.5, 600)(ts + seed * 50) + burst(ts, 3100, 1.4)),
    gauge("load.five", (ts) => wave(0.85, 0.3, 900)(ts) + burst(ts - 120, 3100, 0.8)),
    gauge("load.fifteen", wave(0.8, 0.1, 2400)),
  ];
}

function memory(seed: number): Reading[] {
  const total = 8 * GIB;
  const available = (ts: number) => wave(4.7, 0.4, 3000)(ts + seed * 400) * GIB;
  const one = (name: string, value: (ts: number) => number): Reading => {
    return { metric: `memory.${name}`, labels: {}, unit: "bytes", value };
  };
  return [
    one("total_bytes", () => total),
    one("available_bytes", available),
    one("free_bytes", (ts) => wave(1.4, 0.5, 2100)(ts) * GIB),
    { metric: "memory.used_ratio", labels: {}, unit: "ratio", value: (ts) => 1 - available(ts) / total },
    { metric: "swap.total_bytes", labels: {}, unit: "bytes", value: () => 0 },
    { metric: "swap.free_bytes", labels: {}, unit: "bytes", value: () => 0 },
  ];
}

function filesystems(seed: number): Reading[] {
  return [
    ...filesystem("/", 110 * GIB, 0.57 + seed * 0.09),
    ...filesystem("/boot/firmware", 0.5 * GIB, 0.14),
    ...filesystem("/srv/media", 3600 * GIB, 0.83),
  ];
}

function filesystem(mountpoint: string, size: number, used: number): Reading[] {
  const labels = { mountpoint };
  const ratio = (ts: number) => used + ((ts % 604_800) / 604_800) * 0.02;
  return [
    { metric: "filesystem.used_ratio", labels, unit: "ratio", value: ratio },
    { metric: "filesystem.total_bytes", labels, unit: "bytes", value: () => size },
    { metric: "filesystem.available_bytes", labels, unit: "bytes", value: (ts) => size * (1 - ratio(ts)) },
  ];
}

function disks(seed: number): Reading[] {
  return ["mmcblk0", "sda"].flatMap((device, index) => [
    rate("disk.read_bytes_per_s", { device }, (ts) => 4e5 + burst(ts + seed * 70, 1700 + index * 900, 2.4e7)),
    rate(
      "disk.written_bytes_per_s",
      { device },
      (ts) => wave(1.2e6, 8e5, 500)(ts) + burst(ts, 2300 + index, 1.2e7),
    ),
  ]);
}

function networks(seed: number): Reading[] {
  return ["eth0", "wlan0", "lo"].flatMap((label, index) => [
    rate("network.rx_bytes_per_s", { interface: label }, (ts) => {
      return wave(9e5, 5e5, 800)(ts + seed * 30) / 12 ** index + (index === 0 ? burst(ts, 2900, 6e6) : 0);
    }),
    rate("network.tx_bytes_per_s", { interface: label }, (ts) => wave(4e5, 2e5, 640)(ts) / 9 ** index),
  ]);
}

function rate(metric: string, labels: Record<string, string>, value: (ts: number) => number): Reading {
  return { metric, labels, unit: "bytes_per_second", value };
}
