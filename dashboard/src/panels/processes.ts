// Processes: how many there are in which state, and the names that use the most.

import { lines, type Section, things } from "../panel";

export const PROCESSES: Section = {
  id: "processes",
  title: "Processes",
  panels: [
    things(
      "process-cpu",
      "CPU by name",
      "name",
      { unit: "cores", top: { least: 0.1 }, hint: "processors in use", idle: "hidden" },
      {
        cpu: "process.cpu_seconds_per_s",
        processes: { metrics: ["process.count"], unit: "count", place: "legend" },
      },
    ),
    things(
      "process-memory",
      "Memory by name",
      "name",
      { unit: "bytes", top: { least: 1024 ** 2 }, hint: "held; what is shared counts for each" },
      { memory: "process.resident_bytes" },
    ),
    things(
      "process-io",
      "Disk I/O by name",
      "name",
      {
        unit: "bytes_per_second",
        top: { least: 1024 },
        hint: "a second; read above, written below",
        idle: "hidden",
      },
      {
        read: "process.read_bytes_per_s",
        written: { metrics: ["process.written_bytes_per_s"], place: "below" },
      },
    ),
    lines(
      "process-states",
      "Processes by state",
      { unit: "count", top: { least: 1 } },
      {
        Running: "processes.running",
        "Waiting for a disk": { metrics: ["processes.disk_sleeping"], color: "amber" },
        Stopped: { metrics: ["processes.stopped"], color: "violet" },
        Zombies: { metrics: ["processes.zombies"], color: "red" },
        Sleeping: { metrics: ["processes.sleeping"], place: "legend", color: null },
        "Kernel's idle": { metrics: ["processes.idle"], place: "legend", color: null },
        All: { metrics: ["processes.count"], place: "legend", color: null },
        Threads: { metrics: ["processes.threads"], place: "legend", color: null },
      },
    ),
  ],
};
