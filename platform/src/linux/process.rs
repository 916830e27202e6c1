//! Processes: `/proc/PID/stat` of each, and `/proc/PID/io` of those that did something. Never what they were called
//! with (`cmdline`, `environ`, `exe`): no reading may hold a secret.

use super::{
    Error, Roots,
    collector::{Collector, Found},
    process_name::Names,
    scratch::{self, Trail},
    uptime,
};
use crate::model::{Periodic, ProcessCounts, Sample};

const FILE: &str = "/proc/PID/stat";

/// The most that are read: what a 32-bit kernel can have, and more than a busy server has.
const LIMIT: usize = 32_768;

/// The flag of a thread of the kernel's own (`PF_KTHREAD`).
const KERNEL: u64 = 0x0020_0000;

/// What `stat` says of a process. Times are in ticks of 1/100 s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat<'a> {
    /// Its name, at most 15 bytes, and longer for threads of the kernel. Whatever the process likes: spaces, brackets,
    /// line ends.
    pub name: &'a str,
    /// A letter: `R` running, `S` sleeping and so on.
    pub state: char,
    /// Whether it is a thread of the kernel.
    pub is_kernel: bool,
    /// Processor time it used, its ended threads included.
    pub used_ticks: u64,
    /// Its threads.
    pub threads: u64,
    /// When it started, since boot. With the number it tells a process from all that ever were.
    pub start_ticks: u64,
    /// Pages of memory it holds.
    pub resident_pages: u64,
}

/// What `io` says of a process: bytes from and to disks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Io {
    /// `read_bytes`.
    pub read_bytes: u64,
    /// `write_bytes`.
    pub written_bytes: u64,
}

/// The text of `/proc/PID/stat`.
pub fn parse(text: &str) -> Result<Stat<'_>, Error> {
    stat(text).ok_or_else(|| Error::line(FILE, text))
}

/// The name may hold brackets too: it ends at the last one.
fn stat(text: &str) -> Option<Stat<'_>> {
    let (_, name) = text.split_once('(')?;
    let (name, rest) = name.rsplit_once(')')?;
    // The first is field 3; `nth` passes over those between.
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let flags: u64 = fields.nth(5)?.parse().ok()?;
    let user: u64 = fields.nth(4)?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    let threads = fields.nth(4)?.parse().ok()?;
    let start_ticks = fields.nth(1)?.parse().ok()?;
    // The kernel counts on each core, and what it adds up may be less than nothing for a moment.
    let resident: i64 = fields.nth(1)?.parse().ok()?;
    Some(Stat {
        name,
        state,
        is_kernel: flags & KERNEL != 0,
        used_ticks: user.saturating_add(system),
        threads,
        start_ticks,
        resident_pages: u64::try_from(resident).unwrap_or(0),
    })
}

/// The text of `/proc/PID/io`. `None` if one of the two is not in it.
pub fn parse_io(text: &str) -> Option<Io> {
    let number = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    Some(Io { read_bytes: number("read_bytes:")?, written_bytes: number("write_bytes:")? })
}

/// A process as it was at the last reading.
#[derive(Clone, Copy)]
struct Known {
    pid: u32,
    /// Its name's place.
    name: usize,
    start_ticks: u64,
    used_ticks: u64,
    /// `None` if we may not ask.
    io: Option<Io>,
}

/// The collector. It knows the processes of the last reading, by number and start.
pub(super) struct Processes {
    trail: Trail,
    pids: Vec<u32>,
    known: Vec<Known>,
    before: Vec<Known>,
    names: Names,
    /// When the youngest process of the last reading started. One that was not seen then and is older was hidden, and
    /// what it used is not of late.
    youngest_ticks: Option<u64>,
}

impl Processes {
    pub(super) fn new(roots: &Roots) -> Self {
        Self {
            trail: Trail::new(&roots.proc),
            pids: Vec::new(),
            known: Vec::new(),
            before: Vec::new(),
            names: Names::new(procfs::page_size()),
            youngest_ticks: None,
        }
    }

