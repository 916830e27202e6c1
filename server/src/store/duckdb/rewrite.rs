//! Rewriting: a sealed file that still has rows of hosts that were removed is replaced by one without them, of whatever tier
//! it is. A tombstone that hides nothing any more is forgotten.

use std::path::Path;
use std::sync::Arc;

use duckdb::{Connection, params};

use super::file::{Facts, File, alias};
use super::instance::Access;
use super::layout::Tier;
use super::ledger::{Change, Entry};
use super::manifest::Manifest;
use super::open::Shared;
use super::transaction::store_error;
use super::{pack, schema, sql};
use crate::store::StoreError;
use crate::store::directory::HostId;
use crate::store::disk::Disk;

pub struct Rewriting<'a> {
    pub connection: &'a Connection,
    pub shared: &'a Shared,
    pub disk: &'a Disk,
}

/// What the hidden rows of a file are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Hidden {
    rows: u64,
    samples: u64,
    values: u64,
}

impl Rewriting<'_> {
    /// Rewrites every sealed file that has hidden rows; gives how many it were.
    pub fn run(&self) -> Result<usize, StoreError> {
        let many = self.shared.files.now().files.len() as u64;
        let (before, numbers) = self.shared.files.reserve(many);
        let mut rewritten = 0;
        let mut left = Vec::new();
        for file in before.files.values().filter(|file| file.tier != Tier::Hot) {
            let hosts = before.hidden_in(file);
            let hidden = self.hidden(file, &hosts).map_err(|error| store_error(&error))?;
            if hidden.rows == 0 {
                continue;
            }
            if self.disk.has_room(file.facts().bytes) {
                self.replace(numbers.next(), file, &hosts, hidden)?;
                rewritten += 1;
            } else {
                left.push(file.number);
            }
        }
        // Hot files lose theirs when they are sealed.
        left.extend(before.of_tier(Tier::Hot).map(|file| file.number));
        self.forget(&before, &left)?;
        Ok(rewritten)
    }

    /// Forgets the tombstones of the manifest that none of these files needs.
    fn forget(&self, before: &Manifest, left: &[u64]) -> Result<(), StoreError> {
        let done = |host: &HostId, number: u64| {
            before.tombstones.get(host).is_some_and(|newest| number <= *newest)
                && !left.iter().any(|file| *file < before.tombstones[host])
        };
        let listed = self.shared.ledger.tombstones().map_err(|error| store_error(&error))?;
        let forgotten: Vec<(HostId, u64)> = listed.into_iter().filter(|(host, number)| done(host, *number)).collect();
        if forgotten.is_empty() {
            return Ok(());
        }
        self.shared.ledger.publish(&Change { forgotten: forgotten.clone(), ..Change::default() })?;
        self.shared.files.change(|manifest| {
            for (host, number) in &forgotten {
                if manifest.tombstones.get(host) == Some(number) {
                    manifest.tombstones.remove(host);
                }
            }
        });
        Ok(())
    }

    fn hidden(&self, file: &Arc<File>, hosts: &[HostId]) -> duckdb::Result<Hidden> {
        let mut all = Hidden::default();
        if hosts.is_empty() {
            return Ok(all);
        }
        let lease = file.lease()?;
        let shapes = schema::shapes();
        for (table, columns) in &*lease.tables {
            let dimension = shapes.iter().find(|shape| shape.name == *table).and_then(|shape| shape.dimension.as_ref());
            let is_value = |column: &&String| {
                !["host_id", "ts", "n"].contains(&column.as_str())
                    && dimension.is_none_or(|(dimension, _)| dimension != *column)
            };
            let counts: Vec<String> =
                columns.iter().filter(is_value).map(|column| format!("count(\"{column}\")")).collect();
            let statement = format!(
                "SELECT count(*), 0{} FROM {}.{table} WHERE host_id IN ({})",
                counts.iter().map(|count| format!(" + {count}")).collect::<String>(),
                file.alias(),
                sql::numbers(hosts)
            );
            let (rows, values) = self
                .connection
                .query_row(&statement, [], |row| Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64)))?;
            all.rows += rows;
            all.values += values;
            if schema::OF_SAMPLES.contains(&table.as_str()) {
                all.samples += rows;
            }
        }
        Ok(all)
    }

    /// Puts a file without these hosts in the place of one; nothing, if it had nobody else.
    fn replace(&self, number: u64, file: &Arc<File>, hosts: &[HostId], hidden: Hidden) -> Result<(), StoreError> {
        let scratch = self.shared.layout.scratch().join(format!("{number}.duckdb"));
        let written = self.copy(file, hosts, &scratch, number);
        let span = written.map_err(|error| {
            let _ = self.connection.execute_batch("USE memory");
            let _ = self.shared.instance.detach(&alias(number));
            super::file::remove(&scratch);
            store_error(&error)
        })?;
        let made = match span {
            Some(span) => Some(self.name(file, hosts, hidden, &scratch, number, span)?),
            None => {
                super::file::remove(&scratch);
                None
            }
        };
        self.shared.ledger.publish(&Change {
            added: made.iter().map(|made| Entry::of(made)).collect(),
            removed: vec![file.number],
            ..Change::default()
        })?;
        self.shared.files.change(|manifest| {
            manifest.files.remove(&file.number);
            manifest.files.extend(made.map(|made| (number, made)));
        });
        file.retire();
        Ok(())
    }

    /// Copies all tables and views; gives the first and last instant, none if no row is left.
    fn copy(
        &self,
        file: &Arc<File>,
        hosts: &[HostId],
        scratch: &Path,
        number: u64,
    ) -> duckdb::Result<Option<(i64, i64)>> {
        let lease = file.lease()?;
        let (source, target) = (file.alias(), alias(number));
        self.shared.instance.attach(scratch, &target, Access::Write)?;
        self.connection.execute_batch(&format!("USE {target}"))?;
        let mut emptied = Vec::new();
        for (schema, table, has_hosts) in self.listed(sql::TABLES_OF, &source, |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, bool>(2)?))
        })? {
            let counts =
                if has_hosts { format!("host_id NOT IN ({})", sql::numbers(hosts)) } else { "true".to_owned() };
            // As they lie, which is sorted.
            self.connection.execute_batch(&format!(
                "CREATE SCHEMA IF NOT EXISTS {schema};
                 CREATE TABLE {schema}.{table} AS SELECT * FROM {source}.{schema}.{table} WHERE {counts}"
            ))?;
            let is_empty = format!("SELECT count(*) = 0 FROM {schema}.{table}");
            if schema == pack::SCHEMA && self.connection.query_row(&is_empty, [], |row| row.get(0))? {
                self.connection.execute_batch(&format!("DROP TABLE {schema}.{table}"))?;
                emptied.push(table);
            }
        }
        for table in &emptied {
            self.connection.execute("DELETE FROM contents WHERE table_name = ?", [table])?;
        }
        let mut span: Option<(i64, i64)> = None;
        for (name, statement) in self
            .listed(sql::VIEWS_OF, &source, |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
            .into_iter()
            .filter(|(name, _)| !emptied.contains(name))
        {
            self.connection.execute_batch(&statement)?;
            if lease.tables.contains_key(&name) {
                let statement = format!("SELECT epoch_us(min(ts)), epoch_us(max(ts)) FROM {name}");
                let (oldest, newest): (i64, i64) =
                    self.connection.query_row(&statement, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
                span = Some(span.map_or((oldest, newest), |(a, b)| (a.min(oldest), b.max(newest))));
            }
        }
        self.connection.execute_batch("USE memory")?;
        self.shared.instance.complete(&target)?;
        Ok(span)
    }

    fn name(
        &self,
        file: &File,
        hosts: &[HostId],
        hidden: Hidden,
        scratch: &Path,
        number: u64,
        (oldest_us, newest_us): (i64, i64),
    ) -> Result<Arc<File>, StoreError> {
        let path = self.shared.layout.file(file.tier, number, file.period);
        let failed = |error: std::io::Error| StoreError::Failed(format!("cannot name {}: {error}", path.display()));
        super::file::install(scratch, &path).map_err(failed)?;
        let before = file.facts();
        let facts = Facts {
            bytes: std::fs::metadata(&path).map_err(failed)?.len(),
            samples: before.samples.saturating_sub(hidden.samples),
            values: before.values.saturating_sub(hidden.values),
            oldest_us: Some(oldest_us),
            newest_us: Some(newest_us),
        };
        let kept = file.hosts.iter().filter(|(host, _)| !hosts.contains(host)).map(|(host, facts)| (*host, *facts));
        let instance = self.shared.instance.clone();
        Ok(Arc::new(File::new(instance, (file.tier, number, file.period), path, facts, kept.collect())))
    }

    fn listed<T>(
        &self,
        statement: &str,
        database: &str,
        read: impl Fn(&duckdb::Row<'_>) -> duckdb::Result<T>,
    ) -> duckdb::Result<Vec<T>> {
        let mut statement = self.connection.prepare(statement)?;
        let rows = statement.query_map(params![database], |row| read(row))?;
        rows.collect()
    }
}
