// Graphics processors.

import { type Panel, type Section, things } from "../panel";

const fan: Panel = {
  id: "gpu-fan",
  title: "Fan",
  // Some drivers tell its speed, others only what it is told to do.
  views: [
    ...things(
      "",
      "",
      "gpu",
      { unit: "revolutions_per_minute", top: { least: 1000 }, hint: "revolutions a minute" },
      {
        speed: "gpu.fan_revolutions_per_minute",
        told: { metrics: ["gpu.fan_ratio"], unit: "ratio", place: "legend" },
      },
    ).views,
    ...things("", "", "gpu", { unit: "ratio", top: 1, hint: "of its full speed" }, { told: "gpu.fan_ratio" })
      .views,
  ],
};

export const GRAPHICS: Section = {
  id: "graphics",
  title: "Graphics",
  panels: [
    {
      id: "gpu-busy",
      title: "Utilisation",
      views: [
        {
          needs: [],
          hint: "share of time at work",
          unit: "ratio",
          top: 1,
          each: "gpu",
          lines: [
            { metrics: ["gpu.utilization_ratio"], column: "busy" },
            // Intel's tell only for how long they had nothing to do.
            {
              metrics: ["gpu.idle_seconds_per_s"],
              unless: "gpu.utilization_ratio",
              value: (idle) => Math.min(1, Math.max(0, 1 - idle)),
              column: "busy",
            },
            { metrics: ["gpu.encoder_ratio"], column: "encoder", place: "legend" },
            { metrics: ["gpu.decoder_ratio"], column: "decoder", place: "legend" },
          ],
        },
      ],
    },
    things(
      "gpu-memory",
      "Memory",
      "gpu",
      { unit: "bytes", top: { least: 1024 ** 2 } },
      {
        used: "gpu.memory_used_bytes",
        size: { metrics: ["gpu.memory_total_bytes"], place: "legend" },
        busy: { metrics: ["gpu.memory_busy_ratio"], unit: "ratio", place: "legend" },
      },
    ),
    things(
      "gpu-temperature",
      "Temperature",
      "gpu",
      { unit: "celsius", top: { least: 50 } },
      { now: "gpu.temperature_celsius" },
    ),
    {
      id: "gpu-power",
      title: "Power",
      views: [
        {
          needs: [],
          unit: "watts",
          top: { least: 1 },
          each: "gpu",
          lines: [
            { metrics: ["gpu.power_watts"], column: "power" },
            // Where only energy is counted.
            { metrics: ["gpu.energy_joules_per_s"], unless: "gpu.power_watts", column: "power" },
          ],
        },
      ],
    },
    things(
      "gpu-frequency",
      "Frequency",
      "gpu",
      { unit: "hertz", top: { least: 1e9 } },
      {
        cores: "gpu.frequency_hertz",
        memory: { metrics: ["gpu.memory_frequency_hertz"], place: "legend" },
      },
    ),
    fan,
    things(
      "gpu-throttled",
      "Slowed down by heat or a limit of power",
      "gpu",
      { unit: "flag", top: 1, hint: "filled while it is so", idle: "hidden" },
      { slowed: "gpu.throttled" },
    ),
  ],
};