    /// Who there is, by number. The kernel lists them so, but not every tree is the kernel's.
    fn list(&mut self, text: &mut Vec<u8>, odd: &mut Vec<Error>) {
        self.pids.clear();
        let pids = &mut self.pids;
        let take = |name: &str| {
            pids.extend(name.parse::<u32>().ok());
            pids.len() <= LIMIT
        };
        // Without a `/proc` there is nothing, which others tell of.
        let _ = scratch::directories(self.trail.path(), text, take);
        self.pids.sort_unstable();
        if self.pids.len() > LIMIT {
            self.pids.truncate(LIMIT);
            odd.push(Error::TooMany { what: "processes", limit: LIMIT });
        }
    }

    /// One process, if it is still there. `was` is what was known of its number.
    fn process(
        &mut self,
        pid: u32,
        was: Option<Known>,
        counts: &mut ProcessCounts,
        text: &mut Vec<u8>,
    ) -> Result<Option<Known>, Error> {
        let Ok(line) = self.trail.read(format_args!("/{pid}/stat"), text) else { return Ok(None) };
        let stat = parse(&line)?;
        count(&stat, counts);
        let was = was.filter(|was| was.start_ticks == stat.start_ticks);
        let name = self.names.enter(&stat, was.map(|was| was.name));
        let (start_ticks, used_ticks) = (stat.start_ticks, stat.used_ticks);
        drop(line);
        let io = match was {
            // Whoever used no processor time did next to nothing, and what it did is seen with its next tick of time.
            // Whoever may not be asked now may not be asked later.
            Some(was) if was.used_ticks == used_ticks || was.io.is_none() => was.io,
            _ => self.trail.read(format_args!("/{pid}/io"), text).ok().and_then(|text| parse_io(&text)),
        };
        let Some(name) = name else { return Ok(Some(Known { pid, name: usize::MAX, start_ticks, used_ticks, io })) };
        // What it used before it was seen counts if it started since the last reading.
        let is_new = self.youngest_ticks.is_some_and(|youngest| start_ticks >= youngest);
        let (ticks_before, io_before) = match was {
            Some(was) => (was.used_ticks, was.io),
            None if is_new => (0, Some(Io::default())),
            None => (used_ticks, io),
        };
        self.names.add_cpu(name, used_ticks.saturating_sub(ticks_before));
        self.names.add_io(name, io_before.zip(io));
        Ok(Some(Known { pid, name, start_ticks, used_ticks, io }))
    }
}

fn count(stat: &Stat<'_>, counts: &mut ProcessCounts) {
    counts.count += 1;
    counts.threads = counts.threads.saturating_add(stat.threads);
    match stat.state {
        'R' => counts.running += 1,
        'S' => counts.sleeping += 1,
        'D' => counts.disk_sleeping += 1,
        'T' | 't' => counts.stopped += 1,
        'Z' => counts.zombies += 1,
        'I' => counts.idle += 1,
        _ => {}
    }
}

