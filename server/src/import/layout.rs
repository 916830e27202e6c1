//! What the tables of a file have, and the statements that fit them. Old files lack the columns that came later.

use rusqlite::{Connection, OptionalExtension};

/// A column, and other names that it is taken under.
type Column = (&'static str, &'static [&'static str]);

const METRICS: &str = "metrics";
/// Those that a table of samples must have, in the order in which they are read.
const REQUIRED: [Column; 5] =
    [("timestamp", &["ts"]), ("hostname", &["host"]), ("cpu", &[]), ("ram", &["memory"]), ("disk", &[])];
/// Those that it may have, read after the others.
const OPTIONAL: [Column; 2] = [("disk_read", &[]), ("disk_write", &[])];
const HOST_DETAILS: &str = "host_details";
const DETAILS_COLUMNS: [Column; 3] =
    [("hostname", &["host"]), ("details", &["details_json"]), ("updated_at", &["updated"])];

/// Columns of a row of samples, after its number.
pub const VALUES: usize = REQUIRED.len() + OPTIONAL.len();

/// The statements that read a file. Each takes the number to begin after and how many rows, and gives rows by number.
#[derive(Debug)]
pub struct Layout {
    /// `number, timestamp, hostname, cpu, ram, disk, disk_read, disk_write`
    pub samples: String,
    /// `count, last number`
    pub count: String,
    /// `number, hostname, details, updated_at`; none where the file has no such table.
    pub details: Option<String>,
}

/// Why a file's tables are not the predecessor's.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum LayoutError {
    #[error("it has no table {METRICS}, only: {}; is it the predecessor's file?", list(.0))]
    TableMissing(Vec<String>),
    #[error("its table {table} has no column {}, only: {}", list(.missing), list(.present))]
    ColumnsMissing { table: &'static str, missing: Vec<String>, present: Vec<String> },
    #[error("its {0} is a {1}, and no table whose rows are numbered: copy its rows to such a table of that name")]
    Unnumbered(&'static str, String),
}

impl Layout {
    /// Looks at the tables of an open file.
    pub fn of(connection: &Connection) -> rusqlite::Result<Result<Self, LayoutError>> {
        let Some(metrics) = Table::find(connection, METRICS)? else {
            let all =
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%' ORDER BY 1";
            return Ok(Err(LayoutError::TableMissing(strings(connection, all, [])?)));
        };
        let details = Table::find(connection, HOST_DETAILS)?;
        Ok(Layout::from_tables(&metrics, details.as_ref()))
    }

    fn from_tables(metrics: &Table, details: Option<&Table>) -> Result<Self, LayoutError> {
        let mut columns = metrics.all(&REQUIRED)?;
        columns.extend(OPTIONAL.iter().map(|column| metrics.column(column).unwrap_or_else(|| "NULL".into())));
        let number = metrics.number()?;
        let from = format!("FROM {METRICS} WHERE {number} > ?1 ORDER BY {number} LIMIT ?2");
        Ok(Layout {
            samples: format!("SELECT {number}, {} {from}", columns.join(", ")),
            count: format!("SELECT count(*), max(number) FROM (SELECT {number} AS number {from})"),
            details: details.map(Table::details).transpose()?,
        })
    }
}

struct Table {
    name: &'static str,
    /// What SQLite calls it: `table`, `view`, `virtual`, or a table without numbers.
    kind: String,
    columns: Vec<String>,
}

impl Table {
    fn find(connection: &Connection, name: &'static str) -> rusqlite::Result<Option<Self>> {
        let kind = connection
            .query_row(
                "SELECT iif(wr, 'table WITHOUT ROWID', type) FROM pragma_table_list
                 WHERE schema = 'main' AND name = ? COLLATE NOCASE",
                [name],
                |row| row.get(0),
            )
            .optional()?;
        let Some(kind) = kind else { return Ok(None) };
        let columns = strings(connection, "SELECT name FROM pragma_table_info(?)", [name])?;
        Ok(Some(Table { name, kind, columns }))
    }

    fn details(&self) -> Result<String, LayoutError> {
        let (number, columns) = (self.number()?, self.all(&DETAILS_COLUMNS)?.join(", "));
        Ok(format!("SELECT {number}, {columns} FROM {HOST_DETAILS} WHERE {number} > ?1 ORDER BY {number} LIMIT ?2"))
    }

    /// The name of the rows' number that no column has taken.
    fn number(&self) -> Result<&'static str, LayoutError> {
        let free = |name: &&str| !self.columns.iter().any(|column| column.eq_ignore_ascii_case(name));
        let name = ["rowid", "_rowid_", "oid"].into_iter().find(free).filter(|_| self.kind == "table");
        name.ok_or_else(|| LayoutError::Unnumbered(self.name, self.kind.clone()))
    }

    fn all(&self, columns: &[Column]) -> Result<Vec<String>, LayoutError> {
        let missing = |column: &&Column| self.column(column).is_none();
        let missing: Vec<String> = columns.iter().filter(missing).map(|(name, _)| (*name).to_owned()).collect();
        if !missing.is_empty() {
            return Err(LayoutError::ColumnsMissing { table: self.name, missing, present: self.columns.clone() });
        }
        Ok(columns.iter().filter_map(|column| self.column(column)).collect())
    }

    /// The column, quoted, as this table calls it.
    fn column(&self, (name, others): &Column) -> Option<String> {
        let called = |name: &str| self.columns.iter().find(|column| column.eq_ignore_ascii_case(name));
        let column = called(name).or_else(|| others.iter().find_map(|name| called(name)))?;
        Some(format!("\"{}\"", column.replace('"', "\"\"")))
    }
}

fn strings(connection: &Connection, sql: &str, parameters: impl rusqlite::Params) -> rusqlite::Result<Vec<String>> {
    connection.prepare(sql)?.query_map(parameters, |row| row.get(0))?.collect()
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(tables: &str) -> Result<Layout, LayoutError> {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(tables).unwrap();
        let layout = Layout::of(&connection).unwrap();
        if let Ok(layout) = &layout {
            for sql in [Some(&layout.samples), Some(&layout.count), layout.details.as_ref()].into_iter().flatten() {
                connection.prepare(sql).unwrap();
            }
        }
        layout
    }

    #[test]
    fn order_case_and_later_columns_do_not_matter() {
        let layout = layout(
            "CREATE TABLE Metrics (id INTEGER PRIMARY KEY, disk, RAM, cpu, HostName, \"timestamp\", rowid, disk_write)",
        )
        .unwrap();
        let columns = r#"SELECT _rowid_, "timestamp", "HostName", "cpu", "RAM", "disk", NULL, "disk_write" FROM"#;
        assert!(layout.samples.starts_with(columns), "{}", layout.samples);
        assert_eq!(layout.details, None);
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(layout("CREATE TABLE birds (a)").unwrap_err(), LayoutError::TableMissing(vec!["birds".into()]));
        let error = layout("CREATE TABLE metrics (timestamp, cpu, disk)").unwrap_err();
        assert_eq!(error.to_string(), "its table metrics has no column hostname, ram, only: timestamp, cpu, disk");
        let error = layout(
            "CREATE TABLE metrics (timestamp, hostname, cpu, ram, disk); CREATE TABLE host_details (hostname, details)",
        );
        assert!(error.unwrap_err().to_string().contains("host_details has no column updated_at"));
        let error =
            layout("CREATE VIEW metrics AS SELECT 1 AS timestamp, 2 AS hostname, 3 AS cpu, 4 AS ram, 5 AS disk");
        assert_eq!(error.unwrap_err(), LayoutError::Unnumbered("metrics", "view".into()));
        let error = layout("CREATE TABLE metrics (timestamp PRIMARY KEY, hostname, cpu, ram, disk) WITHOUT ROWID");
        assert_eq!(error.unwrap_err(), LayoutError::Unnumbered("metrics", "table WITHOUT ROWID".into()));
    }
}
