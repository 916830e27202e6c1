//! Sensors.

use super::*;
use crate::model::Sensor;

/// One row per host, instant and sensor.
pub static SENSOR: Table<Sensor> = Table {
    name: "sensor",
    dimension: Some(text("sensor", "device and input", |s| Some(&s.sensor))),
    rows: |s| &s.sensors,
    every_seconds: 0,
    metrics: &[
        text("chip", "kind of chip", |s| Some(&s.chip)),
        text("label", "what it measures, in the chip's words", |s| s.label.as_deref()),
        real("temperature_celsius", Gauge, Celsius, "temperature", |s| s.temperature_celsius),
        real("temperature_max_celsius", Gauge, Celsius, "highest normal temperature", |s| s.temperature_max_celsius),
        real("temperature_critical_celsius", Gauge, Celsius, "temperature at which the machine protects itself", |s| {
            s.temperature_critical_celsius
        }),
        real("fan_revolutions_per_minute", Gauge, RevolutionsPerMinute, "speed of a fan", |s| {
            s.fan_revolutions_per_minute
        }),
        real("voltage_volts", Gauge, Volts, "voltage", |s| s.voltage_volts),
        real("current_amperes", Gauge, Amperes, "current", |s| s.current_amperes),
        real("power_watts", Gauge, Watts, "power", |s| s.power_watts),
        real("energy_joules_total", Counter, Joules, "energy used", |s| s.energy_joules_total),
        real("humidity_ratio", Gauge, Ratio, "relative humidity", |s| s.humidity_ratio),
    ],
};
