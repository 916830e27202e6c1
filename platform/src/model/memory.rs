//! Memory and swap.

use serde::{Deserialize, Serialize};

/// Linux: `/proc/meminfo`, whose `kB` are KiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Usable memory, bytes (`MemTotal`).
    pub total_bytes: u64,
    /// Memory in no use at all, bytes (`MemFree`).
    pub free_bytes: u64,
    /// Memory that new programs could have without swapping, bytes (`MemAvailable`, Linux 3.14 and later;
    /// before that free + buffers + cached, as `free` estimated it).
    pub available_bytes: u64,
    /// Buffers of block devices, bytes (`Buffers`).
    pub buffers_bytes: Option<u64>,
    /// Page cache, bytes (`Cached`); shared memory included, reclaimable slab not.
    pub cached_bytes: Option<u64>,
    /// Shared memory and tmpfs, bytes (`Shmem`, Linux 2.6.32 and later).
    pub shared_bytes: Option<u64>,
    /// Kernel slab, bytes (`Slab`).
    pub slab_bytes: Option<u64>,
    /// The part of the slab that can be reclaimed, bytes (`SReclaimable`).
    pub slab_reclaimable_bytes: Option<u64>,
    /// Recently used pages, bytes (`Active`).
    pub active_bytes: Option<u64>,
    /// Pages not used lately, bytes (`Inactive`).
    pub inactive_bytes: Option<u64>,
    /// Pages waiting to be written to disk, bytes (`Dirty`).
    pub dirty_bytes: Option<u64>,
}

/// Linux: `/proc/meminfo` and `/proc/vmstat`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swap {
    /// Swap space, bytes (`SwapTotal`). Zero on a host without swap.
    pub total_bytes: u64,
    /// Unused swap space, bytes (`SwapFree`).
    pub free_bytes: u64,
    /// Bytes read back from swap since boot. Counter. `/proc/vmstat` `pswpin` × page size.
    pub in_bytes_total: Option<u64>,
    /// Bytes written to swap since boot. Counter. `/proc/vmstat` `pswpout` × page size.
    pub out_bytes_total: Option<u64>,
}
