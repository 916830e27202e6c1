//! The store in DuckDB: one database file, written by one thread.

mod load;
mod marks;
mod open;
#[allow(dead_code)] // Sealing uses it, which comes next.
pub mod rollup;
mod rows;
mod schema;
mod sql;
mod stage;
mod tables;
mod writer;

pub use open::{Database, Readers};
pub use writer::Writer;

/// The name under which the hot database is attached.
pub const HOT: &str = "hot";

#[cfg(test)]
mod tests;
