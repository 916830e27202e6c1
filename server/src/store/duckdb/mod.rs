//! The store in DuckDB: a ledger, hot files in the order in which samples came, and sealed files sorted by host and time.

mod file;
mod hot;
mod instance;
mod keeper;
mod layout;
mod ledger;
mod load;
mod manifest;
mod marks;
mod migrate;
mod open;
mod pack;
mod reader;
mod roll;
mod rollup;
mod rows;
mod schema;
mod seal;
mod sql;
mod stage;
mod tables;
mod transaction;
mod writer;

pub use keeper::{Handle as KeeperHandle, Keeper, Settings};
pub use open::{Database, OpenError, Readers};
pub use reader::{Ask, ReadError, Reader};
pub use writer::Writer;

#[cfg(test)]
pub use tests::archive;

#[cfg(test)]
mod tests;
