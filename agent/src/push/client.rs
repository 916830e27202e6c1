//! Posts to one server, each exchange bounded in time and size. Knows bytes and statuses, not samples.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::Read;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ureq::http::header::{AUTHORIZATION, CONTENT_ENCODING, EXPECT, RETRY_AFTER};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::{Agent, Timeout};

use super::gzip::gzip;
use super::reply::Reply;
use crate::VERSION;
use crate::endpoint::Endpoint;
use crate::tls;

/// For one connection, all addresses of the server's name together.
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// The usual bound for a reply's head.
const MAX_HEAD_BYTES: usize = 16 << 10;
/// Of a reply's body no more is read: it is an error's text or a few counts.
const MAX_BODY_BYTES: u64 = 4 << 10;
/// From here on the server is asked first. It may refuse by the head alone and close, and what is still being sent
/// then would fail before its answer is read. A smaller body fits into any socket's buffer.
const ASK_FIRST_BYTES: usize = 16 << 10;

/// From here on a body is packed, which makes it a tenth. One sample, sent as it is taken, stays below and costs neither
/// the time nor the memory (a third of a megabyte while it lasts).
const PACK_BYTES: usize = 16 << 10;
/// What a server answers that cannot unpack.
const UNSUPPORTED_MEDIA_TYPE: u16 = 415;

/// A client of one server.
pub struct Client {
    agent: Agent,
    url: String,
    /// Without TLS.
    is_plain: bool,
    /// Until a server says that it cannot unpack.
    packing: Cell<bool>,
}

/// No reply came.
#[derive(Debug)]
pub struct Failure {
    /// Why.
    pub error: String,
    /// There was a connection, and not enough time: fewer bytes may get through.
    pub slow: bool,
}

impl Failure {
    /// One that has nothing to do with time.
    pub fn of(error: &dyn std::fmt::Display) -> Self {
        Self { error: error.to_string(), slow: false }
    }
}

impl From<ureq::Error> for Failure {
    fn from(error: ureq::Error) -> Self {
        match error {
            // Of our own making: how TLS failed.
            ureq::Error::Other(words) => Self::of(&words),
            ureq::Error::Timeout(which) => {
                Self { slow: !matches!(which, Timeout::Connect | Timeout::Resolve), ..Self::of(&error) }
            }
            error => Self::of(&error),
        }
    }
}

impl Client {
    /// Connects at the first push, and keeps the connection.
    pub fn new(endpoint: &Endpoint, tls_ca: Option<PathBuf>) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .user_agent(format!("siskin-agent/{VERSION}"))
            .timeout_connect(Some(CONNECT_TIME))
            .max_response_header_size(MAX_HEAD_BYTES)
            .input_buffer_size(MAX_HEAD_BYTES)
            .output_buffer_size(MAX_HEAD_BYTES)
            .max_idle_connections(1)
            .build();
        let agent = Agent::with_parts(config, tls::connector(tls_ca), DefaultResolver::default());
        Self { agent, url: endpoint.url(), is_plain: !endpoint.tls, packing: Cell::new(true) }
    }

    /// Posts a JSON body, packed if it is large, and reads the reply, all before `deadline`.
    pub fn post(&self, body: &[u8], authorization: Option<&str>, deadline: Instant) -> Result<Reply, Failure> {
        let packed = self.packing.get() && body.len() >= PACK_BYTES;
        let sent = if packed { Cow::Owned(gzip(body)) } else { Cow::Borrowed(body) };
        let reply = self.exchange(&sent, packed, authorization, deadline).map_err(|error| self.failure(error))?;
        if packed && reply.status == UNSUPPORTED_MEDIA_TYPE {
            self.packing.set(false);
            return self.exchange(body, false, authorization, deadline).map_err(|error| self.failure(error));
        }
        Ok(reply)
    }

    /// A server that speaks TLS answers plain HTTP with an alert, which is no HTTP.
    fn failure(&self, error: ureq::Error) -> Failure {
        match error {
            ureq::Error::Protocol(error) if self.is_plain => {
                Failure::of(&format!("what answers there speaks no HTTP: is it TLS? Then use https:// ({error})"))
            }
            error => error.into(),
        }
    }

    fn exchange(
        &self,
        body: &[u8],
        packed: bool,
        authorization: Option<&str>,
        deadline: Instant,
    ) -> Result<Reply, ureq::Error> {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut request = self.agent.post(&self.url).config().timeout_global(Some(left)).build();
        if let Some(value) = authorization {
            request = request.header(AUTHORIZATION, value);
        }
        if packed {
            request = request.header(CONTENT_ENCODING, "gzip");
        }
        if body.len() >= ASK_FIRST_BYTES {
            request = request.header(EXPECT, "100-continue");
        }
        let response = request.content_type("application/json").send(body)?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let mut text = Vec::new();
        // A body that breaks off is as good as its beginning: the status has been read.
        let _ = response.into_body().into_reader().take(MAX_BODY_BYTES).read_to_end(&mut text);
        let text = String::from_utf8_lossy(&text).into_owned();
        Ok(Reply { status, retry_after: retry_after.map(Duration::from_secs), text })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Posts to a server that answers the head of the request, repeats its last bytes for as long as it can, and closes.
    fn post(body: &[u8], time: Duration, answer: &'static str, repeated: &'static str) -> Result<Reply, Failure> {
        let listener = TcpListener::bind("[::1]:0").or_else(|_| TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            let mut reader = BufReader::new(listener.accept().unwrap().0);
            let mut line = String::new();
            while line != "\r\n" {
                line.clear();
                reader.read_line(&mut line).unwrap();
            }
            let mut stream = reader.into_inner();
            stream.write_all(answer.as_bytes()).unwrap();
            while !repeated.is_empty() && stream.write_all(repeated.as_bytes()).is_ok() {}
        });
        Client::new(&Endpoint::parse(&url).unwrap(), None).post(body, None, Instant::now() + time)
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_refusal_before_the_body_is_read() {
        // Does not pack, so that all of it would have to be sent.
        let noise = |n: u32| (n.wrapping_mul(n).wrapping_mul(2_654_435_769) >> 24) as u8;
        let body: Vec<u8> = (0..16 << 20).map(noise).collect();
        let answer = "HTTP/1.1 413 Too Large\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nless";
        let reply = post(&body, LONG, answer, "").unwrap();
        assert_eq!(reply, Reply { status: 413, retry_after: Some(Duration::from_secs(7)), text: "less".into() });
    }

    #[test]
    fn a_redirection_is_not_followed() {
        let answer =
            "HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:1/\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n";
        let reply = post(b"{}", LONG, answer, "").unwrap();
        assert_eq!((reply.status, reply.retry_after), (307, None));
    }

    #[test]
    fn a_reply_without_end_is_cut_or_refused() {
        let reply = post(b"{}", LONG, "HTTP/1.1 400 No\r\n\r\n", "no").unwrap();
        assert_eq!((reply.status, reply.text.len() as u64), (400, MAX_BODY_BYTES));
        assert!(post(b"{}", LONG, "HTTP/1.1 200 OK\r\n", "a: b\n").is_err());
        assert!(post(b"{}", LONG, "HTTP/1.1 200 OK\r\na: ", "bbbb").is_err());
        assert!(post(b"{}", LONG, "SSH-2.0-OpenSSH_9.2\r\n\r\n", "").is_err());
    }

    #[test]
    fn time_is_for_the_whole_exchange() {
        let asked = Instant::now();
        assert!(post(b"{}", Duration::from_millis(300), "", "HTTP/1.1 100 Continue\r\n\r\n").is_err());
        assert!(asked.elapsed() < LONG / 2);
    }
}
