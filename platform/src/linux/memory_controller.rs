//! Errors of ECC memory: `/sys/devices/system/edac/mc`.

use super::{
    Error, Roots,
    collector::{Collector, Found},
    kept::Kept,
    text,
};
use crate::model::{MemoryController, Sample};

const BYTES_PER_MEGABYTE: u64 = 1 << 20;

/// Each controller, where a driver watches the memory.
pub(super) struct Controllers {
    roots: Roots,
    controllers: Vec<Known>,
}

struct Known {
    facts: MemoryController,
    corrected: Kept,
    uncorrected: Kept,
}

impl Controllers {
    pub(super) fn new(roots: &Roots) -> Self {
        Self { roots: roots.clone(), controllers: Vec::new() }
    }

    /// Controllers do not come and go, but their driver may be loaded late.
    fn look(&mut self) {
        let class = self.roots.in_sys("devices/system/edac/mc");
        let controller = |name: String| {
            let file = |file| class.join(&name).join(file);
            // Beside the controllers stand files about all of them.
            name.strip_prefix("mc")?.parse::<u32>().ok()?;
            let megabytes = text::read_number(file("size_mb"));
            let (corrected, uncorrected) = (Kept::new(file("ce_count")), Kept::new(file("ue_count")));
            let facts = MemoryController {
                kind: text::read_value(file("mc_name")),
                size_bytes: megabytes.and_then(|megabytes| megabytes.checked_mul(BYTES_PER_MEGABYTE)),
                controller: name,
                ..MemoryController::default()
            };
            Some(Known { facts, corrected, uncorrected })
        };
        self.controllers = text::list(&class).into_iter().filter_map(controller).collect();
    }
}

impl Collector for Controllers {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, _: &mut Vec<Error>) -> Result<Found, Error> {
        if self.controllers.is_empty() {
            self.look();
        }
        sample.memory_controllers.clear();
        for known in &mut self.controllers {
            sample.memory_controllers.push(MemoryController {
                corrected_errors_total: known.corrected.number(text),
                uncorrected_errors_total: known.uncorrected.number(text),
                ..known.facts.clone()
            });
        }
        Ok(if self.controllers.is_empty() { Found::Nothing } else { Found::Source })
    }
}
