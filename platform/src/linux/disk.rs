//! Input and output of block devices: `/proc/diskstats`, and `/sys/block` for what kind of device it is.

use super::{Error, Lines, Roots, error, text};
use crate::model::Disk;

const FILE: &str = "/proc/diskstats";

/// The unit of the kernel's sector counts, whatever the device's own sectors are.
const SECTOR_BYTES: u64 = 512;

/// The counters of each whole disk. Devices that map onto others, of which a system has many idle ones, are listed from
/// their first request on.
pub fn read(roots: &Roots) -> Result<Lines<Disk>, Error> {
    let (mut disks, odd) = parse(&text::read(roots.in_proc("diskstats"))?);
    for disk in &mut disks {
        // A slash in a device's name (`cciss/c0d0`) is an exclamation mark in /sys.
        let name = disk.device.replace('/', "!");
        disk.physical = text::exists(&roots.in_sys(&format!("block/{name}/device")));
    }
    disks.retain(|disk| disk.physical || disk.reads_total > 0 || disk.writes_total > 0);
    Ok((disks, odd))
}

/// The text of `/proc/diskstats`: a line per device, partitions among them, which are left out.
pub fn parse(text: &str) -> Lines<Disk> {
    let (all, odd) = error::lines(FILE, text.lines(), disk);
    let is_whole = |disk: &&Disk| match partition_of(&disk.device) {
        Some(whole) => !all.iter().any(|other| other.device == whole),
        None => true,
    };
    (all.iter().filter(is_whole).cloned().collect(), odd)
}

/// The disk that this is a partition of, if there is such a disk: `sda1` of `sda`, `nvme0n1p1` of `nvme0n1`.
fn partition_of(name: &str) -> Option<&str> {
    let base = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if base.len() == name.len() {
        return None;
    }
    match base.strip_suffix('p') {
        Some(whole) if whole.ends_with(|c: char| c.is_ascii_digit()) => Some(whole),
        _ => Some(base),
    }
}

fn disk(line: &str) -> Option<Disk> {
    let mut fields = line.split_ascii_whitespace().skip(2);
    let device = fields.next()?.to_owned();
    let counts = fields.map(|field| field.parse().ok()).collect::<Option<Vec<u64>>>()?;
    let seconds = |milliseconds: u64| Some(milliseconds as f64 / 1000.0);
    let bytes = |sectors: u64| sectors.saturating_mul(SECTOR_BYTES);
    match counts[..] {
        // Before Linux 2.6.25 a partition had only these.
        [reads, read, writes, written] => Some(Disk {
            device,
            reads_total: reads,
            read_bytes_total: bytes(read),
            writes_total: writes,
            written_bytes_total: bytes(written),
            ..Disk::default()
        }),
        // Later kernels append discards (4.18) and flushes (5.5).
        [
            reads,
            reads_merged,
            read,
            read_ms,
            writes,
            writes_merged,
            written,
            write_ms,
            in_flight,
            busy,
            queue,
            ref later @ ..,
        ] => Some(Disk {
            device,
            physical: false,
            reads_total: reads,
            reads_merged_total: Some(reads_merged),
            read_bytes_total: bytes(read),
            read_seconds_total: seconds(read_ms),
            writes_total: writes,
            writes_merged_total: Some(writes_merged),
            written_bytes_total: bytes(written),
            write_seconds_total: seconds(write_ms),
            in_flight: Some(in_flight),
            busy_seconds_total: seconds(busy),
            queue_seconds_total: seconds(queue),
            discards_total: later.first().copied(),
            discarded_bytes_total: later.get(2).copied().map(bytes),
            discard_seconds_total: later.get(3).copied().and_then(seconds),
            flushes_total: later.get(4).copied(),
            flush_seconds_total: later.get(5).copied().and_then(seconds),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_disk() {
        let line = " 254 0 vda 12533 4372 2997146 18761 3280 19960 1999536 6256 1 4768 25549 4026 56 441968 526 95 4\n";
        let expected = Disk {
            device: "vda".into(),
            physical: false,
            reads_total: 12533,
            reads_merged_total: Some(4372),
            read_bytes_total: 1_534_538_752,
            read_seconds_total: Some(18.761),
            writes_total: 3280,
            writes_merged_total: Some(19960),
            written_bytes_total: 1_023_762_432,
            write_seconds_total: Some(6.256),
            in_flight: Some(1),
            busy_seconds_total: Some(4.768),
            queue_seconds_total: Some(25.549),
            discards_total: Some(4026),
            discarded_bytes_total: Some(226_287_616),
            discard_seconds_total: Some(0.526),
            flushes_total: Some(95),
            flush_seconds_total: Some(0.004),
        };
        assert_eq!(parse(line).0, [expected]);
    }

    #[test]
    fn partitions_belong_to_their_disk() {
        let names = [
            "sda",
            "sda1",
            "sdaa",
            "nvme0n1",
            "nvme0n1p2",
            "mmcblk0",
            "mmcblk0p1",
            "mmcblk0boot0",
            "dm-1",
            "dm-10",
            "md1",
            "md12",
            "md1p3",
            "loop1",
            "loop12",
            "xvdb1",
            "cciss/c0d0",
            "cciss/c0d0p1",
            "sr0",
        ];
        let text: String = names.iter().map(|name| format!("8 0 {name} 1 2 3 4 5 6 7 8 9 10 11\n")).collect();
        let disks: Vec<_> = parse(&text).0.into_iter().map(|disk| disk.device).collect();
        let whole = [
            "sda",
            "sdaa",
            "nvme0n1",
            "mmcblk0",
            "mmcblk0boot0",
            "dm-1",
            "dm-10",
            "md1",
            "md12",
            "loop1",
            "loop12",
            "xvdb1",
            "cciss/c0d0",
            "sr0",
        ];
        assert_eq!(disks, whole);
    }

    #[test]
    fn a_partition_of_an_early_kernel_has_four_fields() {
        let disks = parse("8 1 sdb1 1 2 3 4\n").0;
        assert_eq!((disks[0].read_bytes_total, disks[0].written_bytes_total), (1024, 2048));
        assert_eq!(disks[0].in_flight, None);
    }

    #[test]
    fn an_odd_line_is_named_and_hides_no_other() {
        let (disks, odd) = parse("8 0 sda 1 2 3\n8 16 sdb 1 2 3 4\n8 32 sdc 1 2 3 4 5 6 7 8 9 10 x\n");
        assert_eq!(disks.iter().map(|disk| disk.device.as_str()).collect::<Vec<_>>(), ["sdb"]);
        assert_eq!(odd.unwrap().to_string(), "malformed /proc/diskstats: `8 0 sda 1 2 3`");
    }
}
