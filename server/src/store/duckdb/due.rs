//! When the keeper seals, how much at a time, and what it does when that fails.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tracing::{error, info, warn};

use super::fate::{Fate, Kept, without_rollups};
use super::file::File;
use super::hot;
use super::keeper::Keeper;
use super::layout::{Day, Tier};
use super::manifest::Manifest;
use super::probe;
use super::rotation::Rotation;
use super::seal::Sealing;
use super::transaction::{is_out_of_memory, store_error};
use crate::clock::now_us;
use crate::store::StoreError;

/// Frozen files that wait at most.
const MAX_WAITING: usize = 8;
/// Today's rows are sealed when they have this share of the bytes that today's segment has, and at least so many.
const SHARE_OF_SEGMENT: u64 = 4;
const SEAL_BYTES: u64 = 96 << 20;
/// Files that are sealed at a time: each takes memory for as long.
const FILES_AT_ONCE: usize = 8;
/// Sealing takes at most a twentieth of the time while it is short: today's segment is written anew each time.
const PAUSE_PER_SEAL: u32 = 20;
const MAX_PAUSE: Duration = Duration::from_secs(10);
/// So many waiting files end the pause: questions would feel them.
const MANY_WAITING: usize = 2 * MAX_WAITING;
/// Sealing beside a flood of pushes may take so many times the usual memory.
const MAX_MEMORY: u64 = 2;
/// After a failure; twice as long after each further one.
const RETRY: Duration = Duration::from_secs(1);
pub const MAX_RETRY: Duration = Duration::from_secs(600);
/// After so many failures in a row it is asked which file cannot be read.
const SUSPICIOUS: u32 = 3;

/// What is known of the sealings to come.
#[derive(Debug)]
pub struct Due {
    /// Since when rows of past days are waiting.
    waiting: Option<Instant>,
    /// The writer was asked for a new file for the sake of the sealing that is due.
    asked: bool,
    /// After a failure nothing is sealed before this.
    not_before: Option<Instant>,
    /// After a success nothing is, unless many files wait.
    pause_until: Option<Instant>,
    /// Times the usual memory that sealing may take: more, once that was too little.
    memory: u64,
    /// Files that are sealed at a time: fewer, once that was too little as well.
    at_once: usize,
    /// Failures in a row.
    failures: u32,
    /// Hot files that cannot be read: they are left alone.
    unreadable: BTreeSet<u64>,
    /// It was said that there is no room to seal.
    cramped: bool,
}

impl Default for Due {
    fn default() -> Self {
        Due {
            waiting: None,
            asked: false,
            not_before: None,
            pause_until: None,
            memory: 1,
            at_once: FILES_AT_ONCE,
            failures: 0,
            unreadable: BTreeSet::new(),
            cramped: false,
        }
    }
}

impl Due {
    /// Whether nothing shall be sealed yet.
    fn is_early(&self, waiting: usize) -> bool {
        let is_to_come = |at: Option<Instant>| at.is_some_and(|at| Instant::now() < at);
        is_to_come(self.not_before) || (is_to_come(self.pause_until) && waiting < MANY_WAITING)
    }

    /// Whether it is time. Rows of past days that are still written to get a new file first; a later round seals them.
    fn is_now(
        &mut self,
        seal_after: Duration,
        rotation: &Rotation,
        manifest: &Manifest,
        frozen: &[Arc<File>],
        today: Day,
    ) -> bool {
        let past = |file: &Arc<File>| file.days().iter().any(|day| *day < today);
        let waiting = manifest.of_tier(Tier::Hot).any(past);
        self.waiting = waiting.then(|| self.waiting.unwrap_or_else(Instant::now));
        let due = self.waiting.is_some_and(|since| since.elapsed() >= seal_after);
        if due && !self.asked && manifest.of_tier(Tier::Hot).last().is_some_and(past) {
            // Asked once: late rows may come all the time.
            rotation.ask();
            self.asked = true;
        }
        (due && !rotation.is_wanted()) || is_much(manifest, frozen, today)
    }
}

impl Keeper {
    /// Does not wait before the next sealing.
    #[cfg(test)]
    pub(super) fn hurry(&mut self) {
        (self.due.not_before, self.due.pause_until) = (None, None);
    }

    /// Is content with the memory that there is.
    #[cfg(test)]
    pub(super) fn be_modest(&mut self) {
        self.due.memory = MAX_MEMORY;
    }

