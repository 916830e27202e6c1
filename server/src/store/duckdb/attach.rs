//! `attach.sql`: with it any DuckDB shows the sealed history as one table a kind, while the server runs. Written anew
//! whenever the list of files changes.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::file::File;
use super::instance::quoted;
use super::layout::Tier;
use super::manifest::Manifest;
use super::open::Shared;
use super::transaction::store_error;
use super::{rollup, schema, sql};
use crate::store::StoreError;
use crate::store::directory::HostId;

pub const NAME: &str = "attach.sql";
/// The table of a sealed file that has the names of its hosts.
const HOSTS: &str = "hosts";

/// The script as it was last written.
#[derive(Default)]
pub struct Attach {
    /// The tables of each sealed file, by its number.
    tables: BTreeMap<u64, BTreeSet<String>>,
    /// Which files and removals it was written for.
    written: Option<(Vec<u64>, BTreeMap<HostId, u64>)>,
}

impl Attach {
    /// Writes it if the sealed files or the hidden hosts are others than when it was written last.
    pub fn update(&mut self, shared: &Shared) -> Result<(), StoreError> {
        let manifest = shared.files.now();
        let sealed: Vec<&Arc<File>> = manifest.files.values().filter(|file| file.tier != Tier::Hot).collect();
        let numbers: Vec<u64> = sealed.iter().map(|file| file.number).collect();
        let removals = manifest.tombstones.iter().map(|(host, number)| (*host, *number)).collect();
        let wanted = Some((numbers, removals));
        if self.written == wanted {
            return Ok(());
        }
        self.tables.retain(|number, _| manifest.files.contains_key(number));
        for file in sealed {
            if let Entry::Vacant(place) = self.tables.entry(file.number) {
                let was_attached = file.is_attached();
                let lease = file.lease().map_err(|error| store_error(&error))?;
                place.insert(lease.tables.keys().cloned().collect());
                drop(lease);
                // An attached file takes a megabyte, and a start looks at all there are.
                if !was_attached {
                    file.rest(Duration::ZERO);
                }
            }
        }
        let failed = |error: std::io::Error| StoreError::Failed(format!("cannot write {NAME}: {error}"));
        let side = std::path::absolute(shared.layout.side()).map_err(failed)?;
        let scratch = shared.layout.scratch().join(NAME);
        std::fs::write(&scratch, script(&side, &manifest, &self.tables)).map_err(failed)?;
        std::fs::rename(&scratch, side.join(NAME)).map_err(failed)?;
        self.written = wanted;
        Ok(())
    }
}

/// The script for the files of a manifest, which lie below this directory.
fn script(side: &Path, manifest: &Manifest, tables: &BTreeMap<u64, BTreeSet<String>>) -> String {
    let mut sql = format!(
        "-- The sealed history, for any DuckDB from 1.5 on, while the server runs:\n\
         --   duckdb -init {}\n\
         -- Written by the server whenever its files change; what is still hot is not in it.\n\n",
        side.join(NAME).display()
    );
    let mut line = |text: std::fmt::Arguments<'_>| writeln!(sql, "{text}").expect("a string grows");
    for file in manifest.files.values().filter(|file| file.tier != Tier::Hot) {
        let name = file.path.file_name().unwrap_or_default();
        let path = quoted(&side.join(file.tier.name()).join(name));
        line(format_args!("ATTACH IF NOT EXISTS {path} AS {} (READ_ONLY);", alias(file)));
    }
    line(format_args!("\nCREATE SCHEMA IF NOT EXISTS minute;\nCREATE SCHEMA IF NOT EXISTS hour;\n"));
    for tier in [Tier::Raw, Tier::Minute, Tier::Hour] {
        let mut views: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        // All tables and columns of this version are there, whatever there is in the files.
        for shape in if tier == Tier::Raw { schema::shapes() } else { rollup::shapes() } {
            let columns: Vec<String> =
                shape.declared().iter().map(|(column, kind)| format!("NULL::{kind} AS \"{column}\"")).collect();
            views.entry(&shape.name).or_default().push(format!("SELECT {} WHERE false", columns.join(", ")));
        }
        for file in manifest.of_tier(tier) {
            let counts = visible(manifest, file);
            for table in tables.get(&file.number).into_iter().flatten() {
                views.entry(table).or_default().push(format!("SELECT * FROM {}.\"{table}\"{counts}", alias(file)));
            }
        }
        let schema = if tier == Tier::Raw { "main" } else { tier.name() };
        for (table, selects) in views {
            let union = selects.join("\n    UNION ALL BY NAME ");
            line(format_args!("CREATE OR REPLACE VIEW {schema}.\"{table}\" AS\n    {union};"));
        }
    }
    let mut hosts = vec![
        "SELECT NULL::INTEGER AS host_id, NULL::VARCHAR AS id, NULL::VARCHAR AS hostname, 0 AS file WHERE false"
            .to_owned(),
    ];
    for file in manifest.files.values().filter(|file| file.tier != Tier::Hot) {
        let counts = visible(manifest, file);
        hosts.push(format!(
            "SELECT host_id, id, hostname, {} AS file FROM {}.{HOSTS}{counts}",
            file.number,
            alias(file)
        ));
    }
    line(format_args!(
        "-- The name that a host had last.\nCREATE OR REPLACE VIEW main.{HOSTS} AS\n    \
         SELECT host_id, arg_max(id, file) AS id, arg_max(hostname, file) AS hostname FROM (\n    {}\n    ) GROUP BY host_id;",
        hosts.join("\n    UNION ALL ")
    ));
    sql
}

/// What people see of a file's name: `raw_2026_11_23_7`.
fn alias(file: &File) -> String {
    let name = file.path.file_stem().unwrap_or_default().to_string_lossy();
    format!("{}_{}", file.tier.name(), name.replace(['-', '.'], "_"))
}

fn visible(manifest: &Manifest, file: &File) -> String {
    let hidden = manifest.hidden_in(file);
    if hidden.is_empty() { String::new() } else { format!(" WHERE host_id NOT IN ({})", sql::numbers(&hidden)) }
}
