//! The names that processes bear: what all of one name use together, and which names use the most.

use std::cmp::Reverse;

use super::process::{Io, Stat};
use crate::model::Process;

/// How many names are listed for each of processor time, memory and I/O: at most three times as many rows.
const TOP: usize = 10;

/// The most names that are kept. A desktop has some 200, most of them the kernel's.
const LIMIT: usize = 1024;

/// How much of a score is lost with each reading: what was done a minute ago counts half. So a name neither comes and
/// goes with every pause, nor stays for what it did long ago.
const FADING: u64 = 8;

/// A reading is due every 10 s: for so long counts what is put into a score.
const READING_TICKS: u64 = 1000;

/// Processor time is scored in thousandths of a tick, or a daemon that uses one a minute would have no place.
const SCORES_PER_TICK: u64 = 1000;

const TICKS_PER_SECOND: f64 = 100.0;

#[derive(Default)]
struct Name {
    name: String,
    /// The last reading in which somebody bore it.
    seen: u64,
    count: u64,
    threads: u64,
    resident_pages: u64,
    used_ticks_total: u64,
    io_total: Io,
    /// Whether all of this name may be asked for their I/O.
    is_io_known: bool,
    /// Growth since the last reading.
    used_ticks: u64,
    io_bytes: u64,
    scores: [u64; 3],
}

/// All names, those without a process too: when one comes back, its counters go on.
pub(super) struct Names {
    page_bytes: u64,
    reading: u64,
    /// At the first reading, the present: what a process used is put into proportion to its age.
    first_at_ticks: Option<u64>,
    names: Vec<Name>,
    /// Places of the names, in their order.
    sorted: Vec<usize>,
    chosen: Vec<usize>,
    ranked: Vec<usize>,
    clean: String,
}

impl Names {
    pub(super) fn new(page_bytes: u64) -> Self {
        Self {
            page_bytes,
            reading: 1,
            first_at_ticks: None,
            names: Vec::new(),
            sorted: Vec::new(),
            chosen: Vec::new(),
            ranked: Vec::new(),
            clean: String::new(),
        }
    }

    /// A reading begins; the first one at that time since boot.
    pub(super) fn begin(&mut self, first_at_ticks: Option<u64>) {
        self.reading += 1;
        self.first_at_ticks = first_at_ticks;
    }

    /// Enters one process. Gives the place of its name, which is most often the one it had; `None` if there are too
    /// many names.
    pub(super) fn enter(&mut self, stat: &Stat<'_>, had: Option<usize>) -> Option<usize> {
        clean(stat, &mut self.clean);
        let place = match had {
            Some(place) if self.names.get(place).is_some_and(|name| name.name == self.clean) => place,
            _ => self.place()?,
        };
        let name = &mut self.names[place];
        if name.seen != self.reading {
            name.seen = self.reading;
            (name.count, name.threads, name.resident_pages) = (0, 0, 0);
            (name.used_ticks, name.io_bytes, name.is_io_known) = (0, 0, true);
        }
        name.count += 1;
        name.threads = name.threads.saturating_add(stat.threads);
        name.resident_pages = name.resident_pages.saturating_add(stat.resident_pages);
        if let Some(now) = self.first_at_ticks {
            let score = in_a_reading(stat.used_ticks, now.saturating_sub(stat.start_ticks));
            name.scores[0] = name.scores[0].saturating_add(score);
        }
        Some(place)
    }

    /// Adds the processor time that one of this name used since the last reading.
    pub(super) fn add_cpu(&mut self, place: usize, ticks: u64) {
        let name = &mut self.names[place];
        name.used_ticks = name.used_ticks.saturating_add(ticks);
        name.used_ticks_total = name.used_ticks_total.saturating_add(ticks);
    }

    /// Adds what one of this name read and wrote, from what it had before and has now. `None` if we may not know.
    pub(super) fn add_io(&mut self, place: usize, io: Option<(Io, Io)>) {
        let name = &mut self.names[place];
        let Some((before, now)) = io else {
            name.is_io_known = false;
            return;
        };
        let read = now.read_bytes.saturating_sub(before.read_bytes);
        let written = now.written_bytes.saturating_sub(before.written_bytes);
        name.io_total.read_bytes = name.io_total.read_bytes.saturating_add(read);
        name.io_total.written_bytes = name.io_total.written_bytes.saturating_add(written);
        name.io_bytes = name.io_bytes.saturating_add(read).saturating_add(written);
    }

    /// Writes the names that use the most over the rows of an earlier reading.
    pub(super) fn write(&mut self, rows: &mut Vec<Process>) {
        self.choose();
        rows.resize_with(self.chosen.len(), Process::default);
        for (row, place) in rows.iter_mut().zip(&self.chosen) {
            let name = &self.names[*place];
            row.name.clear();
            row.name.push_str(&name.name);
            (row.count, row.threads) = (name.count, name.threads);
            row.cpu_seconds_total = name.used_ticks_total as f64 / TICKS_PER_SECOND;
            row.resident_bytes = name.resident_pages.saturating_mul(self.page_bytes);
            row.read_bytes_total = name.is_io_known.then_some(name.io_total.read_bytes);
            row.written_bytes_total = name.is_io_known.then_some(name.io_total.written_bytes);
        }
    }

