//! People's own metrics, and the files they come from.

use super::*;
use crate::model::{Custom, Textfile};

/// One row per host, instant and series of people's own.
pub static CUSTOM: Table<Custom> = Table {
    name: "custom",
    dimension: Some(text("series", "name and labels", |c| Some(&c.series))),
    rows: |s| s.custom.fresh().map_or(&[], Vec::as_slice),
    every_seconds: POPULATIONS_EVERY_SECONDS,
    metrics: &[
        real("value", Gauge, Count, "its value, if it moves both ways", |c| c.value),
        real("value_total", Counter, Count, "its value, if it only grows", |c| c.value_total),
    ],
};

/// One row per host, instant and file of the textfile directory.
pub static TEXTFILE: Table<Textfile> = Table {
    name: "textfile",
    dimension: Some(text("file", "its path", |t| Some(&t.file))),
    rows: |s| s.textfiles.fresh().map_or(&[], Vec::as_slice),
    every_seconds: POPULATIONS_EVERY_SECONDS,
    metrics: &[
        real("modified_seconds", Gauge, Seconds, "when it was written, since 1970", |t| t.modified_seconds),
        integer("series", Gauge, Count, "series that were taken from it", |t| Some(t.series)),
        flag("failed", "whether it could not be read, or not all of it was taken", |t| Some(t.failed)),
    ],
};
