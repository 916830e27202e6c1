// What the machine measures of itself: heat, fans, voltages, power; batteries; and what a Raspberry Pi does against it.

import { lines, type Section, things } from "../panel";

export const SENSORS: Section = {
  id: "sensors",
  title: "Sensors and power",
  panels: [
    things(
      "temperatures",
      "Temperatures",
      "sensor",
      { unit: "celsius", top: { least: 50 } },
      {
        now: "sensor.temperature_celsius",
        high: { metrics: ["sensor.temperature_max_celsius"], place: "legend" },
        critical: { metrics: ["sensor.temperature_critical_celsius"], place: "legend" },
      },
    ),
    things(
      "fans",
      "Fans",
      "sensor",
      { unit: "revolutions_per_minute", top: { least: 1000 }, hint: "revolutions a minute" },
      { speed: "sensor.fan_revolutions_per_minute" },
    ),
    things(
      "voltages",
      "Voltages",
      "sensor",
      { unit: "volts", top: { least: 1 } },
      { now: "sensor.voltage_volts" },
    ),
    things(
      "currents",
      "Currents",
      "sensor",
      { unit: "amperes", top: { least: 1 } },
      { now: "sensor.current_amperes" },
    ),
    things("power", "Power", "sensor", { unit: "watts", top: { least: 1 } }, { now: "sensor.power_watts" }),
    things(
      "energy",
      "Power, by energy used",
      "sensor",
      { unit: "watts", top: { least: 1 } },
      { mean: "sensor.energy_joules_per_s" },
    ),
    things(
      "humidity",
      "Relative humidity",
      "sensor",
      { unit: "ratio", top: 1 },
      { now: "sensor.humidity_ratio" },
    ),
    things(
      "battery",
      "Battery charge",
      "supply",
      { unit: "ratio", top: 1 },
      {
        charge: "power_supply.capacity_ratio",
        cycles: { metrics: ["power_supply.cycles"], unit: "count", place: "legend" },
        temperature: { metrics: ["power_supply.temperature_celsius"], unit: "celsius", place: "legend" },
      },
    ),
    things(
      "battery-power",
      "Battery power",
      "supply",
      { unit: "watts", top: { least: 1 } },
      {
        power: "power_supply.power_watts",
        voltage: { metrics: ["power_supply.voltage_volts"], unit: "volts", place: "legend" },
        current: { metrics: ["power_supply.current_amperes"], unit: "amperes", place: "legend" },
      },
    ),
    things(
      "supplies",
      "On line power",
      "supply",
      { unit: "flag", top: 1, hint: "filled while it is so" },
      { online: "power_supply.online" },
    ),
    lines(
      "throttling",
      "Throttling",
      { unit: "flag", top: 1, hint: "filled while it is so" },
      {
        "Supply too weak": { metrics: ["throttling.under_voltage"], color: "red" },
        "Frequency capped": { metrics: ["throttling.frequency_capped"], color: "amber" },
        Throttled: { metrics: ["throttling.throttled"], color: "violet" },
        "Too hot": { metrics: ["throttling.temperature_limited"], color: "pink" },
        "Weak since boot": {
          metrics: ["throttling.under_voltage_since_boot"],
          place: "legend",
          color: null,
        },
        "Throttled since boot": {
          metrics: ["throttling.throttled_since_boot"],
          place: "legend",
          color: null,
        },
      },
    ),
  ],
};
