//! Packing: the rows of a table, sorted and as small as they go (`plan`), behind a view that shows them as they were. What
//! has no value at all is not stored.

use std::collections::{BTreeSet, HashMap};

use duckdb::Connection;

use super::file::HostFacts;
use super::plan::{Packer, Plan};
use super::schema::Shape;
use super::survey::Survey;
use super::transaction::{store_error, transaction};
use crate::store::StoreError;
use crate::store::directory::HostId;

/// The schema in which the packed tables lie; views of the same names lie in `main`.
pub const SCHEMA: &str = "packed";
/// What is sorted at a time: the sort of more does not do with the memory that DuckDB has here.
const SORT_BYTES: u64 = if cfg!(test) { 4 << 10 } else { 24 << 20 };
const BYTES_OF_VALUE: u64 = 8;
/// What waits for its table at most: by itself DuckDB would wait for 204 800 rows, however wide.
const WAITING_BYTES: u64 = 16 << 20;

/// Rows to be packed: a table or view, the columns it has, and which of its rows.
pub struct Source {
    pub table: String,
    pub has: Box<dyn Fn(&str) -> bool>,
    pub filter: String,
    /// Its rows lie in the order in which they are packed.
    pub is_sorted: bool,
    /// What was noted of them, and perhaps of others, when they were written.
    pub survey: Option<Survey>,
}

/// What became of a table.
#[derive(Clone, Debug, Default)]
pub struct Packed {
    pub rows: u64,
    pub values: u64,
    pub oldest_us: Option<i64>,
    pub newest_us: Option<i64>,
    /// The columns that it has.
    pub columns: BTreeSet<String>,
    /// The rows of each host.
    pub hosts: HashMap<HostId, HostFacts>,
    /// What the values have in common.
    pub survey: Survey,
}

impl Packed {
    /// Adds the rows of another table by their hosts.
    pub fn count(&mut self, hosts: &HashMap<HostId, HostFacts>) {
        for (host, more) in hosts {
            let facts = self.hosts.entry(*host).or_insert(HostFacts { samples: 0, ..*more });
            facts.samples += more.samples;
            facts.newest_us = facts.newest_us.max(more.newest_us);
        }
    }
}

/// Packs the rows of all sources into the attached file `target`, which must have the schema. They are read by a connection
/// of their own.
pub fn pack(
    (connection, reader): (&Connection, &Connection),
    shape: &Shape,
    sources: &[Source],
    target: &str,
) -> Result<Packed, StoreError> {
    let failed = |error: duckdb::Error| store_error(&error);
    if !any_rows(connection, sources).map_err(failed)? {
        return Ok(Packed::default());
    }
    let union = union(shape, sources);
    let known = sources.iter().map(|source| source.survey.as_ref()).collect::<Option<Vec<_>>>();
    let survey = match known {
        Some(surveys) => surveys.into_iter().fold(Survey::default(), |mut all, survey| {
            all.merge(survey);
            all
        }),
        None => {
            let has = |name: &str| sources.iter().any(|source| (source.has)(name));
            Survey::ask(connection, shape, has, &union).map_err(failed)?
        }
    };
    let plan = Plan::of(shape, &survey);
    let order = shape.order();
    let is_sorted = matches!(sources, [Source { is_sorted: true, .. }]);
    let parts = if is_sorted {
        vec![String::new()]
    } else if survey.rows <= rows_at_once(plan.width()) {
        vec![format!("ORDER BY {order}")]
    } else {
        parts(connection, &union, plan.width())
            .map_err(failed)?
            .into_iter()
            .map(|(first, last)| format!("WHERE host_id BETWEEN {first} AND {last} ORDER BY {order}"))
            .collect()
    };
    let (mut packer, mut waiting) = (Packer::new(&plan), 0);
    transaction(connection, |connection| {
        connection.execute_batch(&plan.create(&format!("{target}.{SCHEMA}.{}", shape.name)))?;
        let mut table = connection.appender_to_catalog_and_db(&shape.name, target, SCHEMA)?;
        for part in &parts {
            let mut rows = reader.prepare(&format!("{} FROM ({union}) {part}", plan.select()))?;
            for batch in rows.stream_arrow([])? {
                let stored = packer.take(&batch?);
                waiting += (stored.num_rows() * stored.num_columns()) as u64 * BYTES_OF_VALUE;
                table.append_record_batch(stored)?;
                if waiting >= WAITING_BYTES {
                    table.flush()?;
                    waiting = 0;
                }
            }
        }
        table.flush()?;
        drop(table);
        connection.execute_batch(&format!("USE {target}; {}; USE memory", plan.view(&shape.name)))
    })?;
    Ok(Packed { survey, ..packer.finish() })
}

