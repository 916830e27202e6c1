//! Block devices.

use siskin_platform::model::Disk;

use super::labels::Labels;
use super::place::{Place, Scale, node};

/// The unit of the kernel's counts of sectors, whatever the device's own sectors are.
const SECTOR_BYTES: u64 = 512;

/// `device="sda"`.
pub fn labels(disk: &Disk, labels: &mut Labels) -> bool {
    labels.add("device", &disk.device);
    true
}

/// A metric of a block device.
pub fn place(metric: &str) -> Place {
    node(match metric {
        "reads_total" => "node_disk_reads_completed_total",
        "reads_merged_total" => "node_disk_reads_merged_total",
        "read_bytes_total" => "node_disk_read_bytes_total",
        "read_seconds_total" => "node_disk_read_time_seconds_total",
        "writes_total" => "node_disk_writes_completed_total",
        "writes_merged_total" => "node_disk_writes_merged_total",
        "written_bytes_total" => "node_disk_written_bytes_total",
        "write_seconds_total" => "node_disk_write_time_seconds_total",
        "discards_total" => "node_disk_discards_completed_total",
        "discarded_bytes_total" => {
            let sectors = node("node_disk_discarded_sectors_total").scale(Scale::Per(SECTOR_BYTES));
            return sectors.help("sectors of 512 bytes discarded");
        }
        "discard_seconds_total" => "node_disk_discard_time_seconds_total",
        "flushes_total" => "node_disk_flush_requests_total",
        "flush_seconds_total" => "node_disk_flush_requests_time_seconds_total",
        "in_flight" => "node_disk_io_now",
        "busy_seconds_total" => "node_disk_io_time_seconds_total",
        "queue_seconds_total" => "node_disk_io_time_weighted_seconds_total",
        _ => return Place::Own,
    })
}
