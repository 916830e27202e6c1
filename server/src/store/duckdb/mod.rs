//! The store in DuckDB: a ledger, hot files in the order in which samples came, and sealed files sorted by host and time.

mod attach;
mod documents;
mod due;
mod fate;
mod file;
mod group;
mod hand;
mod hot;
mod inspect;
mod instance;
mod keeper;
mod layout;
mod ledger;
mod load;
mod manifest;
mod marks;
mod memory;
mod migrate;
mod names;
mod open;
mod outlook;
mod pack;
mod patch;
mod pen;
mod plan;
mod probe;
mod reader;
mod retention;
mod rewrite;
mod roll;
mod rollup;
mod rotation;
mod rows;
mod schema;
mod scratch;
mod seal;
mod snapshot;
mod sql;
mod stage;
mod steady;
mod survey;
mod tables;
mod transaction;
mod trim;
mod writer;

pub use inspect::Inspector;
pub use keeper::{Handle as KeeperHandle, Keeper, Settings};
pub use open::{Database, OpenError, Readers};
pub use reader::{Ask, ReadError, Reader};
pub use retention::Retention;
pub use snapshot::Schedule;
pub use writer::Writer;

#[cfg(test)]
pub use tests::archive;

#[cfg(test)]
mod tests;
