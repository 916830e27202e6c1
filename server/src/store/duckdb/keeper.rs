//! The keeper: a thread that seals what is frozen, lets go what is too old or too much, and takes out who was removed. It
//! never stands in the way of a commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use duckdb::{Connection, InterruptHandle};
use tracing::{error, info, warn};

use super::attach::Attach;
use super::file::File;
use super::hot;
use super::inspect::{self, Inspector, Notes};
use super::layout::{Day, Tier};
use super::manifest::Manifest;
use super::open::Shared;
use super::retention::Retention;
use super::rewrite::Rewriting;
use super::seal::Sealing;
use super::snapshot::{self, Schedule, Snapshots};
use super::steady::Steady;
use super::transaction::store_error;
use super::trim::Trim;
use crate::clock::now_us;
use crate::store::StoreError;
use crate::store::directory::Directory;
use crate::store::disk::Disk;
use crate::store::snapshot::{Order, Snapshot, SnapshotError};
use crate::telemetry::Telemetry;

/// Between two looks.
const ROUND: Duration = Duration::from_secs(1);
/// Frozen files that wait at most.
const MAX_WAITING: usize = 8;
/// Today's rows are sealed when they have this share of the bytes that today's segment has, and at least so many.
const SHARE_OF_SEGMENT: u64 = 4;
const SEAL_BYTES: u64 = 96 << 20;
/// Sealing takes at most a twentieth of the time.
const PAUSE_PER_SEAL: u32 = 20;
/// A file that nobody reads for so long is detached.
const UNUSED: Duration = Duration::from_secs(600);
/// Removed hosts wait so long for company before files are written without them.
const REWRITE_AFTER: Duration = Duration::from_secs(6 * 3_600);
/// Between two interruptions of a keeper that is told to end.
const INTERRUPT_EVERY: Duration = Duration::from_millis(20);

/// What people may choose.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long rows of a day that is over wait before they are sealed.
    pub seal_after: Duration,
    pub retention: Retention,
    pub snapshots: Schedule,
}

pub struct Keeper {
    connection: Connection,
    shared: Arc<Shared>,
    directory: Arc<Directory>,
    disk: Arc<Disk>,
    telemetry: Telemetry,
    settings: Settings,
    notes: Arc<Notes>,
    stopping: Arc<AtomicBool>,
    clock: Steady,
    /// Whether the clock was believed in this round.
    steady: bool,
    /// Since when rows of past days are waiting.
    waiting: Option<Instant>,
    /// The writer was asked for a new file for the sake of the sealing that is due.
    asked: bool,
    last_seal: Option<(Instant, Duration)>,
    /// It was said that there is no room to seal.
    cramped: bool,
    /// When files are written without the hosts that were removed.
    rewrite_at: Option<Instant>,
    attach: Attach,
}

/// What is done in a round.
type Step = fn(&mut Keeper) -> Result<(), StoreError>;

/// The running keeper.
pub struct Handle {
    orders: Sender<Order>,
    stopping: Arc<AtomicBool>,
    interrupt: Arc<InterruptHandle>,
    thread: JoinHandle<()>,
}

impl Handle {
    /// Where it takes orders.
    pub fn orders(&self) -> Sender<Order> {
        self.orders.clone()
    }

    /// Ends it; what it is at is given up.
    pub fn stop(self) {
        self.stopping.store(true, Ordering::Relaxed);
        let _ = self.orders.send(Order::End);
        while !self.thread.is_finished() {
            // Each statement that it still begins.
            self.interrupt.interrupt();
            std::thread::sleep(INTERRUPT_EVERY);
        }
        let _ = self.thread.join();
    }
}

impl Keeper {
    pub fn new(
        shared: Arc<Shared>,
        directory: Arc<Directory>,
        disk: Arc<Disk>,
        telemetry: Telemetry,
        settings: Settings,
    ) -> duckdb::Result<Self> {
        let manifest = shared.files.now();
        let newest_us = manifest.files.values().filter_map(|file| file.facts().newest_us).max();
        Ok(Keeper {
            connection: shared.instance.connect()?,
            shared,
            directory,
            disk,
            telemetry,
            settings,
            notes: Arc::default(),
            stopping: Arc::default(),
            clock: Steady::new(newest_us, Instant::now(), now_us()),
            steady: false,
            waiting: None,
            asked: false,
            last_seal: None,
            cramped: false,
            // Who was removed before the start has waited already.
            rewrite_at: (!manifest.tombstones.is_empty()).then(Instant::now),
            attach: Attach::default(),
        })
    }

