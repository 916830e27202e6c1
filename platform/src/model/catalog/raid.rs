//! Software RAID.

use super::*;
use crate::model::Raid;

/// One row per host, instant and array.
pub static RAID: Table<Raid> = Table {
    name: "raid",
    dimension: Some(text("device", "the kernel's name of the array", |r| Some(&r.device))),
    rows: |s| &s.raids,
    every_seconds: 0,
    metrics: &[
        flag("active", "whether it runs", |r| Some(r.active)),
        text("level", "how the disks make it up", |r| r.level.as_deref()),
        integer("size_bytes", Gauge, Bytes, "size", |r| r.size_bytes),
        integer("disks_wanted", Gauge, Count, "disks that it wants to have", |r| r.disks_wanted),
        integer("disks_working", Gauge, Count, "disks that it works with", |r| r.disks_working),
        integer("disks_failed", Gauge, Count, "disks that failed", |r| Some(r.disks_failed)),
        integer("disks_spare", Gauge, Count, "disks that wait to replace another", |r| Some(r.disks_spare)),
        text("action", "what it is doing to itself", |r| r.action.as_deref()),
        real("action_ratio", Gauge, Ratio, "how far it is with that", |r| r.action_ratio),
    ],
};
