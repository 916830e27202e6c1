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
    integer("swap.total_bytes", Gauge, Bytes, "swap space", |s| swap(s, |w| Some(w.total_bytes))),
    integer("swap.free_bytes", Gauge, Bytes, "unused swap space", |s| swap(s, |w| Some(w.free_bytes))),
    integer("swap.in_bytes_total", Counter, Bytes, "read back from swap", |s| swap(s, |w| w.in_bytes_total)),
    integer("swap.out_bytes_total", Counter, Bytes, "written to swap", |s| swap(s, |w| w.out_bytes_total)),
];

fn memory(sample: &Sample, read: impl Fn(&Memory) -> Option<u64>) -> Option<u64> {
    sample.memory.as_ref().and_then(read)
}

fn swap(sample: &Sample, read: impl Fn(&Swap) -> Option<u64>) -> Option<u64> {
    sample.swap.as_ref().and_then(read)
}
