//! The disk that the data lies on: how much of it is free, and whether that is too little to take samples. Looked at by a
//! thread of its own, because a disk can fill while the keeper is busy.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use tracing::{error, info, warn};

/// Between two looks.
const ROUND: Duration = Duration::from_secs(1);
/// Where nobody chose a floor: this share of the disk, and no more than that.
const FLOOR_SHARE: u64 = 20;
const FLOOR_BYTES_MAX: u64 = 1 << 30;
/// Once it was too full, this share of the floor must be free above the floor before samples are taken again, and no more
/// than that: else it would go back and forth.
const RELIEF_SHARE: u64 = 10;
const RELIEF_BYTES_MAX: u64 = 64 << 20;

/// What was seen at the last look, bytes; none where it cannot be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// Free for the server's user.
    pub free_bytes: Option<u64>,
    pub total_bytes: Option<u64>,
    /// Below it samples are refused.
    pub floor_bytes: Option<u64>,
    full: bool,
}

pub struct Disk {
    directory: PathBuf,
    /// The floor that was chosen, bytes.
    min_free: Option<u64>,
    space: RwLock<Space>,
}

/// The thread that looks.
pub struct Watch {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Disk {
    /// The disk that has this directory. Without a floor of one's own it is a share of the disk.
    pub fn new(directory: &Path, min_free: Option<u64>) -> Self {
        let disk = Disk { directory: directory.to_owned(), min_free, space: RwLock::default() };
        disk.look();
        disk
    }

    pub fn space(&self) -> Space {
        *self.space.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why nothing is taken now; none while there is room.
    pub fn is_full(&self) -> Option<String> {
        self.space().full.then(|| self.space().to_string())
    }

    /// Whether so many bytes more leave the floor free. Where the disk cannot be asked they do.
    pub fn has_room(&self, bytes: u64) -> bool {
        let space = self.space();
        match space.free_bytes.zip(space.floor_bytes) {
            Some((free, floor)) => free >= floor.saturating_add(bytes),
            None => true,
        }
    }

    /// Looks once a second until the watch is stopped.
    pub fn watch(self: &Arc<Self>) -> std::io::Result<Watch> {
        let (stop, stopped) = channel();
        let disk = self.clone();
        let thread = std::thread::Builder::new().name("disk".into()).spawn(move || {
            while stopped.recv_timeout(ROUND) == Err(RecvTimeoutError::Timeout) {
                disk.look();
            }
        })?;
        Ok(Watch { stop, thread })
    }

    fn look(&self) {
        let before = self.space();
        let after = match rustix::fs::statvfs(&self.directory) {
            Ok(found) => before.seen(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize, self.min_free),
            Err(error) => {
                if before.free_bytes.is_some() {
                    warn!(%error, path = %self.directory.display(), "cannot ask how much of the disk is free");
                }
                Space::default()
            }
        };
        if after.full && !before.full {
            error!("{after}; samples are refused until there is room");
        } else if before.full && !after.full {
            info!(free_bytes = after.free_bytes, "there is room on the disk; samples are taken again");
        }
        *self.space.write().unwrap_or_else(PoisonError::into_inner) = after;
    }
}

impl Watch {
    pub fn stop(self) {
        drop(self.stop);
        let _ = self.thread.join();
    }
}

impl Space {
    fn seen(self, free: u64, total: u64, min_free: Option<u64>) -> Space {
        let floor = min_free.unwrap_or((total / FLOOR_SHARE).min(FLOOR_BYTES_MAX));
        let relief = if self.full { (floor / RELIEF_SHARE).min(RELIEF_BYTES_MAX) } else { 0 };
        Space {
            free_bytes: Some(free),
            total_bytes: Some(total),
            floor_bytes: Some(floor),
            full: free < floor.saturating_add(relief),
        }
    }
}

impl std::fmt::Display for Space {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (free, floor) = (self.free_bytes.unwrap_or(0) >> 20, self.floor_bytes.unwrap_or(0) >> 20);
        write!(
            f,
            "the disk is almost full: {free} MiB are free, and {floor} MiB must stay so (--min-free): \
             make room, or keep less (--retention-bytes)"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn the_floor_is_a_share_of_a_small_disk_and_a_gibibyte_of_a_large_one() {
        let floor = |total, chosen| Space::default().seen(0, total, chosen).floor_bytes.unwrap();
        assert_eq!((floor(10 * GIB, None), floor(1000 * GIB, None)), (GIB / 2, GIB));
        assert_eq!(floor(10 * GIB, Some(7)), 7);
    }

    #[test]
    fn it_is_full_below_the_floor_and_has_room_again_some_way_above() {
        let mut space = Space::default();
        let states: Vec<bool> = [1001, 1000, 999, 1000, 1099, 1100, 1000, 999]
            .into_iter()
            .map(|free| {
                space = space.seen(free, 100_000, Some(1000));
                space.full
            })
            .collect();
        assert_eq!(states, [false, false, true, true, true, false, false, true]);
    }

    #[test]
    fn this_disk_can_be_asked() {
        let place = tempfile::tempdir().unwrap();
        let disk = Disk::new(place.path(), Some(0));
        let space = disk.space();
        assert!(space.free_bytes <= space.total_bytes && space.total_bytes > Some(0), "{space:?}");
        assert!(disk.is_full().is_none() && disk.has_room(0));
        assert!(!disk.has_room(u64::MAX));
        let full = Disk::new(place.path(), Some(u64::MAX));
        assert!(full.is_full().unwrap().starts_with("the disk is almost full: "));
        // Who cannot tell takes samples.
        let unknown = Disk::new(&place.path().join("not there"), Some(u64::MAX));
        assert_eq!((unknown.space(), unknown.is_full(), unknown.has_room(5)), (Space::default(), None, true));
    }
}
