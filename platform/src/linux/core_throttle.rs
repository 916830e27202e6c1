//! How often heat slowed a core and its package down: `/sys/devices/system/cpu/cpuN/thermal_throttle`.

use std::{
    fs::File,
    path::PathBuf,
    time::{Duration, Instant},
};

use super::{Roots, reread, text};
use crate::model::{Core, Place};

/// New cores, and a machine that has no such files, are looked at this often.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The most files that are kept open: those of further cores are opened for each reading. The agent's unit allows 256 in
/// all.
const KEPT_FILES: usize = 64;

/// The counters of each core.
pub(super) struct CoreThrottles {
    directory: PathBuf,
    /// In the order of their numbers.
    cores: Vec<Counters>,
    looked: Option<Instant>,
    path: PathBuf,
}

struct Counters {
    index: u32,
    place: Option<Place>,
    /// Of the core and of the package; none where the file is not kept open.
    files: [Option<File>; 2],
}

const NAMES: [&str; 2] = ["core_throttle_count", "package_throttle_count"];

impl CoreThrottles {
    pub(super) fn new(roots: &Roots) -> Self {
        Self { directory: roots.in_sys("devices/system/cpu"), cores: Vec::new(), looked: None, path: PathBuf::new() }
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
            let counters = known.map(|at| &self.cores[at]);
            let mut counts = [None; 2];
            if let Some(Counters { index, files, .. }) = counters {
                for ((count, file), name) in counts.iter_mut().zip(files).zip(NAMES) {
                    *count = match file {
                        Some(file) => reread::file(file, scratch),
                        None => {
                            set_path(&mut self.path, &self.directory, *index, name);
                            reread::path(&self.path, scratch)
                        }
                    }
                    .ok()
                    .and_then(|text| text.parse().ok());
                }
            }
            [core.throttles_total, core.package_throttles_total] = counts;
            core.place = counters.and_then(|counters| counters.place);
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
        for (position, core) in cores.iter().enumerate() {
            let directory = self.core(core.index);
            let number = |file: &str| text::read_number(directory.join("topology").join(file))?.try_into().ok();
            let place = number("physical_package_id").zip(number("core_id"));
            let open = |name: &str| File::open(directory.join("thermal_throttle").join(name)).ok();
            let is_kept = (position + 1) * NAMES.len() <= KEPT_FILES;
            self.cores.push(Counters {
                index: core.index,
                place: place.map(|(package, core)| Place { package, core }),
                files: if is_kept { NAMES.map(open) } else { [None, None] },
            });
        }
        self.cores.sort_by_key(|counters| counters.index);
    }

    fn core(&self, index: u32) -> PathBuf {
        self.directory.join(format!("cpu{index}"))
    }
}

/// Written in place: a machine of 500 cores would else allocate a thousand paths a reading.
fn set_path(path: &mut PathBuf, directory: &std::path::Path, index: u32, name: &str) {
    use std::fmt::Write;

    let text = path.as_mut_os_string();
    text.clear();
    text.push(directory);
    let _ = write!(text, "/cpu{index}/thermal_throttle/{name}");
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
    fn files_that_are_not_kept_open_say_the_same() {
        let mut throttles = CoreThrottles::new(&fixture("container"));
        let (mut kept, mut opened) = (cores(8), cores(8));
        throttles.fill(&mut kept, &mut Vec::new());
        for counters in &mut throttles.cores {
            counters.files = [None, None];
        }
        throttles.fill(&mut opened, &mut Vec::new());
        assert_eq!(kept, opened);
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
