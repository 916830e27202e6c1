//! The tables, made from the catalog: a metric that is declared there has a column here. A file keeps the columns with which
//! it was made; what an earlier version did not know is null in its rows.

use duckdb::Connection;
use siskin_platform::model::catalog::{self, Metric, Read, Table, Visitor};

use super::sql;

/// The name of the table of the predecessor's pushes.
pub const FLAT: &str = "flat";
/// What of it is a reading.
pub const FLAT_COLUMNS: [&str; 5] = ["cpu", "ram", "disk", "disk_read", "disk_write"];

/// How a column is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Real,
    Flag,
    Text,
}

impl Kind {
    pub fn sql(self) -> &'static str {
        match self {
            Kind::Integer => "BIGINT",
            Kind::Real => "DOUBLE",
            Kind::Flag => "BOOLEAN",
            Kind::Text => "VARCHAR",
        }
    }
}

/// A table of rows: a host, an instant, perhaps a dimension, and readings.
#[derive(Clone, Debug)]
pub struct Shape {
    pub name: String,
    pub dimension: Option<(String, Kind)>,
    pub columns: Vec<(String, Kind)>,
}

impl Shape {
    /// All columns with their types.
    pub fn declared(&self) -> Vec<(&str, &'static str)> {
        let mut all = vec![("host_id", "INTEGER"), ("ts", "TIMESTAMP")];
        all.extend(self.dimension.iter().chain(&self.columns).map(|(name, kind)| (name.as_str(), kind.sql())));
        all
    }

    /// The statement that makes its table; `place` is a prefix of its name.
    pub fn create(&self, place: &str) -> String {
        let list: Vec<String> = self.declared().iter().map(|(name, kind)| format!("\"{name}\" {kind}")).collect();
        format!("CREATE TABLE IF NOT EXISTS {place}{} ({})", self.name, list.join(", "))
    }
}

/// Every table that has samples.
pub fn shapes() -> Vec<Shape> {
    let mut shapes = Shapes(Vec::new());
    catalog::visit(&mut shapes);
    let columns = FLAT_COLUMNS.iter().map(|name| ((*name).to_owned(), Kind::Real)).collect();
    shapes.0.push(Shape { name: FLAT.to_owned(), dimension: None, columns });
    shapes.0
}

/// The names of the tables that have samples.
pub fn names() -> Vec<&'static str> {
    crate::series::rollup::tables().iter().map(|table| table.name).collect()
}

/// Makes the tables of a hot file in the schema that the connection uses.
pub fn create(connection: &Connection) -> duckdb::Result<()> {
    connection.execute_batch(sql::STATE_TABLES)?;
    connection.execute_batch(sql::FLAT_TABLE)?;
    connection.execute_batch(sql::CONTENTS_TABLE)?;
    for shape in shapes() {
        connection.execute_batch(&shape.create(""))?;
    }
    let mut contents = connection.appender("contents")?;
    for shape in shapes() {
        for (column, _) in shape.declared() {
            contents.append_row([shape.name.as_str(), column])?;
        }
    }
    contents.flush()
}

struct Shapes(Vec<Shape>);

impl Visitor for Shapes {
    fn table<T: 'static>(&mut self, table: &'static Table<T>) {
        let column = |metric: &Metric<T>| (metric.column(), kind(metric));
        self.0.push(Shape {
            name: table.name.to_owned(),
            dimension: table.dimension.as_ref().map(column),
            columns: table.metrics.iter().map(column).collect(),
        });
    }
}

/// How a metric is stored.
pub fn kind<T>(metric: &Metric<T>) -> Kind {
    match metric.read {
        Read::Integer(_) => Kind::Integer,
        Read::Real(_) => Kind::Real,
        Read::Flag(_) => Kind::Flag,
        Read::Text(_) => Kind::Text,
    }
}
