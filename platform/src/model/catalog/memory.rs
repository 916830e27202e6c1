//! Memory and swap.

use super::*;
use crate::model::{Memory, Swap};

pub(super) const HOST: &[Metric<Sample>] = &[
    integer("memory.total_bytes", Gauge, Bytes, "usable memory", |s| memory(s, |m| Some(m.total_bytes))),
    integer("memory.free_bytes", Gauge, Bytes, "memory in no use", |s| memory(s, |m| Some(m.free_bytes))),
    integer("memory.available_bytes", Gauge, Bytes, "memory that programs could have without swapping", |s| {
        memory(s, |m| Some(m.available_bytes))
    }),
    integer("memory.buffers_bytes", Gauge, Bytes, "buffers of block devices", |s| memory(s, |m| m.buffers_bytes)),
    integer("memory.cached_bytes", Gauge, Bytes, "page cache", |s| memory(s, |m| m.cached_bytes)),
    integer("memory.shared_bytes", Gauge, Bytes, "shared memory and tmpfs", |s| memory(s, |m| m.shared_bytes)),
    integer("memory.slab_bytes", Gauge, Bytes, "kernel slab", |s| memory(s, |m| m.slab_bytes)),
    integer("memory.slab_reclaimable_bytes", Gauge, Bytes, "reclaimable kernel slab", |s| {
        memory(s, |m| m.slab_reclaimable_bytes)
    }),
    integer("memory.active_bytes", Gauge, Bytes, "recently used pages", |s| memory(s, |m| m.active_bytes)),
    integer("memory.inactive_bytes", Gauge, Bytes, "pages not used lately", |s| memory(s, |m| m.inactive_bytes)),
    integer("memory.dirty_bytes", Gauge, Bytes, "pages waiting to be written", |s| memory(s, |m| m.dirty_bytes)),
    integer("memory.active_anonymous_bytes", Gauge, Bytes, "recently used pages without a file", |s| {
        memory(s, |m| m.active_anonymous_bytes)
    }),
    integer("memory.inactive_anonymous_bytes", Gauge, Bytes, "pages without a file, not used lately", |s| {
        memory(s, |m| m.inactive_anonymous_bytes)
    }),
    integer("memory.active_file_bytes", Gauge, Bytes, "recently used pages of files", |s| {
        memory(s, |m| m.active_file_bytes)
    }),
    integer("memory.inactive_file_bytes", Gauge, Bytes, "pages of files, not used lately", |s| {
        memory(s, |m| m.inactive_file_bytes)
    }),
    integer("memory.unevictable_bytes", Gauge, Bytes, "pages that cannot be taken back", |s| {
        memory(s, |m| m.unevictable_bytes)
    }),
    integer("memory.locked_bytes", Gauge, Bytes, "pages locked by programs", |s| memory(s, |m| m.locked_bytes)),
    integer("memory.writeback_bytes", Gauge, Bytes, "pages being written now", |s| memory(s, |m| m.writeback_bytes)),
    integer("memory.anonymous_bytes", Gauge, Bytes, "pages of programs without a file", |s| {
        memory(s, |m| m.anonymous_bytes)
    }),
    integer("memory.mapped_bytes", Gauge, Bytes, "pages of files mapped by programs", |s| {
        memory(s, |m| m.mapped_bytes)
    }),
    integer("memory.kernel_reclaimable_bytes", Gauge, Bytes, "what the kernel would give back", |s| {
        memory(s, |m| m.kernel_reclaimable_bytes)
    }),
    integer("memory.slab_unreclaimable_bytes", Gauge, Bytes, "unreclaimable kernel slab", |s| {
        memory(s, |m| m.slab_unreclaimable_bytes)
    }),
    integer("memory.kernel_stack_bytes", Gauge, Bytes, "stacks of the kernel", |s| memory(s, |m| m.kernel_stack_bytes)),
    integer("memory.page_tables_bytes", Gauge, Bytes, "page tables", |s| memory(s, |m| m.page_tables_bytes)),
    integer("memory.vmalloc_used_bytes", Gauge, Bytes, "kernel memory mapped piece by piece", |s| {
        memory(s, |m| m.vmalloc_used_bytes)
    }),
    integer("memory.per_cpu_bytes", Gauge, Bytes, "kernel memory held once a core", |s| memory(s, |m| m.per_cpu_bytes)),
    integer("memory.commit_limit_bytes", Gauge, Bytes, "most that may be promised", |s| {
        memory(s, |m| m.commit_limit_bytes)
    }),
    integer("memory.committed_bytes", Gauge, Bytes, "memory promised to programs", |s| {
        memory(s, |m| m.committed_bytes)
    }),
    integer("memory.anonymous_huge_bytes", Gauge, Bytes, "transparent huge pages", |s| {
        memory(s, |m| m.anonymous_huge_bytes)
    }),
    integer("memory.contiguous_total_bytes", Gauge, Bytes, "reserve for devices", |s| {
        memory(s, |m| m.contiguous_total_bytes)
    }),
    integer("memory.contiguous_free_bytes", Gauge, Bytes, "free part of the reserve for devices", |s| {
        memory(s, |m| m.contiguous_free_bytes)
    }),
    integer("memory.hardware_corrupted_bytes", Gauge, Bytes, "memory given up as faulty", |s| {
        memory(s, |m| m.hardware_corrupted_bytes)
    }),
    integer("memory.huge_page_bytes", Gauge, Bytes, "size of a reserved huge page", |s| {
        memory(s, |m| m.huge_page_bytes)
    }),
    integer("memory.huge_pages", Gauge, Count, "reserved huge pages", |s| memory(s, |m| m.huge_pages)),
    integer("memory.huge_pages_free", Gauge, Count, "reserved huge pages in no use", |s| {
        memory(s, |m| m.huge_pages_free)
    }),
    integer("memory.huge_pages_promised", Gauge, Count, "reserved huge pages promised and not used yet", |s| {
        memory(s, |m| m.huge_pages_promised)
    }),
    integer("memory.huge_pages_surplus", Gauge, Count, "huge pages beyond the reserve", |s| {
        memory(s, |m| m.huge_pages_surplus)
    }),
    integer("memory.huge_bytes", Gauge, Bytes, "what reserved and surplus huge pages take", |s| {
        memory(s, |m| m.huge_bytes)
    }),
    integer("memory.paged_in_bytes_total", Counter, Bytes, "bytes read from block devices", |s| {
        memory(s, |m| m.paged_in_bytes_total)
    }),
    integer("memory.paged_out_bytes_total", Counter, Bytes, "bytes written to block devices", |s| {
        memory(s, |m| m.paged_out_bytes_total)
    }),
    integer("memory.page_faults_total", Counter, Count, "page faults", |s| memory(s, |m| m.page_faults_total)),
    integer("memory.major_page_faults_total", Counter, Count, "page faults that waited for a disk", |s| {
        memory(s, |m| m.major_page_faults_total)
    }),
    integer("memory.out_of_memory_kills_total", Counter, Count, "processes killed for want of memory", |s| {
        memory(s, |m| m.out_of_memory_kills_total)
    }),
    integer("swap.total_bytes", Gauge, Bytes, "swap space", |s| swap(s, |w| Some(w.total_bytes))),
    integer("swap.free_bytes", Gauge, Bytes, "unused swap space", |s| swap(s, |w| Some(w.free_bytes))),
    integer("swap.cached_bytes", Gauge, Bytes, "swapped memory that is also in memory", |s| {
        swap(s, |w| w.cached_bytes)
    }),
    integer("swap.compressed_bytes", Gauge, Bytes, "memory taken by compressed swap", |s| {
        swap(s, |w| w.compressed_bytes)
    }),
    integer("swap.compressed_original_bytes", Gauge, Bytes, "what lies in compressed swap, before compression", |s| {
        swap(s, |w| w.compressed_original_bytes)
    }),
    integer("swap.in_bytes_total", Counter, Bytes, "read back from swap", |s| swap(s, |w| w.in_bytes_total)),
    integer("swap.out_bytes_total", Counter, Bytes, "written to swap", |s| swap(s, |w| w.out_bytes_total)),
];

fn memory(sample: &Sample, read: impl Fn(&Memory) -> Option<u64>) -> Option<u64> {
    sample.memory.as_deref().and_then(read)
}

fn swap(sample: &Sample, read: impl Fn(&Swap) -> Option<u64>) -> Option<u64> {
    sample.swap.as_ref().and_then(read)
}
