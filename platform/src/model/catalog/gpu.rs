//! Graphics processors.

use super::*;
use crate::model::Gpu;

/// One row per host, instant and graphics processor.
pub static GPU: Table<Gpu> = Table {
    name: "gpu",
    dimension: Some(text("gpu", "PCI address, or the driver's id", |g| Some(&g.gpu))),
    rows: |s| &s.gpus,
    every_seconds: 0,
    metrics: &[
        text("name", "its name, or the PCI numbers of vendor and device", |g| g.name.as_deref()),
        text("vendor", "who made it", |g| g.vendor.as_deref()),
        text("driver", "the kernel's driver", |g| g.driver.as_deref()),
        flag("asleep", "whether it is switched off to save power", |g| g.asleep),
        real("utilization_ratio", Gauge, Ratio, "share of time in which it worked", |g| g.utilization_ratio),
        real("idle_seconds_total", Counter, Seconds, "time in which it had nothing to do", |g| g.idle_seconds_total),
        real("memory_busy_ratio", Gauge, Ratio, "share of time in which its memory worked", |g| g.memory_busy_ratio),
        real("encoder_ratio", Gauge, Ratio, "share of time in which it encoded video", |g| g.encoder_ratio),
        real("decoder_ratio", Gauge, Ratio, "share of time in which it decoded video", |g| g.decoder_ratio),
        integer("memory_total_bytes", Gauge, Bytes, "its own memory", |g| g.memory_total_bytes),
        integer("memory_used_bytes", Gauge, Bytes, "its own memory in use", |g| g.memory_used_bytes),
        real("temperature_celsius", Gauge, Celsius, "temperature", |g| g.temperature_celsius),
        real("power_watts", Gauge, Watts, "power", |g| g.power_watts),
        real("energy_joules_total", Counter, Joules, "energy used", |g| g.energy_joules_total),
        integer("frequency_hertz", Gauge, Hertz, "present frequency of the cores", |g| g.frequency_hertz),
        integer("memory_frequency_hertz", Gauge, Hertz, "present frequency of the memory", |g| {
            g.memory_frequency_hertz
        }),
        real("fan_revolutions_per_minute", Gauge, RevolutionsPerMinute, "speed of its fan", |g| {
            g.fan_revolutions_per_minute
        }),
        real("fan_ratio", Gauge, Ratio, "what its fan is told to do", |g| g.fan_ratio),
        flag("throttled", "whether heat or a limit of power slows it down", |g| g.throttled),
        integer("corrected_errors_total", Counter, Count, "errors of its memory that were put right", |g| {
            g.corrected_errors_total
        }),
        integer("uncorrected_errors_total", Counter, Count, "errors of its memory that were not", |g| {
            g.uncorrected_errors_total
        }),
        integer("pcie_replays_total", Counter, Count, "what was sent over the bus again", |g| g.pcie_replays_total),
    ],
};
