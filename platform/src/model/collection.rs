//! How the reading itself went.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// One collector's part in a sample.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Collection {
    /// Its name, such as `memory`.
    pub collector: Cow<'static, str>,
    /// How long it read, seconds.
    pub duration_seconds: f64,
    /// Whether it could read all that it should. A source that the host lacks is no failure.
    pub success: bool,
}
