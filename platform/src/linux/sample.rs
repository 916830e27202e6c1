//! All collectors, one after the other.

use super::{
    Error, Failure, Roots, clock, conntrack, cpu, disk, filesystem, host, kernel, load, memory, memory_controller,
    network, power, pressure, raid, sensor, socket, space::Spaces, throttling, timekeeping, uptime, zfs,
};
use crate::model::{Host, Sample};

/// A sample, and what is missing from it.
#[derive(Debug, Default)]
pub struct Reading {
    /// What could be read.
    pub sample: Sample,
    /// What could not, and why.
    pub failures: Vec<Failure>,
}

/// Reads a host again and again: it remembers which filesystems hang, and asks them no more. For all threads.
pub struct Reader {
    roots: Roots,
    disk_path: String,
    spaces: Spaces,
}

impl Reader {
    /// Reads the host at these roots. The filesystem that holds `disk_path`, which is as `Roots::resolve` gives it,
    /// stands for the host's disk.
    pub fn new(roots: Roots, disk_path: &str) -> Self {
        Self { roots, disk_path: disk_path.to_owned(), spaces: Spaces::default() }
    }

    /// The host's facts at this moment. What cannot be read is `None`.
    pub fn host(&self) -> Host {
        host(&self.roots, &filesystem::disk_mountpoint(&self.roots, &self.disk_path))
    }

    /// The readings of this instant. `interval_seconds` says when the next are due. A collector that fails leaves its
    /// place in the sample empty and does not stop the others. A filesystem that hangs takes 2 s, once.
    pub fn sample(&self, interval_seconds: Option<f64>) -> Reading {
        read(&self.roots, &self.disk_path, &self.spaces, interval_seconds)
    }
}

/// The readings of this instant, by a reader that remembers nothing.
pub fn sample(roots: &Roots, interval_seconds: Option<f64>) -> Reading {
    Reader::new(roots.clone(), "/").sample(interval_seconds)
}

fn read(roots: &Roots, disk_path: &str, spaces: &Spaces, interval_seconds: Option<f64>) -> Reading {
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
    let disks = keep_all("disk", disk::read(roots), &mut failures);
    let networks = keep_all("network", network::read(roots), &mut failures);
    let filesystems = keep_all("filesystem", filesystem::read(roots, disk_path, spaces), &mut failures);
    let sample = Sample {
        at,
        boot_id: None,
        time_is_estimated: false,
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

/// What there is of many, and the failures of the others.
fn keep_all<T>(
    collector: &'static str,
    result: Result<(Vec<T>, impl IntoIterator<Item = Error>), Error>,
    failures: &mut Vec<Failure>,
) -> Vec<T> {
    let Some((all, errors)) = keep(collector, result, failures) else { return Vec::new() };
    failures.extend(errors.into_iter().map(|error| Failure { collector, error }));
    all
}

#[cfg(test)]
mod tests {
    use std::{path::Path, thread, time::Duration};

    use super::*;
    use crate::linux::ffi::Space;

    #[test]
    fn a_root_that_hangs_leaves_a_gap_and_a_failure() {
        let never = |_: &Path| -> Option<Space> {
            loop {
                thread::park();
            }
        };
        let spaces = Spaces::new(never, Duration::from_millis(50));
        let reader = Reader { spaces, ..Reader::new(Roots::default(), "/") };
        for _ in 0..2 {
            let Reading { sample, failures } = reader.sample(None);
            assert!(sample.cpu.is_some() && sample.filesystems.is_empty());
            let told = |failure: &Failure| (failure.collector, failure.error.to_string());
            let root = ("filesystem", "no answer in time from the filesystem at /".to_owned());
            assert!(failures.iter().map(told).any(|failure| failure == root), "{failures:?}");
        }
    }
}
