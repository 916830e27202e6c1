//! The tables, made from the catalog: a metric that is declared there has a column here. A file keeps the columns with which
//! it was made; what an earlier version did not know is null in its rows.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use duckdb::Connection;
use siskin_platform::model::catalog::{self, Metric, Read, Table, Visitor};

use super::file::Tables;
use super::sql;

/// The name of the table of the predecessor's pushes.
pub const FLAT: &str = "flat";
/// What of it is a reading.
pub const FLAT_COLUMNS: [&str; 5] = ["cpu", "ram", "disk", "disk_read", "disk_write"];

/// The tables that have a row for each sample.
pub const OF_SAMPLES: [&str; 2] = [catalog::HOST.name, FLAT];

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
pub fn shapes() -> &'static [Shape] {
    static SHAPES: OnceLock<Vec<Shape>> = OnceLock::new();
    SHAPES.get_or_init(|| {
        let mut shapes = Shapes(Vec::new());
        catalog::visit(&mut shapes);
        let columns = FLAT_COLUMNS.iter().map(|name| ((*name).to_owned(), Kind::Real)).collect();
        shapes.0.push(Shape { name: FLAT.to_owned(), dimension: None, columns });
        shapes.0
    })
}

/// The names of the tables that have samples.
pub fn names() -> impl Iterator<Item = &'static str> {
    shapes().iter().map(|shape| shape.name.as_str())
}

/// All columns of all tables.
pub fn everything() -> Tables {
    let columns = |shape: &Shape| shape.declared().into_iter().map(|(name, _)| name.to_owned()).collect();
    shapes().iter().map(|shape| (shape.name.clone(), columns(shape))).collect()
}

/// Makes the tables of a hot file in the database that the connection uses: each with host, instant, dimension, and those
/// of these columns that it knows. Answers what they have.
pub fn create(connection: &Connection, columns: &Tables) -> duckdb::Result<Tables> {
    connection.execute_batch(sql::STATE_TABLES)?;
    connection.execute_batch(sql::FLAT_TABLE)?;
    connection.execute_batch(sql::CONTENTS_TABLE)?;
    let none = BTreeSet::new();
    let mut tables = Tables::new();
    for shape in shapes() {
        // Its statements name all of its columns.
        let flat = FLAT_COLUMNS.iter().map(|name| (*name).to_owned()).collect();
        let columns = if shape.name == FLAT { &flat } else { columns.get(&shape.name).unwrap_or(&none) };
        tables.insert(shape.name.clone(), add(connection, shape, true, columns)?);
    }
    Ok(tables)
}

/// Adds columns to a table, which is made if it is new. Answers what was added.
pub fn add(
    connection: &Connection,
    shape: &Shape,
    is_new: bool,
    columns: &BTreeSet<String>,
) -> duckdb::Result<BTreeSet<String>> {
    let name = &shape.name;
    let is_key = |column: &str| {
        ["host_id", "ts"].contains(&column)
            || shape.dimension.as_ref().is_some_and(|(dimension, _)| dimension == column)
    };
    let declared = shape.declared();
    let added: Vec<&(&str, &str)> = declared
        .iter()
        .filter(|(column, _)| columns.contains(*column) && !is_key(column) || is_new && is_key(column))
        .collect();
    if is_new {
        let list: Vec<String> = added.iter().map(|(column, kind)| format!("\"{column}\" {kind}")).collect();
        connection.execute_batch(&format!("CREATE TABLE IF NOT EXISTS {name} ({})", list.join(", ")))?;
    } else {
        for (column, kind) in &added {
            connection.execute_batch(&format!("ALTER TABLE {name} ADD COLUMN \"{column}\" {kind}"))?;
        }
    }
    let mut contents = connection.appender("contents")?;
    for (column, _) in &added {
        contents.append_row([name.as_str(), column])?;
    }
    contents.flush()?;
    Ok(added.into_iter().map(|(column, _)| (*column).to_owned()).collect())
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
