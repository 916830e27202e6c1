// Pressure on one resource: the share of time in which tasks had to wait for it.

import { lines, type Panel } from "../panel";

/** `what` ends "tasks waited for …". */
export function pressure(resource: "cpu" | "memory" | "io", title: string, what: string): Panel {
  return lines(
    `pressure-${resource}`,
    title,
    { unit: "ratio", top: { least: 0.1 }, hint: `time in which tasks waited for ${what}` },
    {
      "Some tasks": { metrics: [`pressure.${resource}_some_seconds_per_s`], color: "amber" },
      "All at once": { metrics: [`pressure.${resource}_full_seconds_per_s`], color: "red" },
    },
  );
}
