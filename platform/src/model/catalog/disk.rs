//! Filesystems and block devices.

use super::*;
use crate::model::{Disk, Filesystem};

/// One row per host, instant and mounted filesystem.
pub static FILESYSTEM: Table<Filesystem> = Table {
    name: "filesystem",
    dimension: Some(text("mountpoint", "where it is mounted", |f| Some(&f.mountpoint))),
    rows: |s| &s.filesystems,
    every_seconds: 0,
    metrics: &[
        text("device", "where it comes from", |f| Some(&f.device)),
        text("kind", "its type", |f| Some(&f.kind)),
        flag("read_only", "mounted read-only", |f| Some(f.read_only)),
        integer("total_bytes", Gauge, Bytes, "size", |f| Some(f.total_bytes)),
        integer("free_bytes", Gauge, Bytes, "free space, root's reserve included", |f| Some(f.free_bytes)),
        integer("available_bytes", Gauge, Bytes, "free space for ordinary users", |f| Some(f.available_bytes)),
        integer("inodes", Gauge, Count, "inodes", |f| f.inodes),
        integer("inodes_free", Gauge, Count, "free inodes", |f| f.inodes_free),
    ],
};

/// One row per host, instant and block device.
pub static DISK: Table<Disk> = Table {
    name: "disk",
    dimension: Some(text("device", "the kernel's name of the device", |d| Some(&d.device))),
    rows: |s| &s.disks,
    every_seconds: 0,
    metrics: &[
        flag("physical", "a device of its own, not one mapped onto others", |d| Some(d.physical)),
        integer("reads_total", Counter, Count, "reads completed", |d| Some(d.reads_total)),
        integer("reads_merged_total", Counter, Count, "reads merged", |d| d.reads_merged_total),
        integer("read_bytes_total", Counter, Bytes, "bytes read", |d| Some(d.read_bytes_total)),
        real("read_seconds_total", Counter, Seconds, "time spent by reads", |d| d.read_seconds_total),
        integer("writes_total", Counter, Count, "writes completed", |d| Some(d.writes_total)),
        integer("writes_merged_total", Counter, Count, "writes merged", |d| d.writes_merged_total),
        integer("written_bytes_total", Counter, Bytes, "bytes written", |d| Some(d.written_bytes_total)),
        real("write_seconds_total", Counter, Seconds, "time spent by writes", |d| d.write_seconds_total),
        integer("discards_total", Counter, Count, "discards completed", |d| d.discards_total),
        integer("discarded_bytes_total", Counter, Bytes, "bytes discarded", |d| d.discarded_bytes_total),
        real("discard_seconds_total", Counter, Seconds, "time spent by discards", |d| d.discard_seconds_total),
        integer("flushes_total", Counter, Count, "flushes completed", |d| d.flushes_total),
        real("flush_seconds_total", Counter, Seconds, "time spent by flushes", |d| d.flush_seconds_total),
        integer("in_flight", Gauge, Count, "requests in flight", |d| d.in_flight),
        real("busy_seconds_total", Counter, Seconds, "time with a request in flight", |d| d.busy_seconds_total),
        real("queue_seconds_total", Counter, Seconds, "time in flight summed over requests", |d| d.queue_seconds_total),
    ],
};
