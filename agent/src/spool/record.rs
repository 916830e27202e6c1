//! One sample as bytes in a spool file, and finding such records again among damaged ones. Pure.
//!
//! Little endian: marker, payload length, stream, seq, least time, CRC of the payload, CRC of all that; then the payload, the
//! sample's JSON deflated. A record needs no other record to be read, and says itself where it ends.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use siskin_platform::model::Sample;

use crate::crc32::crc32;

/// What a spool file begins with. Only people and `file` read it: a damaged header costs no sample.
pub const FILE_HEADER: [u8; 8] = *b"SISKSPL\x01";
/// A record begins so. Deflated JSON seldom holds it, and never with the right checksum behind it.
const MARKER: [u8; 4] = *b"\xA7SK\x01";
const HEAD_BYTES: usize = 40;
const COVERED_BYTES: usize = HEAD_BYTES - 4;
/// Far beyond the sample of any host: its JSON, which bounds what a record may unpack to.
const MAX_JSON_BYTES: usize = 8 << 20;
/// The usual trade of size for time; a sample takes a third of a millisecond.
const LEVEL: u8 = 6;

/// A record whose checksums are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The stream that the sample belongs to.
    pub stream: u64,
    /// Its number there.
    pub seq: u64,
    /// When the sample's wall clock was known to be behind: the time before which it cannot have been taken,
    /// milliseconds since 1970. Else 0.
    pub least_ms: i64,
    /// Where it begins.
    pub start: usize,
    /// Where the next one begins.
    pub end: usize,
    payload: &'a [u8],
}

/// The bytes of a record.
pub fn encode(stream: u64, seq: u64, least_ms: i64, sample: &Sample) -> Result<Vec<u8>, serde_json::Error> {
    let payload = compress_to_vec(&serde_json::to_vec(sample)?, LEVEL);
    let mut bytes = Vec::with_capacity(HEAD_BYTES + payload.len());
    bytes.extend(MARKER);
    bytes.extend((payload.len() as u32).to_le_bytes());
    bytes.extend(stream.to_le_bytes());
    bytes.extend(seq.to_le_bytes());
    bytes.extend(least_ms.to_le_bytes());
    bytes.extend(crc32(&payload).to_le_bytes());
    bytes.extend(crc32(&bytes).to_le_bytes());
    bytes.extend(payload);
    Ok(bytes)
}

/// The first whole record at or after `from`. What lies between `from` and its start is damaged.
pub fn next(bytes: &[u8], from: usize) -> Option<Record<'_>> {
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        at += rest.windows(MARKER.len()).position(|window| window == MARKER)?;
        if let Some(record) = whole(bytes, at) {
            return Some(record);
        }
        at += 1;
    }
}

fn whole(bytes: &[u8], start: usize) -> Option<Record<'_>> {
    let head = bytes.get(start..start + HEAD_BYTES)?;
    if crc32(&head[..COVERED_BYTES]) != u32::from_le_bytes(field(head, COVERED_BYTES)) {
        return None;
    }
    let length = u32::from_le_bytes(field(head, 4)) as usize;
    let end = (start + HEAD_BYTES).checked_add(length)?;
    let payload = bytes.get(start + HEAD_BYTES..end)?;
    let record = Record {
        stream: u64::from_le_bytes(field(head, 8)),
        seq: u64::from_le_bytes(field(head, 16)),
        least_ms: i64::from_le_bytes(field(head, 24)),
        start,
        end,
        payload,
    };
    (crc32(payload) == u32::from_le_bytes(field(head, 32))).then_some(record)
}

/// The bytes of a field. `head` is whole, and every field lies within it.
fn field<const N: usize>(head: &[u8], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&head[at..at + N]);
    bytes
}

impl Record<'_> {
    /// The sample. `None` when this version cannot read it.
    pub fn sample(&self) -> Option<Sample> {
        let json = decompress_to_vec_with_limit(self.payload, MAX_JSON_BYTES).ok()?;
        serde_json::from_slice(&json).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(samples: u64) -> Vec<u8> {
        (1..=samples).fold(FILE_HEADER.to_vec(), |mut bytes, seq| {
            let sample = Sample { uptime_seconds: Some(seq as f64), ..Sample::default() };
            bytes.extend(encode(7, seq, -1, &sample).unwrap());
            bytes
        })
    }

    fn records(bytes: &[u8]) -> Vec<Record<'_>> {
        let mut from = 0;
        std::iter::from_fn(|| next(bytes, from).inspect(|record| from = record.end)).collect()
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = file(3);
        let found = records(&bytes);
        assert_eq!(found.iter().map(|record| record.seq).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!((found[1].stream, found[1].least_ms, found[1].start), (7, -1, found[0].end));
        assert_eq!(found[2].sample().unwrap().uptime_seconds, Some(3.0));
    }

    #[test]
    fn a_sample_of_a_newer_version_is_readable_and_a_foreign_payload_is_none() {
        let read = |payload: &[u8]| {
            let record = Record { stream: 1, seq: 1, least_ms: 0, start: 0, end: 0, payload };
            record.sample()
        };
        let newer = br#"{"at":{"unix_ms":5,"boottime_ms":null},"interval_seconds":null,"quarks":[1]}"#;
        assert_eq!(read(&compress_to_vec(newer, LEVEL)).unwrap().at.unix_ms, 5);
        assert_eq!(read(&compress_to_vec(b"[]", LEVEL)), None);
        assert_eq!(read(b"no deflate"), None);
        assert_eq!(read(&compress_to_vec(&vec![b' '; MAX_JSON_BYTES + 1], LEVEL)), None, "a bomb");
    }

    proptest! {
        #[test]
        fn a_cut_loses_only_what_was_not_whole(samples in 1u64..8, cut in any::<prop::sample::Index>()) {
            let bytes = file(samples);
            let cut = cut.index(bytes.len() + 1);
            let whole = records(&bytes).into_iter().filter(|record| record.end <= cut);
            prop_assert!(whole.eq(records(&bytes[..cut])));
        }

        #[test]
        fn changed_bytes_lose_only_the_record_they_are_in(
            samples in 1u64..8, at in any::<prop::sample::Index>(), garbage in prop::collection::vec(any::<u8>(), 1..5),
        ) {
            let bytes = file(samples);
            let at = at.index(bytes.len());
            let mut damaged = bytes.clone();
            damaged.iter_mut().skip(at).zip(&garbage).for_each(|(byte, other)| *byte = *other);
            let same = |record: &Record| damaged[record.start..record.end] == bytes[record.start..record.end];
            let expected = records(&bytes).into_iter().filter(same).map(|record| (record.seq, record.sample()));
            prop_assert!(expected.eq(records(&damaged).into_iter().map(|record| (record.seq, record.sample()))));
        }

        #[test]
        fn foreign_bytes_between_records_are_skipped(
            garbage in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(&MARKER)], 0..200),
        ) {
            let one = file(1);
            let mut bytes = one[..].to_vec();
            bytes.extend(&garbage);
            bytes.extend(&one[FILE_HEADER.len()..]);
            prop_assert_eq!(records(&bytes).len(), 2);
        }
    }
}