    /// Who answers questions about the store.
    pub fn inspector(&self) -> Inspector {
        Inspector {
            shared: self.shared.clone(),
            disk: self.disk.clone(),
            notes: self.notes.clone(),
            retention: self.settings.retention,
        }
    }

    pub fn spawn(self) -> std::io::Result<Handle> {
        let (orders, receiver) = channel();
        let (stopping, interrupt) = (self.stopping.clone(), self.connection.interrupt_handle());
        let thread = std::thread::Builder::new().name("keeper".into()).spawn(move || self.run(&receiver))?;
        Ok(Handle { orders, stopping, interrupt, thread })
    }

    fn run(mut self, orders: &Receiver<Order>) {
        snapshot::clear(&self.shared.layout);
        loop {
            match orders.recv_timeout(ROUND) {
                Ok(Order::Snapshot { reply }) => drop(reply.send(self.snapshot())),
                Ok(Order::Discard { name, reply }) => {
                    let _ = reply.send(snapshot::discard(&self.shared.layout, &name));
                }
                Ok(Order::End) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => self.round(),
            }
            if self.stopping.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    /// One step that fails does not keep the others from being taken.
    pub(super) fn round(&mut self) {
        // Files that go in this round are unlinked at its end.
        let _before = self.shared.files.now();
        self.steady = self.clock.is_so(Instant::now(), now_us());
        let steps: [(&str, Step); 6] = [
            ("freeze what is hot", Self::freeze_all),
            ("let go what is too old", Self::let_go),
            ("seal", Self::seal_what_is_due),
            ("take out hosts that were removed", Self::rewrite),
            ("write attach.sql", |keeper| keeper.attach.update(&keeper.shared)),
            ("make a snapshot", Self::snapshot_if_due),
        ];
        for (what, step) in steps {
            if self.stopping.load(Ordering::Relaxed) {
                return;
            }
            match step(self) {
                Err(error) if !self.stopping.load(Ordering::Relaxed) => {
                    error!(%error, "cannot {what}; trying again");
                }
                _ => {}
            }
        }
    }

    fn freeze_all(&mut self) -> Result<(), StoreError> {
        let manifest = self.shared.files.now();
        for file in manifest.files.values().filter(|file| file.tier != Tier::Hot) {
            file.rest(UNUSED);
        }
        let frozen = hot::frozen(&manifest);
        frozen.iter().try_for_each(|file| hot::freeze(&self.connection, file)).map_err(|error| store_error(&error))
    }

    /// Unlinks sealed files that are too old or too many.
    fn let_go(&mut self) -> Result<(), StoreError> {
        let (manifest, retention) = (self.shared.files.now(), self.settings.retention);
        let held = inspect::held(&manifest);
        let mut gone = if self.steady { retention.too_old(&held, now_us()) } else { Vec::new() };
        if retention.bytes.is_some() {
            let left: Vec<_> = held.into_iter().filter(|held| !gone.contains(&held.number)).collect();
            let bytes = inspect::all_bytes(&self.shared);
            let going: u64 = gone.iter().filter_map(|number| Some(manifest.files.get(number)?.facts().bytes)).sum();
            gone.extend(retention.too_much(&left, bytes.saturating_sub(going), Day::of(now_us())));
        }
        self.trim().remove(gone)
    }

    fn trim(&self) -> Trim<'_> {
        Trim { connection: &self.connection, shared: &self.shared, directory: &self.directory }
    }

    fn seal_what_is_due(&mut self) -> Result<(), StoreError> {
        if self.is_pausing() || self.disk.is_full().is_some() {
            return Ok(());
        }
        let manifest = self.shared.files.now();
        let today = Day::of(now_us());
        let frozen = hot::frozen(&manifest);
        let past = |file: &Arc<File>| file.days().iter().any(|day| *day < today);
        let waiting = manifest.of_tier(Tier::Hot).any(past);
        self.waiting = waiting.then(|| self.waiting.unwrap_or_else(Instant::now));
        let due = self.waiting.is_some_and(|since| since.elapsed() >= self.settings.seal_after);
        if due && !self.asked && manifest.of_tier(Tier::Hot).last().is_some_and(past) {
            // The writer goes on in a new file; a later round seals this one. Asked once: late rows may come all the time.
            self.shared.rotation_wanted.store(true, Ordering::Relaxed);
            self.asked = true;
        }
        if due && self.shared.rotation_wanted.load(Ordering::Relaxed) {
            return Ok(());
        }
        if (due || is_much(&manifest, &frozen, today)) && self.fits(&manifest, &frozen) {
            self.notes.sealing.store(true, Ordering::Relaxed);
            let sealed = self.seal(&frozen, today);
            self.notes.sealing.store(false, Ordering::Relaxed);
            self.telemetry.seals.with_label_values(&[if sealed.is_ok() { "ok" } else { "failed" }]).inc();
            return sealed;
        }
        Ok(())
    }

    fn seal(&mut self, frozen: &[Arc<File>], today: Day) -> Result<(), StoreError> {
        let start = Instant::now();
        let keep_from = if self.steady { self.settings.retention.keep_from(now_us()) } else { Day(i32::MIN) };
        let dropped = self.trim().dropped(frozen, keep_from)?;
        let old = self.trim().samples_of(frozen, &dropped)?;
        let sealing = Sealing {
            connection: &self.connection,
            shared: &self.shared,
            directory: &self.directory,
            dropped: &dropped,
            today,
            reached: &|_| if self.stopping.load(Ordering::Relaxed) { Err(StoreError::Closed) } else { Ok(()) },
        };
        let sealed = sealing.seal(frozen);
        self.last_seal = Some((Instant::now(), start.elapsed()));
        self.waiting = None;
        self.asked = false;
        let samples: u64 = frozen.iter().map(|file| file.facts().samples).sum();
        sealed?;
        self.trim().take_out(&[], old);
        self.notes.sealed(start.elapsed());
        info!(files = frozen.len(), samples, seconds = start.elapsed().as_secs_f64(), "sealed");
        Ok(())
    }

    /// Whether there is room for what sealing writes before it gives anything back.
    fn fits(&mut self, manifest: &Manifest, frozen: &[Arc<File>]) -> bool {
        let hot: u64 = frozen.iter().map(|file| file.facts().bytes).sum();
        let days: std::collections::BTreeSet<Day> = frozen.iter().flat_map(|file| file.days()).collect();
        let replaced: u64 =
            days.iter().filter_map(|day| manifest.of_day(Tier::Raw, *day)).map(|file| file.facts().bytes).sum();
        let fits = self.disk.has_room(hot + replaced);
        if !fits && !self.cramped {
            warn!(bytes = hot + replaced, "there is no room on the disk to seal; waiting for some");
        }
        self.cramped = !fits;
        fits
    }

    fn rewrite(&mut self) -> Result<(), StoreError> {
        let manifest = self.shared.files.now();
        if manifest.tombstones.is_empty() {
            self.rewrite_at = None;
            return Ok(());
        }
        let at = *self.rewrite_at.get_or_insert_with(|| Instant::now() + REWRITE_AFTER);
        if Instant::now() < at || self.disk.is_full().is_some() {
            return Ok(());
        }
        self.rewrite_at = Some(Instant::now() + REWRITE_AFTER);
        let rewriting = Rewriting { connection: &self.connection, shared: &self.shared, disk: &self.disk };
        let files = rewriting.run()?;
        if files > 0 {
            info!(files, "rewrote files without the hosts that were removed");
        }
        Ok(())
    }

    fn snapshot(&self) -> Result<Snapshot, SnapshotError> {
        let start = Instant::now();
        let snapshots = Snapshots {
            connection: &self.connection,
            shared: &self.shared,
            disk: &self.disk,
            is_stopping: &|| self.stopping.load(Ordering::Relaxed),
        };
        let made = snapshots.take()?;
        let seconds = start.elapsed().as_secs_f64();
        info!(path = %made.path.display(), files = made.files, bytes = made.bytes, seconds, "made a snapshot");
        Ok(made)
    }

    fn snapshot_if_due(&mut self) -> Result<(), StoreError> {
        let layout = &self.shared.layout;
        if !self.settings.snapshots.is_due(layout) {
            return Ok(());
        }
        let made = self.snapshot().and_then(|_| self.settings.snapshots.discard_old(layout));
        made.map_err(|error| StoreError::Failed(error.to_string()))
    }

    fn is_pausing(&self) -> bool {
        self.last_seal.is_some_and(|(ended, took)| ended.elapsed() < took * PAUSE_PER_SEAL)
    }
}

fn is_much(manifest: &Manifest, frozen: &[Arc<File>], today: Day) -> bool {
    let bytes: u64 = frozen.iter().map(|file| file.facts().bytes).sum();
    let segment = manifest.of_day(Tier::Raw, today).map_or(0, |file| file.facts().bytes);
    frozen.len() >= MAX_WAITING || bytes >= SEAL_BYTES.max(segment / SHARE_OF_SEGMENT)
}
