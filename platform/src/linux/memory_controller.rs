//! Errors of ECC memory: `/sys/devices/system/edac/mc`.

use super::{Roots, text};
use crate::model::MemoryController;

const BYTES_PER_MEGABYTE: u64 = 1 << 20;

/// Each controller. None where no driver watches the memory.
pub fn read(roots: &Roots) -> Vec<MemoryController> {
    let class = roots.in_sys("devices/system/edac/mc");
    let controller = |name: String| {
        let file = |file| class.join(&name).join(file);
        // Beside the controllers stand files about all of them.
        name.strip_prefix("mc")?.parse::<u32>().ok()?;
        let megabytes = text::read_number(file("size_mb"));
        Some(MemoryController {
            kind: text::read_value(file("mc_name")),
            size_bytes: megabytes.and_then(|megabytes| megabytes.checked_mul(BYTES_PER_MEGABYTE)),
            corrected_errors_total: text::read_number(file("ce_count")),
            uncorrected_errors_total: text::read_number(file("ue_count")),
            controller: name,
        })
    };
    text::list(&class).into_iter().filter_map(controller).collect()
}
