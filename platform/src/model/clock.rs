//! A reading of the host's clocks.

use serde::{Deserialize, Serialize};

/// One instant as the host saw it, on both of its clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Wall clock, milliseconds since 1970-01-01 UTC. May be wrong: a Pi without a battery starts in 1970.
    pub unix_ms: i64,
    /// Milliseconds since boot, suspended time included. Never steps.
    /// Linux: `CLOCK_BOOTTIME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boottime_ms: Option<u64>,
}
