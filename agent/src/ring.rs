//! Samples that wait in memory: in order, bounded by bytes, the oldest dropped first. Knows no disk, no lock, no HTTP.

mod packed;

use std::collections::VecDeque;

use crate::text::Text;
use packed::Packed;

/// Samples that are packed together. While the server answers, never so many wait.
const BLOCK_SAMPLES: usize = 32;

/// The samples of this start of the agent that nobody has acknowledged and no disk holds.
pub struct Ring {
    /// The oldest, unpacked because they are wanted one by one.
    head: VecDeque<Text>,
    packed: VecDeque<Packed>,
    /// The newest.
    tail: VecDeque<Text>,
    bytes: usize,
    max_bytes: usize,
}

impl Ring {
    /// An empty ring of at most `max_bytes` of samples. One sample is always kept, however large.
    pub fn new(max_bytes: usize) -> Self {
        Self { head: VecDeque::new(), packed: VecDeque::new(), tail: VecDeque::new(), bytes: 0, max_bytes }
    }

    /// Adds the newest sample. The ring may now be over its bound: see [`Ring::is_over`] and [`Ring::shrink`].
    pub fn push(&mut self, text: Text) {
        self.bytes += weight(&text);
        self.tail.push_back(text);
        if self.tail.len() >= 2 * BLOCK_SAMPLES {
            self.pack();
        }
    }

    /// Whether it holds more than its bound.
    pub fn is_over(&self) -> bool {
        self.bytes > self.max_bytes && self.len() > 1
    }

    /// Drops the oldest samples down to the bound, packed ones a block at a time. Returns how many.
    pub fn shrink(&mut self) -> u64 {
        let mut dropped = 0;
        while self.is_over() {
            dropped += match self.packed.front() {
                Some(block) if self.head.is_empty() => {
                    let samples = block.len() as u64;
                    self.bytes -= block.weight();
                    self.packed.pop_front();
                    samples
                }
                _ => {
                    self.pop();
                    1
                }
            };
        }
        dropped
    }

    /// The oldest sample.
    pub fn front(&mut self) -> Option<&Text> {
        self.unpack();
        self.head.front().or(self.tail.front())
    }

    /// Removes the oldest sample.
    pub fn pop(&mut self) {
        self.unpack();
        if let Some(oldest) = self.head.pop_front().or_else(|| self.tail.pop_front()) {
            self.bytes -= weight(&oldest);
        }
    }

    /// The oldest samples as text, as many as have consecutive numbers, up to `max_samples` and `max_bytes` of text, at
    /// least one unless there is none. They stay in the ring.
    pub fn peek(&self, max_samples: usize, max_bytes: usize) -> Vec<Text> {
        let mut run = Run::new(max_samples, max_bytes);
        let packed = self.packed.iter().flat_map(Packed::unpack);
        for next in self.head.iter().cloned().chain(packed).chain(self.tail.iter().cloned()) {
            if !run.push(next) {
                break;
            }
        }
        run.samples
    }

    /// Removes the samples up to this number.
    pub fn forget(&mut self, seq: u64) {
        while self.first_seq().is_some_and(|first| first <= seq) {
            match self.packed.front() {
                Some(block) if self.head.is_empty() && block.last_seq() <= seq => {
                    self.bytes -= block.weight();
                    self.packed.pop_front();
                }
                _ => self.pop(),
            }
        }
    }

    /// Samples that wait.
    pub fn len(&self) -> usize {
        self.head.len() + self.packed.iter().map(Packed::len).sum::<usize>() + self.tail.len()
    }

    fn first_seq(&self) -> Option<u64> {
        let head = self.head.front().map(|text| text.seq);
        let packed = || self.packed.front().map(|block| block.first_seq());
        head.or_else(packed).or_else(|| self.tail.front().map(|text| text.seq))
    }

    /// Packs the oldest of the tail, as many as have consecutive numbers.
    fn pack(&mut self) {
        let mut run = Run::new(BLOCK_SAMPLES, usize::MAX);
        while let Some(next) = self.tail.pop_front() {
            self.bytes -= weight(&next);
            if let Err(next) = run.offer(next) {
                self.bytes += weight(&next);
                self.tail.push_front(next);
                break;
            }
        }
        if let Some(block) = Packed::new(&run.samples) {
            self.bytes += block.weight();
            self.packed.push_back(block);
        }
    }

    /// Unpacks the oldest block, when nothing older is left.
    fn unpack(&mut self) {
        if self.head.is_empty()
            && let Some(block) = self.packed.pop_front()
        {
            self.bytes -= block.weight();
            self.head = block.unpack().into();
            self.bytes += self.head.iter().map(weight).sum::<usize>();
        }
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
        self.offer(next).is_ok()
    }

    /// Adds a sample, or gives it back when it does not follow or does not fit.
    fn offer(&mut self, next: Text) -> Result<(), Text> {
        let follows = self.samples.last().is_none_or(|last| last.seq.checked_add(1) == Some(next.seq));
        let fits = self.samples.is_empty() || self.bytes + next.json.len() <= self.max_bytes;
        if self.samples.len() >= self.max_samples || !follows || !fits {
            return Err(next);
        }
        self.bytes += next.json.len();
        self.samples.push(next);
        Ok(())
    }
}

/// Bytes of memory that a sample takes.
fn weight(text: &Text) -> usize {
    size_of::<Text>() + text.json.len()
}

#[cfg(test)]
mod tests {
    use siskin_platform::model::{Disk, Memory, Sample};

    use super::*;

    const LARGE: usize = 1 << 20;

    fn text(seq: u64) -> Text {
        let disks = vec![Disk::default(); 5];
        Text { seq, ..Text::of(0, &Sample { memory: Some(Box::new(Memory::default())), disks, ..Sample::default() }) }
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

    #[test]
    fn what_waits_long_is_packed_and_comes_back_in_order() {
        let (mut ring, dropped) = filled(1000, (1..=200).chain(300..=400));
        assert_eq!((ring.len(), dropped), (301, 0));
        assert!(ring.packed.len() >= 7 && ring.bytes < 100 * weight(&text(0)), "{} bytes", ring.bytes);
        let mut found = Vec::<u64>::new();
        while ring.len() > 0 {
            let next = seqs(&ring, 50, LARGE);
            ring.forget(next[next.len() / 2]);
            found.extend(&next[..=next.len() / 2]);
        }
        assert_eq!(found, (1..=200).chain(300..=400).collect::<Vec<_>>());
        assert_eq!(ring.bytes, 0);
    }

    #[test]
    fn a_packed_block_is_dropped_whole() {
        let (ring, dropped) = filled(100, 1..=4000);
        assert_eq!(dropped % BLOCK_SAMPLES as u64, 0);
        assert_eq!(seqs(&ring, 1, LARGE), [dropped + 1]);
        assert_eq!(ring.len() as u64, 4000 - dropped);
        assert!(dropped > 0 && !ring.is_over());
    }
}
