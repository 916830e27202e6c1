//! Whether a file can be read to its end.

use std::sync::Arc;

use duckdb::Connection;

use super::file::File;
use super::transaction::is_out_of_memory;

/// Why a file cannot be read; none if it can, or if that is not its fault.
pub fn damage(connection: &Connection, file: &Arc<File>) -> Option<String> {
    let read = || {
        let lease = file.lease()?;
        lease.tables.keys().try_for_each(|table| {
            // Every value is looked at.
            let statement = format!("SELECT count(*) FROM {}.{table} AS row WHERE hash(row) IS NULL", file.alias());
            connection.query_row(&statement, [], |row| row.get::<_, i64>(0)).map(drop)
        })
    };
    let error = read().err()?.to_string();
    let is_its_own =
        !is_out_of_memory(&error) && !error.contains("Too many open files") && !error.contains("Interrupted");
    is_its_own.then_some(error)
}
