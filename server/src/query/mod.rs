//! From stored rows to answers. Reads the store's tables, has `series` compute what was asked for, and brings it to the
//! resolution that was asked for. Knows nothing of HTTP.

pub mod actor;
mod axis;
mod engine;
mod flat;
mod gather;
mod range;
mod reading;
mod rolled;
mod series;
mod source;
mod standing;

pub use engine::Engine;
pub use flat::{FlatAnswer, FlatRequest};
pub use range::Timeframe;
pub use series::{MAX_METRICS, MAX_POINTS, SeriesAnswer, SeriesRequest};

use crate::store::duckdb::ReadError;

#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The question is at fault.
    #[error("{0}")]
    Bad(String),
    #[error("the query took longer than {0} seconds: ask for a shorter time")]
    Deadline(u64),
    #[error("too many queries are waiting")]
    Busy,
    #[error("cannot read the store: {0}")]
    Store(duckdb::Error),
    #[error("the server is shutting down")]
    Closed,
}

impl From<ReadError> for QueryError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::TooMany { .. } => QueryError::Bad(error.to_string()),
            ReadError::Store(error) => QueryError::Store(error),
        }
    }
}

#[cfg(test)]
mod tests;
