//! The owner of the write connection: a group in one transaction, then, and only then, in memory.

use std::collections::HashMap;
use std::sync::Arc;

use duckdb::{Connection, params};
use siskin_platform::model::{Agent, Host};
use tracing::{debug, warn};

use super::marks::{Marks, Retries};
use super::open::Database;
use super::stage::Stage;
use super::{HOT, load, schema, sql};
use crate::clock::now_us;
use crate::store::directory::{Details, Directory, HostId, Source};
use crate::store::{Backend, Receipt, Removal, Removed, StoreError, Submission};

pub struct Writer {
    connection: Connection,
    directory: Arc<Directory>,
    memory: Memory,
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
        Ok(Writer { connection, directory, memory })
    }

    fn transaction<R>(&self, work: impl FnOnce(&Connection) -> duckdb::Result<R>) -> Result<R, StoreError> {
        self.connection.execute_batch("BEGIN").map_err(store_error)?;
        let result = work(&self.connection)
            .and_then(|value| self.connection.execute_batch("COMMIT").map(|()| value))
            .map_err(store_error);
        if result.is_err() && !self.connection.is_autocommit() {
            if let Err(error) = self.connection.execute_batch("ROLLBACK") {
                // A transaction that ended by itself has nothing to roll back.
                debug!(%error, "rollback after a failed transaction");
            }
        }
        result
    }

    /// Keeps the documents of native hosts, so that they are there after a restart.
    fn keep_details(&self) -> Result<(), StoreError> {
        let mut documents: Vec<(HostId, Details)> = Vec::new();
        for (host, entry) in self.directory.list() {
            if let (Source::Native(_), Some(details)) = (&entry.source, entry.document()) {
                documents.push((host, details));
            }
        }
        self.transaction(|connection| write_details(connection, documents.iter().map(|(host, kept)| (*host, kept))))
    }

    /// One row a stream again, instead of one a commit.
    fn compact_marks(&mut self) -> Result<(), StoreError> {
        self.memory.marks.expire(now_us());
        let marks: Vec<_> = self.memory.marks.iter().collect();
        self.transaction(|connection| {
            connection.execute(sql::DELETE_MARKS, [])?;
            let mut appender = connection.appender("marks")?;
            for (host, stream, mark) in marks {
                appender.append_row(params![host.0, stream, mark.seq, timestamp(mark.updated_us)])?;
            }
            appender.flush()
        })
    }
}

impl Backend for Writer {
    fn commit(&mut self, group: &[Submission]) -> Result<Vec<Receipt>, StoreError> {
        let mut stage = Stage::new(&self.memory);
        let mut receipts = Vec::with_capacity(group.len());
        for submission in group {
            let mut sum = Receipt::default();
            for write in &submission.writes {
                let Receipt { stored, duplicates, lost } = stage.write(write);
                sum.stored += stored;
                sum.duplicates += duplicates;
                sum.lost += lost;
            }
            receipts.push(sum);
        }
        let next_host = stage.next_host();
        let Stage { rows, flat, hosts, marks, retries, details, heard, clones, .. } = stage;
        let finished = rows.finish().map_err(|error| StoreError::Failed(error.to_string()))?;
        self.transaction(|connection| {
            for (key, known) in &hosts {
                write_host(connection, key, known)?;
            }
            for table in finished {
                let columns: Vec<&str> = table.columns.iter().map(String::as_str).collect();
                let mut appender = connection.appender_with_columns(table.table, &columns)?;
                appender.append_record_batch(table.batch)?;
                appender.flush()?;
            }
            if !flat.is_empty() {
                let mut appender = connection.appender("flat")?;
                for (host, sample) in &flat {
                    let values = &sample.values;
                    let ts = timestamp(sample.timestamp * 1_000_000);
                    let received = timestamp(sample.received_us);
                    let (read, write) = (values.disk_read, values.disk_write);
                    appender.append_row(params![
                        host.0,
                        ts,
                        values.cpu,
                        values.ram,
                        values.disk,
                        read,
                        write,
                        received
                    ])?;
                }
                appender.flush()?;
            }
            if !marks.is_empty() {
                let mut appender = connection.appender("marks")?;
                for ((host, stream), mark) in &marks {
                    appender.append_row(params![host.0, stream, mark.seq, timestamp(mark.updated_us)])?;
                }
                appender.flush()?;
            }
            write_details(connection, details.iter().map(|(host, details)| (*host, details)))
        })?;
        self.memory.next_host = next_host;
        self.memory.hosts.extend(hosts);
        for ((host, stream), mark) in marks {
            self.memory.marks.set(host, stream, mark);
        }
        for (key, received_us) in retries {
            self.memory.retries.insert(key, received_us);
        }
        for host in clones {
            warn!(host = host.0, "two agents push with one id: give one of them another with --id");
        }
        self.directory.apply(heard);
        Ok(receipts)
    }

