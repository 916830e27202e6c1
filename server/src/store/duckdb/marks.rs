//! How far each stream of each agent is stored, and the flat pushes of the last minutes: what makes "exactly once".

use std::collections::HashMap;

use crate::store::directory::HostId;
use crate::store::{FlatSample, FlatValues};

/// A mark is kept this long after its last use; longer than any agent keeps samples.
pub const MARK_AGE_US: i64 = 90 * 86_400 * 1_000_000;
/// A flat push that repeats an earlier one is taken for its retry this long.
pub const RETRY_US: i64 = 600 * 1_000_000;

/// The number under which the marks of the predecessor's files stand: no host's own. They are kept for ever, for a file may
/// be imported again at any time.
pub const HISTORY: HostId = HostId(-1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub seq: u64,
    pub updated_us: i64,
}

#[derive(Default)]
pub struct Marks {
    streams: HashMap<(HostId, u64), Mark>,
    /// The stream that each host was last heard on.
    current: HashMap<HostId, u64>,
}

impl Marks {
    pub fn get(&self, host: HostId, stream: u64) -> Option<Mark> {
        self.streams.get(&(host, stream)).copied()
    }

    pub fn set(&mut self, host: HostId, stream: u64, mark: Mark) {
        self.streams.insert((host, stream), mark);
        self.current.insert(host, stream);
    }

    /// A mark of a file, which may be lower than one that was loaded before.
    pub fn load(&mut self, host: HostId, stream: u64, mark: Mark) {
        if self.get(host, stream).is_none_or(|known| known.seq <= mark.seq) {
            self.set(host, stream, mark);
        }
    }

    /// Whether two agents with one id are running: a restarted agent never goes back to its former stream.
    pub fn goes_back(&self, host: HostId, stream: u64) -> bool {
        self.current.get(&host).is_some_and(|current| *current != stream) && self.streams.contains_key(&(host, stream))
    }

    pub fn expire(&mut self, now_us: i64) {
        self.streams.retain(|(host, _), mark| *host == HISTORY || mark.updated_us > now_us - MARK_AGE_US);
        self.current.retain(|host, stream| self.streams.contains_key(&(*host, *stream)));
    }
}

/// What makes two flat pushes the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FlatKey {
    host: HostId,
    timestamp: i64,
    values: [Option<u64>; 5],
}

impl FlatKey {
    pub fn new(host: HostId, timestamp: i64, values: &FlatValues) -> Self {
        let FlatValues { cpu, ram, disk, disk_read, disk_write } = *values;
        let values = [Some(cpu), Some(ram), Some(disk), disk_read, disk_write].map(|value| value.map(f64::to_bits));
        FlatKey { host, timestamp, values }
    }

    pub fn of(host: HostId, sample: &FlatSample) -> Self {
        Self::new(host, sample.timestamp, &sample.values)
    }
}

/// The flat pushes of the last ten minutes.
#[derive(Default)]
pub struct Retries(HashMap<FlatKey, i64>);

impl Retries {
    pub fn contains(&self, key: &FlatKey, now_us: i64) -> bool {
        self.0.get(key).is_some_and(|received| *received > now_us - RETRY_US)
    }

    pub fn insert(&mut self, key: FlatKey, received_us: i64) {
        self.0.insert(key, received_us);
    }

    pub fn forget(&mut self, host: HostId) {
        self.0.retain(|key, _| key.host != host);
    }

    pub fn expire(&mut self, now_us: i64) {
        self.0.retain(|_, received| *received > now_us - RETRY_US);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: HostId = HostId(1);

    #[test]
    fn a_restart_is_no_clone_and_a_return_to_the_former_stream_is() {
        let mut marks = Marks::default();
        let mark = Mark { seq: 1, updated_us: 0 };
        marks.set(HOST, 7, mark);
        assert!(!marks.goes_back(HOST, 7));
        assert!(!marks.goes_back(HOST, 8));
        marks.set(HOST, 8, mark);
        assert!(!marks.goes_back(HOST, 8));
        assert!(marks.goes_back(HOST, 7));
    }

    #[test]
    fn marks_grow_old_but_not_those_of_files() {
        let mut marks = Marks::default();
        let mark = Mark { seq: 1, updated_us: 0 };
        marks.set(HOST, 7, mark);
        marks.set(HISTORY, 7, mark);
        marks.expire(MARK_AGE_US);
        assert_eq!((marks.get(HOST, 7), marks.get(HISTORY, 7)), (None, Some(mark)));
    }

    #[test]
    fn a_retry_counts_for_ten_minutes() {
        let mut retries = Retries::default();
        let values = FlatValues { cpu: 1.0, ..FlatValues::default() };
        let key = FlatKey::new(HOST, 100, &values);
        retries.insert(key, 0);
        assert!(retries.contains(&key, RETRY_US - 1));
        assert!(!retries.contains(&key, RETRY_US));
        assert!(!retries.contains(&FlatKey::new(HOST, 100, &FlatValues { cpu: 1.1, ..values }), 0));
        retries.expire(RETRY_US);
        assert!(retries.0.is_empty());
    }
}
