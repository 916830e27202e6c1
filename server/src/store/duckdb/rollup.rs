//! Rollups into columns: the tables that keep them, and one Arrow record batch a table and width, built from many hosts.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use duckdb::arrow::array::{
    Array, ArrayRef, Float64Array, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use duckdb::arrow::buffer::NullBuffer;
use duckdb::arrow::error::ArrowError;
use duckdb::arrow::record_batch::RecordBatch;
use siskin_platform::model::catalog::{self, Visitor};

use super::pack::{self, Source};
use super::rows::Finished;
use super::schema::{self, Kind, Shape};
use crate::series::frame::Frame;
use crate::series::rollup::{COUNT, Rollup, Summary, Table, tables};
use crate::series::timeline::Timeline;
use crate::store::directory::HostId;

/// How a table's rollups are kept.
pub fn shape(table: &Table) -> Shape {
    let mut rolled = table.rollup_columns();
    let count = rolled.next().map(|count| (count, Kind::Integer));
    Shape {
        name: table.name.to_owned(),
        dimension: table.dimension.map(|name| (name.to_owned(), dimension_kind(table.name))),
        columns: count.into_iter().chain(rolled.map(|name| (name, Kind::Real))).collect(),
        unless_same: table.kept().flat_map(|([avg, min, max], _)| [(min, avg.clone()), (max, avg)]).collect(),
        near: HashMap::new(),
    }
}

/// The shapes of all tables of rollups, with all that they may have.
pub fn shapes() -> &'static [Shape] {
    static SHAPES: OnceLock<Vec<Shape>> = OnceLock::new();
    SHAPES.get_or_init(|| tables().iter().map(shape).collect())
}

/// Rollups of one table from some sources, those of the same bucket as one: of means the mean, by their samples.
pub fn summed(table: &Table, shape: &Shape, sources: &[Source]) -> Source {
    let has = |column: &str| sources.iter().any(|source| (source.has)(column));
    let key: Vec<String> = ["host_id", "ts"]
        .into_iter()
        .chain(shape.dimension.as_ref().map(|(name, _)| name.as_str()))
        .map(quoted)
        .collect();
    let mut known: BTreeSet<String> =
        shape.declared().into_iter().take(key.len() + 1).map(|(name, _)| name.to_owned()).collect();
    let mut columns = key.clone();
    columns.push(format!("sum({COUNT})::BIGINT AS {COUNT}"));
    for (names, grain) in table.kept().filter(|(names, _)| has(&names[0])) {
        let [avg, min, max] = names.each_ref().map(|name| quoted(name));
        known.extend(names);
        let mean = format!("sum({avg} * {COUNT}) / sum({COUNT}) FILTER ({avg} IS NOT NULL)");
        let mean = grain.scale().map_or(mean.clone(), |scale| format!("round({mean} * {scale:e}) / {scale:e}"));
        columns.push(format!("CASE WHEN count({avg}) = 1 THEN max({avg}) ELSE {mean} END AS {avg}"));
        columns.push(format!("min({min}) AS {min}"));
        columns.push(format!("max({max}) AS {max}"));
    }
    Source {
        table: format!(
            "(SELECT {} FROM ({}) GROUP BY {})",
            columns.join(", "),
            pack::union(shape, sources),
            key.join(", ")
        ),
        has: Box::new(move |column| known.contains(column)),
        filter: "true".to_owned(),
        is_sorted: false,
        survey: None,
    }
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// The kind of a table's dimension, the same as in the rows that are rolled up.
fn dimension_kind(table: &str) -> Kind {
    static KINDS: OnceLock<HashMap<&'static str, Kind>> = OnceLock::new();
    struct Kinds(HashMap<&'static str, Kind>);
    impl Visitor for Kinds {
        fn table<T: 'static>(&mut self, table: &'static catalog::Table<T>) {
            if let Some(dimension) = &table.dimension {
                self.0.insert(table.name, schema::kind(dimension));
            }
        }
    }
    let kinds = KINDS.get_or_init(|| {
        let mut kinds = Kinds(HashMap::new());
        catalog::visit(&mut kinds);
        kinds.0
    });
    kinds[table]
}

/// The rollups of one table in the making, host after host.
pub struct Rolling<'a> {
    table: &'a Table,
    minute: Builder,
    hour: Builder,
}

/// The record batches of one table; none where it has no rows.
pub struct Rolled {
    pub minute: Option<Finished>,
    pub hour: Option<Finished>,
}

