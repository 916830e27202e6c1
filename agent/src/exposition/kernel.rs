//! The kernel's stocks, the quality of its clock, and the cache of ZFS.

use siskin_platform::model::Timekeeping;

use super::place::{Place, Scale, node, untyped};
use super::writer::{Head, Writer};

/// A metric of the kernel's stocks.
pub fn stocks(metric: &str) -> Place {
    match metric {
        "open_files" => node("node_filefd_allocated"),
        "open_files_limit" => node("node_filefd_maximum"),
        "entropy_available_bits" => node("node_entropy_available_bits"),
        "entropy_limit_bits" => node("node_entropy_pool_size_bits"),
        "tasks_limit" => node("node_processes_max_threads"),
        "task_numbers_limit" => node("node_processes_max_processes"),
        _ => Place::Own,
    }
}

/// A metric of the clock.
pub fn time(metric: &str) -> Place {
    match metric {
        // What is read just now has the time it has: only samples of the past are placed in time.
        "is_estimated" => Place::Told(&["node_time_seconds"]),
        "synchronized" => node("node_timex_sync_status"),
        "offset_seconds" => node("node_timex_offset_seconds"),
        "frequency_offset_ratio" => node("node_timex_frequency_adjustment_ratio")
            .scale(Scale::OnePlus)
            .help("how fast the clock is made to run, 1 is its own speed"),
        "estimated_error_seconds" => node("node_timex_estimated_error_seconds"),
        "maximum_error_seconds" => node("node_timex_maxerror_seconds"),
        _ => Place::Own,
    }
}

/// What is known of the clock and is not in the catalog.
pub fn discipline(writer: &mut Writer, clock: &Timekeeping) {
    let status = Head::gauge("node_timex_status", "time: bits that say how the clock is disciplined");
    writer.line(status, b"", None, f64::from(clock.status_bits));
    let atomic = Head::gauge("node_timex_tai_offset_seconds", "time: by how much atomic time is ahead of UTC");
    writer.line(atomic, b"", None, f64::from(clock.atomic_offset_seconds));
}

/// A metric of the cache of ZFS.
pub fn zfs(metric: &str) -> Place {
    untyped(match metric {
        "size_bytes" => "node_zfs_arc_size",
        "target_bytes" => "node_zfs_arc_c",
        "target_min_bytes" => "node_zfs_arc_c_min",
        "target_max_bytes" => "node_zfs_arc_c_max",
        "data_bytes" => "node_zfs_arc_data_size",
        "metadata_bytes" => "node_zfs_arc_metadata_size",
        "recent_bytes" => "node_zfs_arc_mru_size",
        "frequent_bytes" => "node_zfs_arc_mfu_size",
        "hits_total" => "node_zfs_arc_hits",
        "misses_total" => "node_zfs_arc_misses",
        "throttles_total" => "node_zfs_arc_memory_throttle_count",
        "second_level_bytes" => "node_zfs_arc_l2_size",
        "second_level_hits_total" => "node_zfs_arc_l2_hits",
        "second_level_misses_total" => "node_zfs_arc_l2_misses",
        _ => return Place::Own,
    })
}
