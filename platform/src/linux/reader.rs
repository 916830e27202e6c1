//! Reads a host again and again: runs the collectors that are due, and tells how each fared.

use std::{
    mem,
    path::PathBuf,
    time::{Duration, Instant},
};

use super::{
    Error, Failure, Roots,
    aside::{Aside, Away, Back},
    clock,
    collector::{Collector, Found},
    filesystem, host,
    registry::{ENTRIES, Entry, Place},
    selection::Selection,
};
use crate::model::{COLLECTIONS_EVERY_SECONDS, Collection, Host, Sample};

/// The longest that a collector may take. One that takes longer is told as a failure, and not started again before it
/// has come back, and not within `REST`.
const LIMIT: Duration = Duration::from_secs(2);

/// What the machine lacks is looked for again after this, and what took too long is tried again.
const REST: Duration = Duration::from_secs(60);

/// A collector that is due so soon reads now: samples are never quite at the same distance.
const EARLY: Duration = Duration::from_millis(500);

/// How collectors fare travels as often as the catalog says.
const COLLECTIONS_EVERY: Duration = Duration::from_secs(COLLECTIONS_EVERY_SECONDS as u64);

/// What to read, and where.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// The host's trees.
    pub roots: Roots,
    /// The filesystem that holds this path stands for the host's disk. As `Roots::resolve` gives it; `/` if empty.
    pub disk_path: String,
    /// Whether filesystems on the network are asked for their space, too.
    pub network_filesystems: bool,
    /// Where people leave metrics of their own, if they do.
    pub textfile_dir: Option<PathBuf>,
    /// Which collectors read.
    pub collectors: Selection,
}

impl Setup {
    /// The host's facts at this moment. What cannot be read is `None`.
    pub fn host(&self) -> Host {
        host(&self.roots, &filesystem::disk_mountpoint(&self.roots, self.disk_path()))
    }

    /// The path whose filesystem stands for the host's disk.
    pub(super) fn disk_path(&self) -> &str {
        if self.disk_path.is_empty() { "/" } else { &self.disk_path }
    }
}

/// A sample, and what is missing from it.
#[derive(Debug, Default)]
pub struct Reading {
    /// What could be read.
    pub sample: Sample,
    /// What could not, and why.
    pub failures: Vec<Failure>,
}

/// Reads a host again and again. It keeps the files open that it reads, and remembers what hangs.
pub struct Reader {
    seats: Vec<Seat>,
    aside: Option<Aside>,
    text: Vec<u8>,
    odd: Vec<Error>,
    collections_due: Option<Instant>,
}

/// A collector at work.
struct Seat {
    entry: &'static Entry,
    state: State,
    due: Option<Instant>,
    /// Read in the present round.
    was_read: bool,
    /// How the last reading went, unless there was nothing to read.
    outcome: Option<Outcome>,
}

enum State {
    Here(Box<dyn Collector>),
    Away(Away),
    /// While it is being moved.
    Gone,
}

#[derive(Clone, Copy)]
struct Outcome {
    duration: Duration,
    success: bool,
}

/// The readings of this instant, by a reader that remembers nothing.
pub fn sample(roots: &Roots, interval_seconds: Option<f64>) -> Reading {
    Reader::new(&Setup { roots: roots.clone(), ..Setup::default() }).reading(interval_seconds)
}

/// Exchanges between two samples what is not read for every request: readings of hardware and of whole populations.
pub fn exchange_slow(one: &mut Sample, other: &mut Sample) {
    for entry in ENTRIES.iter().filter(|entry| !is_quick(entry)) {
        (entry.exchange)(one, other);
    }
    mem::swap(&mut one.collectors, &mut other.collectors);
}

fn is_quick(entry: &Entry) -> bool {
    entry.place == Place::Here && entry.every.is_zero()
}

impl Reader {
    /// Nothing is read yet.
    pub fn new(setup: &Setup) -> Self {
        let chosen = ENTRIES.iter().filter(|entry| setup.collectors.has(entry.name));
        let seats = chosen.filter_map(|entry| Some(Seat::new(entry, (entry.make)(setup)?))).collect();
        Self { seats, aside: None, text: Vec::new(), odd: Vec::new(), collections_due: None }
    }

    /// A first sample.
    pub fn reading(&mut self, interval_seconds: Option<f64>) -> Reading {
        let mut reading = Reading::default();
        self.sample(interval_seconds, &mut reading.sample, &mut reading.failures);
        reading
    }

    /// The readings of this instant, over an earlier sample. `interval_seconds` says when the next are due. A collector
    /// that fails leaves its place in the sample empty and does not stop the others; one that hangs takes 2 s, once.
    /// What was not due is as it was in that sample: see [`Reader::carry`]; so are the failures of who was not due.
    pub fn sample(&mut self, interval_seconds: Option<f64>, sample: &mut Sample, failures: &mut Vec<Failure>) {
        sample.at = clock();
        sample.boot_id = None;
        sample.time_is_estimated = false;
        sample.interval_seconds = interval_seconds;
        for place in [Place::Here, Place::Aside] {
            for index in 0..self.seats.len() {
                if self.seats[index].entry.place == place {
                    self.round(index, sample, failures);
                }
            }
        }
        self.tell(sample);
    }

