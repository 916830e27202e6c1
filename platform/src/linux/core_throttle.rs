//! How often heat slowed a core and its package down: `/sys/devices/system/cpu/cpuN/thermal_throttle`.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use super::{Roots, kept::Kept, text};
use crate::model::{Core, Place};

/// New cores, and a machine that has no such files, are looked at this often.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The counters of each core.
pub(super) struct CoreThrottles {
    directory: PathBuf,
    /// In the order of their numbers.
    cores: Vec<Counters>,
    looked: Option<Instant>,
}

struct Counters {
    index: u32,
    place: Option<Place>,
    /// Of the core and of the package.
    files: [Kept; 2],
}

const NAMES: [&str; 2] = ["core_throttle_count", "package_throttle_count"];

impl CoreThrottles {
    pub(super) fn new(roots: &Roots) -> Self {
        Self { directory: roots.in_sys("devices/system/cpu"), cores: Vec::new(), looked: None }
    }

    /// Fills in the counts of each core, where the machine tells them. A core that was not there at the last look waits
    /// for the next one.
    pub(super) fn fill(&mut self, cores: &mut [Core], scratch: &mut Vec<u8>) {
        if self.looked.is_none_or(|looked| looked.elapsed() >= LOOK_EVERY) {
            self.looked = Some(Instant::now());
            self.look(cores);
        }
        for core in &mut *cores {
            let known = self.cores.binary_search_by_key(&core.index, |counters| counters.index).ok();
            let counters = known.map(|at| &mut self.cores[at]);
            core.place = counters.as_ref().and_then(|counters| counters.place);
            let counts = counters.map(|counters| counters.files.each_mut().map(|file| file.number(scratch)));
            [core.throttles_total, core.package_throttles_total] = counts.unwrap_or_default();
        }
    }

    /// Opens everything anew: the files of a core that was taken out and put back are others.
    fn look(&mut self, cores: &[Core]) {
        self.cores.clear();
        // Either all cores have them or none.
        let has_any = cores.first().is_some_and(|core| text::exists(&self.core(core.index).join("thermal_throttle")));
        if !has_any {
            return;
        }
        for core in cores {
            let directory = self.core(core.index);
            let number = |file: &str| text::read_number(directory.join("topology").join(file))?.try_into().ok();
            let place = number("physical_package_id").zip(number("core_id"));
            let file = |name: &str| Kept::new(directory.join("thermal_throttle").join(name));
            self.cores.push(Counters {
                index: core.index,
                place: place.map(|(package, core)| Place { package, core }),
                files: NAMES.map(file),
            });
        }
        self.cores.sort_by_key(|counters| counters.index);
    }

    fn core(&self, index: u32) -> PathBuf {
        self.directory.join(format!("cpu{index}"))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn fixture(tree: &str) -> Roots {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(tree);
        Roots { proc: root.join("proc"), sys: root.join("sys"), root }
    }

    fn cores(count: u32) -> Vec<Core> {
        (0..count).map(|index| Core { index, ..Core::default() }).collect()
    }

    #[test]
    fn each_core_has_its_own_and_a_core_without_has_none() {
        let mut throttles = CoreThrottles::new(&fixture("container"));
        let mut cores = cores(9);
        for _ in 0..2 {
            throttles.fill(&mut cores, &mut Vec::new());
            let counts = |core: &Core| (core.throttles_total, core.package_throttles_total);
            assert_eq!(counts(&cores[0]), (Some(17), Some(41)));
            assert_eq!(counts(&cores[7]), (Some(2), Some(41)));
            assert_eq!(cores[5].place, Some(Place { package: 0, core: 1 }));
            assert_eq!((counts(&cores[8]), cores[8].place), ((None, None), None));
        }
    }

    #[test]
    fn a_machine_without_is_looked_at_once_a_minute() {
        let mut throttles = CoreThrottles::new(&fixture("arm-board"));
        let mut cores = cores(4);
        throttles.fill(&mut cores, &mut Vec::new());
        assert!(cores.iter().all(|core| core.throttles_total.is_none()) && throttles.cores.is_empty());
        // What appears in between is not seen.
        throttles.directory = fixture("container").in_sys("devices/system/cpu");
        throttles.fill(&mut cores, &mut Vec::new());
        assert!(cores[0].throttles_total.is_none());
        throttles.looked = Instant::now().checked_sub(LOOK_EVERY);
        throttles.fill(&mut cores, &mut Vec::new());
        assert_eq!(cores[0].throttles_total, Some(17));
    }
}
