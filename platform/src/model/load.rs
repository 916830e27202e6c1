//! Load averages and the kernel's process counts.

use serde::{Deserialize, Serialize};

/// Linux: `/proc/loadavg`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Load average over one minute (field 1).
    pub one: f64,
    /// Load average over five minutes (field 2).
    pub five: f64,
    /// Load average over fifteen minutes (field 3).
    pub fifteen: f64,
    /// Tasks runnable at this instant (field 4, before the slash).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tasks_running: Option<u64>,
    /// Tasks that exist, threads included (field 4, after the slash).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tasks: Option<u64>,
}
