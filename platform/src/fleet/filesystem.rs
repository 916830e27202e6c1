//! The space of a made-up machine: it fills over some days until somebody tidies up. What is used depends on the time
//! alone, so that a fleet that is made anew goes on where it was.

use super::{Random, memory::PAGE, pace::Busy};
use crate::model::Filesystem;

const GIB: u64 = 1 << 30;
const HOUR_MS: f64 = 3_600_000.0;

/// How one filesystem fills.
#[derive(Clone, Debug)]
pub struct Filling {
    /// Share that is always used.
    base: f64,
    /// Share that fills and is tidied away.
    swing: f64,
    /// Hours from one tidying to the next, and when the first was.
    period_hours: f64,
    offset_hours: f64,
    /// Files that come and go, in pages.
    scratch: f64,
}

impl Filling {
    /// That of any filesystem.
    pub fn draw(random: &mut Random) -> Self {
        Self {
            base: random.between(0.12, 0.70),
            swing: random.between(0.01, 0.18),
            period_hours: random.between(30.0, 400.0),
            offset_hours: random.between(0.0, 400.0),
            scratch: 0.0,
        }
    }

    /// What is used at a moment.
    pub fn advance(&mut self, filesystem: &mut Filesystem, unix_ms: i64, busy: Busy, random: &mut Random) {
        if random.happens(0.4) {
            self.scratch = 0.97 * self.scratch + random.count(30.0 * busy.demand) as f64;
        }
        let since = (unix_ms as f64 / HOUR_MS + self.offset_hours).rem_euclid(self.period_hours) / self.period_hours;
        let used = (self.base + self.swing * since) * filesystem.total_bytes as f64 / PAGE as f64 + self.scratch;
        let reserved = filesystem.total_bytes / 20 / PAGE * PAGE;
        filesystem.free_bytes = filesystem.total_bytes.saturating_sub(used as u64 * PAGE);
        filesystem.available_bytes = filesystem.free_bytes.saturating_sub(reserved);
        let used_inodes = used * 0.04;
        filesystem.inodes_free = filesystem.inodes.map(|inodes| inodes.saturating_sub(used_inodes as u64));
    }
}

/// A filesystem of so many GiB.
pub fn first(mountpoint: &str, device: &str, gib: u64) -> Filesystem {
    // The filesystem's own tables take their part.
    let total_bytes = (gib * GIB * 49 / 50) / PAGE * PAGE;
    Filesystem {
        mountpoint: mountpoint.into(),
        device: device.into(),
        kind: "ext4".into(),
        total_bytes,
        ..Filesystem::default()
    }
}

/// The same with its inodes.
pub fn first_in_full(mountpoint: &str, device: &str, gib: u64) -> Filesystem {
    Filesystem { inodes: Some(gib * 65_536), ..first(mountpoint, device, gib) }
}