    /// The first names by each score, in the order of their names.
    fn choose(&mut self) {
        for name in &mut self.names {
            let is_there = name.seen == self.reading;
            let now = if is_there { [cpu_score(name.used_ticks), name.io_bytes, name.resident_pages] } else { [0; 3] };
            for (score, now) in name.scores.iter_mut().zip(now) {
                *score = (*score - score.div_ceil(FADING)).saturating_add(now);
            }
        }
        self.chosen.clear();
        for kind in 0..3 {
            let (names, reading) = (&self.names, self.reading);
            self.ranked.clear();
            let is_ranked = |place: &usize| names[*place].seen == reading && names[*place].scores[kind] > 0;
            self.ranked.extend((0..names.len()).filter(is_ranked));
            self.ranked.sort_unstable_by_key(|place| (Reverse(names[*place].scores[kind]), &names[*place].name));
            for place in self.ranked.iter().take(TOP) {
                if !self.chosen.contains(place) {
                    self.chosen.push(*place);
                }
            }
        }
        let names = &self.names;
        self.chosen.sort_unstable_by_key(|place| &names[*place].name);
    }

    /// The place of the name in `clean`, an old one or a new one.
    fn place(&mut self) -> Option<usize> {
        let names = &self.names;
        let at = match self.sorted.binary_search_by_key(&&self.clean, |place| &names[*place].name) {
            Ok(at) => return Some(self.sorted[at]),
            Err(at) => at,
        };
        if self.names.len() < LIMIT {
            self.names.push(Name { name: self.clean.clone(), ..Name::default() });
            self.sorted.insert(at, self.names.len() - 1);
            return Some(self.names.len() - 1);
        }
        // The one that nobody has borne for longest makes room; its counters are lost.
        let place = (0..names.len()).min_by_key(|place| names[*place].seen)?;
        if names[place].seen + 1 >= self.reading {
            return None;
        }
        self.sorted.retain(|other| *other != place);
        self.names[place] = Name { name: self.clean.clone(), ..Name::default() };
        let names = &self.names;
        let at = self.sorted.partition_point(|other| names[*other].name < names[place].name);
        self.sorted.insert(at, place);
        Some(place)
    }
}

fn cpu_score(ticks: u64) -> u64 {
    ticks.saturating_mul(SCORES_PER_TICK)
}

/// The score of what falls on the time between two readings if the total was spread over an age.
fn in_a_reading(total_ticks: u64, age_ticks: u64) -> u64 {
    let total = u128::from(cpu_score(total_ticks)) * u128::from(READING_TICKS);
    u64::try_from(total / (u128::from(age_ticks) + u128::from(READING_TICKS))).unwrap_or(u64::MAX)
}

/// The name under which a process is counted. The kernel's threads are called after what they do and then, behind a
/// slash, where (`kworker/3:1-events`, `irq/30-nvme0q1`): names without end.
fn clean(stat: &Stat<'_>, name: &mut String) {
    let part = stat.name.split('/').next().filter(|part| stat.is_kernel && !part.is_empty()).unwrap_or(stat.name);
    name.clear();
    name.extend(part.chars().map(|c| if c.is_control() { '?' } else { c }));
    if name.is_empty() {
        name.push('?');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(name: &str, used_ticks: u64, start_ticks: u64) -> Stat<'_> {
        Stat { name, state: 'S', is_kernel: false, used_ticks, threads: 1, start_ticks, resident_pages: 0 }
    }

    fn listed(names: &mut Names) -> Vec<String> {
        let mut rows = Vec::new();
        names.write(&mut rows);
        rows.into_iter().map(|row| row.name).collect()
    }

    #[test]
    fn threads_of_the_kernel_are_called_after_what_they_do() {
        let called = |name, is_kernel| {
            let mut clean_name = String::new();
            clean(&Stat { is_kernel, ..stat(name, 0, 0) }, &mut clean_name);
            clean_name
        };
        assert_eq!(called("kworker/0:1H-kblockd", true), "kworker");
        assert_eq!(called("kswapd0", true), "kswapd0");
        assert_eq!(called("/odd", true), "/odd");
        assert_eq!(called("a/b", false), "a/b");
    }

    #[test]
    fn the_first_reading_ranks_by_what_was_used_in_proportion_to_the_age() {
        let mut names = Names::new(4096);
        names.begin(Some(1_000_000));
        // Eleven that used the same time: the oldest has no place.
        for index in 0..11 {
            let name = format!("n{index:02}");
            names.enter(&stat(&name, 5000, index * 1000), None);
        }
        let expected: Vec<_> = (1..11).map(|index| format!("n{index:02}")).collect();
        assert_eq!(listed(&mut names), expected);
    }

    #[test]
    fn names_that_nobody_bears_make_room() {
        let mut names = Names::new(4096);
        let enter = |names: &mut Names, name: &str| {
            let place = names.enter(&stat(name, 0, 0), None)?;
            names.add_cpu(place, 7);
            Some(place)
        };
        names.begin(None);
        for index in 0..LIMIT {
            assert!(enter(&mut names, &format!("n{index:04}")).is_some());
        }
        assert_eq!(enter(&mut names, "one too many"), None);
        // All but the last are gone; their places are taken when a whole reading has passed without them.
        let last = format!("n{:04}", LIMIT - 1);
        names.begin(None);
        assert!(enter(&mut names, &last).is_some());
        assert_eq!(enter(&mut names, "new"), None);
        names.begin(None);
        assert!(enter(&mut names, &last).is_some() && enter(&mut names, "new").is_some());
        assert_eq!((listed(&mut names), names.names.len()), (vec![last.clone(), "new".to_owned()], LIMIT));
        assert!(names.sorted.is_sorted_by_key(|place| &names.names[*place].name));

        names.begin(None);
        let place = enter(&mut names, &last).unwrap();
        assert_eq!(names.names[place].used_ticks_total, 28);
    }
}
