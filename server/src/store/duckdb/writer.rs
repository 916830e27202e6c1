//! The one who writes samples: a group in one transaction of the active hot file, then, and only then, in memory.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use duckdb::Connection;
use siskin_platform::model::{Agent, Host};
use tracing::{error, info, warn};

use super::file::File;
use super::marks::{Marks, Retries};
use super::open::{Database, Shared};
use super::stage::Stage;
use super::transaction::{store_error, transaction};
use super::{hot, load, tables};
use crate::clock::now_us;
use crate::store::directory::{Details, Directory, HostId, Source};
use crate::store::{Backend, Receipt, Removal, Removed, StoreError, Submission};

/// A hot file whose log has this size is followed by a new one. Its replay after a kill runs at 25 to 55 MB/s.
const LOG_BYTES: u64 = 64 << 20;
/// A file with fewer samples is checkpointed instead, in some ten milliseconds: what fills its log are many small commits.
const FEW_SAMPLES: u64 = 50_000;
/// Between two rounds of housekeeping, microseconds.
const ROUND_US: i64 = 60 * 1_000_000;
/// When the clock says that more than this passed between two rounds, it was set, and nothing is old by its word.
const CLOCK_LEAP_US: i64 = 86_400 * 1_000_000;

pub struct Writer {
    connection: Connection,
    shared: Arc<Shared>,
    active: Arc<File>,
    /// Samples committed to the active file since its last checkpoint.
    fresh_samples: u64,
    directory: Arc<Directory>,
    memory: Memory,
    /// Native hosts whose documents have changed since they were kept.
    unkept: HashSet<HostId>,
    last_round_us: i64,
}

/// What the writer knows without asking the file. Changed after a commit, never before.
#[derive(Default)]
pub struct Memory {
    pub hosts: HashMap<String, Known>,
    pub next_host: i32,
    pub marks: Marks,
    pub retries: Retries,
}

/// A host as it is stored.
#[derive(Clone)]
pub struct Known {
    pub id: HostId,
    pub hostname: String,
    pub native: Option<(Agent, Host)>,
    pub first_seen_us: i64,
    /// Removed; its number and its marks stay, so that nothing old comes back.
    pub deleted: bool,
}

impl Known {
    pub fn differs(&self, hostname: &str, native: Option<(&Agent, &Host)>) -> bool {
        self.deleted || self.hostname != hostname || self.native.as_ref().map(|(agent, host)| (agent, host)) != native
    }
}

impl Writer {
    /// Takes the store over and fills the directory from it.
    pub fn new(database: Database, directory: Arc<Directory>) -> duckdb::Result<Self> {
        let Database { shared, active } = database;
        let connection = shared.instance.connect()?;
        let memory = load::load(&connection, &shared.files.now(), &directory, now_us())?;
        connection.execute_batch(&format!("USE {}", active.alias()))?;
        let fresh_samples = active.facts().samples;
        Ok(Writer {
            connection,
            shared,
            active,
            fresh_samples,
            directory,
            memory,
            unkept: HashSet::new(),
            last_round_us: now_us(),
        })
    }

    pub(super) fn transaction<R>(&self, work: impl FnOnce(&Connection) -> duckdb::Result<R>) -> Result<R, StoreError> {
        transaction(&self.connection, work)
    }

    /// Keeps the documents of native hosts, so that they are there after a restart.
    fn keep_details(&mut self) -> Result<(), StoreError> {
        let document = |host: &HostId| Some((*host, self.directory.get(*host)?.document()?));
        let details: HashMap<HostId, Details> = self.unkept.iter().filter_map(document).collect();
        self.transaction(|connection| tables::write_details(connection, &details))?;
        self.unkept.clear();
        Ok(())
    }

    fn expire(&mut self, passed_us: i64) {
        if (0..CLOCK_LEAP_US).contains(&passed_us) {
            self.memory.retries.expire(now_us());
            self.memory.marks.expire(now_us());
        }
    }

    /// Goes on in a new hot file; a tombstone hides what was written before.
    fn rotate(&mut self, removed: Option<HostId>) -> Result<(), StoreError> {
        let tombstone = removed.map(|host| (host, self.shared.files.number()));
        let number = self.shared.files.number();
        let shared = &self.shared;
        let next = hot::create(&shared.instance, &shared.layout, number).map_err(|error| store_error(&error))?;
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
        self.fresh_samples = 0;
        shared.rotation_wanted.store(false, Ordering::Relaxed);
        Ok(())
    }

    fn log_bytes(&self) -> u64 {
        let mut log = self.active.path.clone().into_os_string();
        log.push(".wal");
        std::fs::metadata(log).map_or(0, |metadata| metadata.len())
    }

    fn checkpoint(&mut self) -> Result<(), StoreError> {
        self.fresh_samples = 0;
        let statement = format!("CHECKPOINT {}", self.active.alias());
        self.connection.execute_batch(&statement).map_err(|error| store_error(&error))
    }
}

impl Backend for Writer {
    fn commit(&mut self, group: &[Submission]) -> Result<Vec<Receipt>, StoreError> {
        let mut stage = Stage::new(&self.memory);
        let receipts: Vec<Receipt> = group
            .iter()
            .map(|submission| {
                submission.writes.iter().fold(Receipt::default(), |sum, write| sum.plus(stage.write(write)))
            })
            .collect();
        let staged = stage.finish();
        let stored = receipts.iter().map(|receipt| receipt.stored).sum();
        let flat = staged.flat.iter().map(|(_, sample)| sample.timestamp * 1_000_000);
        // Before the rows are there: who reads them must find their file.
        self.active.grow(stored, staged.rows.instants_us.iter().copied().chain(flat));
        let finished = staged.rows.finish().map_err(|error| StoreError::Failed(error.to_string()))?;
        self.transaction(|connection| {
            tables::write_hosts(connection, staged.hosts.iter())?;
            tables::write_rows(connection, "main", finished)?;
            tables::write_flat(connection, &staged.flat)?;
            tables::write_marks(connection, staged.marks.iter().map(|((host, stream), mark)| (*host, *stream, *mark)))?;
            tables::write_details(connection, &staged.details)
        })?;
        self.fresh_samples += stored;
        self.memory.next_host = staged.next_host;
        self.memory.hosts.extend(staged.hosts);
        for ((host, stream), mark) in staged.marks {
            self.memory.marks.set(host, stream, mark);
        }
        for (key, received_us) in staged.retries {
            self.memory.retries.insert(key, received_us);
        }
        for heard in &staged.heard {
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
        self.directory.apply(staged.heard);
        Ok(receipts)
    }

    fn settle(&mut self) -> Result<(), StoreError> {
        if self.shared.rotation_wanted.load(Ordering::Relaxed) {
            return self.rotate(None);
        }
        if self.log_bytes() < LOG_BYTES {
            return Ok(());
        }
        if self.fresh_samples < FEW_SAMPLES { self.checkpoint() } else { self.rotate(None) }
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
            self.transaction(|connection| tables::forget_host(connection, &key, &known, now_us()))?;
            self.memory.hosts.insert(key, known);
        }
        self.directory.forget(host);
        self.unkept.remove(&host);
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
        self.keep_details()
    }

    fn close(&mut self) -> Result<(), StoreError> {
        if let Err(error) = self.keep_details() {
            error!(%error, "cannot keep the hosts' documents");
        }
        self.checkpoint()
    }
}
