//! The files that people's own metrics come from.

use serde::{Deserialize, Serialize};

/// One file of the textfile directory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Textfile {
    /// Its path, as the agent was told its directory.
    pub file: String,
    /// When it was written, seconds since 1970: what tells that a job no longer runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_seconds: Option<f64>,
    /// Series that were taken from it.
    pub series: u64,
    /// Whether it could not be read, or not all of it was taken.
    pub failed: bool,
}
