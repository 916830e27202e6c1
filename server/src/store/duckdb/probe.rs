//! Whether a file can be read to its end.

use std::sync::Arc;

use duckdb::Connection;

use super::file::File;
use super::transaction::is_damage;

/// Why a file cannot be read; none if it can, or if that may not be its fault: what is set aside is missed.
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
    is_damage(&error).then_some(error)
}
