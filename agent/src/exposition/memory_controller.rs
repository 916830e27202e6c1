//! Controllers of ECC memory.

use siskin_platform::model::MemoryController;

use super::labels::Labels;
use super::place::{Place, node};

/// `controller="0"`.
pub fn labels(controller: &MemoryController, labels: &mut Labels) -> bool {
    let name = &controller.controller;
    labels.add("controller", name.strip_prefix("mc").unwrap_or(name));
    true
}

/// A metric of a controller.
pub fn place(metric: &str) -> Place {
    match metric {
        "corrected_errors_total" => node("node_edac_correctable_errors_total"),
        "uncorrected_errors_total" => node("node_edac_uncorrectable_errors_total"),
        _ => Place::Own,
    }
}
