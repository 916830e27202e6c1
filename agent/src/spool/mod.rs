//! The spool: samples on disk, in bounded files, oldest first, until the server has them. Knows files and bounds, not when
//! to write: the queue does. Restarts, kills and damage cost what was not whole, and nothing else.

mod age;
#[cfg(any(test, fuzzing))]
pub mod foreign;
mod lock;
mod read;
mod record;
mod refused;
mod segment;

use std::collections::VecDeque;
use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use siskin_platform::model::Clock;

use crate::episode::Episode;
use crate::state::Floor;
use crate::text::Text;
use crate::{error, info, warn};
use age::Now;
use lock::Lock;
pub use read::Sent;
use record::{FILE_HEADER, Head};
pub use refused::Refused;
use segment::Segment;

/// A file is at most a sixteenth of the spool, so that dropping the oldest drops little, and this much, which is read
/// at once when it is sent.
const MAX_SEGMENT_BYTES: u64 = 256 << 10;
const SEGMENTS: u64 = 16;
/// What a loss of power may take: the kernel may keep this much time of samples in memory. A kill takes nothing.
const SYNC_EVERY: Duration = Duration::from_secs(60);
/// A clock that is set back by this little was right enough.
const CLOCK_STEP_MS: i64 = 60_000;

/// How much is kept, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of all files together.
    pub max_bytes: u64,
    /// From the writing of a file's newest sample.
    pub max_age: Duration,
}

/// What the samples of this start have in common.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Their stream.
    pub stream: u64,
    /// Their boot.
    pub boot_id: Option<String>,
    /// What tells that the clock is behind.
    pub floor: Floor,
}

/// The open spool.
pub struct Spool {
    dir: PathBuf,
    lock: Lock,
    limits: Limits,
    origin: Origin,
    segments: VecDeque<Segment>,
    /// How far the first segment has been sent.
    sent_to: usize,
    next_number: u64,
    unsynced_since: Option<Instant>,
    dropping: Episode,
    /// Samples given up since the start.
    dropped: u64,
    now: Box<dyn Fn() -> Now + Send>,
}

impl Spool {
    /// Opens the directory, which is made if there is none. Writes nothing else. `WouldBlock`: another agent has it.
    pub fn open(dir: &Path, limits: Limits, origin: Origin) -> io::Result<Self> {
        Self::open_by(dir, limits, origin, Now::read)
    }

