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
    /// Recently used pages without a file, bytes (`Active(anon)`).
    pub active_anonymous_bytes: Option<u64>,
    /// Pages without a file, not used lately, bytes (`Inactive(anon)`).
    pub inactive_anonymous_bytes: Option<u64>,
    /// Recently used pages of files, bytes (`Active(file)`).
    pub active_file_bytes: Option<u64>,
    /// Pages of files, not used lately, bytes (`Inactive(file)`).
    pub inactive_file_bytes: Option<u64>,
    /// Pages that cannot be taken back, bytes (`Unevictable`).
    pub unevictable_bytes: Option<u64>,
    /// Pages locked by programs, bytes (`Mlocked`).
    pub locked_bytes: Option<u64>,
    /// Pages being written to disk now, bytes (`Writeback`).
    pub writeback_bytes: Option<u64>,
    /// Pages of programs without a file, bytes (`AnonPages`).
    pub anonymous_bytes: Option<u64>,
    /// Pages of files mapped by programs, bytes (`Mapped`).
    pub mapped_bytes: Option<u64>,
    /// What the kernel would give back, slab included, bytes (`KReclaimable`, Linux 4.20 and later).
    pub kernel_reclaimable_bytes: Option<u64>,
    /// The part of the slab that cannot be reclaimed, bytes (`SUnreclaim`).
    pub slab_unreclaimable_bytes: Option<u64>,
    /// Stacks of the kernel, one a task, bytes (`KernelStack`).
    pub kernel_stack_bytes: Option<u64>,
    /// Page tables of programs, bytes (`PageTables`).
    pub page_tables_bytes: Option<u64>,
    /// Kernel memory mapped piece by piece, bytes (`VmallocUsed`).
    pub vmalloc_used_bytes: Option<u64>,
    /// Kernel memory held once a core, bytes (`Percpu`).
    pub per_cpu_bytes: Option<u64>,
    /// The most that may be promised under strict accounting, bytes (`CommitLimit`).
    pub commit_limit_bytes: Option<u64>,
    /// Memory promised to programs, bytes (`Committed_AS`).
    pub committed_bytes: Option<u64>,
    /// Transparent huge pages without a file, bytes (`AnonHugePages`).
    pub anonymous_huge_bytes: Option<u64>,
    /// Reserve for devices that need contiguous memory, bytes (`CmaTotal`).
    pub contiguous_total_bytes: Option<u64>,
    /// The free part of that reserve, bytes (`CmaFree`).
    pub contiguous_free_bytes: Option<u64>,
    /// Memory given up for faults of the hardware, bytes (`HardwareCorrupted`).
    pub hardware_corrupted_bytes: Option<u64>,
    /// Size of a reserved huge page, bytes (`Hugepagesize`).
    pub huge_page_bytes: Option<u64>,
    /// Reserved huge pages (`HugePages_Total`).
    pub huge_pages: Option<u64>,
    /// Reserved huge pages in no use (`HugePages_Free`).
    pub huge_pages_free: Option<u64>,
    /// Reserved huge pages that are promised and not used yet (`HugePages_Rsvd`).
    pub huge_pages_promised: Option<u64>,
    /// Huge pages beyond the reserve, made on demand (`HugePages_Surp`).
    pub huge_pages_surplus: Option<u64>,
    /// What reserved and surplus huge pages of all sizes take, bytes (`Hugetlb`, Linux 4.15 and later).
    pub huge_bytes: Option<u64>,
    /// What the kernel maps of memory by itself.
    #[serde(skip)]
    pub direct_map: DirectMap,
    /// Bytes read from block devices since boot. Counter. `/proc/vmstat` `pgpgin`, KiB.
    pub paged_in_bytes_total: Option<u64>,
    /// Bytes written to block devices since boot. Counter. `/proc/vmstat` `pgpgout`, KiB.
    pub paged_out_bytes_total: Option<u64>,
    /// Page faults since boot, major ones included. Counter. `/proc/vmstat` `pgfault`.
    pub page_faults_total: Option<u64>,
    /// Page faults that had to wait for a disk since boot. Counter. `/proc/vmstat` `pgmajfault`.
    pub major_page_faults_total: Option<u64>,
    /// Processes killed for want of memory since boot. Counter. `/proc/vmstat` `oom_kill` (Linux 4.13 and later).
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
    pub cached_bytes: Option<u64>,
    /// Memory taken by compressed swap, bytes (`Zswap`, Linux 5.19 and later).
    pub compressed_bytes: Option<u64>,
    /// What lies in compressed swap, before compression, bytes (`Zswapped`, Linux 5.19 and later).
    pub compressed_original_bytes: Option<u64>,
    /// Bytes read back from swap since boot. Counter. `/proc/vmstat` `pswpin` × page size.
    pub in_bytes_total: Option<u64>,
    /// Bytes written to swap since boot. Counter. `/proc/vmstat` `pswpout` × page size.
    pub out_bytes_total: Option<u64>,
}
