//! From the files into memory, once, at the start.

use std::collections::HashMap;

use duckdb::{Connection, Row};

use super::file::Tables;
use super::layout::Tier;
use super::ledger;
use super::manifest::Manifest;
use super::marks::{FlatKey, Mark, RETRY_US};
use super::memory::{Known, Memory};
use super::{schema, sql};
use crate::store::FlatValues;
use crate::store::directory::{Details, Directory, HostEntry, HostId, Native, Source};

/// Reads hosts, marks and the flat pushes of the ten minutes before `since_us` and later; fills the directory with the hosts
/// that are not removed. `counted` is what was counted of them in the hot files.
pub fn load(
    connection: &Connection,
    manifest: &Manifest,
    directory: &Directory,
    counted: &HashMap<HostId, (u64, i64)>,
    since_us: i64,
) -> duckdb::Result<Memory> {
    let mut memory = Memory::default();
    // The ledger has what was sealed; hot files follow in the order in which they were written.
    let hot: Vec<String> = manifest.of_tier(Tier::Hot).map(|file| file.alias()).collect();
    for alias in std::iter::once(ledger::ALIAS).chain(hot.iter().map(String::as_str)) {
        each(connection, &sql::load_hosts(alias), |row| {
            let (agent, facts): (Option<String>, Option<String>) = (row.get(3)?, row.get(4)?);
            let native = agent.zip(facts).and_then(|(agent, facts)| {
                Some((serde_json::from_str(&agent).ok()?, serde_json::from_str(&facts).ok()?))
            });
            let id = HostId(row.get(0)?);
            memory.next_host = memory.next_host.max(id.0 + 1);
            let known = Known { id, hostname: row.get(2)?, native, first_seen_us: row.get(5)?, deleted: row.get(6)? };
            memory.hosts.insert(row.get(1)?, known);
            Ok(())
        })?;
        each(connection, &sql::load_marks(alias), |row| {
            let mark = Mark { seq: row.get(2)?, updated_us: row.get(3)? };
            memory.marks.load(HostId(row.get(0)?), row.get(1)?, mark);
            Ok(())
        })?;
    }
    let hot = manifest.of_tier(Tier::Hot).map(|file| (format!("{}.flat", file.alias()), Some(file)));
    for (table, file) in hot.chain([(format!("{}.recent_flat", ledger::ALIAS), None)]) {
        let mut statement = connection.prepare(&sql::load_recent_flat(&table))?;
        let mut rows = statement.query([since_us - RETRY_US])?;
        while let Some(row) = rows.next()? {
            let (host, timestamp) = (HostId(row.get(0)?), row.get::<_, i64>(1)?);
            // What was removed on purpose is new when it comes again.
            if file.is_none_or(|file| !manifest.hides(host, file)) {
                let key = FlatKey::new(host, timestamp.div_euclid(1_000_000), &flat_values(row, 2)?);
                memory.retries.insert(key, row.get(7)?);
            }
        }
    }
    fill(connection, manifest, directory, counted, &memory)?;
    Ok(memory)
}

/// The number of the first journal that is not in the files.
pub fn journal(connection: &Connection, manifest: &Manifest) -> duckdb::Result<u64> {
    let mut first = 1;
    let hot = manifest.of_tier(Tier::Hot).map(|file| file.alias());
    for alias in std::iter::once(ledger::ALIAS.to_owned()).chain(hot) {
        let number = connection.query_row(&sql::load_journal(&alias), [], |row| row.get::<_, Option<u64>>(0))?;
        first = first.max(number.unwrap_or(0));
    }
    Ok(first)
}

/// How many rows each table has in the database that the connection uses, a hot file.
pub fn rows(connection: &Connection, tables: &Tables) -> duckdb::Result<HashMap<&'static str, u64>> {
    let count = |table: &str| {
        let statement = format!("SELECT count(*) FROM {}.{table}", schema::place(table));
        connection.query_row(&statement, [], |row| row.get::<_, i64>(0))
    };
    schema::names().filter(|name| tables.contains_key(*name)).map(|name| Ok((name, count(name)? as u64))).collect()
}

fn fill(
    connection: &Connection,
    manifest: &Manifest,
    directory: &Directory,
    counted: &HashMap<HostId, (u64, i64)>,
    memory: &Memory,
) -> duckdb::Result<()> {
    let mut details = HashMap::new();
    let mut last_flat: HashMap<HostId, (i64, FlatValues)> = HashMap::new();
    let mut take_details = |alias: &str| {
        each(connection, &sql::load_details(alias), |row| {
            let host = HostId(row.get(0)?);
            match row.get::<_, Option<String>>(1)? {
                Some(document) => details.insert(host, Details { document: document.into(), updated_us: row.get(2)? }),
                None => details.remove(&host),
            };
            Ok(())
        })
    };
    take_details(ledger::ALIAS)?;
    manifest.of_tier(Tier::Hot).try_for_each(|file| take_details(&file.alias()))?;
    // The newest segment has the last pushes of those who have none that is hot.
    let newest = manifest.of_tier(Tier::Raw).max_by_key(|file| file.period);
    for file in newest.into_iter().chain(manifest.of_tier(Tier::Hot)) {
        if !file.lease()?.tables.contains_key("flat") {
            continue;
        }
        each(connection, &sql::load_last_flat(&file.alias()), |row| {
            let (host, at) = (HostId(row.get(0)?), row.get(6)?);
            if !manifest.hides(host, file) && last_flat.get(&host).is_none_or(|(before, _)| *before <= at) {
                last_flat.insert(host, (at, flat_values(row, 1)?));
            }
            Ok(())
        })?;
    }
    directory.load(memory.hosts.iter().filter(|(_, known)| !known.deleted).map(|(key, known)| {
        let (sealed, newest_sealed_us) = manifest.sealed_of(known.id);
        let hot = counted.get(&known.id);
        let samples = sealed + hot.map_or(0, |(samples, _)| *samples);
        let last_sample_us = newest_sealed_us.max(hot.map(|(_, newest_us)| *newest_us));
        let source = match &known.native {
            Some((agent, host)) => Source::Native(Box::new(Native {
                agent: agent.clone(),
                host: host.clone(),
                skew_seconds: None,
                recent: None,
                cloned_us: None,
            })),
            None => Source::Flat { last: last_flat.remove(&known.id).map(|(_, values)| values) },
        };
        let entry = HostEntry {
            key: key.clone(),
            hostname: known.hostname.clone(),
            samples,
            last_sample_us,
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
