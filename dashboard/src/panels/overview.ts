// What a host's page begins with: the readings that everybody looks for first, also those of the predecessor's hosts.

import type { Color } from "../drawing";
import type { LineSpec, Panel, Section } from "../panel";

const BITS_PER_BYTE = 8;

const cpu: Panel = {
  id: "cpu",
  title: "CPU",
  views: [
    {
      needs: ["cpu.user_ratio", "cpu.system_ratio", "cpu.idle_ratio"],
      hint: "share of all cores",
      unit: "ratio",
      top: 1,
      stacked: true,
      lines: [
        { metrics: ["cpu.busy_ratio"], label: "Busy", place: "legend", color: "grey", crest: true },
        mode("user", "User", "green"),
        mode("nice", "Nice", "teal"),
        mode("system", "System", "blue"),
        mode("irq", "Interrupts", "violet"),
        mode("softirq", "Soft irqs", "pink"),
        mode("iowait", "I/O wait", "amber"),
        mode("steal", "Stolen", "red"),
        mode("idle", "Idle", null),
      ],
    },
    {
      needs: ["cpu.busy_ratio"],
      hint: "share of all cores",
      unit: "ratio",
      top: 1,
      lines: [{ metrics: ["cpu.busy_ratio"], label: "Busy", color: "green" }],
    },
  ],
};

const load: Panel = {
  id: "load",
  title: "Load",
  views: [
    {
      needs: ["load.one"],
      hint: "tasks running or waiting",
      unit: "load",
      top: { least: 1 },
      lines: [
        { metrics: ["load.one"], label: "1 minute", color: "green" },
        { metrics: ["load.five"], label: "5 minutes", color: "blue" },
        { metrics: ["load.fifteen"], label: "15 minutes", color: "grey" },
      ],
    },
  ],
};

const memory: Panel = {
  id: "memory",
  title: "Memory",
  views: [
    {
      // Layers that add up to the total: what programs hold, what the kernel would give back, what nobody uses.
      needs: ["memory.total_bytes", "memory.available_bytes", "memory.free_bytes"],
      unit: "bytes",
      top: "fit",
      stacked: true,
      lines: [
        {
          metrics: ["memory.total_bytes", "memory.available_bytes"],
          value: (total, available) => Math.max(0, total - available),
          label: "Used",
          color: "green",
          crest: true,
        },
        {
          metrics: ["memory.available_bytes", "memory.free_bytes"],
          value: (available, free) => Math.max(0, available - free),
          label: "Cache",
          color: "blue",
        },
        {
          metrics: ["memory.available_bytes", "memory.free_bytes"],
          value: (available, free) => Math.min(available, free),
          label: "Free",
          color: null,
        },
        { metrics: ["memory.total_bytes"], label: "Total", place: "legend", color: null },
      ],
    },
    {
      needs: ["memory.used_ratio"],
      hint: "used share",
      unit: "ratio",
      top: 1,
      lines: [{ metrics: ["memory.used_ratio"], label: "Used", color: "green" }],
    },
  ],
};

const swap: Panel = {
  id: "swap",
  title: "Swap",
  views: [
    {
      needs: ["swap.total_bytes", "swap.free_bytes"],
      positive: "swap.total_bytes",
      unit: "bytes",
      top: "fit",
      stacked: true,
      lines: [
        {
          metrics: ["swap.total_bytes", "swap.free_bytes"],
          value: (total, free) => Math.max(0, total - free),
          label: "Used",
          color: "amber",
          crest: true,
        },
        { metrics: ["swap.free_bytes"], label: "Free", color: null },
        { metrics: ["swap.total_bytes"], label: "Total", place: "legend", color: null },
      ],
    },
  ],
};

const filesystem: Panel = {
  id: "filesystem",
  title: "Disk space",
  views: [
    {
      needs: ["filesystem.used_ratio"],
      hint: "used share",
      unit: "ratio",
      top: 1,
      each: "mountpoint",
      lines: [
        { metrics: ["filesystem.used_ratio"], column: "used" },
        { metrics: ["filesystem.available_bytes"], column: "available", unit: "bytes", place: "legend" },
        { metrics: ["filesystem.total_bytes"], column: "size", unit: "bytes", place: "legend" },
      ],
    },
  ],
};

const disk: Panel = {
  id: "disk",
  title: "Disk I/O",
  views: [
    {
      needs: ["disk.read_bytes_per_s", "disk.written_bytes_per_s"],
      hint: "a second; read above, written below",
      unit: "bytes_per_second",
      top: { least: 1024 },
      each: "device",
      lines: [
        { metrics: ["disk.read_bytes_per_s"], column: "read" },
        { metrics: ["disk.written_bytes_per_s"], column: "written", place: "below" },
      ],
    },
  ],
};

const network: Panel = {
  id: "network",
  title: "Network",
  views: [
    {
      needs: ["network.rx_bytes_per_s", "network.tx_bytes_per_s"],
      hint: "bit/s; received above, sent below",
      unit: "bits_per_second",
      top: { least: 1000 },
      each: "interface",
      lines: [
        { metrics: ["network.rx_bytes_per_s"], value: toBits, column: "received" },
        { metrics: ["network.tx_bytes_per_s"], value: toBits, column: "sent", place: "below" },
      ],
    },
  ],
};

export const OVERVIEW: Section = {
  id: "overview",
  title: "Overview",
  panels: [cpu, load, memory, swap, filesystem, disk, network],
};

function mode(name: string, label: string, color: Color | null): LineSpec {
  return { metrics: [`cpu.${name}_ratio`], label, color };
}

function toBits(bytes: number): number {
  return bytes * BITS_PER_BYTE;
}
