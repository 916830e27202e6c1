//! The one who writes samples: bodies into the journal, then, and only then, into memory, where questions find them; and
//! from there, many groups in one transaction, into the active hot file.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::{error, info, warn};

use super::documents::Documents;
use super::group::Group;
use super::hand::Hand;
use super::load;
use super::marks::FlatKey;
use super::memory::{Known, Memory};
use super::open::{Database, Shared};
use super::pen::Pen;
use super::stage::{Pending, Stage};
use super::steady::Steady;
use super::tables;
use super::transaction::store_error;
use crate::clock::now_us;
use crate::store::directory::{Details, Directory, Heard, HostId, Source};
use crate::store::journal::{self, Journal};
use crate::store::{Backend, Origin, Receipt, Removal, Removed, StoreError, Submission};

/// Samples that wait for the hot file: in large groups they cost it a tenth.
const FLUSH_SAMPLES: u64 = 10_000;
/// Their values, nulls too. Samples of hosts with many cores and disks have hundreds.
const FLUSH_VALUES: u64 = 500_000;
/// Bytes of their bodies, whatever is in them.
const FLUSH_BYTES: u64 = 32 << 20;
/// They wait no longer than this.
const FLUSH_AFTER: Duration = Duration::from_secs(60);
/// So many times as much may wait while the pen is away; then it is waited for.
const MAX_AHEAD: u64 = 3;
/// When the hot file takes nothing, so many times as much waits at most; then no more is acknowledged.
const MAX_WAITING: u64 = 10;
/// After a failure the hot file is left alone for so long.
const WRITE_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Between two looks at what has grown old.
const ROUND: Duration = Duration::from_secs(300);

