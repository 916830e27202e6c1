//! Bytes of others as files of the spool. See `crate::foreign`.

use std::fs;
use std::path::PathBuf;
use std::process;
use std::time::Duration;

use siskin_platform::model::Clock;

use super::record::{FILE_HEADER, mend, next};
use super::{Limits, Origin, Spool};
use crate::log::{self, Level};
use crate::state::Floor;
use crate::text::Text;

/// Room for all that is given, so that nothing is dropped for want of it.
const LIMITS: Limits = Limits { max_bytes: 64 << 20, max_age: Duration::from_secs(86_400) };

/// One file, as it is and with its checksums made right: the records in it lie one after the other, and those that can
/// be unpacked stay within their bound.
pub fn record(data: &[u8]) {
    let mut mended = data.to_vec();
    mend(&mut mended);
    for bytes in [data, &mended] {
        let mut from = 0;
        while let Some(record) = next(bytes, from) {
            assert!(from <= record.start && record.start < record.end && record.end <= bytes.len());
            let _ = record.text();
            from = record.end;
        }
    }
}

/// A directory of files, each from one header to the next: all of it is sent, stream by stream, and then deleted.
pub fn spool(data: &[u8]) {
    log::set_level(Level::Error);
    let dir = std::env::temp_dir().join(format!("siskin-foreign-{}", process::id()));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).expect("a directory");
    let starts: Vec<_> = data.windows(FILE_HEADER.len()).enumerate().filter(|(_, at)| *at == FILE_HEADER).collect();
    let ends = starts.iter().skip(1).map(|(at, _)| *at).chain([data.len()]);
    for (number, ((start, _), end)) in starts.iter().zip(ends).enumerate() {
        let mut file = data[*start..end].to_vec();
        mend(&mut file);
        fs::write(dir.join(format!("{number:016x}.spool1")), file).expect("a file");
    }

    let floor = Floor { unix_ms: 1_800_000_000_000, boot_unix_ms: 1_700_000_000_000 };
    let origin = Origin { stream: 7, boot_id: Some("b".to_owned()), floor };
    let mut spool = Spool::open(&dir, LIMITS, origin).expect("an open spool");
    let at = Clock { unix_ms: 5, boottime_ms: Some(5) };
    spool.append(&Text { seq: 1, at, json: r#"{"at":{},"load":null}"#.to_owned() }).expect("room for a sample");
    let mut last = None;
    while let Some(sent) = spool.peek(3, 1 << 10, |stream, seq| (stream, seq) == (9, 9)) {
        assert!(!sent.samples.is_empty() && sent.samples.len() <= 3);
        assert!(sent.samples.windows(2).all(|pair| pair[0].seq.checked_add(1) == Some(pair[1].seq)));
        assert!(sent.samples.iter().all(|sample| sample.json.starts_with(r#"{"at":{"#)));
        last = sent.samples.last().map(|sample| (sent.stream, sample.seq));
        spool.sent(sent.end.expect("a place in the spool"));
    }
    assert_eq!(last, Some((7, 1)), "the newest comes last, and what is damaged hides nothing");
    assert!(spool.is_empty() && spool.bytes() == 0);
    drop(spool);
    let left: Vec<PathBuf> = fs::read_dir(&dir).expect("the directory").flatten().map(|entry| entry.path()).collect();
    assert!(left.is_empty(), "{left:?}");
    let _ = fs::remove_dir(&dir);
}
