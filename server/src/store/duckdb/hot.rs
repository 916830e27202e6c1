//! Hot files: samples in the order in which they came, with the marks of their streams. One is written; it is never
//! checkpointed under a writer's feet but followed by a new one.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use duckdb::Connection;

use super::file::{Facts, File, Tables, alias};
use super::instance::{Access, Instance};
use super::layout::{Layout, Tier};
use super::manifest::Manifest;
use super::{schema, sql};

/// Makes an empty hot file, attached and durable.
pub fn create(instance: &Arc<Instance>, layout: &Layout, number: u64) -> duckdb::Result<Arc<File>> {
    let path = layout.file(Tier::Hot, number, None);
    instance.attach(&path, &alias(number), Access::Write)?;
    let connection = instance.connect()?;
    connection.execute_batch(&format!("USE {}; BEGIN", alias(number)))?;
    schema::create(&connection)?;
    connection.execute_batch("COMMIT")?;
    let file = File::new(instance.clone(), (Tier::Hot, number, None), path, Facts::default(), Default::default());
    file.set_attached(tables());
    sync_directory(&layout.tier(Tier::Hot));
    Ok(Arc::new(file))
}

/// Nobody writes this file any more: its log goes into it, which gives its memory back.
pub fn freeze(connection: &Connection, file: &Arc<File>) -> duckdb::Result<()> {
    if file.facts().bytes > 0 {
        return Ok(());
    }
    let lease = file.lease()?;
    connection.execute_batch(&format!("CHECKPOINT {}", file.alias()))?;
    drop(lease);
    let mut facts = file.facts();
    facts.bytes = std::fs::metadata(&file.path).map_or(1, |metadata| metadata.len());
    file.set_facts(facts);
    Ok(())
}

/// The hot files that are no longer written: all but the newest.
pub fn frozen(manifest: &Manifest) -> Vec<Arc<File>> {
    let mut hot: Vec<Arc<File>> = manifest.of_tier(Tier::Hot).cloned().collect();
    hot.pop();
    hot
}

/// Whether a file has all that this version writes.
pub fn is_current(present: &Tables) -> bool {
    tables().iter().all(|(table, columns)| present.get(table).is_some_and(|present| columns.is_subset(present)))
}

/// Counts what a hot file of an earlier run has.
pub fn survey(connection: &Connection, file: &File) -> duckdb::Result<()> {
    let mut statement = connection.prepare(&sql::load_counts(&file.alias()))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let samples: i64 = row.get(1)?;
        file.grow(samples as u64, [row.get(2)?, row.get(3)?].into_iter());
    }
    Ok(())
}

fn tables() -> Tables {
    let columns = |shape: schema::Shape| {
        let names: BTreeSet<String> = shape.declared().iter().map(|(name, _)| (*name).to_owned()).collect();
        (shape.name, names)
    };
    schema::shapes().into_iter().map(columns).collect()
}

/// A new name is only there after a crash when its directory was synced.
pub fn sync_directory(path: &Path) {
    if let Err(error) = std::fs::File::open(path).and_then(|directory| directory.sync_all()) {
        tracing::warn!(%error, path = %path.display(), "cannot sync a directory");
    }
}
