//! The ledger: which files count, whose rows are hidden, and what is known of hosts and streams beyond the hot files. Each
//! change is one transaction, and one at a time.

use std::sync::{Mutex, MutexGuard, PoisonError};

use duckdb::{Connection, params};
use tracing::warn;

use super::file::{Facts, File, HostFacts};
use super::layout::{Day, Tier};
use super::sql;
use super::tables::timestamp;
use super::transaction::transaction;
use crate::clock::now_us;
use crate::store::StoreError;
use crate::store::directory::HostId;

/// The name under which it is attached.
pub const ALIAS: &str = "ledger";
/// The layout of the files; a higher one is of a later version. 3: hot files have numbers for names, which earlier builds
/// could not read. A store of version 2 is as good as one of 3: only the number changes.
pub const VERSION: i32 = 3;

pub struct Ledger(Mutex<Connection>);

/// A file as it stands in the ledger.
#[derive(Clone, Debug)]
pub struct Entry {
    pub number: u64,
    pub tier: Tier,
    pub period: Option<Day>,
    pub facts: Facts,
    pub hosts: Vec<(HostId, HostFacts)>,
}

/// What sealing changes.
#[derive(Debug, Default)]
pub struct Change {
    pub added: Vec<Entry>,
    pub removed: Vec<u64>,
    /// Hot files among the removed: what else they have is taken over. With a condition on the rows that count.
    pub sealed: Vec<(String, String)>,
    /// Tombstones that hide nothing any more.
    pub forgotten: Vec<(HostId, u64)>,
}

impl Ledger {
    /// The ledger behind a connection to which it is attached.
    pub fn new(connection: Connection) -> duckdb::Result<Self> {
        connection.execute_batch(&format!("USE {ALIAS}"))?;
        connection.execute_batch(sql::STATE_TABLES)?;
        connection.execute_batch(sql::LEDGER_TABLES)?;
        let found: Option<i32> = connection.query_row(sql::LEDGER_VERSION, [], |row| row.get(0))?;
        if found.is_none_or(|found| found < VERSION) {
            connection.execute("INSERT INTO version VALUES (?)", [VERSION])?;
        }
        Ok(Ledger(Mutex::new(connection)))
    }

    /// The version of the files' layout: 1 wrote rows into this file itself, and no version.
    pub fn version(connection: &Connection) -> duckdb::Result<Option<i32>> {
        let has = |table: &str| {
            let count = connection.query_row(sql::LEDGER_HAS_TABLE, params![ALIAS, table], |row| row.get::<_, i64>(0));
            count.map(|count| count > 0)
        };
        if has("version")? {
            let statement = format!("SELECT max(version) FROM {ALIAS}.version");
            return connection.query_row(&statement, [], |row| row.get(0));
        }
        Ok(has("hosts")?.then_some(1))
    }

    pub fn entries(&self) -> duckdb::Result<Vec<Entry>> {
        let connection = self.lock();
        let mut hosts = std::collections::HashMap::<u64, Vec<(HostId, HostFacts)>>::new();
        let mut statement = connection.prepare(sql::LOAD_FILE_HOSTS)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let facts = HostFacts { samples: row.get(2)?, newest_us: row.get(3)? };
            hosts.entry(row.get(0)?).or_default().push((HostId(row.get(1)?), facts));
        }
        let mut statement = connection.prepare(sql::LOAD_FILES)?;
        let mut rows = statement.query([])?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            let number = row.get(0)?;
            let Some(tier) = Tier::parse(&row.get::<_, String>(1)?) else { continue };
            entries.push(Entry {
                number,
                tier,
                period: row.get::<_, Option<i32>>(2)?.map(Day),
                facts: Facts {
                    bytes: row.get(3)?,
                    samples: row.get(4)?,
                    values: row.get(5)?,
                    oldest_us: row.get(6)?,
                    newest_us: row.get(7)?,
                },
                hosts: hosts.remove(&number).unwrap_or_default(),
            });
        }
        Ok(entries)
    }

    pub fn tombstones(&self) -> duckdb::Result<Vec<(HostId, u64)>> {
        let connection = self.lock();
        let mut statement = connection.prepare(sql::LOAD_TOMBSTONES)?;
        let rows = statement.query_map([], |row| Ok((HostId(row.get(0)?), row.get(1)?)))?;
        rows.collect()
    }

    /// A new hot file counts; with a tombstone, it is the first that it does not hide.
    pub fn begin_hot(&self, number: u64, tombstone: Option<(HostId, u64)>) -> Result<(), StoreError> {
        transaction(&self.lock(), |connection| {
            if let Some((host, number)) = tombstone {
                connection.execute(sql::INSERT_TOMBSTONE, params![host.0, number])?;
                connection.execute(sql::DELETE_RECENT_FLAT, [host.0])?;
            }
            connection.execute(sql::INSERT_HOT, [number]).map(drop)
        })
    }

    /// Files come and files go, all at once. On an error nothing of it is so.
    pub fn publish(&self, change: &Change) -> Result<(), StoreError> {
        let connection = self.lock();
        transaction(&connection, |connection| {
            for number in &change.removed {
                connection.execute(sql::DELETE_FILE, [number])?;
                connection.execute(sql::DELETE_FILE_HOSTS, [number])?;
            }
            write_entries(connection, &change.added)?;
            for (host, number) in &change.forgotten {
                connection.execute(sql::DELETE_TOMBSTONE, params![host.0, number])?;
            }
            match change.sealed.is_empty() {
                true => Ok(()),
                false => connection.execute_batch(&sql::take_over(&change.sealed, now_us())),
            }
        })?;
        // What is published is: its log is only longer until the next time.
        if let Err(error) = connection.execute_batch(&format!("CHECKPOINT {ALIAS}")) {
            warn!(%error, "cannot checkpoint the ledger");
        }
        Ok(())
    }

    /// Copies it into a file of its own.
    pub fn copy_to(&self, copy: &str) -> duckdb::Result<()> {
        self.lock().execute_batch(&format!("COPY FROM DATABASE {ALIAS} TO {copy}"))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// The entry of a file as it is now.
    pub fn of(file: &File) -> Self {
        Entry {
            number: file.number,
            tier: file.tier,
            period: file.period,
            facts: file.facts(),
            hosts: file.hosts.iter().map(|(host, facts)| (*host, *facts)).collect(),
        }
    }
}

fn write_entries(connection: &Connection, entries: &[Entry]) -> duckdb::Result<()> {
    let mut files = connection.appender("files")?;
    for Entry { number, tier, period, facts, .. } in entries {
        let (oldest, newest) = (facts.oldest_us.map(timestamp), facts.newest_us.map(timestamp));
        let period = period.map(|day| day.0);
        files.append_row(params![
            number,
            tier.name(),
            period,
            facts.bytes,
            facts.samples,
            facts.values,
            oldest,
            newest
        ])?;
    }
    files.flush()?;
    let mut hosts = connection.appender("file_hosts")?;
    for entry in entries {
        for (host, facts) in &entry.hosts {
            hosts.append_row(params![entry.number, host.0, facts.samples, timestamp(facts.newest_us)])?;
        }
    }
    hosts.flush()
}
