// The kernel's own stocks, and how well the clock is kept.

import { lines, type Section } from "../panel";

export const KERNEL: Section = {
  id: "kernel",
  title: "Kernel and clock",
  panels: [
    lines(
      "open-files",
      "Open files",
      { unit: "count", top: { least: 1 } },
      {
        Open: "kernel.open_files",
        Limit: { metrics: ["kernel.open_files_limit"], place: "legend", color: null },
      },
    ),
    lines(
      "entropy",
      "Entropy",
      { unit: "bits", top: { least: 256 } },
      {
        "At hand": "kernel.entropy_available_bits",
        "At most": { metrics: ["kernel.entropy_limit_bits"], place: "legend", color: null },
      },
    ),
    lines(
      "clock",
      "Clock offset",
      { unit: "seconds", top: { least: 0.001 }, hint: "what is still to be corrected" },
      {
        Offset: "time.offset_seconds",
        "Estimated error": { metrics: ["time.estimated_error_seconds"], color: "grey" },
        "Possible error": { metrics: ["time.maximum_error_seconds"], place: "legend", color: null },
      },
    ),
    lines(
      "clock-state",
      "Clock state",
      { unit: "flag", top: 1, hint: "filled while it is so" },
      {
        Synchronised: "time.synchronized",
        "Time only estimated": { metrics: ["time.is_estimated"], color: "red" },
      },
    ),
  ],
};
