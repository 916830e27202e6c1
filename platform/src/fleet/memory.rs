//! The memory of a made-up machine, in pages: programs wander slowly, the cache takes what they leave.

use super::{Random, pace::Busy};
use crate::model::{Memory, Swap};

/// Bytes of a page.
pub const PAGE: u64 = 4_096;

const GIB: u64 = 1 << 30;
/// How long programs keep to a size, seconds.
const KEPT_SECONDS: f64 = 3_600.0;
/// How much they wander, of all memory.
const SPREAD: f64 = 0.015;
/// How often much of the cache is dropped at once, an hour: a large file was removed.
const DROPS_PER_HOUR: f64 = 0.15;

/// The memory of one machine. Sizes are in pages.
#[derive(Clone, Debug)]
pub struct Pages {
    total: f64,
    /// What programs use on a quiet day.
    programs: f64,
    wander: f64,
    /// What the kernel keeps for itself.
    kernel: f64,
    buffers: f64,
    cached: f64,
    /// What the kernel keeps free.
    reserve: f64,
    swap_total: u64,
    swap_used: u64,
}

impl Pages {
    /// So many GiB.
    pub fn draw(gib: u64, random: &mut Random) -> Self {
        // Firmware and the kernel's own image are gone before anything is counted.
        let total = (gib * GIB / PAGE) as f64 * random.between(0.955, 0.985);
        let swap_total = if random.happens(0.6) { 2 * GIB / PAGE } else { 0 };
        Self {
            total: total.floor(),
            programs: total * random.between(0.15, 0.55),
            wander: 0.0,
            kernel: total * random.between(0.03, 0.06),
            buffers: total * random.between(0.005, 0.03),
            cached: 0.0,
            reserve: total * random.between(0.02, 0.05),
            swap_total,
            swap_used: if random.happens(0.4) { random.below(swap_total / 4) } else { 0 },
        }
    }

    /// Goes on by a step in which so many bytes went through the disks' cache.
    pub fn advance(&mut self, busy: Busy, disk_bytes: u64, random: &mut Random) {
        let kept = (-busy.seconds / KEPT_SECONDS).exp();
        self.wander = self.wander * kept + SPREAD * (1.0 - kept * kept).sqrt() * random.normal();
        if random.happens(0.3) {
            self.buffers = (self.buffers + 4.0 * random.normal()).max(64.0);
        }
        self.cached += (disk_bytes / PAGE) as f64 * 0.8;
        if random.happens((DROPS_PER_HOUR * busy.seconds / 3_600.0).min(0.5)) {
            self.cached *= random.between(0.6, 0.95);
        }
        let reserve = self.reserve * random.between(1.0, 1.06);
        let room = self.total - self.programs(busy) - self.kernel - self.buffers - reserve;
        self.cached = self.cached.clamp(0.0, room.max(0.0));
        if self.swap_total > 0 && self.swap_used > 0 && random.happens(0.004) {
            self.swap_used = (self.swap_used + random.below(400)).min(self.swap_total / 2);
        }
    }

    /// What `/proc/meminfo` says of memory then.
    pub fn memory(&self, busy: Busy) -> Memory {
        let bytes = |pages: f64| pages.max(0.0) as u64 * PAGE;
        let programs = self.programs(busy);
        let taken = [programs, self.kernel, self.buffers, self.cached].map(|pages| pages.max(0.0) as u64);
        let free = (self.total as u64).saturating_sub(taken.iter().sum());
        Memory {
            total_bytes: bytes(self.total),
            free_bytes: free * PAGE,
            available_bytes: (free + (0.93 * (self.cached + self.buffers)) as u64) * PAGE,
            buffers_bytes: Some(bytes(self.buffers)),
            cached_bytes: Some(bytes(self.cached)),
            ..Memory::default()
        }
    }

    /// The rest of what the agent reads of it on most hosts.
    pub fn more(&self, busy: Busy, random: &mut Random) -> Memory {
        let bytes = |pages: f64| Some(pages.max(0.0) as u64 * PAGE);
        Memory {
            shared_bytes: bytes(self.programs * 0.05),
            slab_bytes: bytes(self.kernel * 0.8),
            slab_reclaimable_bytes: bytes(self.kernel * 0.5),
            active_bytes: bytes(self.programs(busy) * 0.5 + self.cached * 0.4),
            inactive_bytes: bytes(self.programs(busy) * 0.4 + self.cached * 0.5),
            dirty_bytes: Some(random.count(40.0 + 4_000.0 * busy.burst) * PAGE),
            ..self.memory(busy)
        }
    }

    /// What it says of swap.
    pub fn swap(&self) -> Swap {
        Swap {
            total_bytes: self.swap_total * PAGE,
            free_bytes: (self.swap_total - self.swap_used) * PAGE,
            ..Swap::default()
        }
    }

    /// What programs use: more by day.
    fn programs(&self, busy: Busy) -> f64 {
        let most = self.total - self.kernel - self.buffers - self.reserve;
        (self.programs * (1.0 + 0.08 * busy.day) + self.total * self.wander).clamp(self.total * 0.05, most * 0.98)
    }
}