    /// The files that are to be sealed.
    fn waiting(&self, manifest: &Manifest) -> Vec<Arc<File>> {
        let mut frozen = hot::frozen(manifest);
        // One whose log is not in it yet waits for that.
        frozen.retain(|file| !self.due.unreadable.contains(&file.number) && file.facts().bytes > 0);
        frozen
    }

    /// Whether nothing can be sealed for want of room on the disk.
    pub(super) fn is_cramped(&self) -> bool {
        self.due.cramped || self.disk.is_full().is_some()
    }

    pub(super) fn seal_what_is_due(&mut self) -> Result<(), StoreError> {
        let manifest = self.shared.files.now();
        let mut frozen = self.waiting(&manifest);
        if self.due.is_early(frozen.len()) || self.disk.is_full().is_some() {
            return Ok(());
        }
        let today = Day::of(now_us());
        let kept = if self.steady { self.settings.retention.kept(now_us()) } else { Kept::ALL };
        let is_now = self.due.is_now(self.settings.seal_after, &self.shared.rotation, &manifest, &frozen, today);
        let is_hot = |day: &Day| manifest.of_tier(Tier::Hot).any(|file| file.has_day(*day));
        let ended: Vec<Day> = without_rollups(&manifest, &kept, today).into_iter().filter(|day| !is_hot(day)).collect();
        drop(manifest);
        if !is_now {
            frozen.clear();
        }
        if frozen.is_empty() && ended.is_empty() {
            return Ok(());
        }
        self.notes.sealing.store(true, Ordering::Relaxed);
        let sealed = self.seal_all(frozen, ended, &kept, today);
        if self.due.memory > 1 {
            // Else it stays with the next sealing.
            let usual = self.shared.instance.grant(1);
            self.due.memory = if usual.is_ok() { 1 } else { self.due.memory };
        }
        self.notes.sealing.store(false, Ordering::Relaxed);
        sealed
    }

    /// Seals these files, some at a time, and rolls up the segments of these days.
    fn seal_all(
        &mut self,
        mut frozen: Vec<Arc<File>>,
        mut ended: Vec<Day>,
        kept: &Kept,
        today: Day,
    ) -> Result<(), StoreError> {
        let start = Instant::now();
        while !frozen.is_empty() || !ended.is_empty() {
            if self.stopping.load(Ordering::Relaxed) {
                return Ok(());
            }
            let count = frozen.len().min(self.due.at_once);
            // An attached file takes a megabyte.
            frozen[count..].iter().for_each(|file| file.rest(Duration::ZERO));
            let some = &frozen[..count];
            let days: BTreeSet<Day> = some.iter().flat_map(|file| file.days()).chain(ended.iter().copied()).collect();
            if !self.fits(some, &days) {
                return Ok(());
            }
            match self.seal(some, days.clone(), kept, today) {
                Ok(()) => {
                    frozen.drain(..count);
                    ended.clear();
                }
                Err(error) => {
                    if !self.ease(count, &error) {
                        self.failed(some, &days, &error);
                        return Err(error);
                    }
                }
            }
        }
        self.due =
            Due { unreadable: std::mem::take(&mut self.due.unreadable), memory: self.due.memory, ..Due::default() };
        self.notes.sealed(start.elapsed());
        self.due.pause_until = Some(Instant::now() + (start.elapsed() * PAUSE_PER_SEAL).min(MAX_PAUSE));
        Ok(())
    }

