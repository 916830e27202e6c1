// Memory and swap in detail.

import { lines, type Section, things } from "../panel";
import { pressure } from "./pressure";

export const MEMORY: Section = {
  id: "memory-details",
  title: "Memory",
  panels: [
    lines(
      "memory-uses",
      "What memory holds",
      { unit: "bytes", top: "fit", stacked: true, needs: ["memory.anonymous_bytes"] },
      {
        Programs: "memory.anonymous_bytes",
        "Page cache": {
          metrics: ["memory.cached_bytes", "memory.shared_bytes"],
          // The kernel counts shared memory as cache, but cannot give it back.
          value: (cached, shared) => Math.max(0, cached - shared),
        },
        "Shared, tmpfs": { metrics: ["memory.shared_bytes"], color: "pink" },
        Buffers: { metrics: ["memory.buffers_bytes"], color: "teal" },
        "Kernel slab": { metrics: ["memory.slab_bytes"], color: "amber" },
        "Page tables": { metrics: ["memory.page_tables_bytes"], color: "violet" },
        "Kernel stacks": { metrics: ["memory.kernel_stack_bytes"], color: "red" },
      },
    ),
    pressure("memory", "Memory pressure", "memory"),
    lines(
      "swapping",
      "Swapping",
      {
        unit: "bytes_per_second",
        top: { least: 1024 },
        hint: "read back above, written below",
        positive: "swap.total_bytes",
      },
      {
        "Read back": "swap.in_bytes_per_s",
        Written: { metrics: ["swap.out_bytes_per_s"], color: "amber", place: "below" },
      },
    ),
    lines(
      "writing-back",
      "Waiting to be written",
      { unit: "bytes", top: { least: 1024 ** 2 } },
      {
        Dirty: { metrics: ["memory.dirty_bytes"], color: "amber" },
        "Being written": "memory.writeback_bytes",
      },
    ),
    lines(
      "page-faults",
      "Page faults that waited for a disk",
      { unit: "per_second", top: { least: 1 }, hint: "a second" },
      { "Major faults": { metrics: ["memory.major_page_faults_per_s"], color: "amber" } },
    ),
    lines(
      "oom-kills",
      "Killed for want of memory",
      { unit: "per_second", top: { least: 0.1 }, hint: "processes a second" },
      { Kills: { metrics: ["memory.out_of_memory_kills_per_s"], color: "red" } },
    ),
    things(
      "ecc",
      "Memory errors",
      "controller",
      { unit: "per_second", top: { least: 0.1 }, hint: "corrected above, not corrected below" },
      {
        corrected: "memory_controller.corrected_errors_per_s",
        "not corrected": { metrics: ["memory_controller.uncorrected_errors_per_s"], place: "below" },
      },
    ),
  ],
};
