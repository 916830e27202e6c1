//! Processes: how many there are in which state, and those that use the most, by name.

use serde::{Deserialize, Serialize};

/// How many processes there are. Linux: `/proc/PID/stat` of each; a process is in the state of its first thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessCounts {
    /// All of them, the kernel's own threads included.
    pub count: u64,
    /// Their threads (field 20).
    pub threads: u64,
    /// On a processor or waiting for one (`R` in field 3).
    pub running: u64,
    /// Waiting for something, and can be interrupted (`S`).
    pub sleeping: u64,
    /// Waiting, mostly for a disk, and cannot be interrupted (`D`).
    pub disk_sleeping: u64,
    /// Stopped by a signal or a debugger (`T`, `t`).
    pub stopped: u64,
    /// Ended, and not yet waited for by their parents (`Z`).
    pub zombies: u64,
    /// The kernel's own threads without work (`I`, Linux 4.14 and later).
    pub idle: u64,
}

/// All processes that bear one name. Never their arguments, environment or paths: those hold secrets.
/// Linux: `/proc/PID/stat` and `/proc/PID/io`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// The name, at most 15 bytes (field 2 of `stat`). Of a kernel thread the part before the first slash.
    pub name: String,
    /// How many there are.
    pub count: u64,
    /// Their threads (field 20).
    pub threads: u64,
    /// Processor time used under this name since the agent's start, seconds. Counter: what a process used stays in it
    /// when the process ends (growth of fields 14 and 15).
    pub cpu_seconds_total: f64,
    /// Memory they hold, bytes (field 24, pages). What they share counts once for each.
    pub resident_bytes: u64,
    /// Bytes read from disks under this name since the agent's start. Counter (growth of `read_bytes` in `io`). `None`
    /// while one of them may not be asked: only root may ask those of others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_bytes_total: Option<u64>,
    /// Bytes written, to be put on disks, under this name since the agent's start. Counter (growth of `write_bytes`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_bytes_total: Option<u64>,
}
