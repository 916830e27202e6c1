//! The tables, made from the catalog: a metric that is declared there has a column here. A file keeps the columns with which
//! it was made; what an earlier version did not know is null in its rows. Where a hot file's rows have numbers for names,
//! a view shows them with the names.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

use duckdb::Connection;
use siskin_platform::model::catalog::{self, Metric, Read, Table, Visitor};

use super::file::Tables;
use super::sql;

/// The name of the table of names, which a hot file of an earlier version has not.
pub const NAMES: &str = "names";
/// The schema of a hot file in which the tables lie that have numbers for names; the views of the same names lie in `main`.
const NUMBERED: &str = "numbered";
/// The name of the table of the predecessor's pushes.
pub const FLAT: &str = "flat";
/// What of it is a reading.
pub const FLAT_COLUMNS: [&str; 5] = ["cpu", "ram", "disk", "disk_read", "disk_write"];

/// How many times which columns.
type Others = &'static [(i64, &'static str)];

/// Columns that go like others, by table: a processor spends all its time in one mode or another; what a filesystem reserves, and what
/// memory cannot give back, hardly changes.
const NEAR: [(&str, &str, Others); 4] = [
    (
        catalog::HOST.name,
        "cpu_idle_seconds_total",
        &[
            (1, "cpu_user_seconds_total"),
            (1, "cpu_nice_seconds_total"),
            (1, "cpu_system_seconds_total"),
            (1, "cpu_iowait_seconds_total"),
            (1, "cpu_irq_seconds_total"),
            (1, "cpu_softirq_seconds_total"),
            (1, "cpu_steal_seconds_total"),
        ],
    ),
    (
        "core",
        "idle_seconds_total",
        &[
            (1, "user_seconds_total"),
            (1, "nice_seconds_total"),
            (1, "system_seconds_total"),
            (1, "iowait_seconds_total"),
            (1, "irq_seconds_total"),
            (1, "softirq_seconds_total"),
            (1, "steal_seconds_total"),
        ],
    ),
    (catalog::HOST.name, "memory_available_bytes", &[(-1, "memory_free_bytes"), (-1, "memory_cached_bytes")]),
    ("filesystem", "available_bytes", &[(-1, "free_bytes")]),
];

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

    /// Its type in a hot file.
    fn hot_sql(self) -> &'static str {
        if self == Kind::Text { "INTEGER" } else { self.sql() }
    }
}

/// A table of rows: a host, an instant, perhaps a dimension, and readings.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    pub name: String,
    pub dimension: Option<(String, Kind)>,
    pub columns: Vec<(String, Kind)>,
    /// Columns of which a sealed file keeps only values that are not those of another: which that is.
    pub unless_same: HashMap<String, String>,
    /// Columns that go like others, of which a sealed file keeps what they are with so many times these: nearly a line.
    pub near: HashMap<String, Vec<(i64, String)>>,
}

impl Shape {
    /// How its rows lie in a sealed file.
    pub fn order(&self) -> String {
        let dimension = self.dimension.as_ref().map_or(String::new(), |(name, _)| format!("\"{name}\", "));
        format!("host_id, {dimension}ts")
    }

    /// What of a column is kept: an expression on its whole values.
    pub fn kept(&self, column: &str) -> String {
        match self.unless_same.get(column) {
            Some(other) => format!("nullif(\"{column}\", \"{other}\")"),
            None => format!("\"{column}\""),
        }
    }

    /// All columns with their types.
    pub fn declared(&self) -> Vec<(&str, &'static str)> {
        self.typed(Kind::sql)
    }

    fn typed(&self, sql: impl Fn(Kind) -> &'static str) -> Vec<(&str, &'static str)> {
        let mut all = vec![("host_id", "INTEGER"), ("ts", "TIMESTAMP")];
        all.extend(self.dimension.iter().chain(&self.columns).map(|(name, kind)| (name.as_str(), sql(*kind))));
        all
    }

    fn is_key(&self, column: &str) -> bool {
        let dimension = self.dimension.as_ref().map(|(dimension, _)| dimension.as_str());
        ["host_id", "ts"].contains(&column) || dimension == Some(column)
    }

    fn is_text(&self, column: &str) -> bool {
        self.dimension.iter().chain(&self.columns).any(|(name, kind)| name == column && *kind == Kind::Text)
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
        shapes.0.push(Shape { name: FLAT.to_owned(), dimension: None, columns, ..Shape::default() });
        shapes.0
    })
}

/// The names of the tables that have samples.
pub fn names() -> impl Iterator<Item = &'static str> {
    shapes().iter().map(|shape| shape.name.as_str())
}

/// The schema of a hot file in which this table lies.
pub fn place(table: &str) -> &'static str {
    static NUMBERED_TABLES: OnceLock<HashSet<&'static str>> = OnceLock::new();
    let numbered = NUMBERED_TABLES.get_or_init(|| {
        let has_texts = |shape: &&Shape| shape.declared().iter().any(|(column, _)| shape.is_text(column));
        shapes().iter().filter(has_texts).map(|shape| shape.name.as_str()).collect()
    });
    if numbered.contains(table) { NUMBERED } else { "main" }
}

