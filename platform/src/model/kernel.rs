//! How full the kernel's own stocks are.

use serde::{Deserialize, Serialize};

/// Stocks of the whole system. Linux: `/proc/sys/fs` and `/proc/sys/kernel`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kernel {
    /// Files that are open, counted once however many descriptors share them (`fs/file-nr` field 1 less field 2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_files: Option<u64>,
    /// The most that can be open (`fs/file-nr` field 3); `None` where it is no limit but the largest number there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_files_limit: Option<u64>,
    /// Randomness at hand, bits (`kernel/random/entropy_avail`). Always 256 since Linux 5.18.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entropy_available_bits: Option<u64>,
    /// The most that is kept, bits (`kernel/random/poolsize`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entropy_limit_bits: Option<u64>,
    /// The most tasks there can be, threads included (`kernel/threads-max`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tasks_limit: Option<u64>,
    /// The largest number a task can have, and so one more limit (`kernel/pid_max`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_numbers_limit: Option<u64>,
}
