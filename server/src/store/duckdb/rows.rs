//! Samples into columns: one Arrow record batch a table, built straight from the catalog.

use std::sync::Arc;

use duckdb::arrow::array::{
    ArrayRef, BooleanBuilder, Float64Array, Float64Builder, Int32Array, Int32Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondArray, TimestampMicrosecondBuilder,
};
use duckdb::arrow::error::ArrowError;
use duckdb::arrow::record_batch::RecordBatch;
use siskin_platform::model::Sample;
use siskin_platform::model::catalog::{self, Metric, Read, Table, Visitor};

use super::schema;
use crate::store::FlatSample;
use crate::store::directory::HostId;

/// Rows for which a column has room at first, at most. Many groups wait at a time: what arrow's builders take by themselves is
/// a thousand times as much as most have.
const MOST_ROOM: usize = 1_024;

/// The rows of one transaction, table by table.
pub struct Rows {
    tables: Vec<Box<dyn TableRows>>,
    /// For so many rows a column has room at first.
    room: usize,
    /// When its samples were taken, microseconds since 1970.
    pub instants_us: Vec<i64>,
}

impl Rows {
    /// With room for so many samples; where each has several rows, room comes with them.
    pub fn new(samples: usize) -> Self {
        let (room, instants_us) = (samples.min(MOST_ROOM), Vec::with_capacity(samples));
        let mut rows = Rows { tables: Vec::new(), room, instants_us };
        catalog::visit(&mut rows);
        rows
    }

    pub fn push(&mut self, host: HostId, sample: &Sample) {
        let ts_us = sample.at.unix_ms * 1_000;
        self.instants_us.push(ts_us);
        for table in &mut self.tables {
            table.push(host, ts_us, sample);
        }
    }

    /// The tables that have rows, with those of their columns that have a value.
    pub fn finish(self) -> Result<Vec<Finished>, ArrowError> {
        self.tables.into_iter().filter(|table| !table.is_empty()).map(|table| table.finish()).collect()
    }
}

pub struct Finished {
    pub table: &'static str,
    pub columns: Vec<String>,
    pub batch: RecordBatch,
}

impl Visitor for Rows {
    fn table<T: 'static>(&mut self, table: &'static Table<T>) {
        self.tables.push(Box::new(Builder {
            table,
            host: Int32Builder::with_capacity(0),
            ts: TimestampMicrosecondBuilder::with_capacity(0),
            columns: table
                .dimension
                .iter()
                .chain(table.metrics)
                .map(|metric| (metric, Column::new(self.room)))
                .collect(),
        }));
    }
}

trait TableRows {
    fn push(&mut self, host: HostId, ts_us: i64, sample: &Sample);
    fn is_empty(&self) -> bool;
    fn finish(self: Box<Self>) -> Result<Finished, ArrowError>;
}

struct Builder<T: 'static> {
    table: &'static Table<T>,
    host: Int32Builder,
    ts: TimestampMicrosecondBuilder,
    columns: Vec<(&'static Metric<T>, Column)>,
}