impl Collector for Processes {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, odd: &mut Vec<Error>) -> Result<Found, Error> {
        self.list(text, odd);
        std::mem::swap(&mut self.known, &mut self.before);
        self.known.clear();
        // Only the first reading asks what is much for a process that has been there for long.
        let now_ticks = match self.youngest_ticks {
            Some(_) => None,
            None => self.trail.read(format_args!("/uptime"), text).ok().and_then(|text| uptime::parse(&text).ok()),
        };
        self.names.begin(self.youngest_ticks.is_none().then(|| (now_ticks.unwrap_or(0.0) * 100.0) as u64));
        let mut counts = ProcessCounts::default();
        let mut first_odd = None;
        let mut next = 0;
        for index in 0..self.pids.len() {
            let pid = self.pids[index];
            while self.before.get(next).is_some_and(|was| was.pid < pid) {
                next += 1;
            }
            let was = self.before.get(next).filter(|was| was.pid == pid).copied();
            match self.process(pid, was, &mut counts, text) {
                Ok(process) => self.known.extend(process),
                Err(error) => first_odd = first_odd.or(Some(error)),
            }
        }
        odd.extend(first_odd);
        if self.known.is_empty() {
            (sample.process_counts, sample.processes) = (Periodic::default(), Periodic::default());
            return Ok(Found::Nothing);
        }
        let youngest = self.known.iter().map(|process| process.start_ticks).max();
        self.youngest_ticks = self.youngest_ticks.max(youngest);
        *sample.process_counts.renew() = Some(counts);
        self.names.write(sample.processes.renew());
        Ok(Found::Source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str =
        "42 (na (m) e\n) S 1 42 42 0 -1 4194560 90 10 0 0 150 50 7 8 20 0 3 0 12345 8192000 1000 18446 1\n";

    #[test]
    fn a_name_ends_at_the_last_bracket() {
        let expected = Stat {
            name: "na (m) e\n",
            state: 'S',
            is_kernel: false,
            used_ticks: 200,
            threads: 3,
            start_ticks: 12_345,
            resident_pages: 1000,
        };
        assert_eq!(parse(LINE).unwrap(), expected);
        let kernel = "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 5 0 0 20 0 1 0 3 0 0 1\n";
        let kernel = parse(kernel).unwrap();
        assert_eq!((kernel.is_kernel, kernel.used_ticks, kernel.resident_pages), (true, 5, 0));
        assert_eq!(parse(&LINE.replace(" 1000 ", " -3 ")).unwrap().resident_pages, 0);
    }

    #[test]
    fn the_error_names_the_line() {
        let message = |text| parse(text).unwrap_err().to_string();
        assert_eq!(message("42 (name"), "malformed /proc/PID/stat: `42 (name`");
        assert_eq!(message("42 (name) S 1 2\n"), "malformed /proc/PID/stat: `42 (name) S 1 2\n`");
    }

    #[test]
    fn bytes_from_and_to_disks() {
        let text =
            "rchar: 9\nwchar: 8\nsyscr: 7\nsyscw: 6\nread_bytes: 4096\nwrite_bytes: 512\ncancelled_write_bytes: 1\n";
        assert_eq!(parse_io(text), Some(Io { read_bytes: 4096, written_bytes: 512 }));
        assert_eq!(parse_io("read_bytes: 1\n"), None);
        assert_eq!(parse_io("read_bytes: 1\nwrite_bytes: x\n"), None);
    }

    /// A tree of processes, changed between readings.
    struct Tree {
        root: std::path::PathBuf,
        collector: Processes,
        sample: Sample,
    }

    impl Tree {
        fn new(name: &str) -> Self {
            let root = std::env::temp_dir().join(format!("siskin-{name}-{}", std::process::id()));
            let _ = std::fs::remove_dir_all(&root);
            std::fs::create_dir_all(&root).unwrap();
            std::fs::write(root.join("uptime"), "1000.00 2000.00\n").unwrap();
            let collector = Processes::new(&Roots { proc: root.clone(), ..Roots::default() });
            Self { root, collector, sample: Sample::default() }
        }

        /// A process with so much processor time, started then; bytes written, if they may be asked for.
        fn put(&self, pid: u32, name: &[u8], ticks: u64, start: u64, written: Option<u64>) {
            let directory = self.root.join(pid.to_string());
            std::fs::create_dir_all(&directory).unwrap();
            let mut line = format!("{pid} (").into_bytes();
            line.extend_from_slice(name);
            let rest = format!(") S 1 1 1 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 2 0 {start} 0 10 0\n");
            line.extend_from_slice(rest.as_bytes());
            std::fs::write(directory.join("stat"), line).unwrap();
            let io = written.map(|written| format!("read_bytes: {}\nwrite_bytes: {written}\n", written * 2));
            match io {
                Some(io) => std::fs::write(directory.join("io"), io).unwrap(),
                None => drop(std::fs::remove_file(directory.join("io"))),
            }
        }

        fn end(&self, pid: u32) {
            std::fs::remove_dir_all(self.root.join(pid.to_string())).unwrap();
        }

        fn read(&mut self) -> (Found, Vec<String>) {
            let mut odd = Vec::new();
            let found = self.collector.read(&mut self.sample, &mut Vec::new(), &mut odd).unwrap();
            (found, odd.iter().map(Error::to_string).collect())
        }

        /// Of each name: how many, seconds, bytes written.
        fn rows(&mut self) -> Vec<(String, u64, f64, Option<u64>)> {
            assert_eq!(self.read(), (Found::Source, vec![]));
            let rows = self.sample.processes.fresh().unwrap().iter();
            rows.map(|row| (row.name.clone(), row.count, row.cpu_seconds_total, row.written_bytes_total)).collect()
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.root);
        }
    }

