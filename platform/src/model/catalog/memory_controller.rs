//! Controllers of ECC memory.

use super::*;
use crate::model::MemoryController;

/// One row per host, instant and controller of ECC memory.
pub static MEMORY_CONTROLLER: Table<MemoryController> = Table {
    name: "memory_controller",
    dimension: Some(text("controller", "the kernel's name of the controller", |m| Some(&m.controller))),
    rows: |s| &s.memory_controllers,
    every_seconds: 0,
    metrics: &[
        text("kind", "what it is", |m| m.kind.as_deref()),
        integer("size_bytes", Gauge, Bytes, "memory behind it", |m| m.size_bytes),
        integer("corrected_errors_total", Counter, Count, "errors corrected", |m| m.corrected_errors_total),
        integer("uncorrected_errors_total", Counter, Count, "errors not corrected", |m| m.uncorrected_errors_total),
    ],
};
