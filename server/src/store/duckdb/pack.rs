//! Packing: the rows of a table, sorted and as small as they go, behind a view that shows them as they were. Numbers that
//! are all multiples of something (pages, sectors, hundredths) are stored as how many times it they are, which DuckDB packs
//! into few bits; what has no value at all is not stored.

use std::collections::BTreeSet;

use duckdb::{Connection, Row};

use super::schema::{Kind, Shape};
use super::transaction::{store_error, transaction};
use crate::store::StoreError;

/// The schema in which the packed tables lie; views of the same names lie in `main`.
pub const SCHEMA: &str = "packed";
/// Decimals that numbers are tried with.
const DECIMALS: [u32; 4] = [0, 2, 3, 6];
/// Columns in one question: DuckDB's planner compares each expression with each other.
const COLUMNS_AT_ONCE: usize = 16;
/// What is sorted at a time: the sort of more does not do with the memory that DuckDB has here.
const SORT_BYTES: u64 = if cfg!(test) { 4 << 10 } else { 24 << 20 };
const BYTES_OF_VALUE: u64 = 8;
/// Beyond this a double has no hundredths.
const EXACT: &str = "9e15";

/// Rows to be packed: a table or view, the columns it has, and which of its rows.
pub struct Source {
    pub table: String,
    pub has: Box<dyn Fn(&str) -> bool>,
    pub filter: String,
    /// Its rows lie in the order in which they are packed.
    pub is_sorted: bool,
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

/// How a column is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Grain {
    /// It has no value.
    Absent,
    AsItIs,
    /// A whole number, so many times this.
    Times(i64),
    /// A real number, in so many decimals.
    Decimals(u32),
}