/// Hosts from one to another, with so many rows of so many columns together as are sorted at a time.
pub fn parts(connection: &Connection, rows: &str, columns: usize) -> duckdb::Result<Vec<(i32, i32)>> {
    Ok(some_at_a_time(&counts(connection, rows)?, rows_at_once(columns)))
}

/// How many rows of so many columns are sorted at a time.
fn rows_at_once(columns: usize) -> u64 {
    (SORT_BYTES / (BYTES_OF_VALUE * columns as u64)).max(1)
}

/// The hosts, in order, and how many rows each has.
fn counts(connection: &Connection, union: &str) -> duckdb::Result<Vec<(i32, u64)>> {
    let statement = format!("SELECT host_id, count(*) FROM ({union}) GROUP BY host_id ORDER BY host_id");
    let mut statement = connection.prepare(&statement)?;
    let counts = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?;
    counts.collect()
}

/// Hosts from one to another, with so many rows together; a host that has more comes alone.
fn some_at_a_time(counts: &[(i32, u64)], rows: u64) -> Vec<(i32, i32)> {
    let mut parts: Vec<(i32, i32, u64)> = Vec::new();
    for (host, more) in counts {
        match parts.last_mut() {
            Some((_, last, sum)) if *sum + more <= rows => (*last, *sum) = (*host, *sum + more),
            _ => parts.push((*host, *host, *more)),
        }
    }
    parts.into_iter().map(|(first, last, _)| (first, last)).collect()
}

fn any_rows(connection: &Connection, sources: &[Source]) -> duckdb::Result<bool> {
    for source in sources {
        if has_rows(connection, &source.table, &source.filter)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a table has a row of which this is true.
pub fn has_rows(connection: &Connection, table: &str, condition: &str) -> duckdb::Result<bool> {
    let statement = format!("SELECT count(*) > 0 FROM (SELECT 1 FROM {table} WHERE {condition} LIMIT 1)");
    connection.query_row(&statement, [], |row| row.get(0))
}

/// All rows, with those columns of the shape that a source has: DuckDB takes time to plan each.
pub fn union(shape: &Shape, sources: &[Source]) -> String {
    let mut declared = shape.declared();
    declared.retain(|(name, _)| sources.iter().any(|source| (source.has)(name)));
    let select = |source: &Source| {
        let columns = declared.iter().map(|(name, sql)| match (source.has)(name) {
            true => format!("\"{name}\""),
            false => format!("NULL::{sql} AS \"{name}\""),
        });
        format!("SELECT {} FROM {} WHERE {}", columns.collect::<Vec<_>>().join(", "), source.table, source.filter)
    };
    sources.iter().map(select).collect::<Vec<_>>().join(" UNION ALL ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_sorted_some_at_a_time() {
        let counts = [(1, 40), (2, 60), (5, 1), (6, 500), (9, 99), (11, 1)];
        assert_eq!(some_at_a_time(&counts, 100), [(1, 2), (5, 5), (6, 6), (9, 11)]);
        assert_eq!(some_at_a_time(&counts, 10_000), [(1, 11)]);
        assert_eq!(some_at_a_time(&[], 1), []);
    }
}
