//! The one who writes samples: bodies into the journal, then, and only then, into memory, where questions find them; and
//! from there, many groups in one transaction, into the active hot file.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use duckdb::Connection;
use tracing::{error, info, warn};

use super::documents::Documents;
use super::file::{self, File};
use super::flush::begin;
use super::group::{Group, Prepared};
use super::memory::{Known, Memory};
use super::names::Names;
use super::open::{Database, Shared};
use super::stage::{Pending, Stage};
use super::steady::Steady;
use super::transaction::{store_error, transaction};
use super::{hot, load, tables};
use crate::clock::now_us;
use crate::store::directory::{Details, Directory, HostId, Source};
use crate::store::journal::{self, Journal};
use crate::store::{Backend, Origin, Receipt, Removal, Removed, StoreError, Submission};

/// A hot file whose log has this size is followed by a new one. Its replay after a kill runs at 25 to 55 MB/s.
const LOG_BYTES: u64 = 64 << 20;
/// Where no new file can be made, the next attempt waits so long: each costs a write to the disk.
const ROTATE_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Samples that wait for the hot file: in large groups they cost it a tenth.
const FLUSH_SAMPLES: u64 = 10_000;
/// Their values, nulls too. Samples of hosts with many cores and disks have hundreds, and while they are written nothing is
/// acknowledged.
const FLUSH_VALUES: u64 = 500_000;
/// Bytes of bodies that wait, whatever is in them.
const FLUSH_BYTES: u64 = 32 << 20;
/// They wait no longer than this.
const FLUSH_AFTER: Duration = Duration::from_secs(60);
/// When the hot file takes nothing, so many times as much waits at most; then no more is taken.
const MAX_WAITING: u64 = 10;
/// Between two looks at what has grown old.
const ROUND: Duration = Duration::from_secs(300);

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
    directory: Arc<Directory>,
    memory: Memory,
    documents: Documents,
    clock: Steady,
    last_round: Instant,
    rotation_failed: Option<Instant>,
}

impl Writer {
    /// Takes the store over and fills the directory from it. `decode` makes submissions again of the bodies that the
    /// journal has.
    pub fn new(database: Database, directory: Arc<Directory>, decode: &Decode) -> Result<Self, StoreError> {
        let Database { shared, active, counted } = database;
        let failed = |error: duckdb::Error| store_error(&error);
        let connection = shared.instance.connect().map_err(failed)?;
        let manifest = shared.files.now();
        let place = shared.layout.journal();
        let first = load::journal(&connection, &manifest).map_err(failed)?;
        let (old, left): (Vec<u64>, Vec<u64>) =
            journal::numbers(&place).into_iter().partition(|number| *number < first);
        old.into_iter().for_each(|number| journal::remove(&place, number));
        let unreadable = |error: std::io::Error| StoreError::Failed(format!("cannot read the journal: {error}"));
        let bodies: Vec<Vec<Origin>> =
            left.iter().map(|number| journal::read(&place, *number)).collect::<Result<_, _>>().map_err(unreadable)?;
        let since_us = bodies.iter().flatten().map(|origin| origin.received_us).min().unwrap_or(i64::MAX).min(now_us());
        let memory = load::load(&connection, &manifest, &directory, &counted, since_us).map_err(failed)?;
        connection.execute_batch(&format!("USE {}", active.alias())).map_err(failed)?;
        let newest_us = manifest.files.values().filter_map(|file| file.facts().newest_us).max();
        let next = left.last().map_or(first, |last| last + 1);
        let mut writer = Writer {
            rows: load::rows(&connection, &active.lease().map_err(failed)?.tables).map_err(failed)?,
            names: Names::load(&connection).map_err(failed)?,
            journal: begin(&place, next)?,
            waiting: None,
            connection,
            shared,
            active,
            directory,
            memory,
            documents: Documents::default(),
            clock: Steady::new(newest_us, Instant::now(), now_us()),
            last_round: Instant::now(),
            rotation_failed: None,
        };
        writer.publish(|tail| tail.groups.clear());
        writer.replay(bodies, decode)?;
        left.into_iter().for_each(|number| journal::remove(&place, number));
        Ok(writer)
    }

