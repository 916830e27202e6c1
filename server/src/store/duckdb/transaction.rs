//! A transaction on a connection, and what DuckDB's errors mean.

use duckdb::Connection;

use crate::store::StoreError;

/// How DuckDB says that there is nothing to roll back.
const NO_TRANSACTION: &str = "no transaction is active";

/// Does the work in one transaction; on an error nothing of it is there.
pub fn transaction<R>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> duckdb::Result<R>,
) -> Result<R, StoreError> {
    connection.execute_batch("BEGIN").map_err(|error| StoreError::Fatal(error.to_string()))?;
    let result = work(connection).and_then(|value| connection.execute_batch("COMMIT").map(|()| value));
    let error = match result {
        Ok(value) => return Ok(value),
        Err(error) => store_error(&error),
    };
    // A COMMIT that failed has ended the transaction; what failed before it has not.
    match connection.execute_batch("ROLLBACK") {
        Ok(()) => Err(error),
        Err(rollback) if rollback.to_string().contains(NO_TRANSACTION) => Err(error),
        Err(rollback) => Err(StoreError::Fatal(format!("{error}; cannot roll back: {rollback}"))),
    }
}

/// After a fatal error DuckDB refuses everything until the file is opened anew.
pub fn store_error(error: &duckdb::Error) -> StoreError {
    let text = error.to_string();
    if text.starts_with("FATAL") || text.contains("database has been invalidated") {
        StoreError::Fatal(text)
    } else {
        StoreError::Failed(text)
    }
}

/// Whether less work at a time may succeed. DuckDB says so in words, and where its error became another's cause, in some of them.
pub fn is_out_of_memory(error: &str) -> bool {
    ["Out of Memory", "failed to pin block", "could not allocate block", "failed to allocate"]
        .iter()
        .any(|words| error.contains(words))
}

/// Whether bytes of a file are not what was written, or are not there.
pub fn is_damage(error: &str) -> bool {
    let words = [
        "Corrupt",
        "checksum",
        "not a valid DuckDB database",
        "Could not read",
        "Input/output error",
        "Serialization Error",
        "database does not exist",
        "Table with name contents does not exist",
    ];
    words.iter().any(|words| error.contains(words))
}
