//! Packing: the rows of a table, sorted and as small as they go, behind a view that shows them as they were. Numbers that
//! are all multiples of something (pages, sectors, hundredths) are stored as how many times it they are, which DuckDB packs
//! into few bits; what has no value at all is not stored.

use std::collections::BTreeSet;

use duckdb::Connection;

use super::schema::Shape;
use super::survey::{Grain, Survey};
use super::transaction::{store_error, transaction};
use crate::store::StoreError;

/// The schema in which the packed tables lie; views of the same names lie in `main`.
pub const SCHEMA: &str = "packed";
/// What is sorted at a time: the sort of more does not do with the memory that DuckDB has here.
const SORT_BYTES: u64 = if cfg!(test) { 4 << 10 } else { 24 << 20 };
const BYTES_OF_VALUE: u64 = 8;

/// Rows to be packed: a table or view, the columns it has, and which of its rows.
pub struct Source {
    pub table: String,
    pub has: Box<dyn Fn(&str) -> bool>,
    pub filter: String,
    /// Its rows lie in the order in which they are packed.
    pub is_sorted: bool,
    /// What was noted of them when they were written.
    pub survey: Option<Survey>,
}

/// What became of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    pub rows: u64,
    pub values: u64,
    pub oldest_us: Option<i64>,
    pub newest_us: Option<i64>,
    /// The columns that are stored; the view has the others too, without values.
    pub columns: BTreeSet<String>,
}

/// Packs the rows of all sources into the attached file `target`, which must have the schema.
pub fn pack(connection: &Connection, shape: &Shape, sources: &[Source], target: &str) -> Result<Packed, StoreError> {
    let failed = |error: duckdb::Error| store_error(&error);
    if !any_rows(connection, sources).map_err(failed)? {
        return Ok(Packed::default());
    }
    let union = union(shape, sources);
    let survey = match sources {
        [Source { survey: Some(survey), .. }] => survey.clone(),
        _ => {
            let has = |name: &str| sources.iter().any(|source| (source.has)(name));
            Survey::ask(connection, shape, has, &union).map_err(failed)?
        }
    };
    let name = &shape.name;
    let (mut columns, mut values) = (BTreeSet::from(["host_id".to_owned(), "ts".to_owned()]), 0);
    let (at, instant) =
        if survey.has_us { ("ts", "ts") } else { ("epoch_ms(ts) AS ts", "make_timestamp_ms(ts) AS ts") };
    let mut stored = vec!["host_id".to_owned(), at.to_owned()];
    let mut shown = vec!["host_id".to_owned(), instant.to_owned()];
    if let Some((dimension, _)) = &shape.dimension {
        columns.insert(dimension.clone());
        stored.push(format!("\"{dimension}\""));
        shown.push(format!("\"{dimension}\""));
    }
    for (column, kind) in &shape.columns {
        let own = survey.grain(column, *kind);
        if own != Grain::Absent {
            stored.push(format!("{} AS \"{column}\"", own.stored(&shape.kept(column))));
        }
        // What is not kept for being the same as another is that.
        let other = shape.unless_same.get(column).map(|other| (other, survey.grain(other, *kind)));
        let other = other.filter(|(_, grain)| *grain != Grain::Absent);
        let from = match (&own, &other) {
            (Grain::Absent, None) => format!("NULL::{}", kind.sql()),
            (Grain::Absent, Some((other, grain))) => grain.shown(other),
            (_, None) => own.shown(column),
            (_, Some((other, grain))) => format!("coalesce({}, {})", own.shown(column), grain.shown(other)),
        };
        shown.push(format!("{from} AS \"{column}\""));
        let known = survey.values(other.map_or(column.as_str(), |(other, _)| other));
        if known > 0 {
            columns.insert(column.clone());
            values += known;
        }
    }
    let select = format!("SELECT {} FROM ({union})", stored.join(", "));
    let order = shape.order();
    let is_sorted = matches!(sources, [Source { is_sorted: true, .. }]);
    transaction(connection, |connection| {
        let parts = if is_sorted {
            vec![String::new()]
        } else if survey.rows <= rows_at_once(stored.len()) {
            vec![format!("ORDER BY {order}")]
        } else {
            parts(connection, &union, stored.len())?
                .into_iter()
                .map(|(first, last)| format!("WHERE host_id BETWEEN {first} AND {last} ORDER BY {order}"))
                .collect()
        };
        let mut into = format!("CREATE TABLE {target}.{SCHEMA}.{name} AS");
        for part in parts {
            connection.execute_batch(&format!("{into} {select} {part}"))?;
            into = format!("INSERT INTO {target}.{SCHEMA}.{name}");
        }
        connection.execute_batch(&format!(
            "USE {target}; CREATE VIEW {name} AS SELECT {} FROM {SCHEMA}.{name}; USE memory",
            shown.join(", "),
        ))
    })?;
    let Survey { rows, oldest_us, newest_us, .. } = survey;
    Ok(Packed { rows, values, oldest_us, newest_us, columns })
}

impl Grain {
    /// What is stored of an expression.
    fn stored(self, of: &str) -> String {
        match self {
            Grain::Absent | Grain::AsItIs => of.to_owned(),
            Grain::Times(grain) => format!("({of} // {grain})::BIGINT"),
            Grain::Steps(steps) => format!("round({of} * {steps:e})::BIGINT"),
        }
    }

    /// What a stored column is shown as.
    fn shown(self, column: &str) -> String {
        match self {
            Grain::Absent | Grain::AsItIs => format!("\"{column}\""),
            Grain::Times(grain) => format!("\"{column}\" * {grain}"),
            Grain::Steps(steps) if steps < 1.0 => format!("\"{column}\" * {:e}", 1.0 / steps),
            Grain::Steps(steps) => format!("\"{column}\" / {steps:e}"),
        }
    }
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

/// All rows, with all columns of the shape.
pub fn union(shape: &Shape, sources: &[Source]) -> String {
    let select = |source: &Source| {
        let columns = shape.declared().into_iter().map(|(name, sql)| match (source.has)(name) {
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
