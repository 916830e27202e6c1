//! Pressure.

use super::*;
use crate::model::{Pressure, Stall, Stalls};

pub(super) const HOST: &[Metric<Sample>] = &[
    real(
        "pressure.cpu_some_avg10_ratio",
        Gauge,
        Ratio,
        "share of the last 10 s in which some tasks waited for a processor",
        |s| stall(s, |p| p.cpu, |t| t.some).map(ratio),
    ),
    real("pressure.cpu_some_seconds_total", Counter, Seconds, "time in which some tasks waited for a processor", |s| {
        stall(s, |p| p.cpu, |t| t.some).map(seconds)
    }),
    real(
        "pressure.cpu_full_avg10_ratio",
        Gauge,
        Ratio,
        "share of the last 10 s in which all tasks waited at once for a processor",
        |s| stall(s, |p| p.cpu, |t| t.full).map(ratio),
    ),
    real(
        "pressure.cpu_full_seconds_total",
        Counter,
        Seconds,
        "time in which all tasks waited at once for a processor",
        |s| stall(s, |p| p.cpu, |t| t.full).map(seconds),
    ),
    real(
        "pressure.memory_some_avg10_ratio",
        Gauge,
        Ratio,
        "share of the last 10 s in which some tasks waited for memory",
        |s| stall(s, |p| p.memory, |t| t.some).map(ratio),
    ),
    real("pressure.memory_some_seconds_total", Counter, Seconds, "time in which some tasks waited for memory", |s| {
        stall(s, |p| p.memory, |t| t.some).map(seconds)
    }),
    real(
        "pressure.memory_full_avg10_ratio",
        Gauge,
        Ratio,
        "share of the last 10 s in which all tasks waited at once for memory",
        |s| stall(s, |p| p.memory, |t| t.full).map(ratio),
    ),
    real(
        "pressure.memory_full_seconds_total",
        Counter,
        Seconds,
        "time in which all tasks waited at once for memory",
        |s| stall(s, |p| p.memory, |t| t.full).map(seconds),
    ),
    real(
        "pressure.io_some_avg10_ratio",
        Gauge,
        Ratio,
        "share of the last 10 s in which some tasks waited for block devices",
        |s| stall(s, |p| p.io, |t| t.some).map(ratio),
    ),
    real(
        "pressure.io_some_seconds_total",
        Counter,
        Seconds,
        "time in which some tasks waited for block devices",
        |s| stall(s, |p| p.io, |t| t.some).map(seconds),
    ),
    real(
        "pressure.io_full_avg10_ratio",
        Gauge,
        Ratio,
        "share of the last 10 s in which all tasks waited at once for block devices",
        |s| stall(s, |p| p.io, |t| t.full).map(ratio),
    ),
    real(
        "pressure.io_full_seconds_total",
        Counter,
        Seconds,
        "time in which all tasks waited at once for block devices",
        |s| stall(s, |p| p.io, |t| t.full).map(seconds),
    ),
    real(
        "pressure.irq_full_avg10_ratio",
        Gauge,
        Ratio,
        "share of the last 10 s in which all tasks waited at once for interrupts to be serviced",
        |s| stall(s, |p| p.irq, |t| t.full).map(ratio),
    ),
    real(
        "pressure.irq_full_seconds_total",
        Counter,
        Seconds,
        "time in which all tasks waited at once for interrupts to be serviced",
        |s| stall(s, |p| p.irq, |t| t.full).map(seconds),
    ),
];

fn stall(
    sample: &Sample,
    resource: fn(&Pressure) -> Option<Stalls>,
    which: fn(&Stalls) -> Option<Stall>,
) -> Option<Stall> {
    which(&resource(sample.pressure.as_ref()?)?)
}

fn ratio(stall: Stall) -> f64 {
    stall.avg10_ratio
}

fn seconds(stall: Stall) -> f64 {
    stall.stalled_seconds_total
}
