//! From the file into memory, once, at the start.

use std::collections::HashMap;

use duckdb::{Connection, Row};

use super::marks::{FlatKey, Mark, RETRY_US};
use super::sql;
use super::writer::{Known, Memory};
use crate::store::FlatValues;
use crate::store::directory::{Details, Directory, HostEntry, HostId, Native, Source};

/// Reads hosts, marks and the last flat pushes; fills the directory with the hosts that are not removed.
pub fn load(connection: &Connection, directory: &Directory, now_us: i64) -> duckdb::Result<Memory> {
    let mut memory = Memory::default();
    each(connection, sql::LOAD_HOSTS, |row| {
        let (agent, facts): (Option<String>, Option<String>) = (row.get(3)?, row.get(4)?);
        let native = agent
            .zip(facts)
            .and_then(|(agent, facts)| Some((serde_json::from_str(&agent).ok()?, serde_json::from_str(&facts).ok()?)));
        let id = HostId(row.get(0)?);
        memory.next_host = memory.next_host.max(id.0 + 1);
        let known = Known { id, hostname: row.get(2)?, native, first_seen_us: row.get(5)?, deleted: row.get(6)? };
        memory.hosts.insert(row.get(1)?, known);
        Ok(())
    })?;
    each(connection, sql::LOAD_MARKS, |row| {
        let mark = Mark { seq: row.get(2)?, updated_us: row.get(3)? };
        memory.marks.load(HostId(row.get(0)?), row.get(1)?, mark, row.get(4)?);
        Ok(())
    })?;
    let mut recent = connection.prepare(sql::LOAD_RECENT_FLAT)?;
    let mut rows = recent.query([now_us - RETRY_US])?;
    while let Some(row) = rows.next()? {
        let timestamp: i64 = row.get(1)?;
        let key = FlatKey::new(HostId(row.get(0)?), timestamp.div_euclid(1_000_000), &flat_values(row, 2)?);
        memory.retries.insert(key, row.get(7)?);
    }
    fill(connection, directory, &memory)?;
    Ok(memory)
}

fn fill(connection: &Connection, directory: &Directory, memory: &Memory) -> duckdb::Result<()> {
    let mut details = HashMap::new();
    each(connection, sql::LOAD_DETAILS, |row| {
        details.insert(
            HostId(row.get(0)?),
            Details { document: row.get::<_, String>(1)?.into(), updated_us: row.get(2)? },
        );
        Ok(())
    })?;
    let mut counts: HashMap<HostId, (i64, i64)> = HashMap::new();
    each(connection, sql::LOAD_COUNTS, |row| {
        counts.insert(HostId(row.get(0)?), (row.get(1)?, row.get(2)?));
        Ok(())
    })?;
    let mut last_flat = HashMap::new();
    each(connection, sql::LOAD_LAST_FLAT, |row| {
        last_flat.insert(HostId(row.get(0)?), flat_values(row, 1)?);
        Ok(())
    })?;
    directory.load(memory.hosts.iter().filter(|(_, known)| !known.deleted).map(|(key, known)| {
        let counted = counts.get(&known.id);
        let source = match &known.native {
            Some((agent, host)) => Source::Native(Box::new(Native {
                agent: agent.clone(),
                host: host.clone(),
                skew_seconds: None,
                recent: None,
                cloned_us: None,
            })),
            None => Source::Flat { last: last_flat.remove(&known.id) },
        };
        let entry = HostEntry {
            key: key.clone(),
            hostname: known.hostname.clone(),
            samples: counted.map_or(0, |(samples, _)| *samples as u64),
            last_sample_us: counted.map(|(_, newest)| *newest),
            last_heard_us: None,
            details: details.remove(&known.id),
            source,
        };
        (known.id, entry)
    }));
    Ok(())
}

fn flat_values(row: &Row<'_>, first: usize) -> duckdb::Result<FlatValues> {
    Ok(FlatValues {
        cpu: row.get(first)?,
        ram: row.get(first + 1)?,
        disk: row.get(first + 2)?,
        disk_read: row.get(first + 3)?,
        disk_write: row.get(first + 4)?,
    })
}

fn each(
    connection: &Connection,
    sql: &str,
    mut take: impl FnMut(&Row<'_>) -> duckdb::Result<()>,
) -> duckdb::Result<()> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}