    fn row(name: &str, count: u64, seconds: f64, written: Option<u64>) -> (String, u64, f64, Option<u64>) {
        (name.to_owned(), count, seconds, written)
    }

    #[test]
    fn a_counter_begins_at_the_first_reading_and_keeps_what_ended_processes_used() {
        let mut tree = Tree::new("ends");
        tree.put(1, b"init", 5, 1, Some(10));
        tree.put(20, b"worker", 500, 100, Some(1000));
        tree.put(21, b"worker", 300, 110, Some(2000));
        assert_eq!(tree.rows(), [row("init", 1, 0.0, Some(0)), row("worker", 2, 0.0, Some(0))]);

        tree.put(20, b"worker", 550, 100, Some(1100));
        assert_eq!(tree.rows()[1], row("worker", 2, 0.5, Some(100)));

        // One ends, another one starts, and what that one used since is all of late.
        tree.end(20);
        tree.put(22, b"worker", 25, 2000, Some(7));
        assert_eq!(tree.rows()[1], row("worker", 2, 0.75, Some(107)));

        // None is left; when one comes back, the counter goes on.
        tree.end(21);
        tree.end(22);
        assert_eq!(tree.rows().len(), 1);
        tree.put(23, b"worker", 10, 3000, Some(1));
        assert_eq!(tree.rows()[1], row("worker", 1, 0.85, Some(108)));
    }

    #[test]
    fn a_number_that_is_given_again_is_another_process() {
        let mut tree = Tree::new("again");
        tree.put(7, b"one", 900, 100, Some(50));
        tree.rows();
        tree.put(7, b"one", 30, 200, Some(5));
        assert_eq!(tree.rows(), [row("one", 1, 0.3, Some(5))]);
    }

    #[test]
    fn a_process_that_takes_another_name_takes_its_further_time_there() {
        let mut tree = Tree::new("exec");
        tree.put(7, b"sh", 100, 100, Some(0));
        tree.rows();
        tree.put(7, b"make", 140, 100, Some(0));
        assert_eq!(tree.rows(), [row("make", 1, 0.4, Some(0))]);
    }

    #[test]
    fn an_old_process_that_was_hidden_does_not_count_its_whole_life() {
        let mut tree = Tree::new("hidden");
        tree.put(7, b"seen", 100, 900, None);
        tree.rows();
        tree.put(8, b"hidden", 5000, 100, Some(1 << 40));
        assert_eq!(tree.rows()[0], row("hidden", 1, 0.0, Some(0)));
    }

    #[test]
    fn bytes_are_unknown_while_one_of_the_name_may_not_be_asked() {
        let mut tree = Tree::new("asked");
        tree.put(7, b"shell", 1, 100, Some(10));
        tree.put(8, b"shell", 1, 100, None);
        assert_eq!(tree.rows(), [row("shell", 2, 0.0, None)]);
        tree.end(8);
        tree.put(7, b"shell", 2, 100, Some(30));
        assert_eq!(tree.rows(), [row("shell", 1, 0.01, Some(20))]);
        // Nobody asks for the bytes of a process that used no processor time.
        tree.put(7, b"shell", 2, 100, Some(99));
        assert_eq!(tree.rows(), [row("shell", 1, 0.01, Some(20))]);
    }

