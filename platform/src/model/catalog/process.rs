//! Processes: their states in the table of hosts, and a table of their names.

use super::*;
use crate::model::{Process, ProcessCounts};

pub(super) const HOST: &[Metric<Sample>] = &[
    count("processes.count", "processes, the kernel's own included", |s| counts(s, |c| c.count)),
    count("processes.threads", "threads of all processes", |s| counts(s, |c| c.threads)),
    count("processes.running", "on a processor or waiting for one", |s| counts(s, |c| c.running)),
    count("processes.sleeping", "waiting for something", |s| counts(s, |c| c.sleeping)),
    count("processes.disk_sleeping", "waiting for a disk", |s| counts(s, |c| c.disk_sleeping)),
    count("processes.stopped", "stopped by a signal or a debugger", |s| counts(s, |c| c.stopped)),
    count("processes.zombies", "ended, and not yet waited for", |s| counts(s, |c| c.zombies)),
    count("processes.idle", "the kernel's own threads without work", |s| counts(s, |c| c.idle)),
];

/// One row per host, instant and name of processes, for the names that use the most.
pub static PROCESS: Table<Process> = Table {
    name: "process",
    dimension: Some(text("name", "name of the processes", |p| Some(&p.name))),
    rows: |s| s.processes.fresh().map_or(&[], Vec::as_slice),
    every_seconds: POPULATIONS_EVERY_SECONDS,
    metrics: &[
        integer("count", Gauge, Count, "processes of this name", |p| Some(p.count)),
        integer("threads", Gauge, Count, "their threads", |p| Some(p.threads)),
        real("cpu_seconds_total", Counter, Seconds, "processor time used since the agent's start", |p| {
            Some(p.cpu_seconds_total)
        }),
        integer("resident_bytes", Gauge, Bytes, "memory they hold", |p| Some(p.resident_bytes)),
        integer("read_bytes_total", Counter, Bytes, "read from disks since the agent's start", |p| p.read_bytes_total),
        integer("written_bytes_total", Counter, Bytes, "written to disks since the agent's start", |p| {
            p.written_bytes_total
        }),
    ],
};

const fn count(name: &'static str, help: &'static str, read: fn(&Sample) -> Option<u64>) -> Metric<Sample> {
    integer(name, Gauge, Count, help, read).every(POPULATIONS_EVERY_SECONDS)
}

fn counts(sample: &Sample, read: fn(&ProcessCounts) -> u64) -> Option<u64> {
    sample.process_counts.fresh()?.as_ref().map(read)
}
