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

/// Who packs: rows are read by a connection of their own.
pub struct Packing<'a> {
    pub connection: &'a Connection,
    pub reader: &'a Connection,
    pub is_stopping: &'a dyn Fn() -> bool,
}

/// Packs the rows of all sources into the attached file `target`, which must have the schema.
pub fn pack(
    Packing { connection, reader, is_stopping }: &Packing<'_>,
    shape: &Shape,
    sources: &[Source],
    target: &str,
) -> Result<Packed, StoreError> {
    let failed = |error: duckdb::Error| store_error(&error);
    if !any_rows(connection, sources).map_err(failed)? {
        return Ok(Packed::default());
    }
    let union = union(shape, sources);
    let has = |name: &str| sources.iter().any(|source| (source.has)(name));
    let mut survey = match sources.iter().map(|source| source.survey.as_ref()).collect::<Option<Vec<_>>>() {
        Some(surveys) => surveys.into_iter().fold(Survey::default(), |mut all, survey| {
            all.merge(survey);
            all
        }),
        None => Survey::ask(connection, shape, has, &union).map_err(failed)?,
    };
    // It may know of columns that no row has any more.
    survey.retain(has);
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
                if is_stopping() {
                    return Err(interrupted());
                }
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
    let packed = packer.finish();
    survey.retain(|name| packed.columns.contains(name));
    Ok(Packed { survey, ..packed })
}

