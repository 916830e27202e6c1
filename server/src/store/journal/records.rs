//! The records of a journal that was not ended in good order, or lies on a bad disk: what of it is whole.

use bytes::{Buf, Bytes};

use super::{FACTS_BYTES, HEAD_BYTES};
use crate::store::Origin;

/// Behind a record whose length cannot be true, the next whole one is looked for; of what looks like the head of one, at
/// most so many bytes are summed up: about a second.
const SEARCH_BYTES: usize = 1 << 30;
/// Records that follow each other were received within this time, microseconds.
const NEAR_US: u64 = 86_400 * 1_000_000;
/// Encodings have numbers below this.
const MAX_ENCODINGS: u8 = 16;

/// What a journal has.
#[derive(Debug, Default)]
pub struct Records {
    /// What is whole, in the order in which it came.
    pub origins: Vec<Origin>,
    /// Bytes before the last whole record that are not in one.
    pub lost_bytes: usize,
    /// Bytes behind it.
    pub half_bytes: usize,
}

impl Records {
    /// Reads what begins at this place.
    pub fn read(bytes: Bytes, mut at: usize) -> Self {
        let mut records = Records::default();
        let mut budget = SEARCH_BYTES;
        while at < bytes.len() {
            let next = match record(&bytes, at) {
                Some(next) => (at, next),
                None => match records.search(&bytes, at, &mut budget) {
                    Some(next) => next,
                    None => break,
                },
            };
            let (begin, (origin, end)) = next;
            records.lost_bytes += begin - at;
            records.origins.push(origin);
            at = end;
        }
        records.half_bytes = bytes.len() - at;
        records
    }

    /// The next whole record behind one that is not: where its length says, or at the first place that looks like one.
    fn search(&self, bytes: &Bytes, at: usize, budget: &mut usize) -> Option<(usize, (Origin, usize))> {
        if let Some(end) = end_of(bytes, at)
            && let Some(next) = record(bytes, end)
        {
            return Some((end, next));
        }
        let near_us = self.origins.last().map(|origin| origin.received_us);
        for begin in at + 1..bytes.len() {
            let Some(end) = end_of(bytes, begin).filter(|_| looks_like_one(bytes, begin, near_us)) else { continue };
            *budget = budget.checked_sub(end - begin)?;
            if let Some(next) = record(bytes, begin) {
                return Some((begin, next));
            }
        }
        None
    }
}

/// Where the record at this place ends, by its own word; none if that cannot be.
fn end_of(bytes: &[u8], at: usize) -> Option<usize> {
    let length = bytes.get(at..)?.get(..HEAD_BYTES)?.get_u32_le() as usize;
    let end = at.checked_add(HEAD_BYTES)?.checked_add(length)?;
    (length >= FACTS_BYTES && end <= bytes.len()).then_some(end)
}

fn looks_like_one(bytes: &[u8], at: usize, near_us: Option<i64>) -> bool {
    let mut facts = &bytes[at + HEAD_BYTES..];
    let (received_us, encoding) = (facts.get_i64_le(), facts.get_u8());
    encoding < MAX_ENCODINGS && near_us.is_none_or(|near_us| received_us.abs_diff(near_us) <= NEAR_US)
}

/// The whole record at this place, and where it ends.
fn record(bytes: &Bytes, at: usize) -> Option<(Origin, usize)> {
    let end = end_of(bytes, at)?;
    let sum = (&bytes[at + 4..]).get_u32_le();
    let mut payload = bytes.slice(at + HEAD_BYTES..end);
    if crc32fast::hash(&payload) != sum {
        return None;
    }
    let origin = Origin { received_us: payload.get_i64_le(), encoding: payload.get_u8(), body: payload };
    Some((origin, end))
}