/// Packs the rows of all sources into the attached file `target`, which must have the schema.
pub fn pack(connection: &Connection, shape: &Shape, sources: &[Source], target: &str) -> Result<Packed, StoreError> {
    let failed = |error: duckdb::Error| store_error(&error);
    if !any_rows(connection, sources).map_err(failed)? {
        return Ok(Packed::default());
    }
    let union = union(shape, sources);
    let (mut packed, whole_ms, grains) = survey(connection, shape, sources, &union).map_err(failed)?;
    let name = &shape.name;
    let mut stored =
        vec!["host_id".to_owned(), if whole_ms { "epoch_ms(ts) AS ts".to_owned() } else { "ts".to_owned() }];
    let mut shown =
        vec!["host_id".to_owned(), if whole_ms { "make_timestamp_ms(ts) AS ts".to_owned() } else { "ts".to_owned() }];
    let mut order = "host_id, ts".to_owned();
    if let Some((dimension, _)) = &shape.dimension {
        packed.columns.insert(dimension.clone());
        stored.push(format!("\"{dimension}\""));
        shown.push(format!("\"{dimension}\""));
        order = format!("host_id, \"{dimension}\", ts");
    }
    for ((column, kind), grain) in shape.columns.iter().zip(&grains) {
        let quoted = format!("\"{column}\"");
        let (to, from) = match grain {
            Grain::Absent => (None, format!("NULL::{}", kind.sql())),
            Grain::AsItIs => (Some(quoted.clone()), quoted.clone()),
            Grain::Times(grain) => (Some(format!("({quoted} // {grain})::BIGINT")), format!("{quoted} * {grain}")),
            Grain::Decimals(decimals) => {
                let scale = 10_i64.pow(*decimals);
                (Some(format!("round({quoted} * {scale}e0)::BIGINT")), format!("{quoted} / {scale}e0"))
            }
        };
        if let Some(to) = to {
            stored.push(format!("{to} AS {quoted}"));
            packed.columns.insert(column.clone());
        }
        shown.push(format!("{from} AS {quoted}"));
    }
    let select = format!("SELECT {} FROM ({union})", stored.join(", "));
    let rows_at_once = (SORT_BYTES / (BYTES_OF_VALUE * stored.len() as u64)).max(1);
    let is_sorted = matches!(sources, [Source { is_sorted: true, .. }]);
    transaction(connection, |connection| {
        let parts = if is_sorted {
            vec![String::new()]
        } else if packed.rows <= rows_at_once {
            vec![format!("ORDER BY {order}")]
        } else {
            let some = some_at_a_time(&counts(connection, &union)?, rows_at_once).into_iter();
            some.map(|(first, last)| format!("WHERE host_id BETWEEN {first} AND {last} ORDER BY {order}")).collect()
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
    packed.columns.extend(["host_id".to_owned(), "ts".to_owned()]);
    Ok(packed)
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

/// How many rows there are, and what each column's values have in common.
fn survey(
    connection: &Connection,
    shape: &Shape,
    sources: &[Source],
    union: &str,
) -> duckdb::Result<(Packed, bool, Vec<Grain>)> {
    let known = |name: &str| sources.iter().any(|source| (source.has)(name));
    let known: Vec<usize> = (0..shape.columns.len()).filter(|place| known(&shape.columns[*place].0)).collect();
    let counts: String = known.iter().map(|place| format!(", count(\"{}\")", shape.columns[*place].0)).collect();
    let statement = format!(
        "SELECT count(*), epoch_us(min(ts)), epoch_us(max(ts)), coalesce(bool_and(epoch_us(ts) % 1000 = 0), true){counts} \
         FROM ({union})"
    );
    let (mut packed, whole_ms, values) = connection.query_row(&statement, [], |row| {
        let packed = Packed {
            rows: row.get::<_, i64>(0)? as u64,
            oldest_us: row.get(1)?,
            newest_us: row.get(2)?,
            ..Packed::default()
        };
        let values = (0..known.len()).map(|place| row.get(4 + place)).collect::<Result<Vec<i64>, _>>()?;
        Ok((packed, row.get(3)?, values))
    })?;
    packed.values = values.iter().sum::<i64>() as u64;
    let mut grains = vec![Grain::Absent; shape.columns.len()];
    let present: Vec<usize> =
        known.into_iter().zip(values).filter(|(_, values)| *values > 0).map(|(place, _)| place).collect();
    for some in present.chunks(COLUMNS_AT_ONCE) {
        let asked: Vec<String> = some.iter().flat_map(|place| questions(&shape.columns[*place])).collect();
        connection.query_row(&format!("SELECT {} FROM ({union})", asked.join(", ")), [], |row| {
            let mut next = 0;
            for place in some {
                let (_, kind) = shape.columns[*place];
                grains[*place] = grain(row, next, kind)?;
                next += answers(kind);
            }
            Ok(())
        })?;
    }
    Ok((packed, whole_ms, grains))
}

/// What is asked of a column's values.
fn questions((name, kind): &(String, Kind)) -> Vec<String> {
    match kind {
        Kind::Integer => vec![format!("coalesce(bit_or(\"{name}\"), 0)")],
        Kind::Real => DECIMALS
            .map(|decimals| {
                let scale = 10_i64.pow(decimals);
                format!(
                    "coalesce(bool_and(round(\"{name}\" * {scale}e0) / {scale}e0 = \"{name}\" \
                     AND abs(\"{name}\" * {scale}e0) < {EXACT}), true)"
                )
            })
            .into(),
        Kind::Flag | Kind::Text => vec!["true".to_owned()],
    }
}

/// How many answers there are to these.
fn answers(kind: Kind) -> usize {
    match kind {
        Kind::Integer => 1,
        Kind::Real => DECIMALS.len(),
        Kind::Flag | Kind::Text => 1,
    }
}

fn grain(row: &Row<'_>, place: usize, kind: Kind) -> duckdb::Result<Grain> {
    match kind {
        Kind::Integer => {
            let bits: i64 = row.get(place)?;
            let grain = if bits == 0 { 1 } else { 1_i64 << bits.trailing_zeros().min(62) };
            Ok(if grain == 1 { Grain::AsItIs } else { Grain::Times(grain) })
        }
        Kind::Real => {
            for (index, decimals) in DECIMALS.into_iter().enumerate() {
                if row.get(place + index)? {
                    return Ok(Grain::Decimals(decimals));
                }
            }
            Ok(Grain::AsItIs)
        }
        Kind::Flag | Kind::Text => Ok(Grain::AsItIs),
    }
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
