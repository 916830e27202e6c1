//! Reading the spool back: the oldest samples first, what is damaged skipped, and times that cannot be true mended.

use super::Spool;
use super::record::{self, Head};
use crate::ring::Run;
use crate::text::{self, Text};
use crate::{error, warn};

/// Samples to be sent together.
#[derive(Debug)]
pub struct Sent {
    /// Their stream.
    pub stream: u64,
    /// With consecutive numbers, never empty.
    pub samples: Vec<Text>,
    /// Where in the spool they end, if they are there.
    pub end: Option<Position>,
}

/// A place in the spool.
#[derive(Clone, Copy, Debug)]
pub struct Position {
    segment: u64,
    offset: usize,
    /// Bytes before it that could not be read and were not told of.
    damaged: usize,
}

impl Spool {
    /// The oldest samples, up to the bounds, as they are to be sent. `unless` tells of those that the server has already.
    pub fn peek(&mut self, max_samples: usize, max_bytes: usize, unless: impl Fn(u64, u64) -> bool) -> Option<Sent> {
        self.make_room(0);
        while let Some(front) = self.segments.front() {
            let number = front.number;
            let bytes = match front.read() {
                Ok(bytes) => bytes,
                Err(error) => {
                    error!("cannot read the spool, leaving a file out", file = front.name(), error = error);
                    self.forget_segment();
                    continue;
                }
            };
            let (sent, offset, damaged) = self.collect(&bytes, Run::new(max_samples, max_bytes), &unless);
            let end = Position { segment: number, offset, damaged };
            if let Some((stream, run)) = sent {
                return Some(Sent { stream, samples: run.samples, end: Some(end) });
            }
            self.sent(Position { offset: bytes.len(), damaged: damaged + bytes.len().saturating_sub(offset), ..end });
            if self.segments.front().is_some_and(|front| front.number == number) {
                self.remove_segment();
            }
        }
        None
    }

    /// The server has what lies before this place.
    pub fn sent(&mut self, end: Position) {
        let Some(front) = self.segments.front().filter(|front| front.number == end.segment) else { return };
        if end.damaged > 0 {
            warn!("the spool is damaged, samples may be lost", file = front.name(), skipped_bytes = end.damaged);
        }
        self.sent_to = end.offset;
        if end.offset as u64 >= front.bytes {
            self.remove_segment();
        }
    }

    /// Samples of one stream from where sending goes on, where they end, and how many bytes were damaged.
    fn collect(
        &self,
        bytes: &[u8],
        mut run: Run,
        unless: impl Fn(u64, u64) -> bool,
    ) -> (Option<(u64, Run)>, usize, usize) {
        let (mut stream, mut offset, mut damaged) = (None, self.sent_to, 0);
        while let Some(record) = record::next(bytes, offset) {
            let mut skipped = record.start - offset;
            let head = record.head;
            if !unless(head.stream, head.seq) {
                if stream.is_some_and(|stream| stream != head.stream) {
                    break;
                }
                match record.text() {
                    Some((boot_id, rest)) => {
                        if !run.push(Text { seq: head.seq, at: head.at, json: self.as_sent(head, boot_id, &rest) }) {
                            break;
                        }
                        stream = Some(head.stream);
                    }
                    None => skipped += record.end - record.start,
                }
            }
            damaged += skipped;
            offset = record.end;
        }
        (stream.map(|stream| (stream, run)), offset, damaged)
    }

    /// A sample of the running boot is as it was taken: the server repairs its time by the time since boot. One of an
    /// earlier boot cannot be repaired so. If its clock was behind the floor, it gets the least time that can be true,
    /// and says so.
    fn as_sent(&self, head: Head, boot_id: Option<String>, rest: &str) -> String {
        let this_boot = boot_id.is_some() && boot_id == self.origin.boot_id;
        if this_boot || head.stream == self.origin.stream {
            return text::whole(head.at, false, None, rest);
        }
        let mut at = head.at;
        at.unix_ms = at.unix_ms.max(head.least_ms);
        if boot_id.is_none() {
            // A host without boot ids: the server would take it for the running boot.
            at.boottime_ms = None;
        }
        text::whole(at, at.unix_ms > head.at.unix_ms, boot_id.as_deref(), rest)
    }
}