    /// The same by another clock.
    fn open_by(dir: &Path, limits: Limits, origin: Origin, now: impl Fn() -> Now + Send + 'static) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let lock = Lock::take(dir)?;
        let segments = VecDeque::from(Segment::list(dir, now())?);
        let next_number = segments.back().map_or(1, |newest| newest.number + 1);
        let mut spool = Self {
            dir: dir.to_owned(),
            lock,
            limits,
            origin,
            segments,
            sent_to: FILE_HEADER.len(),
            next_number,
            unsynced_since: None,
            dropping: Episode::default(),
            dropped: 0,
            now: Box::new(now),
        };
        spool.make_room(0);
        Ok(spool)
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    /// Samples given up unsent since the start, for want of room or for their age.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Adds the newest sample of this start. It survives a kill from here on, and a loss of power from the next sync on.
    pub fn append(&mut self, text: &Text) -> io::Result<()> {
        let (stream, seq, at) = (self.origin.stream, text.seq, text.at);
        let head = Head { stream, seq, at, least_ms: self.least_ms(at) };
        let bytes = record::encode(head, self.origin.boot_id.as_deref().unwrap_or(""), text.rest());
        let file_bytes = (bytes.len() + FILE_HEADER.len()) as u64;
        if file_bytes > self.limits.max_bytes {
            warn!("a sample is larger than the spool, dropping it", seq = seq, bytes = file_bytes);
            self.dropped += 1;
            return Ok(());
        }
        self.make_room(file_bytes);
        let now = (self.now)();
        self.open_segment(bytes.len() as u64, now)?.append(&bytes, now)?;
        self.unsynced_since.get_or_insert_with(Instant::now);
        Ok(())
    }

    /// What to sync now, if it is time: the caller does it where nobody waits for a lock.
    pub fn sync_due(&mut self) -> Option<Arc<File>> {
        self.unsynced_since.filter(|since| since.elapsed() >= SYNC_EVERY)?;
        self.unsynced_since = None;
        let writer = self.segments.back()?.writer()?;
        let _ = self.lock.dir.sync_all();
        Some(Arc::clone(writer))
    }

    /// Makes everything durable.
    pub fn sync(&mut self) -> io::Result<()> {
        self.unsynced_since = None;
        if let Some(writer) = self.segments.back().and_then(Segment::writer) {
            writer.sync_data()?;
        }
        self.lock.dir.sync_all()
    }

    /// When the clock is behind the floor, the least time that can be true: the floor, or where it is known the boot's
    /// beginning and the time since. Else 0.
    fn least_ms(&self, at: Clock) -> i64 {
        let floor = self.origin.floor;
        if at.unix_ms >= floor.unix_ms.saturating_sub(CLOCK_STEP_MS) {
            return 0;
        }
        let since_boot_ms = at.boottime_ms.and_then(|ms| i64::try_from(ms).ok()).unwrap_or(0);
        floor.boot_unix_ms.saturating_add(since_boot_ms).max(floor.unix_ms)
    }

    /// The file to add to.
    fn open_segment(&mut self, record_bytes: u64, now: Now) -> io::Result<&mut Segment> {
        let segment_bytes = (self.limits.max_bytes / SEGMENTS).min(MAX_SEGMENT_BYTES);
        let open = |segment: &Segment| segment.writer().is_some() && segment.bytes + record_bytes <= segment_bytes;
        if !self.segments.back().is_some_and(open) {
            if self.segments.back().is_some_and(|full| full.writer().is_some()) {
                self.sync()?;
            }
            if let Some(full) = self.segments.back_mut() {
                full.seal();
            }
            let segment = Segment::create(&self.dir, self.next_number, now)?;
            self.next_number += 1;
            self.segments.push_back(segment);
        }
        self.segments.back_mut().ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// Drops the oldest files for so many more bytes, and those that are too old.
    fn make_room(&mut self, bytes: u64) {
        let (now, max_ms) = ((self.now)(), self.limits.max_age.as_millis() as i64);
        self.segments.iter_mut().for_each(|segment| segment.age.look(now));
        let old = |segment: &Segment| segment.age.is_over(max_ms, now);
        while self.segments.front().is_some_and(old)
            || (self.bytes() + bytes > self.limits.max_bytes && !self.is_empty())
        {
            let dropped = self.count_front();
            self.dropped += dropped;
            if self.dropping.add(dropped) {
                warn!(
                    "the spool is full or too old, dropping the oldest samples",
                    dropped = dropped,
                    bytes = self.bytes()
                );
            }
            self.remove_segment();
        }
    }

    /// Records of the first file that have not been sent.
    fn count_front(&self) -> u64 {
        let bytes = self.segments.front().and_then(|front| front.read().ok()).unwrap_or_default();
        let mut from = self.sent_to;
        std::iter::from_fn(|| record::next(&bytes, from).inspect(|record| from = record.end)).count() as u64
    }

    fn remove_segment(&mut self) {
        if let Some(Err(error)) = self.segments.front().map(Segment::remove) {
            error!("cannot delete a file of the spool", dir = self.dir.display(), error = error);
        }
        self.forget_segment();
    }

    fn forget_segment(&mut self) {
        self.segments.pop_front();
        self.sent_to = FILE_HEADER.len();
        if self.is_empty()
            && let Some(dropped) = self.dropping.end()
        {
            info!("the spool is empty again", dropped = dropped);
        }
    }
}

#[cfg(test)]
mod tests;
