//! The store in DuckDB: a ledger, hot files in the order in which samples came, and sealed files sorted by host and time.

mod attach;
mod file;
mod hot;
mod inspect;
mod instance;
mod keeper;
mod layout;
mod ledger;
mod load;
mod manifest;
mod marks;
mod migrate;
mod open;
mod outlook;
mod pack;
mod reader;
mod retention;
mod rewrite;
mod rows;
mod schema;
mod seal;
mod snapshot;
mod sql;
mod stage;
mod steady;
mod tables;
mod transaction;
mod trim;
mod writer;

pub use inspect::Inspector;
pub use keeper::{Handle as KeeperHandle, Keeper, Settings};
pub use layout::Tier;
pub use open::{Database, Readers};
pub use reader::{Ask, ReadError, Reader};
pub use retention::Retention;
pub use schema::FLAT;
pub use snapshot::Schedule;
pub use writer::Writer;

#[cfg(test)]
mod tests;
