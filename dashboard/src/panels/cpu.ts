// Processors in detail.

import { lines, type Section, things } from "../panel";
import { pressure } from "./pressure";

export const CPU: Section = {
  id: "cpu-details",
  title: "CPU",
  panels: [
    things(
      "cores",
      "Cores",
      "core",
      { unit: "ratio", top: 1, hint: "busy share", noun: "Core" },
      { busy: "core.busy_ratio" },
    ),
    things(
      "frequency",
      "Frequency",
      "core",
      { unit: "hertz", top: { least: 1e9 }, noun: "Core" },
      { now: "core.frequency_hertz" },
    ),
    pressure("cpu", "CPU pressure", "a processor"),
    lines(
      "tasks",
      "Tasks",
      { unit: "count", top: { least: 1 } },
      {
        Running: "load.tasks_running",
        "Waiting for a disk": { metrics: ["cpu.tasks_blocked"], color: "amber" },
        All: { metrics: ["load.tasks"], place: "legend", color: null },
      },
    ),
    lines(
      "switches",
      "Context switches and interrupts",
      { unit: "per_second", top: { least: 1 }, hint: "a second" },
      {
        Switches: "cpu.context_switches_per_s",
        Interrupts: { metrics: ["cpu.interrupts_per_s"], color: "violet" },
        "Soft interrupts": { metrics: ["cpu.softirqs_per_s"], color: "pink" },
      },
    ),
    lines(
      "forks",
      "New tasks",
      { unit: "per_second", top: { least: 1 }, hint: "a second" },
      { Created: "cpu.forks_per_s" },
    ),
  ],
};
