//! Samples that wait in memory: in order, bounded by bytes, the oldest dropped first. Knows no disk, no lock, no HTTP.

use std::collections::VecDeque;

use crate::text::Text;

/// The samples of this start of the agent that nobody has acknowledged and no disk holds.
pub struct Ring {
    samples: VecDeque<Text>,
    bytes: usize,
    max_bytes: usize,
}

impl Ring {
    /// An empty ring of at most `max_bytes` of samples. One sample is always kept, however large.
    pub fn new(max_bytes: usize) -> Self {
        Self { samples: VecDeque::new(), bytes: 0, max_bytes }
    }

    /// Adds the newest sample. The ring may now be over its bound: see [`Ring::is_over`] and [`Ring::shrink`].
    pub fn push(&mut self, text: Text) {
        self.bytes += weight(&text);
        self.samples.push_back(text);
    }

    /// Whether it holds more than its bound.
    pub fn is_over(&self) -> bool {
        self.bytes > self.max_bytes && self.samples.len() > 1
    }

    /// Drops the oldest samples down to the bound. Returns how many.
    pub fn shrink(&mut self) -> u64 {
        let mut dropped = 0;
        while self.is_over() {
            self.pop();
            dropped += 1;
        }
        dropped
    }

    /// The oldest sample.
    pub fn front(&self) -> Option<&Text> {
        self.samples.front()
    }

    /// Removes the oldest sample.
    pub fn pop(&mut self) {
        if let Some(oldest) = self.samples.pop_front() {
            self.bytes -= weight(&oldest);
        }
    }

    /// The oldest samples as text, as many as have consecutive numbers, up to `max_samples` and `max_bytes` of text, at
    /// least one unless there is none. They stay in the ring.
    pub fn peek(&self, max_samples: usize, max_bytes: usize) -> Vec<Text> {
        let mut run = Run::new(max_samples, max_bytes);
        for next in self.samples.iter().take(max_samples) {
            if !run.push(next.clone()) {
                break;
            }
        }
        run.samples
    }

    /// Removes the samples up to this number.
    pub fn forget(&mut self, seq: u64) {
        while self.front().is_some_and(|oldest| oldest.seq <= seq) {
            self.pop();
        }
    }

    /// Samples that wait.
    pub fn len(&self) -> usize {
        self.samples.len()
    }
}

/// Consecutive samples up to a count and a size: one batch in the making.
pub struct Run {
    /// What it holds so far.
    pub samples: Vec<Text>,
    bytes: usize,
    max_samples: usize,
    max_bytes: usize,
}

impl Run {
    /// An empty run. One sample fits, however large.
    pub fn new(max_samples: usize, max_bytes: usize) -> Self {
        Self { samples: Vec::new(), bytes: 0, max_samples, max_bytes }
    }

    /// Adds a sample. False when it does not follow or does not fit.
    pub fn push(&mut self, next: Text) -> bool {
        let follows = self.samples.last().is_none_or(|last| last.seq.checked_add(1) == Some(next.seq));
        let fits = self.samples.is_empty() || self.bytes + next.json.len() <= self.max_bytes;
        if self.samples.len() >= self.max_samples || !follows || !fits {
            return false;
        }
        self.bytes += next.json.len();
        self.samples.push(next);
        true
    }
}

/// Bytes of memory that a sample takes.
fn weight(text: &Text) -> usize {
    size_of::<Text>() + text.json.len()
}

#[cfg(test)]
mod tests {
    use siskin_platform::model::Sample;

    use super::*;

    const LARGE: usize = 1 << 20;

    fn text(seq: u64) -> Text {
        Text { seq, ..Text::of(0, &Sample::default()) }
    }

    fn filled(samples: usize, seqs: impl IntoIterator<Item = u64>) -> (Ring, u64) {
        let mut ring = Ring::new(samples * weight(&text(0)));
        let mut dropped = 0;
        for seq in seqs {
            ring.push(text(seq));
            dropped += ring.shrink();
        }
        (ring, dropped)
    }

    fn seqs(ring: &Ring, max_samples: usize, max_bytes: usize) -> Vec<u64> {
        ring.peek(max_samples, max_bytes).iter().map(|text| text.seq).collect()
    }

    #[test]
    fn the_oldest_is_dropped_when_it_is_full() {
        let (ring, dropped) = filled(3, 1..=5);
        assert_eq!((seqs(&ring, 9, LARGE), dropped), (vec![3, 4, 5], 2));
    }

    #[test]
    fn one_sample_larger_than_the_bound_is_kept() {
        let (ring, dropped) = filled(0, 1..=2);
        assert_eq!((seqs(&ring, 9, 1), dropped, ring.len()), (vec![2], 1, 1));
    }

    #[test]
    fn a_batch_is_bounded_and_consecutive_and_stays_until_forgotten() {
        let (mut ring, _) = filled(99, [1, 2, 3, 4, 7, 8]);
        assert_eq!(seqs(&ring, 3, LARGE), [1, 2, 3]);
        ring.forget(3);
        assert_eq!(seqs(&ring, 3, LARGE), [4], "5 and 6 are gone");
        ring.forget(4);
        assert_eq!(seqs(&ring, 3, 300), [7], "bounded by bytes");
        assert_eq!(seqs(&ring, 3, 0), [7], "at least one");
        ring.forget(u64::MAX);
        assert!(seqs(&ring, 3, LARGE).is_empty() && ring.bytes == 0);
    }
}
