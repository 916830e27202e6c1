//! The one who writes samples: bodies into the journal, then, and only then, into memory, where questions find them; and
//! from there, many groups in one transaction, into the active hot file.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use duckdb::Connection;
use tracing::{error, info, warn};

use super::file::{self, File};
use super::flush::begin;
use super::group::{Group, Prepared};
use super::memory::{Known, Memory};
use super::names::Names;
use super::open::{Database, Shared};
use super::stage::{Pending, Stage};
use super::transaction::{store_error, transaction};
use super::{hot, load, tables};
use crate::clock::now_us;
use crate::store::directory::{Details, Directory, HostId, Source};
use crate::store::journal::{self, Journal};
use crate::store::{Backend, Origin, Receipt, Removal, Removed, StoreError, Submission};

/// A hot file whose log has this size is followed by a new one. Its replay after a kill runs at 25 to 55 MB/s.
const LOG_BYTES: u64 = 64 << 20;
/// A new file that could not be made is not tried again sooner.
const RETRY: Duration = Duration::from_secs(1);
/// Samples that wait for the hot file: in large groups they cost it a tenth.
const FLUSH_SAMPLES: u64 = 10_000;
/// Bytes of bodies that wait, whatever is in them.
const FLUSH_BYTES: u64 = 32 << 20;
/// They wait no longer than this.
const FLUSH_AFTER: Duration = Duration::from_secs(60);
/// When the hot file takes nothing, so many samples wait at most; then no more are taken.
const MAX_WAITING_SAMPLES: u64 = 10 * FLUSH_SAMPLES;
/// The document of a host that goes on is kept so often; each is some kilobytes.
const KEEP_AFTER: Duration = Duration::from_secs(3_600);
/// Between two rounds of housekeeping, microseconds.
const ROUND_US: i64 = 300 * 1_000_000;
/// When the clock says that more than this passed between two rounds, it was set, and nothing is old by its word.
const CLOCK_LEAP_US: i64 = 86_400 * 1_000_000;

pub struct Writer {
    pub(super) connection: Connection,
    pub(super) shared: Arc<Shared>,
    pub(super) active: Arc<File>,
    /// Rows of each table in the active file.
    pub(super) rows: HashMap<&'static str, u64>,
    /// The names that it has.
    pub(super) names: Names,
    pub(super) journal: Journal,
    /// Since when the oldest sample that waits is waiting.
    pub(super) waiting: Option<Instant>,
    /// When a new hot file could not be made.
    stuck: Option<Instant>,
    directory: Arc<Directory>,
    memory: Memory,
    /// Native hosts whose documents have changed since they were kept.
    unkept: HashSet<HostId>,
    /// When they were kept last.
    kept: HashMap<HostId, Instant>,
    last_round_us: i64,
}

impl Writer {
    /// Takes the store over and fills the directory from it. `decode` makes submissions again of the bodies that the
    /// journal has.
    pub fn new(database: Database, directory: Arc<Directory>, decode: &Decode) -> Result<Self, StoreError> {
        let Database { shared, active } = database;
        let failed = |error: duckdb::Error| store_error(&error);
        let connection = shared.instance.connect().map_err(failed)?;
        let manifest = shared.files.now();
        let place = shared.layout.journal();
        let first = load::journal(&connection, &manifest).map_err(failed)?;
        let (old, left): (Vec<u64>, Vec<u64>) =
            journal::numbers(&place).into_iter().partition(|number| *number < first);
        old.into_iter().for_each(|number| journal::remove(&place, number));
        let unreadable = |error: std::io::Error| StoreError::Failed(format!("cannot read the journal: {error}"));
        let journals: Vec<journal::Contents> =
            left.iter().map(|number| journal::read(&place, *number)).collect::<Result<_, _>>().map_err(unreadable)?;
        let since_us = journals
            .iter()
            .flat_map(|journal| &journal.origins)
            .map(|origin| origin.received_us)
            .min()
            .unwrap_or(i64::MAX)
            .min(now_us());
        let memory = load::load(&connection, &manifest, &directory, since_us).map_err(failed)?;
        connection.execute_batch(&format!("USE {}", active.alias())).map_err(failed)?;
        let next = left.last().map_or(first, |last| last + 1);
        let mut writer = Writer {
            rows: load::rows(&connection, &active.lease().map_err(failed)?.tables).map_err(failed)?,
            names: Names::load(&connection).map_err(failed)?,
            stuck: None,
            journal: begin(&place, next)?,
            waiting: None,
            connection,
            shared,
            active,
            directory,
            memory,
            unkept: HashSet::new(),
            kept: HashMap::new(),
            last_round_us: now_us(),
        };
        writer.publish(|tail| tail.groups.clear());
        let damaged: Vec<bool> = journals.iter().map(|journal| journal.damaged_bytes > 0).collect();
        writer.replay(journals.into_iter().flat_map(|journal| journal.origins), decode)?;
        for (number, is_damaged) in left.into_iter().zip(damaged) {
            if is_damaged { journal::set_aside(&place, number) } else { journal::remove(&place, number) }
        }
        Ok(writer)
    }

