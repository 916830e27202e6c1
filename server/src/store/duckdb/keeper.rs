//! The keeper: a thread that seals what is frozen, lets go what is too old, and keeps the disk from filling up. It never
//! stands in the way of a commit.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use duckdb::Connection;
use tracing::{error, info};

use super::file::File;
use super::layout::{Day, Tier};
use super::manifest::Manifest;
use super::open::Shared;
use super::seal::Sealing;
use super::transaction::store_error;
use crate::clock::now_us;
use crate::store::StoreError;
use crate::store::directory::Directory;

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

/// What people may choose.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long rows of a day that is over wait before they are sealed.
    pub seal_after: Duration,
}

pub struct Keeper {
    connection: Connection,
    shared: Arc<Shared>,
    directory: Arc<Directory>,
    settings: Settings,
    /// Since when rows of past days are waiting.
    waiting: Option<Instant>,
    last_seal: Option<(Instant, Duration)>,
}

/// The running keeper.
pub struct Handle {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Handle {
    /// Ends it; what it is at is given up or finished.
    pub fn stop(self) {
        drop(self.stop);
        let _ = self.thread.join();
    }
}

impl Keeper {
    pub fn new(shared: Arc<Shared>, directory: Arc<Directory>, settings: Settings) -> duckdb::Result<Self> {
        let connection = shared.instance.connect()?;
        Ok(Keeper { connection, shared, directory, settings, waiting: None, last_seal: None })
    }

    pub fn spawn(self) -> std::io::Result<Handle> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new().name("keeper".into()).spawn(move || self.run(&stopped))?;
        Ok(Handle { stop, thread })
    }

    fn run(mut self, stopped: &Receiver<()>) {
        while stopped.recv_timeout(ROUND) == Err(RecvTimeoutError::Timeout) {
            if let Err(error) = self.round() {
                error!(%error, "cannot keep the store in order; trying again");
            }
        }
    }

    fn round(&mut self) -> Result<(), StoreError> {
        let manifest = self.shared.files.now();
        let today = Day::of(now_us());
        let frozen = frozen(&manifest);
        for file in &frozen {
            self.freeze(file)?;
        }
        for file in manifest.files.values().filter(|file| file.tier != Tier::Hot) {
            file.rest(UNUSED);
        }
        if self.is_pausing() {
            return Ok(());
        }
        let past = |file: &Arc<File>| file.days().iter().any(|day| *day < today);
        let waiting = manifest.of_tier(Tier::Hot).any(past);
        self.waiting = waiting.then(|| self.waiting.unwrap_or_else(Instant::now));
        let due = self.waiting.is_some_and(|since| since.elapsed() >= self.settings.seal_after);
        if due && manifest.of_tier(Tier::Hot).last().is_some_and(past) {
            // The writer goes on in a new file; a later round seals this one.
            self.shared.rotation_wanted.store(true, Ordering::Relaxed);
            return Ok(());
        }
        if due || is_much(&manifest, &frozen, today) {
            self.seal(&frozen, today)?;
        }
        Ok(())
    }

    fn seal(&mut self, frozen: &[Arc<File>], today: Day) -> Result<(), StoreError> {
        let start = Instant::now();
        let sealing = Sealing {
            connection: &self.connection,
            shared: &self.shared,
            directory: &self.directory,
            keep_from: Day(i32::MIN),
            today,
            reached: &|_| Ok(()),
        };
        let sealed = sealing.seal(frozen);
        self.last_seal = Some((Instant::now(), start.elapsed()));
        self.waiting = None;
        let samples: u64 = frozen.iter().map(|file| file.facts().samples).sum();
        sealed?;
        info!(files = frozen.len(), samples, seconds = start.elapsed().as_secs_f64(), "sealed");
        Ok(())
    }

    /// Nobody writes this file any more: its log goes into it, which gives its memory back.
    fn freeze(&self, file: &Arc<File>) -> Result<(), StoreError> {
        if file.facts().bytes > 0 {
            return Ok(());
        }
        let lease = file.lease().map_err(|error| store_error(&error))?;
        self.connection.execute_batch(&format!("CHECKPOINT {}", file.alias())).map_err(|error| store_error(&error))?;
        drop(lease);
        let mut facts = file.facts();
        facts.bytes = std::fs::metadata(&file.path).map_or(1, |metadata| metadata.len());
        file.set_facts(facts);
        Ok(())
    }

    fn is_pausing(&self) -> bool {
        self.last_seal.is_some_and(|(ended, took)| ended.elapsed() < took * PAUSE_PER_SEAL)
    }
}

/// The hot files that are no longer written: all but the newest.
fn frozen(manifest: &Manifest) -> Vec<Arc<File>> {
    let mut hot: Vec<Arc<File>> = manifest.of_tier(Tier::Hot).cloned().collect();
    hot.pop();
    hot
}

fn is_much(manifest: &Manifest, frozen: &[Arc<File>], today: Day) -> bool {
    let bytes: u64 = frozen.iter().map(|file| file.facts().bytes).sum();
    let segment = manifest.of_day(Tier::Raw, today).map_or(0, |file| file.facts().bytes);
    frozen.len() >= MAX_WAITING || bytes >= SEAL_BYTES.max(segment / SHARE_OF_SEGMENT)
}
