//! Pressure: node_exporter calls waiting what stops some tasks, and stalled what stops all.

use super::place::{Place, node};

/// A metric of pressure.
pub fn place(metric: &str) -> Place {
    match metric {
        "cpu_some_seconds_total" => node("node_pressure_cpu_waiting_seconds_total"),
        "io_some_seconds_total" => node("node_pressure_io_waiting_seconds_total"),
        "io_full_seconds_total" => node("node_pressure_io_stalled_seconds_total"),
        "memory_some_seconds_total" => node("node_pressure_memory_waiting_seconds_total"),
        "memory_full_seconds_total" => node("node_pressure_memory_stalled_seconds_total"),
        "irq_full_seconds_total" => node("node_pressure_irq_stalled_seconds_total"),
        _ => Place::Own,
    }
}
