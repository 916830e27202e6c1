//! Input and output of block devices: `/proc/diskstats`, and `/sys/block` for what kind of device it is.

use std::collections::BTreeSet;

use super::{
    Error, Roots,
    collector::{Collector, Found},
    error::note,
    kept::Kept,
    rows::{Rows, take},
    text,
};
use crate::model::{Disk, Sample};

const FILE: &str = "/proc/diskstats";

/// The unit of the kernel's sector counts, whatever the device's own sectors are.
const SECTOR_BYTES: u64 = 512;

/// The numbers of a line that are known. A later kernel may append more.
const FIELDS: usize = 17;

/// Every kernel has these; before Linux 2.6.25 a partition had fewer.
const FIELDS_LEAST: usize = 11;
const FIELDS_EARLY: usize = 4;

/// The counters of each whole disk. Devices that map onto others, of which a system has many idle ones, are listed from
/// their first request on.
pub(super) struct Disks {
    roots: Roots,
    diskstats: Kept,
    devices: Vec<Device>,
}

impl Disks {
    pub(super) fn new(roots: &Roots) -> Self {
        Self { roots: roots.clone(), diskstats: Kept::list(roots.in_proc("diskstats")), devices: Vec::new() }
    }
}

impl Collector for Disks {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, odd: &mut Vec<Error>) -> Result<Found, Error> {
        let text = self.diskstats.read(text)?;
        if !self.devices.iter().map(|device| device.name.as_str()).eq(names(text)) {
            // A slash in a device's name (`cciss/c0d0`) is an exclamation mark in /sys.
            let entry = |name: &str| self.roots.in_sys(&format!("block/{}/device", name.replace('/', "!")));
            self.devices = devices(text, |name| text::exists(&entry(name)));
        }
        parse(text, &self.devices, &mut sample.disks, odd);
        Ok(Found::Source)
    }
}

/// What a line of `/proc/diskstats` is about. It stays the same for as long as the lines do.
pub struct Device {
    name: String,
    /// No partition of another.
    is_whole: bool,
    /// No mapping of others.
    physical: bool,
}

/// The devices of a `/proc/diskstats`, line by line.
pub fn devices(text: &str, physical: impl Fn(&str) -> bool) -> Vec<Device> {
    let all: BTreeSet<&str> = names(text).collect();
    let is_whole = |name: &str| partition_of(name).is_none_or(|whole| !all.contains(whole));
    let device = |name: &str| {
        let is_whole = is_whole(name);
        Device { name: name.to_owned(), is_whole, physical: is_whole && physical(name) }
    };
    names(text).map(device).collect()
}

/// The text of `/proc/diskstats`: a line per device, partitions among them, which are left out.
pub fn parse(text: &str, devices: &[Device], disks: &mut Vec<Disk>, odd: &mut Vec<Error>) {
    let mut devices = devices.iter();
    let mut rows = Rows::over(disks);
    for line in text.lines() {
        let device = name(line).and_then(|_| devices.next());
        if device.is_some_and(|device| !device.is_whole) {
            continue;
        }
        match device.zip(counts(line)) {
            Some((device, counts)) if device.physical || counts.has_requests() => counts.write(device, rows.next()),
            Some(_) => {}
            None => note(odd, FILE, line),
        }
    }
}

fn names(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(name)
}

/// After the numbers of the device.
fn name(line: &str) -> Option<&str> {
    line.split_ascii_whitespace().nth(2)
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

/// The numbers of a line, and how many there are.
struct Counts {
    counts: [u64; FIELDS],
    found: usize,
}

fn counts(line: &str) -> Option<Counts> {
    let (counts, found) = text::counts(line.split_ascii_whitespace().skip(3))?;
    matches!(found, FIELDS_EARLY | FIELDS_LEAST..).then_some(Counts { counts, found })
}

impl Counts {
    fn has_requests(&self) -> bool {
        let writes = if self.found == FIELDS_EARLY { 2 } else { 4 };
        self.counts[0] > 0 || self.counts[writes] > 0
    }

    fn write(&self, device: &Device, row: &mut Disk) {
        let Self { counts, found } = self;
        let seconds = |milliseconds: u64| milliseconds as f64 / 1000.0;
        let bytes = |sectors: u64| sectors.saturating_mul(SECTOR_BYTES);
        let later = |index: usize| (index < *found).then(|| counts[index]);
        let (physical, device) = (device.physical, take(&mut row.device, &device.name));
        *row = if *found == FIELDS_EARLY {
            Disk {
                device,
                physical,
                reads_total: counts[0],
                read_bytes_total: bytes(counts[1]),
                writes_total: counts[2],
                written_bytes_total: bytes(counts[3]),
                ..Disk::default()
            }
        } else {
            Disk {
                device,
                physical,
                reads_total: counts[0],
                reads_merged_total: Some(counts[1]),
                read_bytes_total: bytes(counts[2]),
                read_seconds_total: Some(seconds(counts[3])),
                writes_total: counts[4],
                writes_merged_total: Some(counts[5]),
                written_bytes_total: bytes(counts[6]),
                write_seconds_total: Some(seconds(counts[7])),
                in_flight: Some(counts[8]),
                busy_seconds_total: Some(seconds(counts[9])),
                queue_seconds_total: Some(seconds(counts[10])),
                // Later kernels append discards (4.18) and flushes (5.5).
                discards_total: later(11),
                discarded_bytes_total: later(13).map(bytes),
                discard_seconds_total: later(14).map(seconds),
                flushes_total: later(15),
                flush_seconds_total: later(16).map(seconds),
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str) -> (Vec<Disk>, Option<String>) {
        let (mut disks, mut odd) = (Vec::new(), Vec::new());
        parse(text, &devices(text, |_| false), &mut disks, &mut odd);
        (disks, odd.first().map(ToString::to_string))
    }

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
        assert_eq!(listed(line).0, [expected]);
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
        let disks: Vec<_> = listed(&text).0.into_iter().map(|disk| disk.device).collect();
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
        let disks = listed("8 1 sdb1 1 2 3 4\n").0;
        assert_eq!((disks[0].read_bytes_total, disks[0].written_bytes_total), (1024, 2048));
        assert_eq!(disks[0].in_flight, None);
    }

    #[test]
    fn an_odd_line_is_named_and_hides_no_other() {
        let (disks, odd) = listed("8 0 sda 1 2 3\n8 16 sdb 1 2 3 4\n8 32 sdc 1 2 3 4 5 6 7 8 9 10 x\n");
        assert_eq!(disks.iter().map(|disk| disk.device.as_str()).collect::<Vec<_>>(), ["sdb"]);
        assert_eq!(odd.unwrap(), "malformed /proc/diskstats: `8 0 sda 1 2 3`");
    }

    #[test]
    fn mapped_devices_are_listed_from_their_first_request_on() {
        let lines = "7 0 loop0 0 0 0 0 0 0 0 0 0 0 0\n8 0 sda 0 0 0 0 0 0 0 0 0 0 0\n7 1 loop1 1 0 0 0 0 0 0 0 0 0 0\n";
        let mut disks = Vec::new();
        parse(lines, &devices(lines, |name| name == "sda"), &mut disks, &mut Vec::new());
        let found: Vec<_> = disks.iter().map(|disk| (disk.device.as_str(), disk.physical)).collect();
        assert_eq!(found, [("sda", true), ("loop1", false)]);
    }

    #[test]
    fn a_later_kernel_may_append_fields() {
        let disks = listed("8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19\n").0;
        assert_eq!((disks[0].flushes_total, disks[0].flush_seconds_total), (Some(16), Some(0.017)));
    }
}