pub struct Writer {
    shared: Arc<Shared>,
    hand: Hand,
    journal: Journal,
    /// Journals of which not all is known to be in the hot file: their numbers, and the bytes of each.
    unwritten: Vec<(u64, u64)>,
    /// Since when the oldest sample that waits for the pen is waiting.
    waiting: Option<Instant>,
    /// When and why the pen came back last without having written.
    failed: Option<(Instant, StoreError)>,
    directory: Arc<Directory>,
    memory: Memory,
    documents: Documents,
    clock: Steady,
    last_round: Instant,
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
        let newest_us = manifest.files.values().filter_map(|file| file.facts().newest_us).max();
        let next = left.last().map_or(first, |last| last + 1);
        let mut writer = Writer {
            hand: Hand::new(Pen::new(connection, shared.clone(), active).map_err(failed)?),
            journal: begin(&place, next)?,
            unwritten: Vec::new(),
            waiting: None,
            failed: None,
            shared,
            directory,
            memory,
            documents: Documents::default(),
            clock: Steady::new(newest_us, Instant::now(), now_us()),
            last_round: Instant::now(),
        };
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
                self.pen()?.flush(None)?;
            }
        }
        let number = self.journal.number();
        self.pen()?.flush(Some(number))?;
        self.waiting = None;
        if samples > 0 {
            info!(samples, seconds = start.elapsed().as_secs_f64(), "stored again what the journal had");
        }
        Ok(())
    }

    /// Whether so many times as much waits as is written at a time.
    fn waits(&self, times: u64) -> bool {
        let tail = &self.shared.files.now().tail;
        let bytes = self.journal.bytes() + self.unwritten.iter().map(|(_, bytes)| bytes).sum::<u64>();
        tail.samples() >= times * FLUSH_SAMPLES || tail.values() >= times * FLUSH_VALUES || bytes >= times * FLUSH_BYTES
    }

    #[cfg(test)]
    pub(super) fn transaction<R>(
        &mut self,
        work: impl FnOnce(&duckdb::Connection) -> duckdb::Result<R>,
    ) -> Result<R, StoreError> {
        self.pen()?.transact(work)
    }

    /// The pen, once it has written what it is away with.
    pub(super) fn pen(&mut self) -> Result<&mut Pen, StoreError> {
        let (pen, result) = self.hand.wait()?;
        match result {
            None => {}
            // What was in them is in the hot file.
            Some(Ok(())) => {
                let place = self.shared.layout.journal();
                self.unwritten.drain(..).for_each(|(number, _)| journal::remove(&place, number));
                self.failed = None;
            }
            Some(Err(error)) => {
                // It waits again.
                self.waiting = Some(Instant::now());
                self.failed = Some((Instant::now(), error.clone()));
                return Err(error);
            }
        }
        Ok(pen)
    }

    /// Why nothing is written just now, after a failure.
    fn resting(&self) -> Option<StoreError> {
        let failed = self.failed.as_ref().filter(|(at, _)| at.elapsed() < WRITE_AGAIN_AFTER);
        failed.map(|(_, error)| error.clone())
    }

    /// Sends the pen away with what waits, and begins a new journal behind that.
    fn send(&mut self) -> Result<(), StoreError> {
        if !self.journal.is_empty() {
            let next = begin(&self.shared.layout.journal(), self.journal.number() + 1)?;
            let behind = std::mem::replace(&mut self.journal, next);
            self.unwritten.push((behind.number(), behind.bytes()));
        }
        let number = self.journal.number();
        self.waiting = None;
        self.hand.send(move |pen| {
            pen.flush(Some(number))?;
            pen.rotate_if_full();
            Ok(())
        })
    }

    /// Puts what waits into the hot file.
    pub(super) fn flush(&mut self) -> Result<(), StoreError> {
        self.pen()?;
        if self.waiting.is_some() {
            self.send()?;
            self.pen()?;
        }
        Ok(())
    }

    /// What submissions bring, and what memory knows of them from now on. The rows are not anywhere yet.
    fn stage(&mut self, submissions: &[Submission]) -> Result<(Vec<Receipt>, Pending), StoreError> {
        let mut stage = Stage::new(&self.memory, submissions.iter().map(Submission::samples).sum());
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
        let Pending { group, next_host, retries, heard } = pending;
        self.learn(&group, next_host, retries, heard);
        self.waiting.get_or_insert_with(Instant::now);
        self.shared.files.change(|manifest| manifest.wait(Arc::new(group)));
    }

    fn learn(&mut self, group: &Group, next_host: i32, retries: HashMap<FlatKey, i64>, heard: Vec<Heard>) {
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
    }

    /// Stores a group that the journal has not, at once.
    fn store(&mut self, pending: Pending) -> Result<(), StoreError> {
        self.flush()?;
        let Pending { group, next_host, retries, heard } = pending;
        let group = Arc::new(group);
        self.pen()?.store(&group)?;
        self.learn(&group, next_host, retries, heard);
        Ok(())
    }

    /// Keeps the documents of native hosts, so that they are there after a restart.
    fn keep_documents(&mut self, hosts: &[HostId]) -> Result<(), StoreError> {
        let document = |host: &HostId| Some((*host, self.directory.get(*host)?.document()?));
        let details: HashMap<HostId, Details> = hosts.iter().filter_map(document).collect();
        if !details.is_empty() {
            self.pen()?.transact(|connection| tables::write_details(connection, &details))?;
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
}

/// Makes a submission again of a body that was one; none if it cannot.
pub type Decode = dyn Fn(&Origin) -> Option<Submission>;

impl Backend for Writer {
    fn commit(&mut self, group: &[Submission]) -> Result<Vec<Receipt>, StoreError> {
        if self.waits(MAX_WAITING) {
            self.resting().map_or(Ok(()), Err)?;
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
        if self.hand.is_busy() && !self.waits(MAX_AHEAD) {
            return Ok(());
        }
        let is_full = self.pen()?.is_full();
        if self.resting().is_some() {
            return Ok(());
        }
        let late = self.waiting.is_some_and(|since| since.elapsed() >= FLUSH_AFTER);
        if late || is_full || self.failed.is_some() || self.waits(1) {
            self.send()?;
        }
        Ok(())
    }

    fn remove(&mut self, host: HostId, what: Removal) -> Result<Removed, StoreError> {
        let Some(entry) = self.directory.get(host) else {
            return Ok(Removed::default());
        };
        self.flush()?;
        self.pen()?.rotate(Some(host))?;
        self.memory.retries.forget(host);
        if what == Removal::Samples {
            self.directory.clear(host);
            self.documents.heard(host, true, Instant::now());
            info!(hostname = entry.hostname, samples = entry.samples, "removed a host's samples");
            return Ok(Removed { samples: entry.samples, details: 0 });
        }
        if let Some((key, known)) = self.memory.hosts.iter().find(|(_, known)| known.id == host) {
            let (key, known) = (key.clone(), Known { deleted: true, ..known.clone() });
            self.pen()?.transact(|connection| tables::forget_host(connection, &key, &known, now_us()))?;
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
        if self.hand.is_busy() {
            return Ok(());
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
        self.pen()?.checkpoint()
    }
}

/// An empty journal.
fn begin(directory: &Path, number: u64) -> Result<Journal, StoreError> {
    Journal::begin(directory, number).map_err(|error| StoreError::Failed(format!("cannot begin a journal: {error}")))
}