/// Makes the tables of a hot file in the database that the connection uses: each with host, instant, dimension, and those
/// of these columns that it knows. Answers what they have.
pub fn create(connection: &Connection, columns: &Tables) -> duckdb::Result<Tables> {
    create_state(connection)?;
    connection.execute_batch(&format!("{} CREATE SCHEMA {NUMBERED}", sql::NAMES_TABLE))?;
    let none = BTreeSet::new();
    let mut tables = Tables::new();
    tables.insert(NAMES.to_owned(), ["id", "name"].map(str::to_owned).into());
    tell(connection, NAMES, ["id", "name"].into_iter())?;
    for shape in shapes() {
        // Its statements name all of its columns.
        let flat = FLAT_COLUMNS.iter().map(|name| (*name).to_owned()).collect();
        let columns = if shape.name == FLAT { &flat } else { columns.get(&shape.name).unwrap_or(&none) };
        tables.insert(shape.name.clone(), add(connection, shape, &none, columns)?);
    }
    Ok(tables)
}

/// Makes the tables of a hot file of an earlier version, all columns of them, with texts in the rows. Answers what they
/// have. No file is written further that has these.
pub fn create_with_texts(connection: &Connection) -> duckdb::Result<Tables> {
    create_state(connection)?;
    let mut tables = Tables::new();
    for shape in shapes() {
        connection.execute_batch(&shape.create(""))?;
        let columns = || shape.declared().into_iter().map(|(name, _)| name);
        tell(connection, &shape.name, columns())?;
        tables.insert(shape.name.clone(), columns().map(str::to_owned).collect());
    }
    Ok(tables)
}

fn create_state(connection: &Connection) -> duckdb::Result<()> {
    [sql::STATE_TABLES, sql::FLAT_TABLE, sql::CONTENTS_TABLE]
        .into_iter()
        .try_for_each(|statements| connection.execute_batch(statements))
}

/// Adds columns to a table of a hot file; one that has none yet is made. Answers all that it then has.
pub fn add(
    connection: &Connection,
    shape: &Shape,
    known: &BTreeSet<String>,
    columns: &BTreeSet<String>,
) -> duckdb::Result<BTreeSet<String>> {
    let (name, place) = (&shape.name, place(&shape.name));
    let is_new = known.is_empty();
    let added: Vec<(&str, &str)> = shape
        .typed(Kind::hot_sql)
        .into_iter()
        .filter(|(column, _)| if shape.is_key(column) { is_new } else { columns.contains(*column) })
        .collect();
    if is_new {
        let list: Vec<String> = added.iter().map(|(column, kind)| format!("\"{column}\" {kind}")).collect();
        connection.execute_batch(&format!("CREATE TABLE IF NOT EXISTS {place}.{name} ({})", list.join(", ")))?;
    } else {
        for (column, kind) in &added {
            connection.execute_batch(&format!("ALTER TABLE {place}.{name} ADD COLUMN \"{column}\" {kind}"))?;
        }
    }
    tell(connection, name, added.iter().map(|(column, _)| *column))?;
    let mut all = known.clone();
    all.extend(added.into_iter().map(|(column, _)| column.to_owned()));
    if place == NUMBERED {
        connection.execute_batch(&view(shape, &all))?;
    }
    Ok(all)
}

/// The statement that makes the view that shows a table with names for their numbers. It has the rows' places too: readers
/// of the file that is written need them.
fn view(shape: &Shape, columns: &BTreeSet<String>) -> String {
    let name = &shape.name;
    let (mut shown, mut joins) = (vec!["line.rowid AS rowid".to_owned()], String::new());
    for (column, _) in shape.declared().iter().filter(|(column, _)| columns.contains(*column)) {
        if shape.is_text(column) {
            shown.push(format!("\"{column} name\".name AS \"{column}\""));
            joins +=
                &format!(" LEFT JOIN main.{NAMES} AS \"{column} name\" ON \"{column} name\".id = line.\"{column}\"");
        } else {
            shown.push(format!("line.\"{column}\""));
        }
    }
    format!("CREATE OR REPLACE VIEW main.{name} AS SELECT {} FROM {NUMBERED}.{name} AS line{joins}", shown.join(", "))
}

/// Adds to what the file says that it has.
fn tell<'a>(connection: &Connection, table: &str, columns: impl Iterator<Item = &'a str>) -> duckdb::Result<()> {
    let mut contents = connection.appender("contents")?;
    for column in columns {
        contents.append_row([table, column])?;
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
            unless_same: HashMap::new(),
            near: NEAR
                .iter()
                .filter(|(of, ..)| *of == table.name)
                .map(|(_, column, others)| {
                    let others = others.iter().map(|(times, other)| (*times, (*other).to_owned()));
                    ((*column).to_owned(), others.collect())
                })
                .collect(),
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
