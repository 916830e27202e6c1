//! Memory and swap.

use serde::{Deserialize, Serialize};

/// Linux: `/proc/meminfo`, whose `kB` are KiB, and `/proc/vmstat`.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buffers_bytes: Option<u64>,
    /// Page cache, bytes (`Cached`); shared memory included, reclaimable slab not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_bytes: Option<u64>,
    /// Shared memory and tmpfs, bytes (`Shmem`, Linux 2.6.32 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_bytes: Option<u64>,
    /// Kernel slab, bytes (`Slab`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slab_bytes: Option<u64>,
    /// The part of the slab that can be reclaimed, bytes (`SReclaimable`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slab_reclaimable_bytes: Option<u64>,
    /// Recently used pages, bytes (`Active`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_bytes: Option<u64>,
    /// Pages not used lately, bytes (`Inactive`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inactive_bytes: Option<u64>,
    /// Pages waiting to be written to disk, bytes (`Dirty`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dirty_bytes: Option<u64>,
    /// Recently used pages without a file, bytes (`Active(anon)`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_anonymous_bytes: Option<u64>,
    /// Pages without a file, not used lately, bytes (`Inactive(anon)`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inactive_anonymous_bytes: Option<u64>,
    /// Recently used pages of files, bytes (`Active(file)`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_file_bytes: Option<u64>,
    /// Pages of files, not used lately, bytes (`Inactive(file)`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inactive_file_bytes: Option<u64>,
    /// Pages that cannot be taken back, bytes (`Unevictable`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unevictable_bytes: Option<u64>,
    /// Pages locked by programs, bytes (`Mlocked`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked_bytes: Option<u64>,
    /// Pages being written to disk now, bytes (`Writeback`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writeback_bytes: Option<u64>,
    /// Pages of programs without a file, bytes (`AnonPages`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymous_bytes: Option<u64>,
    /// Pages of files mapped by programs, bytes (`Mapped`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapped_bytes: Option<u64>,
    /// What the kernel would give back, slab included, bytes (`KReclaimable`, Linux 4.20 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel_reclaimable_bytes: Option<u64>,
    /// The part of the slab that cannot be reclaimed, bytes (`SUnreclaim`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slab_unreclaimable_bytes: Option<u64>,
    /// Stacks of the kernel, one a task, bytes (`KernelStack`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel_stack_bytes: Option<u64>,
    /// Page tables of programs, bytes (`PageTables`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_tables_bytes: Option<u64>,
    /// Kernel memory mapped piece by piece, bytes (`VmallocUsed`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vmalloc_used_bytes: Option<u64>,
    /// Kernel memory held once a core, bytes (`Percpu`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_cpu_bytes: Option<u64>,
    /// The most that may be promised under strict accounting, bytes (`CommitLimit`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit_limit_bytes: Option<u64>,
    /// Memory promised to programs, bytes (`Committed_AS`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub committed_bytes: Option<u64>,
    /// Transparent huge pages without a file, bytes (`AnonHugePages`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymous_huge_bytes: Option<u64>,
    /// Reserve for devices that need contiguous memory, bytes (`CmaTotal`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contiguous_total_bytes: Option<u64>,
    /// The free part of that reserve, bytes (`CmaFree`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contiguous_free_bytes: Option<u64>,
    /// Memory given up for faults of the hardware, bytes (`HardwareCorrupted`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardware_corrupted_bytes: Option<u64>,
    /// Size of a reserved huge page, bytes (`Hugepagesize`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub huge_page_bytes: Option<u64>,
    /// Reserved huge pages (`HugePages_Total`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub huge_pages: Option<u64>,
    /// Reserved huge pages in no use (`HugePages_Free`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub huge_pages_free: Option<u64>,
    /// Reserved huge pages that are promised and not used yet (`HugePages_Rsvd`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub huge_pages_promised: Option<u64>,
    /// Huge pages beyond the reserve, made on demand (`HugePages_Surp`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub huge_pages_surplus: Option<u64>,
    /// What reserved and surplus huge pages of all sizes take, bytes (`Hugetlb`, Linux 4.15 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub huge_bytes: Option<u64>,
    /// What the kernel maps of memory by itself.
    #[serde(skip)]
    pub direct_map: DirectMap,
    /// Bytes read from block devices since boot. Counter. `/proc/vmstat` `pgpgin`, KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paged_in_bytes_total: Option<u64>,
    /// Bytes written to block devices since boot. Counter. `/proc/vmstat` `pgpgout`, KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paged_out_bytes_total: Option<u64>,
    /// Page faults since boot, major ones included. Counter. `/proc/vmstat` `pgfault`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_faults_total: Option<u64>,
    /// Page faults that had to wait for a disk since boot. Counter. `/proc/vmstat` `pgmajfault`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub major_page_faults_total: Option<u64>,
    /// Processes killed for want of memory since boot. Counter. `/proc/vmstat` `oom_kill` (Linux 4.13 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_of_memory_kills_total: Option<u64>,
}

/// The kernel's own map of memory, by the size of its pages. It hardly changes: it is told at once, and neither sent nor
/// stored. x86 has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DirectMap {
    /// Mapped by pages of 4 KiB, bytes (`DirectMap4k`).
    pub by_4k_bytes: Option<u64>,
    /// Mapped by pages of 2 MiB, bytes (`DirectMap2M`).
    pub by_2m_bytes: Option<u64>,
    /// Mapped by pages of 1 GiB, bytes (`DirectMap1G`).
    pub by_1g_bytes: Option<u64>,
}

/// Linux: `/proc/meminfo` and `/proc/vmstat`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swap {
    /// Swap space, bytes (`SwapTotal`). Zero on a host without swap.
    pub total_bytes: u64,
    /// Unused swap space, bytes (`SwapFree`).
    pub free_bytes: u64,
    /// Swapped memory that is also in memory, bytes (`SwapCached`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_bytes: Option<u64>,
    /// Memory taken by compressed swap, bytes (`Zswap`, Linux 5.19 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compressed_bytes: Option<u64>,
    /// What lies in compressed swap, before compression, bytes (`Zswapped`, Linux 5.19 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compressed_original_bytes: Option<u64>,
    /// Bytes read back from swap since boot. Counter. `/proc/vmstat` `pswpin` × page size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_bytes_total: Option<u64>,
    /// Bytes written to swap since boot. Counter. `/proc/vmstat` `pswpout` × page size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_bytes_total: Option<u64>,
}
