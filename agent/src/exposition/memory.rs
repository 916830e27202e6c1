//! Memory and swap: node_exporter names them after the lines of `/proc/meminfo` and `/proc/vmstat`.

use siskin_platform::collect::page_bytes;
use siskin_platform::model::DirectMap;

use super::place::{Place, Scale, node, untyped};
use super::writer::{Head, Writer};

/// `pgpgin` and `pgpgout` are in KiB.
const TRAFFIC_BYTES: u64 = 1024;

/// A metric of memory.
pub fn memory(metric: &str) -> Place {
    node(match metric {
        "total_bytes" => "node_memory_MemTotal_bytes",
        "free_bytes" => "node_memory_MemFree_bytes",
        "available_bytes" => "node_memory_MemAvailable_bytes",
        "buffers_bytes" => "node_memory_Buffers_bytes",
        "cached_bytes" => "node_memory_Cached_bytes",
        "shared_bytes" => "node_memory_Shmem_bytes",
        "slab_bytes" => "node_memory_Slab_bytes",
        "slab_reclaimable_bytes" => "node_memory_SReclaimable_bytes",
        "slab_unreclaimable_bytes" => "node_memory_SUnreclaim_bytes",
        "active_bytes" => "node_memory_Active_bytes",
        "inactive_bytes" => "node_memory_Inactive_bytes",
        "active_anonymous_bytes" => "node_memory_Active_anon_bytes",
        "inactive_anonymous_bytes" => "node_memory_Inactive_anon_bytes",
        "active_file_bytes" => "node_memory_Active_file_bytes",
        "inactive_file_bytes" => "node_memory_Inactive_file_bytes",
        "unevictable_bytes" => "node_memory_Unevictable_bytes",
        "locked_bytes" => "node_memory_Mlocked_bytes",
        "dirty_bytes" => "node_memory_Dirty_bytes",
        "writeback_bytes" => "node_memory_Writeback_bytes",
        "anonymous_bytes" => "node_memory_AnonPages_bytes",
        "mapped_bytes" => "node_memory_Mapped_bytes",
        "kernel_reclaimable_bytes" => "node_memory_KReclaimable_bytes",
        "kernel_stack_bytes" => "node_memory_KernelStack_bytes",
        "page_tables_bytes" => "node_memory_PageTables_bytes",
        "vmalloc_used_bytes" => "node_memory_VmallocUsed_bytes",
        "per_cpu_bytes" => "node_memory_Percpu_bytes",
        "commit_limit_bytes" => "node_memory_CommitLimit_bytes",
        "committed_bytes" => "node_memory_Committed_AS_bytes",
        "anonymous_huge_bytes" => "node_memory_AnonHugePages_bytes",
        "contiguous_total_bytes" => "node_memory_CmaTotal_bytes",
        "contiguous_free_bytes" => "node_memory_CmaFree_bytes",
        "hardware_corrupted_bytes" => "node_memory_HardwareCorrupted_bytes",
        "huge_page_bytes" => "node_memory_Hugepagesize_bytes",
        "huge_pages" => "node_memory_HugePages_Total",
        "huge_pages_free" => "node_memory_HugePages_Free",
        "huge_pages_promised" => "node_memory_HugePages_Rsvd",
        "huge_pages_surplus" => "node_memory_HugePages_Surp",
        "huge_bytes" => "node_memory_Hugetlb_bytes",
        "paged_in_bytes_total" => return untyped("node_vmstat_pgpgin").scale(Scale::Per(TRAFFIC_BYTES)),
        "paged_out_bytes_total" => return untyped("node_vmstat_pgpgout").scale(Scale::Per(TRAFFIC_BYTES)),
        "page_faults_total" => return untyped("node_vmstat_pgfault"),
        "major_page_faults_total" => return untyped("node_vmstat_pgmajfault"),
        "out_of_memory_kills_total" => return untyped("node_vmstat_oom_kill"),
        _ => return Place::Own,
    })
}

/// The kernel's own map, which is not in the catalog.
pub fn direct_map(writer: &mut Writer, map: &DirectMap) {
    for (bytes, name) in [
        (map.by_4k_bytes, "node_memory_DirectMap4k_bytes"),
        (map.by_2m_bytes, "node_memory_DirectMap2M_bytes"),
        (map.by_1g_bytes, "node_memory_DirectMap1G_bytes"),
    ] {
        let Some(bytes) = bytes else { continue };
        writer.line(Head::gauge(name, "memory: mapped by the kernel itself in pages of this size"), b"", None, bytes);
    }
}

/// A metric of swap.
pub fn swap(metric: &str) -> Place {
    match metric {
        "total_bytes" => node("node_memory_SwapTotal_bytes"),
        "free_bytes" => node("node_memory_SwapFree_bytes"),
        "cached_bytes" => node("node_memory_SwapCached_bytes"),
        "compressed_bytes" => node("node_memory_Zswap_bytes"),
        "compressed_original_bytes" => node("node_memory_Zswapped_bytes"),
        "in_bytes_total" => untyped("node_vmstat_pswpin").scale(Scale::Per(page_bytes())).help("pages read from swap"),
        "out_bytes_total" => {
            untyped("node_vmstat_pswpout").scale(Scale::Per(page_bytes())).help("pages written to swap")
        }
        _ => Place::Own,
    }
}
