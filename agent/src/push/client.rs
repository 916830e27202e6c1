//! The smallest HTTP/1.1 client that pushes need: one POST at a time over a kept connection, every step bounded.
//! Knows bytes and statuses, not samples.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::reply::Reply;
use crate::endpoint::Endpoint;
use crate::timed::{Timed, read_head};

/// For one address of the server.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// A name with more addresses than these is tried no further.
const MAX_ADDRESSES: usize = 4;
/// The usual bound for a reply's head.
const MAX_HEAD_BYTES: usize = 16 << 10;
/// More header lines than servers and proxies add.
const MAX_HEADERS: usize = 64;
/// Of a reply's body no more is read: it is an error's text or a few counts.
const MAX_BODY_BYTES: u64 = 4 << 10;
/// Interim replies (1xx) that may precede the reply.
const MAX_INTERIM: usize = 3;

/// A client of one server.
pub struct Client {
    endpoint: Endpoint,
    connection: Option<BufReader<Timed>>,
}

impl Client {
    /// Connects at the first push.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, connection: None }
    }

    /// Posts a JSON body and reads the reply, all before `deadline`. A kept connection that the server has closed in
    /// the meantime is replaced at once: whatever arrived twice is stored once.
    pub fn post(&mut self, body: &[u8], authorization: Option<&str>, deadline: Instant) -> io::Result<Reply> {
        if let Some(mut kept) = self.connection.take() {
            kept.get_mut().set_deadline(deadline);
            match self.exchange(kept, body, authorization) {
                Err(error) if is_hang_up(&error) => {}
                result => return result,
            }
        }
        let stream = connect(&self.endpoint, deadline)?;
        let fresh = BufReader::with_capacity(1024, Timed::new(stream, deadline));
        self.exchange(fresh, body, authorization)
    }

    fn exchange(
        &mut self,
        mut connection: BufReader<Timed>,
        body: &[u8],
        authorization: Option<&str>,
    ) -> io::Result<Reply> {
        let sent = connection.get_mut().write_all(&self.head(body.len(), authorization)).and_then(|()| {
            // A server that refuses a large body answers before it has read all of it: its reply says more than the broken pipe.
            connection.get_mut().write_all(body)
        });
        let (reply, keep) = match (read_reply(&mut connection), sent) {
            (Err(_), Err(error)) => return Err(error),
            (read, sent) => read.map(|(reply, keep)| (reply, keep && sent.is_ok()))?,
        };
        self.connection = keep.then_some(connection);
        Ok(reply)
    }

    fn head(&self, body_bytes: usize, authorization: Option<&str>) -> Vec<u8> {
        let authorization = authorization.map_or(String::new(), |value| format!("Authorization: {value}\r\n"));
        format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: siskin-agent/{}\r\n{authorization}\
             Content-Type: application/json\r\nContent-Length: {body_bytes}\r\n\r\n",
            self.endpoint.path,
            self.endpoint.authority,
            env!("CARGO_PKG_VERSION"),
        )
        .into_bytes()
    }
}

/// What a peer that closed the connection while it was idle looks like.
fn is_hang_up(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe | NotConnected)
}

