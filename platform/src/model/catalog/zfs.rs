//! The cache of ZFS.

use super::*;
use crate::model::ZfsCache;

pub(super) const HOST: &[Metric<Sample>] = &[
    integer("zfs_cache.size_bytes", Gauge, Bytes, "memory it takes", |s| cache(s, |z| z.size_bytes)),
    integer("zfs_cache.target_bytes", Gauge, Bytes, "memory it aims at", |s| cache(s, |z| z.target_bytes)),
    integer("zfs_cache.target_min_bytes", Gauge, Bytes, "the least it aims at", |s| cache(s, |z| z.target_min_bytes)),
    integer("zfs_cache.target_max_bytes", Gauge, Bytes, "the most it aims at", |s| cache(s, |z| z.target_max_bytes)),
    integer("zfs_cache.data_bytes", Gauge, Bytes, "the part that holds data of files", |s| cache(s, |z| z.data_bytes)),
    integer("zfs_cache.metadata_bytes", Gauge, Bytes, "the part that holds metadata", |s| {
        cache(s, |z| z.metadata_bytes)
    }),
    integer("zfs_cache.recent_bytes", Gauge, Bytes, "the part that holds what was used once of late", |s| {
        cache(s, |z| z.recent_bytes)
    }),
    integer("zfs_cache.frequent_bytes", Gauge, Bytes, "the part that holds what was used more than once", |s| {
        cache(s, |z| z.frequent_bytes)
    }),
    integer("zfs_cache.hits_total", Counter, Count, "reads found in it", |s| cache(s, |z| z.hits_total)),
    integer("zfs_cache.misses_total", Counter, Count, "reads not found in it", |s| cache(s, |z| z.misses_total)),
    integer("zfs_cache.throttles_total", Counter, Count, "times that writing was held back for want of memory", |s| {
        cache(s, |z| z.throttles_total)
    }),
    integer(
        "zfs_cache.second_level_bytes",
        Gauge,
        Bytes,
        "what the second level, on fast disks, holds before compression",
        |s| cache(s, |z| z.second_level_bytes),
    ),
    integer("zfs_cache.second_level_hits_total", Counter, Count, "reads found in the second level", |s| {
        cache(s, |z| z.second_level_hits_total)
    }),
    integer("zfs_cache.second_level_misses_total", Counter, Count, "reads not found in the second level either", |s| {
        cache(s, |z| z.second_level_misses_total)
    }),
];

fn cache(sample: &Sample, read: fn(&ZfsCache) -> Option<u64>) -> Option<u64> {
    sample.zfs_cache.as_ref().and_then(read)
}
