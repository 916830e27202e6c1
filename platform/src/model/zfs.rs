//! The cache of ZFS.

use serde::{Deserialize, Serialize};

/// The adaptive replacement cache (ARC), which `/proc/meminfo` does not count as cache.
/// Linux: `/proc/spl/kstat/zfs/arcstats`, while the module is loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZfsCache {
    /// Memory it takes, bytes (`size`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// Memory it aims at, bytes (`c`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_bytes: Option<u64>,
    /// The least it aims at, bytes (`c_min`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_min_bytes: Option<u64>,
    /// The most it aims at, bytes (`c_max`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_max_bytes: Option<u64>,
    /// The part that holds data of files, bytes (`data_size`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_bytes: Option<u64>,
    /// The part that holds metadata, bytes (`metadata_size`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata_bytes: Option<u64>,
    /// The part that holds what was used once of late, bytes (`mru_size`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recent_bytes: Option<u64>,
    /// The part that holds what was used more than once, bytes (`mfu_size`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequent_bytes: Option<u64>,
    /// Reads found in it, since the module was loaded. Counter (`hits`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hits_total: Option<u64>,
    /// Reads not found in it, since the module was loaded. Counter (`misses`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub misses_total: Option<u64>,
    /// Times that writing was held back for want of memory, since the module was loaded. Counter
    /// (`memory_throttle_count`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttles_total: Option<u64>,
    /// What the second level, on fast disks, holds before compression, bytes (`l2_size`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_level_bytes: Option<u64>,
    /// Reads found in the second level, since the module was loaded. Counter (`l2_hits`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_level_hits_total: Option<u64>,
    /// Reads not found in the second level either, since the module was loaded. Counter (`l2_misses`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_level_misses_total: Option<u64>,
}