fn connect(endpoint: &Endpoint, deadline: Instant) -> io::Result<TcpStream> {
    let mut last = io::Error::new(ErrorKind::NotFound, "the server's name has no address");
    for address in (endpoint.host.as_str(), endpoint.port).to_socket_addrs()?.take(MAX_ADDRESSES) {
        let left = deadline.saturating_duration_since(Instant::now()).min(CONNECT_TIME);
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => return stream.set_nodelay(true).map(|()| stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The reply, and whether the connection can be used again.
fn read_reply(reader: &mut impl BufRead) -> io::Result<(Reply, bool)> {
    let mut bytes = Vec::new();
    for _ in 0..=MAX_INTERIM {
        read_head(reader, &mut bytes, MAX_HEAD_BYTES)?;
        let head = Head::parse(&bytes)?;
        if !(100..200).contains(&head.status) {
            let (text, whole) = read_body(reader, &head)?;
            let reply = Reply { status: head.status, retry_after: head.retry_after, text };
            return Ok((reply, whole && !head.closes));
        }
    }
    Err(malformed("too many interim replies"))
}

struct Head {
    status: u16,
    retry_after: Option<Duration>,
    length: Option<u64>,
    chunked: bool,
    closes: bool,
}

impl Head {
    fn parse(bytes: &[u8]) -> io::Result<Self> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let complete = response.parse(bytes).is_ok_and(|status| status.is_complete());
        let (true, Some(status), Some(version)) = (complete, response.code, response.version) else {
            return Err(malformed("the reply is not HTTP"));
        };
        let value = |name: &str| {
            let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
            header.and_then(|header| std::str::from_utf8(header.value).ok()).map(str::trim)
        };
        let connection = value("connection").unwrap_or_default().to_ascii_lowercase();
        Ok(Self {
            status,
            retry_after: value("retry-after").and_then(|text| text.parse().ok()).map(Duration::from_secs),
            length: if matches!(status, 204 | 304) {
                Some(0)
            } else {
                value("content-length").and_then(|text| text.parse().ok())
            },
            chunked: value("transfer-encoding").is_some(),
            closes: connection.contains("close") || (version == 0 && !connection.contains("keep-alive")),
        })
    }
}

/// The beginning of the body as text, and whether that was all of it. A body that breaks off is as good as its beginning:
/// the status has been read.
fn read_body(reader: &mut impl BufRead, head: &Head) -> io::Result<(String, bool)> {
    let mut body = Vec::new();
    let whole = match (head.chunked, head.length) {
        (true, _) => {
            let _ = chunked_transfer::Decoder::new(reader).take(MAX_BODY_BYTES).read_to_end(&mut body);
            false
        }
        (false, Some(length)) => {
            let read = reader.take(length.min(MAX_BODY_BYTES)).read_to_end(&mut body);
            read.is_ok_and(|read| read as u64 == length)
        }
        (false, None) => {
            let _ = reader.take(MAX_BODY_BYTES).read_to_end(&mut body);
            false
        }
    };
    Ok((String::from_utf8_lossy(&body).into_owned(), whole))
}

fn malformed(message: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> io::Result<(Reply, bool)> {
        read_reply(&mut text.as_bytes())
    }

    #[test]
    fn a_reply_with_a_length_keeps_the_connection() {
        let (reply, keep) = read("HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{\"status\":\"ok\"}").unwrap();
        assert_eq!((reply.status, reply.text.as_str(), keep), (200, "{\"status\":\"ok\"}", true));
        assert!(!read("HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n").unwrap().1);
        assert!(!read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap().1);
        assert!(read("HTTP/1.1 204 No Content\r\n\r\n").unwrap().1);
    }

    #[test]
    fn retry_after_is_seconds() {
        let retry_after = |value: &str| {
            let text = format!("HTTP/1.1 503 Busy\r\nRetry-After: {value}\r\nContent-Length: 0\r\n\r\n");
            read(&text).unwrap().0.retry_after
        };
        assert_eq!(retry_after("7"), Some(Duration::from_secs(7)));
        for odd in ["-1", "soon", "Mon, 23 Nov 2026 12:00:00 GMT", "99999999999999999999999"] {
            assert_eq!(retry_after(odd), None, "{odd}");
        }
    }

    #[test]
    fn other_bodies_are_read_but_not_kept() {
        let chunked = "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnope\r\n0\r\n\r\n";
        assert_eq!(read(chunked).unwrap(), (Reply { status: 400, retry_after: None, text: "nope".into() }, false));
        let until_end = read("HTTP/1.1 502 Bad Gateway\r\n\r\nno server").unwrap();
        assert_eq!((until_end.0.text.as_str(), until_end.1), ("no server", false));
    }

    #[test]
    fn a_length_that_lies_costs_nothing() {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nshort";
        assert!(!read(text).unwrap().1);
        let long = format!("HTTP/1.1 400 No\r\nContent-Length: 100000\r\n\r\n{}", "x".repeat(100_000));
        let (reply, keep) = read(&long).unwrap();
        assert_eq!((reply.text.len() as u64, keep), (MAX_BODY_BYTES, false));
    }

    #[test]
    fn interim_replies_are_passed_over_a_few_times() {
        let interim = "HTTP/1.1 100 Continue\r\n\r\n";
        assert_eq!(read(&format!("{interim}HTTP/1.1 204 None\r\n\r\n")).unwrap().0.status, 204);
        assert!(read(&interim.repeat(9)).is_err());
    }

    #[test]
    fn what_is_not_http_is_an_error() {
        for text in ["", "HTTP/1.1 200", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 banana\r\n\r\n"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(&format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "x".repeat(MAX_HEAD_BYTES))).is_err());
    }
}
