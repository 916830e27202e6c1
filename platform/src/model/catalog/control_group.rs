//! Containers and services: two tables of what control groups use.

use super::*;
use crate::model::{Container, ServiceUnit};

/// The metrics of `usage`, for rows that hold one.
macro_rules! usage {
    ($row:ty) => {
        [
            real("cpu_seconds_total", Counter, Seconds, "processor time", |r: &$row| r.usage.cpu_seconds_total),
            real("cpu_user_seconds_total", Counter, Seconds, "processor time in user space", |r: &$row| {
                r.usage.cpu_user_seconds_total
            }),
            real("cpu_system_seconds_total", Counter, Seconds, "processor time in the kernel", |r: &$row| {
                r.usage.cpu_system_seconds_total
            }),
            integer("cpu_periods_total", Counter, Count, "periods with a limit of processor time", |r: &$row| {
                r.usage.cpu_periods_total
            }),
            integer("cpu_throttled_periods_total", Counter, Count, "periods in which it was reached", |r: &$row| {
                r.usage.cpu_throttled_periods_total
            }),
            real("cpu_throttled_seconds_total", Counter, Seconds, "time held back by that limit", |r: &$row| {
                r.usage.cpu_throttled_seconds_total
            }),
            integer("memory_bytes", Gauge, Bytes, "memory, page cache included", |r: &$row| r.usage.memory_bytes),
            integer("memory_working_bytes", Gauge, Bytes, "memory without files not used lately", |r: &$row| {
                r.usage.memory_working_bytes
            }),
            integer("memory_limit_bytes", Gauge, Bytes, "most memory it may have", |r: &$row| {
                r.usage.memory_limit_bytes
            }),
            integer("out_of_memory_kills_total", Counter, Count, "processes killed for want of memory", |r: &$row| {
                r.usage.out_of_memory_kills_total
            }),
            integer("read_bytes_total", Counter, Bytes, "bytes read from disks", |r: &$row| r.usage.read_bytes_total),
            integer("written_bytes_total", Counter, Bytes, "bytes written to disks", |r: &$row| {
                r.usage.written_bytes_total
            }),
            integer("reads_total", Counter, Count, "reads from disks", |r: &$row| r.usage.reads_total),
            integer("writes_total", Counter, Count, "writes to disks", |r: &$row| r.usage.writes_total),
            integer("tasks", Gauge, Count, "processes and their threads", |r: &$row| r.usage.tasks),
        ]
    };
}

/// One row per host, instant and container.
pub static CONTAINER: Table<Container> = Table {
    name: "container",
    dimension: Some(text("name", "its name, else its short id", |c| Some(&c.name))),
    rows: |s| s.containers.fresh().map_or(&[], Vec::as_slice),
    every_seconds: POPULATIONS_EVERY_SECONDS,
    metrics: &CONTAINER_METRICS,
};

/// One row per host, instant and running service.
pub static UNIT: Table<ServiceUnit> = Table {
    name: "unit",
    dimension: Some(text("unit", "name of the unit", |u| Some(&u.unit))),
    rows: |s| s.units.fresh().map_or(&[], Vec::as_slice),
    every_seconds: POPULATIONS_EVERY_SECONDS,
    metrics: &usage!(ServiceUnit),
};

static CONTAINER_METRICS: [Metric<Container>; 20] = host::joined(&[
    &[
        text("runtime", "what runs it", |c| c.runtime.as_deref()),
        text("id", "first 12 digits of its id", |c| c.id.as_deref()),
    ],
    &usage!(Container),
    &[
        real("cpu_stalled_seconds_total", Counter, Seconds, "time in which some tasks waited for a processor", |c| {
            c.cpu_stalled_seconds_total
        }),
        real("memory_stalled_seconds_total", Counter, Seconds, "time in which some tasks waited for memory", |c| {
            c.memory_stalled_seconds_total
        }),
        real("io_stalled_seconds_total", Counter, Seconds, "time in which some tasks waited for a disk", |c| {
            c.io_stalled_seconds_total
        }),
    ],
]);