    /// Stores again what the journal has and the files have not.
    fn replay(&mut self, bodies: Vec<Vec<Origin>>, decode: &Decode) -> Result<(), StoreError> {
        let start = Instant::now();
        let mut samples = 0;
        for origin in bodies.into_iter().flatten() {
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
            if self.waits(1) {
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

    /// Whether so many times as much waits as is written at a time.
    fn waits(&self, times: u64) -> bool {
        let tail = &self.shared.files.now().tail;
        tail.samples() >= times * FLUSH_SAMPLES || tail.values() >= times * FLUSH_VALUES
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
                let is_changed = group.hosts.get(&heard.key).is_some_and(|known| known.id == heard.host);
                self.documents.heard(heard.host, is_changed, Instant::now());
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

    /// Keeps the documents of native hosts, so that they are there after a restart.
    fn keep_documents(&mut self, hosts: &[HostId]) -> Result<(), StoreError> {
        let document = |host: &HostId| Some((*host, self.directory.get(*host)?.document()?));
        let details: HashMap<HostId, Details> = hosts.iter().filter_map(document).collect();
        if !details.is_empty() {
            transaction(&self.connection, |connection| tables::write_details(connection, &details))?;
        }
        self.documents.kept(hosts);
        Ok(())
    }

    fn expire(&mut self) {
        if self.clock.is_so(Instant::now(), now_us()) {
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
        let go_on_in = |file: &File| {
            let used = self.connection.execute_batch(&format!("USE {}", file.alias()));
            used.map_err(|error| store_error(&error))
        };
        if let Err(error) = go_on_in(&next).and_then(|()| shared.ledger.begin_hot(number, tombstone)) {
            next.retire();
            go_on_in(&self.active)?;
            return Err(error);
        }
        shared.files.change(|manifest| {
            manifest.tombstones.extend(tombstone);
            manifest.files.insert(number, next.clone());
        });
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

    fn checkpoint(&self) -> Result<(), StoreError> {
        let statement = format!("CHECKPOINT {}", self.active.alias());
        self.connection.execute_batch(&statement).map_err(|error| store_error(&error))
    }
}

/// Makes a submission again of a body that was one; none if it cannot.
pub type Decode = dyn Fn(&Origin) -> Option<Submission>;

impl Backend for Writer {
    fn commit(&mut self, group: &[Submission]) -> Result<Vec<Receipt>, StoreError> {
        if self.waits(MAX_WAITING) {
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
        if late || self.waits(1) || self.journal.bytes() >= FLUSH_BYTES {
            self.flush()?;
        }
        let wanted = self.shared.rotation_wanted.load(Ordering::Relaxed);
        if !wanted && !self.names.are_many() && self.log_bytes() < LOG_BYTES {
            return Ok(());
        }
        if self.rotation_failed.is_some_and(|at| at.elapsed() < ROTATE_AGAIN_AFTER) {
            return Ok(());
        }
        let rotated = self.rotate(None);
        self.rotation_failed = rotated.is_err().then(Instant::now);
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
            self.documents.heard(host, true, Instant::now());
            info!(hostname = entry.hostname, samples = entry.samples, "removed a host's samples");
            return Ok(Removed { samples: entry.samples, details: 0 });
        }
        if let Some((key, known)) = self.memory.hosts.iter().find(|(_, known)| known.id == host) {
            let (key, known) = (key.clone(), Known { deleted: true, ..known.clone() });
            transaction(&self.connection, |connection| tables::forget_host(connection, &key, &known, now_us()))?;
            self.memory.hosts.insert(key, known);
        }
        self.directory.forget(host);
        self.documents.kept(&[host]);
        info!(hostname = entry.hostname, samples = entry.samples, "removed a host");
        Ok(Removed { samples: entry.samples, details: u64::from(entry.document().is_some()) })
    }

    fn tick(&mut self) -> Result<(), StoreError> {
        self.settle()?;
        if self.last_round.elapsed() >= ROUND {
            self.last_round = Instant::now();
            self.expire();
        }
        let due = self.documents.due(Instant::now());
        self.keep_documents(&due)
    }

    fn close(&mut self) -> Result<(), StoreError> {
        let all = self.documents.all();
        if let Err(error) = self.keep_documents(&all) {
            error!(%error, "cannot keep the hosts' documents");
        }
        self.flush()?;
        self.checkpoint()
    }
}
