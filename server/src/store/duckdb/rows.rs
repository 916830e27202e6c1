//! Samples into columns: one Arrow record batch a table, built straight from the catalog.

use std::sync::Arc;

use duckdb::arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, Int32Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use duckdb::arrow::error::ArrowError;
use duckdb::arrow::record_batch::RecordBatch;
use siskin_platform::model::Sample;
use siskin_platform::model::catalog::{self, Metric, Read, Table, Visitor};

use super::schema;
use crate::store::directory::HostId;

/// The rows of one transaction, table by table.
pub struct Rows {
    tables: Vec<Box<dyn TableRows>>,
    /// When its samples were taken, microseconds since 1970.
    pub instants_us: Vec<i64>,
}

impl Rows {
    pub fn new() -> Self {
        let mut rows = Rows { tables: Vec::new(), instants_us: Vec::new() };
        catalog::visit(&mut rows);
        rows
    }

    pub fn push(&mut self, host: HostId, ts_us: i64, sample: &Sample) {
        self.instants_us.push(ts_us);
        for table in &mut self.tables {
            table.push(host, ts_us, sample);
        }
    }

    /// The tables that have rows, with the names of their columns.
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
            host: Int32Builder::new(),
            ts: TimestampMicrosecondBuilder::new(),
            columns: table.dimension.iter().chain(table.metrics).map(|metric| (metric, Column::of(metric))).collect(),
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
        let names = schema::columns(self.table);
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(self.host.finish()), Arc::new(self.ts.finish())];
        arrays.extend(self.columns.into_iter().map(|(_, column)| column.finish()));
        let batch = RecordBatch::try_from_iter(names.iter().map(String::as_str).zip(arrays))?;
        Ok(Finished { table: self.table.name, columns: names, batch })
    }
}

enum Column {
    Integer(Int64Builder),
    Real(Float64Builder),
    Flag(BooleanBuilder),
    Text(StringBuilder),
}

impl Column {
    fn of<T>(metric: &Metric<T>) -> Self {
        match metric.read {
            Read::Integer(_) => Column::Integer(Int64Builder::new()),
            Read::Real(_) => Column::Real(Float64Builder::new()),
            Read::Flag(_) => Column::Flag(BooleanBuilder::new()),
            Read::Text(_) => Column::Text(StringBuilder::new()),
        }
    }

    fn push<T>(&mut self, metric: &Metric<T>, row: &T) {
        match (self, &metric.read) {
            // No counter of a kernel comes near 2^63: what does not fit is no reading.
            (Column::Integer(column), Read::Integer(read)) => {
                column.append_option(read(row).and_then(|value| i64::try_from(value).ok()));
            }
            (Column::Real(column), Read::Real(read)) => column.append_option(read(row)),
            (Column::Flag(column), Read::Flag(read)) => column.append_option(read(row)),
            (Column::Text(column), Read::Text(read)) => column.append_option(read(row)),
            _ => unreachable!("a column is made for its metric"),
        }
    }

    fn finish(self) -> ArrayRef {
        match self {
            Column::Integer(mut column) => Arc::new(column.finish()),
            Column::Real(mut column) => Arc::new(column.finish()),
            Column::Flag(mut column) => Arc::new(column.finish()),
            Column::Text(mut column) => Arc::new(column.finish()),
        }
    }
}
