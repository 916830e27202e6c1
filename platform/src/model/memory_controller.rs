//! Errors of memory that corrects itself.

use serde::{Deserialize, Serialize};

/// One controller of ECC memory. Linux: `/sys/devices/system/edac/mc/mcN`, where a driver watches it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryController {
    /// The kernel's name, such as `mc0`.
    pub controller: String,
    /// What it is (`mc_name`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Memory behind it, bytes (`size_mb` × 1 048 576).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// Errors corrected since the driver was loaded or reset. Counter (`ce_count`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected_errors_total: Option<u64>,
    /// Errors that could not be corrected since the driver was loaded or reset. Counter (`ue_count`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncorrected_errors_total: Option<u64>,
}
