//! Input and output of one block device.

use serde::{Deserialize, Serialize};

/// One whole block device (partitions are not listed: their I/O is in their disk's; nor are devices mapped onto others
/// before their first request).
/// Linux: `/proc/diskstats`, fields numbered as in the kernel's `iostats` document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Disk {
    /// The kernel's name, such as `nvme0n1`.
    pub device: String,
    /// Whether it is a device of its own and not one that maps onto others (loop, dm, md, zram).
    /// Linux: `/sys/block/NAME/device` exists.
    pub physical: bool,
    /// Reads completed since boot. Counter (field 1).
    pub reads_total: u64,
    /// Reads merged with a neighbour since boot. Counter (field 2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reads_merged_total: Option<u64>,
    /// Bytes read since boot. Counter (field 3, sectors of 512 bytes).
    pub read_bytes_total: u64,
    /// Seconds spent by reads since boot. Counter (field 4, milliseconds).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_seconds_total: Option<f64>,
    /// Writes completed since boot. Counter (field 5).
    pub writes_total: u64,
    /// Writes merged with a neighbour since boot. Counter (field 6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes_merged_total: Option<u64>,
    /// Bytes written since boot. Counter (field 7, sectors of 512 bytes).
    pub written_bytes_total: u64,
    /// Seconds spent by writes since boot. Counter (field 8, milliseconds).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_seconds_total: Option<f64>,
    /// Discards completed since boot. Counter (field 12, Linux 4.18 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discards_total: Option<u64>,
    /// Bytes discarded since boot. Counter (field 14, sectors of 512 bytes, Linux 4.18 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discarded_bytes_total: Option<u64>,
    /// Seconds spent by discards since boot. Counter (field 15, milliseconds, Linux 4.18 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discard_seconds_total: Option<f64>,
    /// Flushes completed since boot. Counter (field 16, Linux 5.5 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flushes_total: Option<u64>,
    /// Seconds spent by flushes since boot. Counter (field 17, milliseconds, Linux 5.5 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flush_seconds_total: Option<f64>,
    /// Requests in flight at this instant (field 9).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_flight: Option<u64>,
    /// Seconds in which at least one request was in flight since boot. Counter (field 10, milliseconds).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub busy_seconds_total: Option<f64>,
    /// Seconds in flight summed over requests since boot. Counter (field 11, milliseconds).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_seconds_total: Option<f64>,
}
