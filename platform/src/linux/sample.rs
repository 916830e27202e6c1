//! All collectors, one after the other.

use super::{
    Error, Failure, Roots, clock, conntrack, cpu, disk, filesystem, kernel, load, memory, memory_controller, network,
    power, pressure, raid, sensor, socket, throttling, timekeeping, uptime, zfs,
};
use crate::model::Sample;

/// A sample, and what is missing from it.
#[derive(Debug, Default)]
pub struct Reading {
    /// What could be read.
    pub sample: Sample,
    /// What could not, and why.
    pub failures: Vec<Failure>,
}

/// The readings of this instant. `interval_seconds` says when the next are due. A collector that fails leaves its place
/// in the sample empty and does not stop the others.
pub fn sample(roots: &Roots, interval_seconds: Option<f64>) -> Reading {
    let mut failures = Vec::new();
    let at = clock();
    let uptime_seconds = keep("uptime", uptime::read(roots), &mut failures);
    let cpu = keep("cpu", cpu::read(roots), &mut failures);
    let load = keep("load", load::read(roots), &mut failures);
    let (memory, swap) = keep("memory", memory::read(roots), &mut failures).unzip();
    let pressure = keep("pressure", pressure::read(roots), &mut failures).flatten();
    let sockets = keep("socket", socket::read(roots), &mut failures).flatten();
    let kernel = keep("kernel", kernel::read(roots), &mut failures).flatten();
    let throttling = keep("throttling", throttling::read(roots), &mut failures).flatten();
    let raids = keep("raid", raid::read(roots), &mut failures).unwrap_or_default();
    let zfs_cache = keep("zfs", zfs::read(roots), &mut failures).flatten();
    let disks = keep("disk", disk::read(roots), &mut failures).unwrap_or_default();
    let networks = keep("network", network::read(roots), &mut failures).unwrap_or_default();
    let filesystems = keep("filesystem", filesystem::read(roots), &mut failures).unwrap_or_default();
    let sample = Sample {
        at,
        boot_id: None,
        interval_seconds,
        uptime_seconds,
        cpu,
        load,
        memory,
        swap: swap.flatten(),
        pressure,
        sockets,
        conntrack: conntrack::read(roots),
        kernel,
        throttling,
        zfs_cache,
        timekeeping: timekeeping::read(),
        filesystems,
        disks,
        networks,
        sensors: sensor::read(roots),
        memory_controllers: memory_controller::read(roots),
        raids,
        power_supplies: power::read(roots),
    };
    Reading { sample, failures }
}

fn keep<T>(collector: &'static str, result: Result<T, Error>, failures: &mut Vec<Failure>) -> Option<T> {
    result.map_err(|error| failures.push(Failure { collector, error })).ok()
}