fn interrupted() -> duckdb::Error {
    duckdb::Error::DuckDBFailure(duckdb::ffi::Error::new(1), Some("interrupted".to_owned()))
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
    use std::sync::Arc;

    use duckdb::arrow::array::{ArrayRef, Float64Array, Int32Array, Int64Array, TimestampMicrosecondArray};
    use duckdb::arrow::record_batch::RecordBatch;

    use super::super::schema::Kind;
    use super::*;

    #[test]
    fn hosts_are_sorted_some_at_a_time() {
        let counts = [(1, 40), (2, 60), (5, 1), (6, 500), (9, 99), (11, 1)];
        assert_eq!(some_at_a_time(&counts, 100), [(1, 2), (5, 5), (6, 6), (9, 11)]);
        assert_eq!(some_at_a_time(&counts, 10_000), [(1, 11)]);
        assert_eq!(some_at_a_time(&[], 1), []);
    }

    /// Rows with values of every kind that packing knows: two hosts with a leap between them, nulls, what is the same as
    /// another, and numbers that cannot be split.
    fn batch(host: i32, rows: i64) -> RecordBatch {
        let of = |read: fn(i64) -> Option<i64>| -> ArrayRef { Arc::new((0..rows).map(read).collect::<Int64Array>()) };
        let real =
            |read: fn(i64) -> Option<f64>| -> ArrayRef { Arc::new((0..rows).map(read).collect::<Float64Array>()) };
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("host_id", Arc::new(Int32Array::from(vec![host; rows as usize]))),
            (
                "ts",
                Arc::new((0..rows).map(|row| Some(row * 10_000_000 + row % 3)).collect::<TimestampMicrosecondArray>()),
            ),
            ("count", of(|row| (row % 7 != 2).then_some(9_000_000_000 + row * 3 + if row > 40 { 1 << 40 } else { 0 }))),
            ("pages", of(|row| Some((row % 5) * 4_096))),
            ("below", of(|row| Some(row - 50))),
            ("vast", of(|row| Some(i64::MAX - row))),
            ("hundredths", real(|row| Some((row as f64 * 7.0 % 100.0).round() / 100.0))),
            ("any", real(|row| Some(1.0 / (row + 3) as f64))),
            ("mean", real(|row| (row != 9).then_some(row as f64 / 2.0))),
            ("greatest", real(|row| (row != 9).then_some(row as f64 / 2.0 + if row % 4 == 0 { 1.0 } else { 0.0 }))),
            ("nothing", of(|_| None)),
        ];
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
    }

    fn shape() -> Shape {
        let whole = ["count", "pages", "below", "vast", "nothing"].map(|name| (name.to_owned(), Kind::Integer));
        let real = ["hundredths", "any", "mean", "greatest"].map(|name| (name.to_owned(), Kind::Real));
        Shape {
            name: "rows".to_owned(),
            dimension: None,
            columns: whole.into_iter().chain(real).collect(),
            unless_same: [("greatest".to_owned(), "mean".to_owned())].into(),
            near: [
                ("count".to_owned(), vec![(-2, "pages".to_owned()), (1, "nothing".to_owned())]),
                ("hundredths".to_owned(), vec![(1, "mean".to_owned())]),
            ]
            .into(),
        }
    }

    /// What was noted of rows, as rollups are: of a column that may be the same as another only what is not.
    fn noted(batches: &[RecordBatch]) -> Survey {
        let mut survey = Survey::default();
        batches.iter().for_each(|batch| survey.note(batch));
        survey
    }

    #[test]
    fn a_view_shows_the_rows_as_they_were() {
        let (place, shape) = (tempfile::tempdir().unwrap(), shape());
        let batches = [batch(1, 100), batch(2, 60)];
        let mut superset = noted(&batches);
        // Of rows of another day: a finer grain, greater numbers, a column that these rows have not.
        superset.merge(&noted(&[batch(3, 3)]));
        let mut finer = Survey::default();
        let values: ArrayRef = Arc::new(Float64Array::from(vec![0.001]));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![5]));
        finer.note(
            &RecordBatch::try_from_iter([("mean", values), ("nothing", numbers.clone()), ("gone", numbers)]).unwrap(),
        );
        superset.merge(&finer);
        for (number, survey) in [None, Some(noted(&batches)), Some(superset)].into_iter().enumerate() {
            let connection = Connection::open_in_memory().unwrap();
            connection.execute_batch(&shape.create("")).unwrap();
            let mut appender = connection.appender("rows").unwrap();
            let as_made = |batch: &RecordBatch| {
                let arrays = shape
                    .declared()
                    .into_iter()
                    .map(|(name, _)| (name, batch.column_by_name(name).unwrap().clone(), true));
                RecordBatch::try_from_iter_with_nullable(arrays.collect::<Vec<_>>()).unwrap()
            };
            batches.iter().rev().for_each(|batch| appender.append_record_batch(as_made(batch)).unwrap());
            appender.flush().unwrap();
            drop(appender);
            let path = place.path().join(format!("{number}.duckdb"));
            connection
                .execute_batch(&format!("ATTACH '{}' AS target; CREATE SCHEMA target.{SCHEMA}", path.display()))
                .unwrap();
            let source = Source {
                table: "memory.rows".to_owned(),
                has: Box::new(|_| true),
                filter: "true".to_owned(),
                is_sorted: false,
                survey,
            };
            let reader = connection.try_clone().unwrap();
            let packing = Packing { connection: &connection, reader: &reader, is_stopping: &|| false };
            let packed = pack(&packing, &shape, &[source], "target").unwrap();
            assert_eq!((packed.rows, packed.oldest_us), (160, Some(0)), "{number}");
            assert_eq!(packed.hosts[&HostId(2)], HostFacts { samples: 60, newest_us: 59 * 10_000_000 + 59 % 3 });
            assert!(!packed.columns.contains("nothing") && packed.columns.contains("greatest"));
            assert!(!packed.survey.has("nothing") && !packed.survey.has("gone"));
            let known: Vec<&str> =
                shape.declared().iter().map(|(name, _)| *name).filter(|name| *name != "nothing").collect();
            let known = known.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
            let differing = format!(
                "SELECT count(*) FROM ((SELECT {known} FROM memory.rows EXCEPT ALL SELECT {known} FROM target.rows) \
                 UNION ALL (SELECT {known} FROM target.rows EXCEPT ALL SELECT {known} FROM memory.rows))"
            );
            let differing: i64 = connection.query_row(&differing, [], |row| row.get(0)).unwrap();
            assert_eq!(differing, 0, "{number}");
        }
    }
}