    fn seal(&mut self, some: &[Arc<File>], days: BTreeSet<Day>, kept: &Kept, today: Day) -> Result<(), StoreError> {
        let start = Instant::now();
        let fates =
            kept.fates(&self.connection, &self.shared.files.now(), days).map_err(|error| store_error(&error))?;
        let days_of = |fate| fates.iter().filter(|(_, of_day)| **of_day == fate).map(|(day, _)| *day).collect();
        let rolled = self.trim().samples_of(some, &days_of(Fate::Rolled))?;
        let gone = self.trim().samples_of(some, &days_of(Fate::Gone))?;
        let sealing = Sealing {
            connection: &self.connection,
            shared: &self.shared,
            directory: &self.directory,
            minutes_from: kept.minute,
            today,
            reached: &|_| if self.stopping.load(Ordering::Relaxed) { Err(StoreError::Closed) } else { Ok(()) },
            is_stopping: &|| self.stopping.load(Ordering::Relaxed),
        };
        let sealed = sealing.seal(some, &fates);
        self.telemetry.seals.with_label_values(&[if sealed.is_ok() { "ok" } else { "failed" }]).inc();
        sealed?;
        let sum = |counts: &[(Arc<File>, _, u64)]| counts.iter().map(|(.., samples)| samples).sum::<u64>();
        let (only_rolled, dropped) = (sum(&rolled), sum(&gone));
        if only_rolled > 0 {
            info!(samples = only_rolled, "rolled up samples of days whose samples are not kept any longer");
        }
        if dropped > 0 {
            self.telemetry.dropped.inc_by(dropped);
            warn!(samples = dropped, "let go samples that are older than everything that is kept");
        }
        self.trim().take_out(&[], rolled.into_iter().chain(gone).collect());
        let samples: u64 = some.iter().map(|file| file.facts().samples).sum();
        info!(files = some.len(), days = fates.len(), samples, seconds = start.elapsed().as_secs_f64(), "sealed");
        Ok(())
    }

    /// Makes the next attempt need less, after one with so many files that had too little memory; false if nothing helps.
    fn ease(&mut self, files: usize, error: &StoreError) -> bool {
        if !matches!(error, StoreError::Failed(error) if is_out_of_memory(error)) {
            return false;
        }
        if self.due.memory < MAX_MEMORY && self.shared.instance.grant(MAX_MEMORY).is_ok() {
            self.due.memory = MAX_MEMORY;
            warn!(times = MAX_MEMORY, "too little memory to seal: trying with so many times the usual");
            return true;
        }
        if files > 1 {
            self.due.at_once = files / 2;
            warn!(files, "too little memory to seal so many files at a time: trying with half of them");
        }
        files > 1
    }

    /// Whether there is room for what sealing writes before it gives anything back: new files, and what a sort puts aside.
    fn fits(&mut self, some: &[Arc<File>], days: &BTreeSet<Day>) -> bool {
        let manifest = self.shared.files.now();
        let hot: u64 = some.iter().map(|file| file.facts().bytes).sum();
        let replaced: u64 = manifest
            .files
            .values()
            .filter(|file| file.tier != Tier::Hot && days.iter().any(|day| file.has_day(*day)))
            .map(|file| file.facts().bytes)
            .sum();
        let bytes = 2 * hot + replaced;
        let fits = self.disk.has_room(bytes);
        if !fits && !self.due.cramped {
            warn!(bytes, "there is no room on the disk to seal; waiting for some");
        }
        self.due.cramped = !fits;
        fits
    }

    /// Waits longer each time. What cannot be read in the end is put out of the way: else nothing would be sealed any more.
    fn failed(&mut self, some: &[Arc<File>], days: &BTreeSet<Day>, error: &StoreError) {
        if matches!(error, StoreError::Closed) {
            return;
        }
        let due = &mut self.due;
        due.failures += 1;
        due.not_before = Some(Instant::now() + (RETRY * 2_u32.saturating_pow(due.failures - 1)).min(MAX_RETRY));
        if due.failures < SUSPICIOUS {
            return;
        }
        let manifest = self.shared.files.now();
        let sealed = manifest.files.values().filter(|file| file.tier != Tier::Hot);
        for file in sealed.filter(|file| days.iter().any(|day| file.has_day(*day))) {
            if let Some(reason) = probe::damage(&self.connection, file)
                && let Err(error) = self.trim().set_aside(file, &reason)
            {
                error!(%error, path = %file.path.display(), "cannot set a damaged file aside");
            }
        }
        for file in some {
            if let Some(reason) = probe::damage(&self.connection, file) {
                error!(path = %file.path.display(), reason, "a file of samples cannot be read: it is not sealed");
                self.due.unreadable.insert(file.number);
            }
        }
    }
}

fn is_much(manifest: &Manifest, frozen: &[Arc<File>], today: Day) -> bool {
    let bytes: u64 = frozen.iter().map(|file| file.facts().bytes).sum();
    let segment = manifest.of_day(Tier::Raw, today).map_or(0, |file| file.facts().bytes);
    frozen.len() >= MAX_WAITING || bytes >= SEAL_BYTES.max(segment / SHARE_OF_SEGMENT)
}
