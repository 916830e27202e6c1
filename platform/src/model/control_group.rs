//! What a control group uses: the part that containers and units have in common.

use serde::{Deserialize, Serialize};

/// The counters of one control group, all that is below it included. They begin when the group is made.
/// Linux: cgroup v2. What its controllers do not watch is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Processor time, seconds. Counter (`cpu.stat` `usage_usec`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_seconds_total: Option<f64>,
    /// Processor time in user space, seconds. Counter (`user_usec`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_user_seconds_total: Option<f64>,
    /// Processor time in the kernel, seconds. Counter (`system_usec`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_system_seconds_total: Option<f64>,
    /// Periods over which a limit of processor time was watched. Counter (`nr_periods`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_periods_total: Option<u64>,
    /// Periods in which that limit was reached. Counter (`nr_throttled`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_throttled_periods_total: Option<u64>,
    /// Time that its threads were held back by that limit, summed over processors, seconds. Counter (`throttled_usec`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_throttled_seconds_total: Option<f64>,
    /// Memory, page cache included, bytes (`memory.current`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Memory without the pages of files that were not used lately, bytes (`memory.current` − `inactive_file` of
    /// `memory.stat`). Near the limit it means trouble, which `memory_bytes` does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_working_bytes: Option<u64>,
    /// The most memory it may have, bytes (`memory.max`); `None` without a limit of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_limit_bytes: Option<u64>,
    /// Processes killed for want of memory. Counter (`oom_kill` of `memory.events`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_of_memory_kills_total: Option<u64>,
    /// Bytes read from disks. Counter (`rbytes` of `io.stat`, summed over disks that are not made of others).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_bytes_total: Option<u64>,
    /// Bytes written to disks. Counter (`wbytes`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_bytes_total: Option<u64>,
    /// Reads. Counter (`rios`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reads_total: Option<u64>,
    /// Writes. Counter (`wios`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes_total: Option<u64>,
    /// Processes and their threads (`pids.current`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tasks: Option<u64>,
}
