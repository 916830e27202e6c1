//! The tables, made from the catalog: a metric that is declared there has a column here. Columns are only ever added,
//! so that a file of any earlier version opens.

use std::collections::HashSet;

use duckdb::Connection;
use siskin_platform::model::catalog::{self, Metric, Read, Table, Visitor};

use super::sql;

/// Brings the attached database to this version's tables.
pub fn migrate(connection: &Connection) -> duckdb::Result<()> {
    let mut tables = Tables(Vec::new());
    catalog::visit(&mut tables);
    connection.execute_batch(sql::FIXED_TABLES)?;
    for (name, columns) in tables.0 {
        let list: Vec<String> = columns.iter().map(|(name, kind)| format!("\"{name}\" {kind}")).collect();
        connection.execute_batch(&format!("CREATE TABLE IF NOT EXISTS {name} ({})", list.join(", ")))?;
        let present = columns_of(connection, name)?;
        for (column, kind) in columns.iter().filter(|(column, _)| !present.contains(column)) {
            connection.execute_batch(&format!("ALTER TABLE {name} ADD COLUMN \"{column}\" {kind}"))?;
        }
    }
    Ok(())
}

/// The names of the catalog's tables.
pub fn table_names() -> Vec<&'static str> {
    let mut tables = Tables(Vec::new());
    catalog::visit(&mut tables);
    tables.0.into_iter().map(|(name, _)| name).collect()
}

/// The columns of a table of the catalog, in the order in which rows are built.
pub fn columns<T>(table: &Table<T>) -> Vec<(String, &'static str)> {
    let mut columns = vec![("host_id".to_owned(), "INTEGER"), ("ts".to_owned(), "TIMESTAMP")];
    columns.extend(table.dimension.iter().chain(table.metrics).map(|metric| (metric.column(), sql_type(metric))));
    columns
}

fn sql_type<T>(metric: &Metric<T>) -> &'static str {
    match metric.read {
        Read::Integer(_) => "BIGINT",
        Read::Real(_) => "DOUBLE",
        Read::Flag(_) => "BOOLEAN",
        Read::Text(_) => "VARCHAR",
    }
}

fn columns_of(connection: &Connection, table: &str) -> duckdb::Result<HashSet<String>> {
    connection
        .prepare(
            "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() AND table_name = ?",
        )?
        .query_map([table], |row| row.get(0))?
        .collect()
}

type Columns = Vec<(String, &'static str)>;

struct Tables(Vec<(&'static str, Columns)>);

impl Visitor for Tables {
    fn table<T: 'static>(&mut self, table: &'static Table<T>) {
        self.0.push((table.name, columns(table)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_file_gains_the_columns_it_lacks() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE disk (host_id INTEGER, ts TIMESTAMP, device VARCHAR)").unwrap();
        connection.execute_batch("INSERT INTO disk VALUES (1, now()::TIMESTAMP, 'sda')").unwrap();
        migrate(&connection).unwrap();
        migrate(&connection).unwrap();
        let row: (String, Option<i64>) = connection
            .query_row("SELECT device, read_bytes_total FROM disk", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert_eq!(row, ("sda".to_owned(), None));
    }
}
