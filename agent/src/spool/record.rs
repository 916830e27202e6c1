//! One sample as bytes in a spool file, and finding such records again among damaged ones. Pure.
//!
//! Little endian: marker, payload length, stream, seq, clock (milliseconds since 1970 and since boot), least time, CRC of
//! the payload, CRC of all that; then, deflated, the boot, a line feed, and the rest of the sample's JSON. A record needs no other record to be read, and says itself where it ends.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use siskin_platform::model::Clock;

use crate::crc32::crc32;

/// What a spool file begins with. Only people and `file` read it: a damaged header costs no sample.
pub const FILE_HEADER: [u8; 8] = *b"SISKSPL\x01";
/// A record begins so. Deflated JSON seldom holds it, and never with the right checksum behind it.
const MARKER: [u8; 4] = *b"\xA7SK\x01";
const HEAD_BYTES: usize = 56;
/// In place of a time since boot where there is none.
const NO_BOOTTIME: u64 = u64::MAX;
const COVERED_BYTES: usize = HEAD_BYTES - 4;
/// Far beyond the sample of any host: its JSON, which bounds what a record may unpack to.
const MAX_JSON_BYTES: usize = 8 << 20;
/// The usual trade of size for time; a sample takes a third of a millisecond.
const LEVEL: u8 = 6;

/// What a record says without being unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The stream that the sample belongs to.
    pub stream: u64,
    /// Its number there.
    pub seq: u64,
    /// When it was taken, by the host's clocks.
    pub at: Clock,
    /// When that wall clock was known to be behind: the time before which the sample cannot have been taken,
    /// milliseconds since 1970. Else 0.
    pub least_ms: i64,
}

/// A record whose checksums are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Which sample.
    pub head: Head,
    /// Where it begins.
    pub start: usize,
    /// Where the next one begins.
    pub end: usize,
    payload: &'a [u8],
}

/// The bytes of a record. The clock is the head's, the boot the one given; an empty one is none.
pub fn encode(head: Head, boot_id: &str, rest: &str) -> Vec<u8> {
    let payload = compress_to_vec(format!("{boot_id}\n{rest}").as_bytes(), LEVEL);
    let mut bytes = Vec::with_capacity(HEAD_BYTES + payload.len());
    bytes.extend(MARKER);
    bytes.extend((payload.len() as u32).to_le_bytes());
    bytes.extend(head.stream.to_le_bytes());
    bytes.extend(head.seq.to_le_bytes());
    bytes.extend(head.at.unix_ms.to_le_bytes());
    bytes.extend(head.at.boottime_ms.unwrap_or(NO_BOOTTIME).to_le_bytes());
    bytes.extend(head.least_ms.to_le_bytes());
    bytes.extend(crc32(&payload).to_le_bytes());
    bytes.extend(crc32(&bytes).to_le_bytes());
    bytes.extend(payload);
    bytes
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
    let boottime_ms = Some(u64::from_le_bytes(field(head, 32))).filter(|ms| *ms != NO_BOOTTIME);
    let told = Head {
        stream: u64::from_le_bytes(field(head, 8)),
        seq: u64::from_le_bytes(field(head, 16)),
        at: Clock { unix_ms: i64::from_le_bytes(field(head, 24)), boottime_ms },
        least_ms: i64::from_le_bytes(field(head, 40)),
    };
    let record = Record { head: told, start, end, payload };
    (crc32(payload) == u32::from_le_bytes(field(head, 48))).then_some(record)
}

/// The bytes of a field. `head` is whole, and every field lies within it.
fn field<const N: usize>(head: &[u8], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&head[at..at + N]);
    bytes
}

impl Record<'_> {
    /// The boot and the rest of the sample's text. `None` when this is no record of ours after all.
    pub fn text(&self) -> Option<(Option<String>, String)> {
        let bytes = decompress_to_vec_with_limit(self.payload, MAX_JSON_BYTES).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (boot_id, rest) = text.split_once('\n')?;
        Some((Some(boot_id.to_owned()).filter(|id| !id.is_empty()), rest.to_owned()))
    }
}

/// Makes all checksums right, so that what stands behind them is read, whatever it is.
#[cfg(any(test, fuzzing))]
pub fn mend(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(head) = bytes.get(at..at + HEAD_BYTES) {
        let end = (at + HEAD_BYTES).saturating_add(u32::from_le_bytes(field(head, 4)) as usize);
        let payload = bytes.get(at + HEAD_BYTES..end).filter(|_| head.starts_with(&MARKER)).map(crc32);
        let Some(payload) = payload else {
            at += 1;
            continue;
        };
        bytes[at + 48..at + 52].copy_from_slice(&payload.to_le_bytes());
        let covered = crc32(&bytes[at..at + COVERED_BYTES]);
        bytes[at + COVERED_BYTES..at + HEAD_BYTES].copy_from_slice(&covered.to_le_bytes());
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use siskin_platform::model::Sample;

    use super::*;
    use crate::text::Text;

    fn file(samples: u64) -> Vec<u8> {
        (1..=samples).fold(FILE_HEADER.to_vec(), |mut bytes, seq| {
            let sample = Sample { uptime_seconds: Some(seq as f64), ..Sample::default() };
            let at = Clock { unix_ms: -5, boottime_ms: None };
            bytes.extend(encode(Head { stream: 7, seq, at, least_ms: -1 }, "b", Text::of(seq, &sample).rest()));
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
        assert_eq!(found.iter().map(|record| record.head.seq).collect::<Vec<_>>(), [1, 2, 3]);
        let at = Clock { unix_ms: -5, boottime_ms: None };
        assert_eq!(found[1].head, Head { stream: 7, seq: 2, at, least_ms: -1 });
        assert_eq!(found[1].start, found[0].end);
        let (boot_id, rest) = found[2].text().unwrap();
        assert_eq!(boot_id.as_deref(), Some("b"));
        assert!(rest.starts_with(",\"uptime_seconds\":3.0"), "{rest}");
    }

    #[test]
    fn a_foreign_payload_is_none() {
        let read = |payload: &[u8]| Record { payload, ..records(&file(1))[0] }.text();
        assert_eq!(read(&compress_to_vec(b"\n{}", LEVEL)), Some((None, "{}".to_owned())));
        for payload in [b"[]".to_vec(), b"\n\xff".to_vec(), vec![b'\n'; MAX_JSON_BYTES + 1]] {
            assert_eq!(read(&compress_to_vec(&payload, LEVEL)), None, "no line, no text, a bomb");
        }
        assert_eq!(read(b"no deflate"), None);
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
            let expected = records(&bytes).into_iter().filter(same).map(|record| (record.head, record.text()));
            prop_assert!(expected.eq(records(&damaged).into_iter().map(|record| (record.head, record.text()))));
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
