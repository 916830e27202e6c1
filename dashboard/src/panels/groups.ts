// What control groups use: the same panels for containers and for services.

import { type Panel, type Section, things } from "../panel";

export const CONTAINERS: Section = {
  id: "containers",
  title: "Containers",
  panels: panels("container", "name"),
};
export const SERVICES: Section = { id: "services", title: "Services", panels: panels("unit", "unit") };

function panels(table: "container" | "unit", each: string): Panel[] {
  return [
    things(
      `${table}-cpu`,
      "CPU",
      each,
      { unit: "cores", top: { least: 0.1 }, hint: "processors in use" },
      { cpu: `${table}.cpu_seconds_per_s` },
    ),
    things(
      `${table}-memory`,
      "Memory",
      each,
      { unit: "bytes", top: { least: 1024 ** 2 }, hint: "without files not used lately" },
      {
        "in use": `${table}.memory_working_bytes`,
        limit: { metrics: [`${table}.memory_limit_bytes`], place: "legend" },
      },
    ),
    things(
      `${table}-throttled`,
      "Held back by a limit of CPU",
      each,
      { unit: "ratio", top: { least: 0.1 }, hint: "share of periods", idle: "hidden" },
      {
        throttled: {
          metrics: [`${table}.cpu_throttled_periods_per_s`, `${table}.cpu_periods_per_s`],
          value: (throttled, all) => (all > 0 ? Math.min(1, throttled / all) : null),
        },
      },
    ),
    things(
      `${table}-io`,
      "Disk I/O",
      each,
      {
        unit: "bytes_per_second",
        top: { least: 1024 },
        hint: "a second; read above, written below",
        idle: "hidden",
      },
      {
        read: `${table}.read_bytes_per_s`,
        written: { metrics: [`${table}.written_bytes_per_s`], place: "below" },
      },
    ),
    things(
      `${table}-tasks`,
      "Tasks",
      each,
      { unit: "count", top: { least: 1 }, hint: "processes and their threads" },
      { tasks: `${table}.tasks` },
    ),
  ];
}
