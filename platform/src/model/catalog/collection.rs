//! The agent's own health: how its collectors fare.

use super::*;
use crate::model::Collection;

/// One row per host, instant and collector that has something to read.
pub static COLLECTOR: Table<Collection> = Table {
    name: "collector",
    dimension: Some(text("collector", "its name", |c| Some(&c.collector))),
    rows: |s| s.collectors.fresh().map_or(&[], Vec::as_slice),
    every_seconds: COLLECTIONS_EVERY_SECONDS,
    metrics: &[
        real("duration_seconds", Gauge, Seconds, "how long it read", |c| Some(c.duration_seconds)),
        flag("success", "whether it could read all that it should", |c| Some(c.success)),
    ],
};
