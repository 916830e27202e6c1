//! Hot files: samples in the order in which they came, with the marks of their streams. One is written; it is never
//! checkpointed under a writer's feet but followed by a new one.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use duckdb::Connection;

use super::file::{Facts, File, Surveys, Tables};
use super::instance::{Access, Instance};
use super::layout::{Layout, Tier};
use super::manifest::Manifest;
use super::{schema, sql};
use crate::store::directory::HostId;

/// Makes an empty hot file, attached and durable, with these columns at least. Others come when a row has them: what no
/// host has costs nothing, in no row of its log. On an error nothing of it is left.
pub fn create(instance: &Arc<Instance>, layout: &Layout, number: u64, columns: &Tables) -> duckdb::Result<Arc<File>> {
    let path = layout.file(Tier::Hot, number, None);
    let file = File::new(instance.clone(), (Tier::Hot, number, None), path, Facts::default(), Default::default());
    if let Err(error) = fill(instance, &file, columns) {
        file.retire();
        return Err(error);
    }
    sync_directory(&layout.tier(Tier::Hot));
    file.set_surveys(Surveys::new());
    Ok(Arc::new(file))
}

fn fill(instance: &Instance, file: &File, columns: &Tables) -> duckdb::Result<()> {
    instance.attach(&file.path, &file.alias(), Access::Append)?;
    file.set_attached(Tables::new());
    let connection = instance.connect()?;
    connection.execute_batch(&format!("USE {}; BEGIN", file.alias()))?;
    let tables = schema::create(&connection, columns)?;
    connection.execute_batch("COMMIT")?;
    file.set_attached(tables);
    Ok(())
}

/// Gives the tables of the file that the connection uses the columns that they lack. Answers what it then has, if that is
/// more than before.
pub fn widen(connection: &Connection, known: &Tables, wanted: &[(&str, Vec<&str>)]) -> duckdb::Result<Option<Tables>> {
    let mut tables = known.clone();
    for (table, columns) in wanted {
        let Some(shape) = schema::shapes().iter().find(|shape| shape.name == *table) else { continue };
        let known = tables.entry((*table).to_owned()).or_default();
        let lacking: BTreeSet<String> =
            columns.iter().filter(|column| !known.contains(**column)).map(|column| (*column).to_owned()).collect();
        if !lacking.is_empty() {
            *known = schema::add(connection, shape, known, &lacking)?;
        }
    }
    Ok((tables != *known).then_some(tables))
}

/// Nobody writes this file any more: its log goes into it, which gives its memory back. A suspect one is read anew before,
/// once nobody reads it. Answers whether all that it has is in it.
pub fn freeze(connection: &Connection, file: &Arc<File>) -> duckdb::Result<bool> {
    let _alone = file.freezing();
    if file.facts().bytes > 0 {
        return Ok(true);
    }
    if file.is_suspect() && !file.forget() {
        return Ok(false);
    }
    let lease = file.lease()?;
    checkpoint(connection, file).inspect_err(|_| file.suspect())?;
    drop(lease);
    let mut facts = file.facts();
    facts.bytes = std::fs::metadata(&file.path).map_or(1, |metadata| metadata.len());
    file.set_facts(facts);
    Ok(true)
}

/// Brings what is in its log into the file.
pub fn checkpoint(connection: &Connection, file: &File) -> duckdb::Result<()> {
    connection.execute_batch(&format!("CHECKPOINT {}", file.alias()))
}

/// The hot files that are no longer written: all but the newest.
pub fn frozen(manifest: &Manifest) -> Vec<Arc<File>> {
    let mut hot: Vec<Arc<File>> = manifest.of_tier(Tier::Hot).cloned().collect();
    hot.pop();
    hot
}

/// What a hot file has of one host.
pub struct Count {
    pub host: HostId,
    pub samples: u64,
    pub newest_us: i64,
}

/// Counts what a hot file of an earlier run has, by host and day.
pub fn survey(connection: &Connection, file: &File) -> duckdb::Result<Vec<Count>> {
    let mut statement = connection.prepare(&sql::load_counts(&file.alias()))?;
    let mut rows = statement.query([])?;
    let mut counts = Vec::new();
    while let Some(row) = rows.next()? {
        let (samples, newest_us) = (row.get::<_, i64>(1)? as u64, row.get(2)?);
        file.count(samples);
        file.remember(&[newest_us, row.get(3)?]);
        counts.push(Count { host: HostId(row.get(0)?), samples, newest_us });
    }
    Ok(counts)
}

/// A new name is only there after a crash when its directory was synced.
pub fn sync_directory(path: &Path) {
    if let Err(error) = std::fs::File::open(path).and_then(|directory| directory.sync_all()) {
        tracing::warn!(%error, path = %path.display(), "cannot sync a directory");
    }
}
