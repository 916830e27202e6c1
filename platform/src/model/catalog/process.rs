//! Processes: their states in the table of hosts, and a table of their names.

use super::*;
use crate::model::{Process, ProcessCounts};

pub(super) const HOST: &[Metric<Sample>] = &[
    integer("processes.count", Gauge, Count, "processes, the kernel's own included", |s| counts(s, |c| c.count)),
    integer("processes.threads", Gauge, Count, "threads of all processes", |s| counts(s, |c| c.threads)),
    integer("processes.running", Gauge, Count, "on a processor or waiting for one", |s| counts(s, |c| c.running)),
    integer("processes.sleeping", Gauge, Count, "waiting for something", |s| counts(s, |c| c.sleeping)),
    integer("processes.disk_sleeping", Gauge, Count, "waiting for a disk", |s| counts(s, |c| c.disk_sleeping)),
    integer("processes.stopped", Gauge, Count, "stopped by a signal or a debugger", |s| counts(s, |c| c.stopped)),
    integer("processes.zombies", Gauge, Count, "ended, and not yet waited for", |s| counts(s, |c| c.zombies)),
    integer("processes.idle", Gauge, Count, "the kernel's own threads without work", |s| counts(s, |c| c.idle)),
];

/// One row per host, instant and name of processes, for the names that use the most.
pub static PROCESS: Table<Process> = Table {
    name: "process",
    dimension: Some(text("name", "name of the processes", |p| Some(&p.name))),
    rows: |s| s.processes.fresh().map_or(&[], Vec::as_slice),
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

fn counts(sample: &Sample, read: fn(&ProcessCounts) -> u64) -> Option<u64> {
    sample.process_counts.fresh()?.as_ref().map(read)
}