    fn remove(&mut self, host: HostId, what: Removal) -> Result<Removed, StoreError> {
        let removed = self.transaction(|connection| {
            let mut removed = Removed {
                samples: connection.execute("DELETE FROM flat WHERE host_id = ?", [host.0])? as u64,
                details: 0,
            };
            for table in schema::table_names() {
                let rows = connection.execute(&format!("DELETE FROM {table} WHERE host_id = ?"), [host.0])?;
                // The other tables hold parts of the same samples.
                removed.samples += if table == "host" { rows as u64 } else { 0 };
            }
            if what == Removal::Host {
                connection.execute(sql::DELETE_DETAILS, [host.0])?;
                connection.execute(sql::FORGET_HOST, [host.0])?;
            }
            Ok(removed)
        })?;
        self.memory.retries.forget(host);
        if what == Removal::Samples {
            self.directory.clear(host);
            return Ok(removed);
        }
        let details = u64::from(self.directory.get(host).is_some_and(|entry| entry.document().is_some()));
        self.directory.forget(host);
        if let Some(known) = self.memory.hosts.values_mut().find(|known| known.id == host) {
            known.deleted = true;
        }
        Ok(Removed { details, ..removed })
    }

    fn tick(&mut self) -> Result<(), StoreError> {
        self.memory.retries.expire(now_us());
        self.keep_details()?;
        self.compact_marks()
    }

    fn close(&mut self) -> Result<(), StoreError> {
        self.tick()?;
        self.connection.execute_batch(&format!("CHECKPOINT {HOT}")).map_err(store_error)
    }
}

fn write_host(connection: &Connection, key: &str, known: &Known) -> duckdb::Result<()> {
    let agent = known.native.as_ref().map(|(agent, _)| json(agent));
    let facts = known.native.as_ref().map(|(_, host)| json(host));
    connection.execute(sql::DELETE_HOST, [known.id.0])?;
    connection.execute(
        sql::INSERT_HOST,
        params![known.id.0, key, known.hostname, agent, facts, known.first_seen_us, known.deleted],
    )?;
    Ok(())
}

fn write_details<'a>(
    connection: &Connection,
    details: impl Iterator<Item = (HostId, &'a Details)>,
) -> duckdb::Result<()> {
    for (host, details) in details {
        connection.execute(sql::DELETE_DETAILS, [host.0])?;
        connection.execute(sql::INSERT_DETAILS, params![host.0, details.document, details.updated_us])?;
    }
    Ok(())
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain data serializes")
}

fn timestamp(us: i64) -> duckdb::types::Value {
    duckdb::types::Value::Timestamp(duckdb::types::TimeUnit::Microsecond, us)
}

/// After an error of this kind DuckDB refuses everything until the file is opened anew.
fn store_error(error: duckdb::Error) -> StoreError {
    let text = error.to_string();
    if text.contains("FATAL") || text.contains("has been invalidated") {
        StoreError::Fatal(text)
    } else {
        StoreError::Failed(text)
    }
}