    #[test]
    fn odd_names_are_names_and_an_odd_line_hides_no_other() {
        let mut tree = Tree::new("odd");
        tree.put(7, b"line\nend", 1, 100, None);
        tree.put(8, b"not \xff utf-8", 1, 100, None);
        tree.put(9, b"", 1, 100, None);
        let names: Vec<_> = tree.rows().into_iter().map(|row| row.0).collect();
        assert_eq!(names, ["?", "line?end", "not \u{fffd} utf-8"]);
        std::fs::write(tree.root.join("7/stat"), "7 (x").unwrap();
        assert_eq!(tree.read(), (Found::Source, vec!["malformed /proc/PID/stat: `7 (x`".to_owned()]));
        assert_eq!(tree.sample.processes.fresh().unwrap().len(), 2);
    }

    #[test]
    fn those_that_use_the_most_are_listed_and_stay_for_a_while() {
        let mut tree = Tree::new("most");
        for pid in 1..=100 {
            tree.put(pid, format!("p{pid:03}").as_bytes(), 0, 100, Some(0));
        }
        // All hold the same memory: the first ten by their names.
        let names = |tree: &mut Tree| tree.rows().into_iter().map(|row| row.0).collect::<Vec<_>>();
        let first: Vec<_> = (1..=10).map(|pid| format!("p{pid:03}")).collect();
        assert_eq!(names(&mut tree), first);
        tree.put(50, b"p050", 1000, 100, Some(0));
        tree.put(60, b"p060", 1, 100, Some(1 << 20));
        let with_two = [&first[..], &["p050".to_owned(), "p060".to_owned()]].concat();
        for _ in 0..10 {
            assert_eq!(names(&mut tree), with_two);
        }
        // Ten that do more take the place.
        for pid in 81..=90 {
            tree.put(pid, format!("p{pid:03}").as_bytes(), 2000, 100, Some(1 << 30));
        }
        assert_eq!(names(&mut tree).len(), 20);
        assert!(!names(&mut tree).contains(&"p050".to_owned()));
    }

    #[test]
    fn a_busy_loop_of_this_very_process_is_seen() {
        let own = std::fs::read_to_string("/proc/self/comm").unwrap();
        let mut collector = Processes::new(&Roots::default());
        let mut sample = Sample::default();
        let (mut text, mut odd) = (Vec::new(), Vec::new());
        let begun = std::time::Instant::now();
        let mut seconds = 0.0;
        // Others may be busier at first, and then there is no row.
        while seconds < 0.2 {
            assert!(begun.elapsed().as_secs() < 60, "{:?}", sample.processes);
            let until = std::time::Instant::now() + std::time::Duration::from_millis(50);
            while std::time::Instant::now() < until {
                std::hint::spin_loop();
            }
            collector.read(&mut sample, &mut text, &mut odd).unwrap();
            let rows = sample.processes.fresh().unwrap();
            let row = rows.iter().find(|row| row.name == own.trim_end());
            seconds = row.map_or(0.0, |row| row.cpu_seconds_total);
        }
        assert!(odd.is_empty(), "{odd:?}");
    }

    #[test]
    fn nobody_there_is_nothing() {
        let mut tree = Tree::new("nobody");
        assert_eq!(tree.read(), (Found::Nothing, vec![]));
        tree.put(1, b"init", 1, 1, None);
        tree.rows();
        tree.end(1);
        assert_eq!(tree.read(), (Found::Nothing, vec![]));
        assert!(tree.sample.processes.latest().is_empty() && tree.sample.process_counts.is_old());
    }
}
