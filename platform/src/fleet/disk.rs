//! The disk of a made-up machine: a trickle of writes, reads where the cache lacks something, and bursts of both.

use super::{Random, memory::PAGE, modes::near, pace::Busy};
use crate::model::Disk;

/// Requests a second at which a disk does nothing else.
const MOST: f64 = 4_000.0;

/// What is asked of one disk.
#[derive(Clone, Debug)]
pub struct Work {
    reads_per_second: f64,
    writes_per_second: f64,
    burst_reads_per_second: f64,
    burst_writes_per_second: f64,
    /// Milliseconds that a request takes.
    read_ms: f64,
    write_ms: f64,
}

impl Work {
    /// That of any disk.
    pub fn draw(random: &mut Random) -> Self {
        Self {
            reads_per_second: random.between(0.02, 1.5),
            writes_per_second: random.between(0.8, 15.0),
            burst_reads_per_second: random.between(50.0, 900.0),
            burst_writes_per_second: random.between(20.0, 400.0),
            read_ms: random.between(0.15, 1.2),
            write_ms: random.between(0.3, 2.5),
        }
    }

    /// The same with so many times the requests.
    pub fn times(mut self, factor: f64) -> Self {
        self.reads_per_second *= factor;
        self.writes_per_second *= factor;
        self
    }

    /// Goes on by a step; gives the bytes read and written in it.
    pub fn advance(&self, disk: &mut Disk, busy: Busy, random: &mut Random) -> u64 {
        let per_second = |calm: f64, burst: f64| (calm * busy.demand + burst * busy.burst).min(MOST);
        let reads = near(per_second(self.reads_per_second, self.burst_reads_per_second) * busy.seconds, random);
        let writes = near(per_second(self.writes_per_second, self.burst_writes_per_second) * busy.seconds, random);
        // Requests are of a few pages; those of a burst are larger.
        let pages = |requests: u64, random: &mut Random| {
            let mean = random.between(1.5, 5.0) + 20.0 * busy.burst;
            random.count(requests as f64 * mean).max(requests) * PAGE
        };
        let (read_bytes, written_bytes) = (pages(reads, random), pages(writes, random));
        let spent = |requests: u64, ms: f64, random: &mut Random| {
            (requests as f64 * ms * random.between(0.7, 1.4)).round() as u64
        };
        let (read_ms, write_ms) = (spent(reads, self.read_ms, random), spent(writes, self.write_ms, random));
        // Requests overlap, and a disk is busy no longer than the step takes.
        let busy_ms = ((read_ms + write_ms) as f64 * random.between(0.5, 0.9)).min(busy.seconds * 1_000.0) as u64;
        disk.reads_total += reads;
        disk.writes_total += writes;
        disk.read_bytes_total += read_bytes;
        disk.written_bytes_total += written_bytes;
        grow(&mut disk.read_seconds_total, read_ms);
        grow(&mut disk.write_seconds_total, write_ms);
        grow(&mut disk.busy_seconds_total, busy_ms);
        grow(&mut disk.queue_seconds_total, read_ms + write_ms);
        disk.reads_merged_total = disk.reads_merged_total.map(|n| n + reads / 20);
        disk.writes_merged_total = disk.writes_merged_total.map(|n| n + writes / 3);
        disk.in_flight = disk.in_flight.map(|_| random.count(0.1 + 6.0 * busy.burst));
        read_bytes + written_bytes
    }
}

/// A disk that has done nothing yet, with what every kernel tells of it.
pub fn first(device: &str) -> Disk {
    let zero = Some(0.0);
    Disk {
        device: device.into(),
        physical: true,
        read_seconds_total: zero,
        write_seconds_total: zero,
        busy_seconds_total: zero,
        ..Disk::default()
    }
}

/// The same with what kernels since 2.6 tell.
pub fn first_in_full(device: &str) -> Disk {
    Disk {
        reads_merged_total: Some(0),
        writes_merged_total: Some(0),
        in_flight: Some(0),
        queue_seconds_total: Some(0.0),
        ..first(device)
    }
}

/// The kernel counts whole milliseconds.
fn grow(seconds: &mut Option<f64>, ms: u64) {
    *seconds = seconds.map(|seconds| ((seconds * 1_000.0).round() + ms as f64) / 1_000.0);
}