impl<T> TableRows for Builder<T> {
    fn push(&mut self, host: HostId, ts_us: i64, sample: &Sample) {
        for row in (self.table.rows)(sample) {
            self.host.append_value(host.0);
            self.ts.append_value(ts_us);
            for (metric, column) in &mut self.columns {
                column.push(metric, row);
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.host.values_slice().is_empty()
    }

    fn finish(mut self: Box<Self>) -> Result<Finished, ArrowError> {
        let host: ArrayRef = Arc::new(self.host.finish());
        let mut columns = vec![("host_id".to_owned(), host), ("ts".to_owned(), Arc::new(self.ts.finish()))];
        columns
            .extend(self.columns.into_iter().filter_map(|(metric, column)| Some((metric.column(), column.finish()?))));
        let names = columns.iter().map(|(name, _)| name.clone()).collect();
        Ok(Finished { table: self.table.name, columns: names, batch: RecordBatch::try_from_iter(columns)? })
    }
}

/// A column in the making. Most of a table's columns have no value on most hosts: those cost nothing.
struct Column {
    rows: usize,
    /// For so many values there is room at first.
    room: usize,
    values: Option<Values>,
}

enum Values {
    Integer(Int64Builder),
    Real(Float64Builder),
    Flag(BooleanBuilder),
    Text(StringBuilder),
}

/// The builder of a kind, made at the first value: the rows before it had none.
macro_rules! values {
    ($column:expr, $kind:ident, $new:expr) => {{
        if $column.values.is_none() {
            let mut builder = $new;
            (0..$column.rows).for_each(|_| builder.append_null());
            $column.values = Some(Values::$kind(builder));
        }
        match &mut $column.values {
            Some(Values::$kind(builder)) => builder,
            _ => unreachable!("a column has values of one kind"),
        }
    }};
}

impl Column {
    fn new(room: usize) -> Self {
        Column { rows: 0, room, values: None }
    }

    fn push<T>(&mut self, metric: &Metric<T>, row: &T) {
        match &metric.read {
            // No counter of a kernel comes near 2^63: what does not fit is no reading.
            Read::Integer(read) => self.push_integer(read(row).and_then(|value| i64::try_from(value).ok())),
            Read::Real(read) => self.push_real(read(row)),
            Read::Flag(read) => match read(row) {
                Some(value) => values!(self, Flag, BooleanBuilder::with_capacity(self.room)).append_value(value),
                None => self.push_null(),
            },
            Read::Text(read) => match read(row) {
                Some(value) => {
                    values!(self, Text, StringBuilder::with_capacity(self.room, self.room * 8)).append_value(value)
                }
                None => self.push_null(),
            },
        }
        self.rows += 1;
    }

    fn push_integer(&mut self, value: Option<i64>) {
        match value {
            Some(value) => values!(self, Integer, Int64Builder::with_capacity(self.room)).append_value(value),
            None => self.push_null(),
        }
    }

    fn push_real(&mut self, value: Option<f64>) {
        match value {
            Some(value) => values!(self, Real, Float64Builder::with_capacity(self.room)).append_value(value),
            None => self.push_null(),
        }
    }

    fn push_null(&mut self) {
        match &mut self.values {
            None => {}
            Some(Values::Integer(column)) => column.append_null(),
            Some(Values::Real(column)) => column.append_null(),
            Some(Values::Flag(column)) => column.append_null(),
            Some(Values::Text(column)) => column.append_null(),
        }
    }

    /// None where no row had a value.
    fn finish(self) -> Option<ArrayRef> {
        Some(match self.values? {
            Values::Integer(mut column) => Arc::new(column.finish()),
            Values::Real(mut column) => Arc::new(column.finish()),
            Values::Flag(mut column) => Arc::new(column.finish()),
            Values::Text(mut column) => Arc::new(column.finish()),
        })
    }
}

/// The rows of the predecessor's pushes; none where there were none.
pub fn flat(pushes: &[(HostId, FlatSample)]) -> Result<Option<Finished>, ArrowError> {
    if pushes.is_empty() {
        return Ok(None);
    }
    let real = |read: fn(&FlatSample) -> Option<f64>| -> ArrayRef {
        Arc::new(pushes.iter().map(|(_, sample)| read(sample)).collect::<Float64Array>())
    };
    let instant = |read: fn(&FlatSample) -> i64| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from_iter_values(pushes.iter().map(|(_, sample)| read(sample))))
    };
    let columns: [(&str, ArrayRef); 8] = [
        ("host_id", Arc::new(Int32Array::from_iter_values(pushes.iter().map(|(host, _)| host.0)))),
        ("ts", instant(|sample| sample.timestamp * 1_000_000)),
        ("cpu", real(|sample| Some(sample.values.cpu))),
        ("ram", real(|sample| Some(sample.values.ram))),
        ("disk", real(|sample| Some(sample.values.disk))),
        ("disk_read", real(|sample| sample.values.disk_read)),
        ("disk_write", real(|sample| sample.values.disk_write)),
        ("received_at", instant(|sample| sample.received_us)),
    ];
    let names = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
    Ok(Some(Finished { table: schema::FLAT, columns: names, batch: RecordBatch::try_from_iter(columns)? }))
}
