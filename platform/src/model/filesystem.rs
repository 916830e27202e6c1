//! Space and inodes of one mounted filesystem.

use serde::{Deserialize, Serialize};

/// One mounted filesystem. Linux: `/proc/self/mountinfo` and `statvfs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filesystem {
    /// Where it is mounted, as the host's own processes see it.
    pub mountpoint: String,
    /// The device or source it comes from.
    pub device: String,
    /// Its type, such as `ext4`.
    pub kind: String,
    /// Size, bytes (`f_blocks` × `f_frsize`).
    pub total_bytes: u64,
    /// Free space, the reserve for root included, bytes (`f_bfree` × `f_frsize`).
    pub free_bytes: u64,
    /// Free space for ordinary users, bytes (`f_bavail` × `f_frsize`).
    pub available_bytes: u64,
    /// Inodes (`f_files`); `None` where the filesystem makes them as needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inodes: Option<u64>,
    /// Free inodes (`f_ffree`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inodes_free: Option<u64>,
    /// Whether it is mounted read-only.
    pub read_only: bool,
}

/// A filesystem that could not be asked for its space: it hangs, another has used up the time, or it gave an error. There
/// is nothing of it to send or to store; the failure is logged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SilentFilesystem {
    /// Where it is mounted, as the host's own processes see it.
    pub mountpoint: String,
    /// The device or source it comes from.
    pub device: String,
    /// Its type, such as `ext4`.
    pub kind: String,
}

impl Filesystem {
    /// Used space, bytes.
    pub fn used_bytes(&self) -> u64 {
        self.total_bytes.saturating_sub(self.free_bytes)
    }

    /// The share in use of what ordinary users can have, as `df` counts it: 0 to 1. `None` for an empty filesystem.
    pub fn used_ratio(&self) -> Option<f64> {
        let reach = self.used_bytes() + self.available_bytes;
        (reach > 0).then(|| self.used_bytes() as f64 / reach as f64)
    }
}
