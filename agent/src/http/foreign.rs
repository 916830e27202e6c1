//! Bytes of others as requests to the agent's port. See `crate::foreign`.

use std::io::{BufRead, BufReader, ErrorKind};
use std::sync::LazyLock;

use siskin_platform::collect::{Reader, Selection, Setup};
use siskin_platform::model::{Agent, Host};
use tiny_http::HTTPVersion;

use super::MAX_HEAD_BYTES;
use super::routes::{self, Request};
use crate::latest::Latest;
use crate::timed::read_head;

/// A host of which nothing is read: what is asked for here is the form of the answer.
static LATEST: LazyLock<Latest> = LazyLock::new(|| {
    let collectors = Selection::none();
    let reader = Reader::new(&Setup { collectors, ..Setup::default() });
    Latest::new(Agent::default(), 7, reader, Host::default())
});

/// What a client sends, however it is cut into pieces: a head within its bound, and one whole reply to it.
pub fn request(data: &[u8]) {
    let piece = data.first().map_or(1, |byte| usize::from(*byte) + 1);
    let mut reader = BufReader::with_capacity(piece, data);
    let mut head = Vec::new();
    let read = read_head(&mut reader, &mut head, MAX_HEAD_BYTES);
    assert!(head.len() <= MAX_HEAD_BYTES);
    let request = match read {
        Ok(()) => {
            let rest = reader.buffer().len() + reader.get_ref().len();
            assert_eq!(head.len() + rest, data.len(), "not a byte beyond the head");
            Request::parse(&head)
        }
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(routes::head_too_large()),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
            assert!(reader.fill_buf().is_ok_and(<[u8]>::is_empty));
            return;
        }
    };
    let (response, is_head) = match request {
        Ok(request) => (routes::answer(&request, &LATEST), request.is_head()),
        Err(refusal) => (refusal, false),
    };
    let mut reply = Vec::new();
    response.raw_print(&mut reply, HTTPVersion(1, 0), &[], is_head, None).expect("room in memory");
    assert!(reply.starts_with(b"HTTP/1.0 ") && reply.windows(4).any(|end| end == b"\r\n\r\n"));
}
