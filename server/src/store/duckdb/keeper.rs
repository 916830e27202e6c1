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
use super::due::{Due, MAX_RETRY};
use super::file::File;
use super::hot;
use super::inspect::{self, Inspector, Notes};
use super::layout::{Day, Tier};
use super::open::Shared;
use super::retention::Retention;
use super::rewrite::Rewriting;
use super::snapshot::{self, Schedule, Snapshots};
use super::steady::Steady;
use super::trim::Trim;
use crate::clock::now_us;
use crate::store::StoreError;
use crate::store::directory::Directory;
use crate::store::disk::Disk;
use crate::store::snapshot::{Order, Reply, Snapshot, SnapshotError};
use crate::telemetry::Telemetry;

/// Between two looks.
const ROUND: Duration = Duration::from_secs(1);
/// A file that nobody reads for so long is detached.
const UNUSED: Duration = Duration::from_secs(600);
/// A hot one of a backlog takes more memory while it is attached.
const HOT_UNUSED: Duration = Duration::from_secs(20);
/// What is hot counts to this share of the bytes that may be kept.
const HOT_SHARE: u64 = 4;
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
    pub(super) connection: Connection,
    pub(super) shared: Arc<Shared>,
    pub(super) directory: Arc<Directory>,
    pub(super) disk: Arc<Disk>,
    pub(super) telemetry: Telemetry,
    pub(super) settings: Settings,
    pub(super) notes: Arc<Notes>,
    pub(super) stopping: Arc<AtomicBool>,
    clock: Steady,
    /// Whether the clock was believed in this round.
    pub(super) steady: bool,
    pub(super) due: Due,
    /// After a failure nothing is frozen before this; and how long it waits.
    freeze_again: Option<(Instant, Duration)>,
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
            due: Due::default(),
            freeze_again: None,
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
                Ok(Order::Snapshot { reply }) => self.snapshot_for(reply),
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

    pub(super) fn freeze_all(&mut self) -> Result<(), StoreError> {
        let manifest = self.shared.files.now();
        let frozen = hot::frozen(&manifest);
        let sealed = manifest.files.values().filter(|file| file.tier != Tier::Hot);
        sealed.for_each(|file| file.rest(UNUSED));
        frozen.iter().for_each(|file| file.rest(HOT_UNUSED));
        if self.freeze_again.is_some_and(|(at, _)| Instant::now() < at) {
            return Ok(());
        }
        // One that cannot be frozen keeps no other from it.
        let freeze = |file: &Arc<File>| {
            let frozen = hot::freeze(&self.connection, file).map(drop);
            frozen.map_err(|error| StoreError::Failed(format!("{}: {error}", file.path.display())))
        };
        let results: Vec<_> = frozen.iter().map(freeze).collect();
        let result = results.into_iter().collect::<Result<(), _>>();
        self.freeze_again = result.is_err().then(|| {
            let pause = self.freeze_again.map_or(ROUND, |(_, pause)| (2 * pause).min(MAX_RETRY));
            (Instant::now() + pause, pause)
        });
        result
    }

    /// Unlinks sealed files that are too old or too many.
    pub(super) fn let_go(&mut self) -> Result<(), StoreError> {
        let (manifest, retention) = (self.shared.files.now(), self.settings.retention);
        let held = inspect::held(&manifest);
        let mut gone = if self.steady { retention.too_old(&held, now_us()) } else { Vec::new() };
        if let Some(limit) = retention.bytes {
            let left: Vec<_> = held.into_iter().filter(|held| !gone.contains(&held.number)).collect();
            let going: u64 = gone.iter().filter_map(|number| Some(manifest.files.get(number)?.facts().bytes)).sum();
            let hot = inspect::hot_bytes(&self.shared);
            // What waits takes so much from what is sealed and no more, however long it waits; on a full disk it must.
            let counted = if self.is_cramped() { hot } else { hot.min(limit / HOT_SHARE) };
            let bytes = (inspect::all_bytes(&self.shared) + counted).saturating_sub(hot + going);
            gone.extend(retention.too_much(&left, bytes, Day::of(now_us())));
        }
        self.trim().remove(gone)
    }

    pub(super) fn trim(&self) -> Trim<'_> {
        Trim { connection: &self.connection, shared: &self.shared, directory: &self.directory }
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

    /// Makes one that was asked for. Who asked and has gone will not remove it.
    pub(super) fn snapshot_for(&self, reply: Reply) {
        if reply.is_closed() {
            return;
        }
        let layout = &self.shared.layout;
        let made = self.settings.snapshots.has_place(layout).and_then(|()| self.snapshot());
        if let Err(Ok(made)) = reply.send(made)
            && let Err(error) = snapshot::discard(layout, &made.name)
        {
            warn!(%error, "cannot remove a snapshot that nobody waits for any more");
        }
    }

    fn snapshot_if_due(&mut self) -> Result<(), StoreError> {
        let layout = &self.shared.layout;
        if !self.settings.snapshots.is_due(layout) {
            return Ok(());
        }
        let made = self.snapshot();
        self.settings.snapshots.tried(made.is_ok());
        let made = made.and_then(|_| self.settings.snapshots.discard_old(&self.shared.layout));
        made.map_err(|error| StoreError::Failed(error.to_string()))
    }
}