impl<'a> Rolling<'a> {
    pub fn new(table: &'a Table) -> Self {
        Rolling { table, minute: Builder::new(table), hour: Builder::new(table) }
    }

    /// Rolls up one host's frames. Their columns are the table's `columns`; samples count from `within.start` to before
    /// `within.end`, rows before it only let the first have a rate. `timeline` is made of the host's rows of the table
    /// of hosts over the same time; the predecessor's pushes need none.
    pub fn push(&mut self, host: HostId, frames: &[Frame], timeline: &Timeline, within: Range<i64>) {
        let rollups = self.table.roll(frames, timeline, within);
        rollups.minute.into_iter().for_each(|rollup| self.minute.push(host, rollup));
        rollups.hour.into_iter().for_each(|rollup| self.hour.push(host, rollup));
    }

    pub fn finish(self) -> Result<Rolled, ArrowError> {
        Ok(Rolled { minute: self.minute.finish(self.table)?, hour: self.hour.finish(self.table)? })
    }
}

#[derive(Default)]
struct Builder {
    hosts: Vec<i32>,
    begins: Vec<i64>,
    dimensions: Vec<Option<String>>,
    samples: Vec<i64>,
    metrics: Vec<Summary>,
}

impl Builder {
    fn new(table: &Table) -> Self {
        Builder { metrics: table.metrics.iter().map(|_| Summary::default()).collect(), ..Builder::default() }
    }

    fn push(&mut self, host: HostId, rollup: Rollup) {
        let rows = rollup.begins.len();
        self.hosts.extend(std::iter::repeat_n(host.0, rows));
        self.begins.extend(rollup.begins);
        self.dimensions.extend(std::iter::repeat_n(rollup.dimension, rows));
        self.samples.extend(rollup.samples.into_iter().map(i64::from));
        for (all, more) in self.metrics.iter_mut().zip(rollup.metrics) {
            all.avg.extend(more.avg);
            all.min.extend(more.min);
            all.max.extend(more.max);
        }
    }

    fn finish(self, table: &Table) -> Result<Option<Finished>, ArrowError> {
        if self.begins.is_empty() {
            return Ok(None);
        }
        let shape = shape(table);
        let mut arrays: Vec<ArrayRef> =
            vec![Arc::new(Int32Array::from(self.hosts)), Arc::new(TimestampMicrosecondArray::from(self.begins))];
        if let Some((_, kind)) = &shape.dimension {
            arrays.push(dimension(self.dimensions, *kind));
        }
        arrays.push(Arc::new(Int64Array::from(self.samples)));
        let fixed = arrays.len();
        for summary in self.metrics {
            let Summary { avg, min, max } = summary;
            let bounds = [min, max].map(|bound| unless_same(bound, &avg));
            arrays.push(doubles(avg));
            arrays.extend(bounds);
        }
        let names = shape.declared().into_iter().map(|(name, _)| name.to_owned());
        // A metric that no host has needs no columns.
        let has_values = |place: usize, array: &ArrayRef| place < fixed || array.null_count() < array.len();
        let columns: Vec<(String, ArrayRef)> = names
            .zip(arrays)
            .enumerate()
            .filter(|(place, (_, array))| has_values(*place, array))
            .map(|(_, column)| column)
            .collect();
        let names = columns.iter().map(|(name, _)| name.clone()).collect();
        let batch =
            RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))?;
        Ok(Some(Finished { table: table.name, columns: names, batch }))
    }
}

fn dimension(values: Vec<Option<String>>, kind: Kind) -> ArrayRef {
    match kind {
        Kind::Integer => {
            let number = |value: Option<String>| value.and_then(|text| text.parse::<i64>().ok());
            Arc::new(values.into_iter().map(number).collect::<Int64Array>())
        }
        _ => Arc::new(StringArray::from(values)),
    }
}

/// What is not a number is null.
fn doubles(values: Vec<f64>) -> ArrayRef {
    let known: Vec<bool> = values.iter().map(|value| !value.is_nan()).collect();
    Arc::new(Float64Array::new(values.into(), Some(NullBuffer::from(known))))
}

/// Least and greatest values, null where they are the mean.
fn unless_same(values: Vec<f64>, means: &[f64]) -> ArrayRef {
    let differ: Vec<bool> = values.iter().zip(means).map(|(value, mean)| !value.is_nan() && value != mean).collect();
    Arc::new(Float64Array::new(values.into(), Some(NullBuffer::from(differ))))
}

#[cfg(test)]
mod tests;