    /// Stores again what the journal has and the files have not.
    fn replay(&mut self, bodies: impl Iterator<Item = Origin>, decode: &Decode) -> Result<(), StoreError> {
        let start = Instant::now();
        let mut samples = 0;
        for origin in bodies {
            let Some(submission) = decode(&origin) else {
                error!(
                    bytes = origin.body.len(),
                    "a body in the journal cannot be read any more: its samples are lost"
                );
                continue;
            };
            let (receipts, group) = self.stage(&[submission])?;
            samples += receipts.iter().map(|receipt| receipt.stored).sum::<u64>();
            self.keep(group);
            if self.shared.files.now().tail.samples() >= FLUSH_SAMPLES {
                // Not under a new number: a kill meanwhile must find the rest.
                self.flush_as(None)?;
            }
        }
        self.flush_as(Some(self.journal.number()))?;
        if samples > 0 {
            info!(samples, seconds = start.elapsed().as_secs_f64(), "stored again what the journal had");
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn transaction<R>(&self, work: impl FnOnce(&Connection) -> duckdb::Result<R>) -> Result<R, StoreError> {
        transaction(&self.connection, work)
    }

    /// What submissions bring, and what memory knows of them from now on. The rows are not anywhere yet.
    fn stage(&mut self, submissions: &[Submission]) -> Result<(Vec<Receipt>, Pending), StoreError> {
        let mut stage = Stage::new(&self.memory);
        let receipts: Vec<Receipt> = submissions
            .iter()
            .map(|submission| {
                submission.writes.iter().fold(Receipt::default(), |sum, write| sum.plus(stage.write(write)))
            })
            .collect();
        let samples = receipts.iter().map(|receipt| receipt.stored).sum();
        let staged = stage.finish(samples).map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok((receipts, staged))
    }

    /// Memory and questions know of a group that is durable.
    fn keep(&mut self, pending: Pending) {
        let Pending { group, instants_us, next_host, retries, heard } = pending;
        // Before the rows are there: who reads them must find their file.
        self.active.grow(group.samples, instants_us.into_iter());
        self.memory.next_host = next_host;
        self.memory.hosts.extend(group.hosts.iter().map(|(key, known)| (key.clone(), known.clone())));
        for ((host, stream), mark) in &group.marks {
            self.memory.marks.set(*host, *stream, *mark);
        }
        for (key, received_us) in retries {
            self.memory.retries.insert(key, received_us);
        }
        for heard in &heard {
            if let Source::Native(native) = &heard.source {
                self.unkept.insert(heard.host);
                if native.cloned_us.is_some()
                    && !self.directory.get(heard.host).is_some_and(|host| host.is_cloned(heard.heard_us))
                {
                    warn!(
                        id = heard.key,
                        hostname = heard.hostname,
                        "two agents push with one id: give one another with --id"
                    );
                }
            }
        }
        self.directory.apply(heard);
        self.waiting.get_or_insert_with(Instant::now);
        let group = Arc::new(group);
        self.publish(|tail| tail.groups.push(group));
    }

    /// Stores a group that the journal has not, at once.
    fn store(&mut self, pending: Pending) -> Result<(), StoreError> {
        self.flush()?;
        let Pending { group, instants_us, next_host, retries, heard } = pending;
        let group = Arc::new(group);
        let prepared = Prepared::of(std::slice::from_ref(&group), &self.names)
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        self.active.grow(0, instants_us.iter().copied());
        self.write(prepared, None)?;
        let Ok(group) = Arc::try_unwrap(group) else { unreachable!("nobody else has it") };
        // Its rows are in the file: only what is known of them is kept.
        let group = Group { tables: Vec::new(), ..group };
        self.keep(Pending { group, instants_us, next_host, retries, heard });
        self.publish(|tail| tail.groups.clear());
        self.waiting = None;
        Ok(())
    }

    /// Keeps the documents of native hosts, so that they are there after a restart: of who has fallen silent soon, of who
    /// goes on now and then, since that one will tell again.
    fn keep_details(&mut self, of_all: bool) -> Result<(), StoreError> {
        let silent_us = now_us() - ROUND_US;
        let is_due = |host: &HostId| {
            let heard = || self.directory.get(*host).and_then(|entry| entry.last_heard_us);
            of_all
                || self.kept.get(host).is_none_or(|at| at.elapsed() >= KEEP_AFTER)
                || heard().is_some_and(|at| at < silent_us)
        };
        let due: Vec<HostId> = self.unkept.iter().filter(|host| is_due(host)).copied().collect();
        let document = |host: &HostId| Some((*host, self.directory.get(*host)?.document()?));
        let details: HashMap<HostId, Details> = due.iter().filter_map(document).collect();
        transaction(&self.connection, |connection| tables::write_details(connection, &details))?;
        for host in due {
            self.unkept.remove(&host);
            self.kept.insert(host, Instant::now());
        }
        Ok(())
    }

    /// The housekeeping that time has come for.
    #[cfg(test)]
    pub(super) fn look_after(&mut self) {
        self.last_round_us -= ROUND_US;
        self.tick().unwrap();
    }

    fn expire(&mut self, passed_us: i64) {
        if (0..CLOCK_LEAP_US).contains(&passed_us) {
            self.memory.retries.expire(now_us());
            self.memory.marks.expire(now_us());
        }
    }

    /// Goes on in a new hot file; a tombstone hides what was written before.
    fn rotate(&mut self, removed: Option<HostId>) -> Result<(), StoreError> {
        self.flush()?;
        let shared = self.shared.clone();
        let _order = shared.files.in_order();
        let tombstone = removed.map(|host| (host, shared.files.number()));
        let number = shared.files.number();
        let columns = self.active.lease().map_err(|error| store_error(&error))?.tables;
        let next =
            hot::create(&shared.instance, &shared.layout, number, &columns).map_err(|error| store_error(&error))?;
        if let Err(error) = shared.ledger.begin_hot(number, tombstone) {
            next.retire();
            return Err(error);
        }
        shared.files.change(|manifest| {
            manifest.tombstones.extend(tombstone);
            manifest.files.insert(number, next.clone());
        });
        self.connection.execute_batch(&format!("USE {}", next.alias())).map_err(|error| store_error(&error))?;
        self.active = next;
        self.rows.clear();
        self.names = Names::default();
        self.publish(|_| {});
        shared.rotation_wanted.store(false, Ordering::Relaxed);
        Ok(())
    }

    fn log_bytes(&self) -> u64 {
        std::fs::metadata(file::log(&self.active.path)).map_or(0, |metadata| metadata.len())
    }

    fn checkpoint(&mut self) -> Result<(), StoreError> {
        let statement = format!("CHECKPOINT {}", self.active.alias());
        self.connection.execute_batch(&statement).map_err(|error| store_error(&error))
    }
}

/// Makes a submission again of a body that was one; none if it cannot.
pub type Decode = dyn Fn(&Origin) -> Option<Submission>;

impl Backend for Writer {
    fn commit(&mut self, group: &[Submission]) -> Result<Vec<Receipt>, StoreError> {
        if self.shared.files.now().tail.samples() >= MAX_WAITING_SAMPLES {
            self.flush()?;
        }
        let (receipts, pending) = self.stage(group)?;
        if group.iter().all(|submission| submission.origin.is_some()) {
            let origins = group.iter().filter_map(|submission| submission.origin.as_ref());
            let written = self.journal.append(origins);
            written.map_err(|error| StoreError::Failed(format!("cannot write the journal: {error}")))?;
            self.keep(pending);
        } else {
            self.store(pending)?;
        }
        Ok(receipts)
    }

    fn settle(&mut self) -> Result<(), StoreError> {
        let late = self.waiting.is_some_and(|since| since.elapsed() >= FLUSH_AFTER);
        let samples = self.shared.files.now().tail.samples();
        if late || samples >= FLUSH_SAMPLES || self.journal.bytes() >= FLUSH_BYTES {
            self.flush()?;
        }
        let is_wanted = self.shared.rotation_wanted.load(Ordering::Relaxed);
        if !(is_wanted || self.names.are_many() || self.log_bytes() >= LOG_BYTES)
            || self.stuck.is_some_and(|since| since.elapsed() < RETRY)
        {
            return Ok(());
        }
        let rotated = self.rotate(None);
        self.stuck = rotated.is_err().then(Instant::now);
        rotated
    }

    fn remove(&mut self, host: HostId, what: Removal) -> Result<Removed, StoreError> {
        let Some(entry) = self.directory.get(host) else {
            return Ok(Removed::default());
        };
        self.rotate(Some(host))?;
        self.memory.retries.forget(host);
        if what == Removal::Samples {
            self.directory.clear(host);
            info!(hostname = entry.hostname, samples = entry.samples, "removed a host's samples");
            return Ok(Removed { samples: entry.samples, details: 0 });
        }
        if let Some((key, known)) = self.memory.hosts.iter().find(|(_, known)| known.id == host) {
            let (key, known) = (key.clone(), Known { deleted: true, ..known.clone() });
            transaction(&self.connection, |connection| tables::forget_host(connection, &key, &known, now_us()))?;
            self.memory.hosts.insert(key, known);
        }
        self.directory.forget(host);
        self.unkept.remove(&host);
        self.kept.remove(&host);
        info!(hostname = entry.hostname, samples = entry.samples, "removed a host");
        Ok(Removed { samples: entry.samples, details: u64::from(entry.document().is_some()) })
    }

    fn tick(&mut self) -> Result<(), StoreError> {
        self.settle()?;
        let passed_us = now_us() - self.last_round_us;
        if (0..ROUND_US).contains(&passed_us) {
            return Ok(());
        }
        self.last_round_us = now_us();
        self.expire(passed_us);
        self.keep_details(false)
    }

    fn close(&mut self) -> Result<(), StoreError> {
        if let Err(error) = self.keep_details(true) {
            error!(%error, "cannot keep the hosts' documents");
        }
        self.flush()?;
        self.checkpoint()
    }
}