    /// What takes no time, at this instant, over an earlier sample. The schedule of the rest is not touched.
    pub fn refresh(&mut self, sample: &mut Sample) {
        sample.at = clock();
        for seat in self.seats.iter_mut().filter(|seat| is_quick(seat.entry)) {
            // Absent, or it took too long.
            let rests = seat.due.is_some();
            self.odd.clear();
            let found = match &mut seat.state {
                State::Here(collector) if !rests => collector.read(sample, &mut self.text, &mut self.odd),
                _ => Ok(Found::Nothing),
            };
            if !matches!(found, Ok(Found::Source)) {
                clear(seat.entry, sample);
            }
        }
    }

    /// Moves what was not due from the sample before to the one just read. It is no part of that one, but still the
    /// latest that is known.
    pub fn carry(&self, before: &mut Sample, sample: &mut Sample) {
        before.age();
        for seat in self.seats.iter().filter(|seat| !seat.was_read) {
            (seat.entry.exchange)(before, sample);
        }
    }

    fn round(&mut self, index: usize, sample: &mut Sample, failures: &mut Vec<Failure>) {
        let seat = &mut self.seats[index];
        let started = Instant::now();
        seat.was_read = seat.due.is_none_or(|due| due <= started + EARLY);
        if !seat.was_read {
            return;
        }
        failures.retain(|failure| failure.collector != seat.entry.name);
        self.odd.clear();
        let result = self.read(index, sample);
        let seat = &mut self.seats[index];
        let is_over = matches!(result, Err(Error::Overrun { .. }));
        // One that is still away has taken more than this.
        let duration = started.elapsed().max(if is_over { LIMIT } else { Duration::ZERO });
        let success = result.is_ok() && self.odd.is_empty();
        seat.outcome = Some(Outcome { duration, success });
        seat.due = (!seat.entry.every.is_zero()).then(|| started + seat.entry.every);
        let failure = |error| Failure { collector: seat.entry.name, error };
        if !matches!(result, Ok(Found::Source)) {
            clear(seat.entry, sample);
        }
        match result {
            Ok(Found::Nothing) if success => {
                seat.outcome = None;
                seat.due = Some(started + REST);
            }
            Ok(_) if duration > LIMIT => {
                seat.due = Some(started + duration + REST);
                failures.push(failure(overrun()));
            }
            Ok(_) => {}
            Err(error) => {
                if is_over {
                    seat.due = Some(started + REST);
                }
                failures.push(failure(error));
            }
        }
        failures.extend(self.odd.drain(..).map(failure));
    }

    fn read(&mut self, index: usize, sample: &mut Sample) -> Result<Found, Error> {
        let seat = &mut self.seats[index];
        match mem::replace(&mut seat.state, State::Gone) {
            State::Here(mut collector) if seat.entry.place == Place::Here => {
                let result = collector.read(sample, &mut self.text, &mut self.odd);
                seat.state = State::Here(collector);
                result
            }
            State::Here(collector) => self.read_aside(index, collector, sample),
            State::Away(away) => {
                seat.state = away.back().map_or(State::Away(away), State::Here);
                Err(overrun())
            }
            State::Gone => Ok(Found::Nothing),
        }
    }

    fn read_aside(&mut self, index: usize, collector: Box<dyn Collector>, sample: &mut Sample) -> Result<Found, Error> {
        let seat = &mut self.seats[index];
        let aside = match self.aside.take().map_or_else(Aside::start, Ok) {
            Ok(aside) => aside,
            Err(error) => {
                seat.state = State::Here(collector);
                return Err(error);
            }
        };
        match aside.read(collector, mem::take(&mut self.odd), LIMIT) {
            Ok((aside, Back { collector, result, odd })) => {
                (seat.entry.exchange)(sample, &mut aside.tray());
                seat.state = State::Here(collector);
                (self.odd, self.aside) = (odd, Some(aside));
                result
            }
            Err(away) => {
                seat.state = State::Away(away);
                Err(overrun())
            }
        }
    }

    /// How each collector fared that has a source.
    fn tell(&mut self, sample: &mut Sample) {
        let now = Instant::now();
        let is_due = self.collections_due.is_none_or(|due| due <= now + EARLY);
        if is_due {
            self.collections_due = Some(now + COLLECTIONS_EVERY);
        }
        let collections = sample.collectors.hold(is_due);
        collections.clear();
        collections.extend(self.seats.iter().filter_map(|seat| {
            let Outcome { duration, success } = seat.outcome?;
            Some(Collection { collector: seat.entry.name.into(), duration_seconds: duration.as_secs_f64(), success })
        }));
    }
}

impl Seat {
    fn new(entry: &'static Entry, collector: Box<dyn Collector>) -> Self {
        Self { entry, state: State::Here(collector), due: None, was_read: false, outcome: None }
    }
}

fn overrun() -> Error {
    Error::Overrun { limit_seconds: LIMIT.as_secs() }
}

fn clear(entry: &Entry, sample: &mut Sample) {
    (entry.exchange)(sample, &mut Sample::default());
}

#[cfg(test)]
mod tests;
