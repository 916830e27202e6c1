//! Software RAID.

use serde::{Deserialize, Serialize};

/// One array of disks made by the kernel. Linux: `/proc/mdstat`, whose blocks are KiB.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Raid {
    /// The kernel's name, such as `md0`.
    pub device: String,
    /// Whether it runs.
    pub active: bool,
    /// `raid1`, `raid5`, `linear`; `None` while it does not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Size, bytes (`blocks` × 1024).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// Disks that it wants to have (`n` of `[n/m]`); `None` where it has no redundancy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disks_wanted: Option<u64>,
    /// Disks that it works with (`m` of `[n/m]`): fewer than it wants means degraded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disks_working: Option<u64>,
    /// Disks that failed (`(F)`).
    pub disks_failed: u64,
    /// Disks that wait to replace another (`(S)`).
    pub disks_spare: u64,
    /// What it is doing to itself: `resync`, `recovery`, `check`, `reshape`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// How far it is with that: 0 to 1; `None` while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_ratio: Option<f64>,
}
