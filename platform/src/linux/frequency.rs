//! Frequencies of the cores: cpufreq in `/sys/devices/system/cpu`, else `cpu MHz` of `/proc/cpuinfo`.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    time::{Duration, Instant},
};

use super::{Roots, kept::Kept, text};
use crate::model::Core;

/// `/proc/cpuinfo` is long and slow to make, and where it alone tells a frequency, that one hardly moves: the machine is
/// a guest, or so old that it has one frequency.
const CPUINFO_EVERY: Duration = Duration::from_secs(60);

/// The lowest and the highest frequency that the cores may run at, hertz: the means over the cores, as psutil shows
/// them. Where nobody has set a limit, it is what the hardware can do.
pub fn limits(roots: &Roots, cores: &[Core]) -> (Option<u64>, Option<u64>) {
    let limit = |set, hardware| {
        let read = |core: &Core, file| text::read_number(cpufreq(roots, core.index, file)).and_then(hertz);
        let of = |core: &Core| read(core, set).or_else(|| read(core, hardware));
        mean(cores.iter().filter_map(of))
    };
    (limit("scaling_min_freq", "cpuinfo_min_freq"), limit("scaling_max_freq", "cpuinfo_max_freq"))
}

/// The present frequencies, from files that stay open.
pub(super) struct Frequencies {
    roots: Roots,
    /// One for each core, in the order of the cores.
    cores: Vec<(u32, Kept)>,
    cpuinfo: PathBuf,
    /// What `/proc/cpuinfo` said, and when, where there is nothing better.
    told: Vec<Option<u64>>,
    told_at: Option<Instant>,
}

impl Frequencies {
    pub fn new(roots: &Roots) -> Self {
        let cpuinfo = roots.in_proc("cpuinfo");
        Self { roots: roots.clone(), cores: Vec::new(), cpuinfo, told: Vec::new(), told_at: None }
    }

    /// Fills in the present frequency of each core, where the machine tells it.
    pub fn fill(&mut self, cores: &mut [Core], text: &mut Vec<u8>) {
        if !self.cores.iter().map(|(index, _)| *index).eq(cores.iter().map(|core| core.index)) {
            let file = |core: &Core| Kept::new(cpufreq(&self.roots, core.index, "scaling_cur_freq"));
            self.cores = cores.iter().map(|core| (core.index, file(core))).collect();
            self.told_at = None;
        }
        let is_told = self.told_at.is_some_and(|at| at.elapsed() < CPUINFO_EVERY);
        if is_told {
            for (core, hertz) in cores.iter_mut().zip(&self.told) {
                core.frequency_hertz = *hertz;
            }
            return;
        }
        for (core, (_, file)) in cores.iter_mut().zip(&mut self.cores) {
            core.frequency_hertz = file.number(text).and_then(hertz);
        }
        if cores.iter().all(|core| core.frequency_hertz.is_none()) {
            if let Ok(text) = text::read(self.cpuinfo.clone()) {
                assign(cores, &text);
            }
            self.told = cores.iter().map(|core| core.frequency_hertz).collect();
            self.told_at = Some(Instant::now());
        }
    }
}

fn assign(cores: &mut [Core], text: &str) {
    let hertz: BTreeMap<u32, u64> = parse(text).collect();
    for core in cores {
        core.frequency_hertz = hertz.get(&core.index).copied();
    }
}

/// The `processor` and `cpu MHz` lines of `/proc/cpuinfo`: number of each core and its frequency, hertz.
pub fn parse(text: &str) -> impl Iterator<Item = (u32, u64)> {
    let mut index = None;
    text.lines().filter_map(move |line| {
        let (name, value) = line.split_once(':')?;
        match name.trim_end() {
            "processor" => {
                index = value.trim().parse().ok();
                None
            }
            "cpu MHz" => {
                let megahertz: f64 = value.trim().parse().ok()?;
                // Hypervisors that hide the frequency say 0.
                (megahertz > 0.0 && megahertz.is_finite()).then_some((index?, (megahertz * 1e6).round() as u64))
            }
            _ => None,
        }
    })
}

fn mean(all: impl Iterator<Item = u64>) -> Option<u64> {
    let (count, sum) = all.fold((0_u128, 0_u128), |(count, sum), one| (count + 1, sum + u128::from(one)));
    sum.checked_div(count).and_then(|mean| u64::try_from(mean).ok())
}

/// A file of a core's `cpufreq` directory.
fn cpufreq(roots: &Roots, index: u32, file: &str) -> PathBuf {
    roots.in_sys(&format!("devices/system/cpu/cpu{index}/cpufreq/{file}"))
}

/// Linux tells kilohertz.
fn hertz(kilohertz: u64) -> Option<u64> {
    kilohertz.checked_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn megahertz_belong_to_the_processor_above_them() {
        let text = "processor\t: 0\ncpu MHz\t\t: 2596.140\n\nprocessor\t: 4\ncpu MHz\t\t: 800.000\n";
        assert_eq!(parse(text).collect::<Vec<_>>(), [(0, 2_596_140_000), (4, 800_000_000)]);
    }

    #[test]
    fn many_cores_take_no_square_of_their_time() {
        let mut cores: Vec<_> = (0..100_000).map(|index| Core { index, ..Core::default() }).collect();
        let text: String = (0..100_000).map(|index| format!("processor : {index}\ncpu MHz : 800\n")).collect();
        let start = std::time::Instant::now();
        assign(&mut cores, &text);
        assert!(cores.iter().all(|core| core.frequency_hertz == Some(800_000_000)));
        // A tenth of a second without optimisation; the square of it is far beyond this.
        assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    }

    #[test]
    fn a_frequency_that_is_hidden_or_orphaned_is_left_out() {
        assert_eq!(parse("cpu MHz : 800\nprocessor : 0\ncpu MHz : 0.000\nprocessor : 1\ncpu MHz : NaN\n").count(), 0);
    }
}
