//! The owner of the write connection: a group in one transaction, then, and only then, in memory.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use duckdb::Connection;
use siskin_platform::model::{Agent, Host};
use tracing::{error, warn};

use super::marks::{Marks, Retries};
use super::open::Database;
use super::stage::Stage;
use super::{HOT, load, schema, sql, tables};
use crate::clock::now_us;
use crate::store::directory::{Details, Directory, HostId, Source};
use crate::store::{Backend, Receipt, Removal, Removed, StoreError, Submission};

/// How DuckDB says that there is nothing to roll back.
const NO_TRANSACTION: &str = "no transaction is active";
/// Rows of `marks` beyond which they are rewritten, in multiples of the streams, and at least.
const MARKS_SLACK: usize = 8;
const MARKS_FLOOR: usize = 10_000;
/// Two ticks are a minute apart. When the clock says more than this, it was set, and nothing is old by its word.
const CLOCK_LEAP_US: i64 = 86_400 * 1_000_000;

pub struct Writer {
    connection: Connection,
    directory: Arc<Directory>,
    memory: Memory,
    /// Native hosts whose documents have changed since they were kept.
    unkept: HashSet<HostId>,
    last_tick_us: i64,
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
    /// Takes the database over and fills the directory from it.
    pub fn new(database: Database, directory: Arc<Directory>) -> duckdb::Result<Self> {
        let connection = database.into_owner();
        let memory = load::load(&connection, &directory, now_us())?;
        Ok(Writer { connection, directory, memory, unkept: HashSet::new(), last_tick_us: now_us() })
    }

    pub(super) fn transaction<R>(&self, work: impl FnOnce(&Connection) -> duckdb::Result<R>) -> Result<R, StoreError> {
        self.connection.execute_batch("BEGIN").map_err(|error| StoreError::Fatal(error.to_string()))?;
        let result = work(&self.connection).and_then(|value| self.connection.execute_batch("COMMIT").map(|()| value));
        let error = match result {
            Ok(value) => return Ok(value),
            Err(error) => store_error(&error),
        };
        // A COMMIT that failed has ended the transaction; what failed before it has not.
        match self.connection.execute_batch("ROLLBACK") {
            Ok(()) => Err(error),
            Err(rollback) if rollback.to_string().contains(NO_TRANSACTION) => Err(error),
            Err(rollback) => Err(StoreError::Fatal(format!("{error}; cannot roll back: {rollback}"))),
        }
    }

    /// Keeps the documents of native hosts, so that they are there after a restart.
    fn keep_details(&mut self) -> Result<(), StoreError> {
        let document = |host: &HostId| Some((*host, self.directory.get(*host)?.document()?));
        let details: HashMap<HostId, Details> = self.unkept.iter().filter_map(document).collect();
        self.transaction(|connection| tables::write_details(connection, &details))?;
        self.unkept.clear();
        Ok(())
    }

    /// One row a stream again, instead of one a commit.
    fn compact_marks(&mut self) -> Result<(), StoreError> {
        let marks = &self.memory.marks;
        if marks.rows() <= MARKS_FLOOR.max(marks.len() * MARKS_SLACK) {
            return Ok(());
        }
        self.transaction(|connection| {
            connection.execute(sql::DELETE_MARKS, [])?;
            tables::write_marks(connection, marks.iter())
        })?;
        self.memory.marks.compacted();
        Ok(())
    }

    fn expire(&mut self) {
        let now_us = now_us();
        let passed_us = now_us - self.last_tick_us;
        self.last_tick_us = now_us;
        if (0..CLOCK_LEAP_US).contains(&passed_us) {
            self.memory.retries.expire(now_us);
            self.memory.marks.expire(now_us);
        }
    }
}

impl Backend for Writer {
    fn commit(&mut self, group: &[Submission]) -> Result<Vec<Receipt>, StoreError> {
        let mut stage = Stage::new(&self.memory);
        let receipts = group
            .iter()
            .map(|submission| {
                submission.writes.iter().fold(Receipt::default(), |sum, write| sum.plus(stage.write(write)))
            })
            .collect();
        let staged = stage.finish();
        let finished = staged.rows.finish().map_err(|error| StoreError::Failed(error.to_string()))?;
        self.transaction(|connection| {
            tables::write_hosts(connection, &staged.hosts, &staged.replaced)?;
            tables::write_rows(connection, finished)?;
            tables::write_flat(connection, &staged.flat)?;
            tables::write_marks(connection, staged.marks.iter().map(|((host, stream), mark)| (*host, *stream, *mark)))?;
            tables::write_details(connection, &staged.details)
        })?;
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

    fn remove(&mut self, host: HostId, what: Removal) -> Result<Removed, StoreError> {
        let samples = self.transaction(|connection| {
            let mut samples = tables::delete(connection, "flat", &[host])?;
            for table in schema::table_names() {
                let rows = tables::delete(connection, table, &[host])?;
                // The other tables hold parts of the same samples.
                samples += if table == "host" { rows } else { 0 };
            }
            if what == Removal::Host {
                tables::delete(connection, "details", &[host])?;
                connection.execute(sql::FORGET_HOST, [host.0])?;
            }
            Ok(samples as u64)
        })?;
        self.memory.retries.forget(host);
        if what == Removal::Samples {
            self.directory.clear(host);
            return Ok(Removed { samples, details: 0 });
        }
        let details = u64::from(self.directory.get(host).is_some_and(|entry| entry.document().is_some()));
        self.directory.forget(host);
        self.unkept.remove(&host);
        if let Some(known) = self.memory.hosts.values_mut().find(|known| known.id == host) {
            known.deleted = true;
        }
        Ok(Removed { samples, details })
    }

    fn tick(&mut self) -> Result<(), StoreError> {
        self.expire();
        self.keep_details()?;
        self.compact_marks()
    }

    fn close(&mut self) -> Result<(), StoreError> {
        if let Err(error) = self.keep_details() {
            error!(%error, "cannot keep the hosts' documents");
        }
        self.connection.execute_batch(&format!("CHECKPOINT {HOT}")).map_err(|error| store_error(&error))
    }
}

/// After a fatal error DuckDB refuses everything until the file is opened anew.
fn store_error(error: &duckdb::Error) -> StoreError {
    let text = error.to_string();
    if text.starts_with("FATAL") || text.contains("database has been invalidated") {
        StoreError::Fatal(text)
    } else {
        StoreError::Failed(text)
    }
}
