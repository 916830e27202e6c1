//! Samples that wait to be pushed: in memory, in order, bounded by bytes. The oldest is dropped first.
//! Knows nothing of HTTP; a spool on disk takes its place where one is configured.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use siskin_platform::model::{Core, Disk, Filesystem, Network, Sample};

/// About six hours of samples of a small host at one every 10 s, and small enough for a router.
pub const MAX_BYTES: usize = 4 << 20;

/// A sample and its number in the stream.
#[derive(Clone, Debug)]
pub struct Numbered {
    /// Counts from 1.
    pub seq: u64,
    /// Shared with `GET /system` while it is the latest.
    pub sample: Arc<Sample>,
}

/// The queue between the sampler, which adds, and the push thread, which takes.
pub struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    max_bytes: usize,
}

#[derive(Default)]
struct State {
    samples: VecDeque<Numbered>,
    bytes: usize,
    close_by: Option<Instant>,
}

impl Queue {
    /// An empty queue of at most `max_bytes` of samples. One sample is always kept, however large.
    pub fn new(max_bytes: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), max_bytes }
    }

    /// Adds the newest sample. Returns how many of the oldest were dropped for it.
    pub fn push(&self, numbered: Numbered) -> u64 {
        let mut state = self.lock();
        state.bytes += weight(&numbered.sample);
        state.samples.push_back(numbered);
        let dropped = state.shrink(self.max_bytes);
        self.changed.notify_all();
        dropped
    }

    /// Puts samples back that were taken and not sent, oldest first. Returns how many were dropped for want of room.
    pub fn put_back(&self, samples: Vec<Numbered>) -> u64 {
        let mut state = self.lock();
        for numbered in samples.into_iter().rev() {
            state.bytes += weight(&numbered.sample);
            state.samples.push_front(numbered);
        }
        state.shrink(self.max_bytes)
    }

    /// Takes the oldest samples, as many as have consecutive numbers, up to `max_samples` and about `max_bytes`.
    /// At least one, unless the queue is empty.
    pub fn take(&self, max_samples: usize, max_bytes: usize) -> Vec<Numbered> {
        let mut state = self.lock();
        let mut taken: Vec<Numbered> = Vec::new();
        let mut bytes = 0;
        while taken.len() < max_samples {
            let Some(next) = state.samples.front() else { break };
            let weight = weight(&next.sample);
            if taken.last().is_some_and(|last| last.seq + 1 != next.seq || bytes + weight > max_bytes) {
                break;
            }
            bytes += weight;
            state.bytes -= weight;
            taken.extend(state.samples.pop_front());
        }
        taken
    }

    /// Samples that wait.
    pub fn len(&self) -> usize {
        self.lock().samples.len()
    }

    /// Blocks while the queue is empty and not closed.
    pub fn wait_for_sample(&self) {
        let state = self.lock();
        let idle = |state: &mut State| state.samples.is_empty() && state.close_by.is_none();
        drop(self.changed.wait_while(state, idle));
    }

    /// Blocks until `deadline`, or until the queue is closed.
    pub fn wait_until(&self, deadline: Instant) {
        let state = self.lock();
        let left = deadline.saturating_duration_since(Instant::now());
        drop(self.changed.wait_timeout_while(state, left, |state| state.close_by.is_none()));
    }

    /// No more samples come; what waits may be sent until `close_by`.
    pub fn close(&self, close_by: Instant) {
        self.lock().close_by = Some(close_by);
        self.changed.notify_all();
    }

    /// Until when the rest may be sent, once the queue is closed.
    pub fn close_by(&self) -> Option<Instant> {
        self.lock().close_by
    }

    /// A thread that panicked leaves the queue whole: every change is complete when the lock is let go.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn shrink(&mut self, max_bytes: usize) -> u64 {
        let mut dropped = 0;
        while self.bytes > max_bytes && self.samples.len() > 1 {
            if let Some(oldest) = self.samples.pop_front() {
                self.bytes -= weight(&oldest.sample);
                dropped += 1;
            }
        }
        dropped
    }
}

/// Bytes of memory that a sample takes, its short strings estimated.
fn weight(sample: &Sample) -> usize {
    const STRING: usize = 32;
    size_of::<Sample>()
        + sample.cpu.as_ref().map_or(0, |cpu| cpu.cores.len() * size_of::<Core>())
        + sample.filesystems.len() * (size_of::<Filesystem>() + 3 * STRING)
        + sample.disks.len() * (size_of::<Disk>() + STRING)
        + sample.networks.len() * (size_of::<Network>() + STRING)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn numbered(seq: u64) -> Numbered {
        Numbered { seq, sample: Arc::default() }
    }

    fn filled(samples: usize, seqs: impl IntoIterator<Item = u64>) -> Queue {
        let queue = Queue::new(samples * weight(&Sample::default()));
        for seq in seqs {
            queue.push(numbered(seq));
        }
        queue
    }

    fn seqs(samples: &[Numbered]) -> Vec<u64> {
        samples.iter().map(|numbered| numbered.seq).collect()
    }

    #[test]
    fn the_oldest_is_dropped_when_it_is_full() {
        let queue = filled(3, 1..=3);
        assert_eq!(queue.push(numbered(4)), 1);
        assert_eq!(seqs(&queue.take(9, MAX_BYTES)), [2, 3, 4]);
        assert_eq!(queue.push(numbered(5)), 0, "what was taken has made room");
    }

    #[test]
    fn one_sample_larger_than_the_bound_is_kept() {
        let queue = Queue::new(1);
        assert_eq!(queue.push(numbered(1)), 0);
        assert_eq!(queue.push(numbered(2)), 1);
        assert_eq!(seqs(&queue.take(9, 1)), [2]);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn a_batch_is_bounded_and_consecutive() {
        let queue = filled(99, [1, 2, 3, 4, 7, 8]);
        assert_eq!(seqs(&queue.take(3, MAX_BYTES)), [1, 2, 3]);
        assert_eq!(seqs(&queue.take(3, MAX_BYTES)), [4], "5 and 6 are gone");
        assert_eq!(seqs(&queue.take(3, weight(&Sample::default()))), [7], "bounded by bytes");
        assert_eq!(seqs(&queue.take(3, 0)), [8], "at least one");
        assert!(queue.take(3, MAX_BYTES).is_empty());
    }

    #[test]
    fn what_is_put_back_comes_first_and_counts() {
        let queue = filled(4, 1..=4);
        let taken = queue.take(2, MAX_BYTES);
        queue.push(numbered(5));
        queue.push(numbered(6));
        assert_eq!(queue.put_back(taken), 2, "3 to 6 fill it");
        assert_eq!(seqs(&queue.take(9, MAX_BYTES)), [3, 4, 5, 6]);
    }

    #[test]
    fn closing_wakes_those_who_wait() {
        let queue = Arc::new(filled(9, []));
        let waiting = Arc::clone(&queue);
        let thread = std::thread::spawn(move || {
            waiting.wait_for_sample();
            waiting.wait_until(Instant::now() + Duration::from_secs(600));
        });
        queue.close(Instant::now());
        thread.join().unwrap();
        assert!(queue.close_by().is_some());
    }
}
