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
mod tests;
