//! What the agent's port answers. Takes a parsed request, gives a reply; reads and writes no socket.

use std::io::Cursor;

use tiny_http::{Header, Response};

use super::accept;
use crate::latest::Latest;
use crate::push::gzip::gzip;
use crate::warn;

/// More header lines than any client sends.
const MAX_HEADERS: usize = 64;

/// A page from this size is packed for who takes it so. To pack that of a small host takes ten times as long as to write
/// it, for some packets fewer.
const PACK_BYTES: usize = 64 << 10;
/// The room that the page of a small host needs.
const PAGE_BYTES: usize = 48 << 10;

/// A reply with its body in memory.
pub type Reply = Response<Cursor<Vec<u8>>>;

/// What is looked at of a request.
#[derive(Debug, PartialEq, Eq)]
pub struct Request<'a> {
    method: &'a str,
    path: &'a str,
    accept: &'a str,
    accept_encoding: &'a str,
    host: Option<&'a str>,
    authorization: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// Reads the head of a request. The error is the reply.
    pub fn parse(head: &'a [u8]) -> Result<Self, Reply> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(head) {
            Ok(httparse::Status::Complete(_)) => {}
            Err(httparse::Error::TooManyHeaders) => return Err(head_too_large()),
            Ok(httparse::Status::Partial) | Err(_) => return Err(bad_request()),
        }
        let (Some(method), Some(target)) = (request.method, request.path) else { return Err(bad_request()) };
        let path = target.split('?').next().unwrap_or(target);
        let header = |name: &str| {
            let found = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
            // What is no text is taken as it cannot be right.
            Some(std::str::from_utf8(found.value).unwrap_or_default())
        };
        let (accept, accept_encoding) = (header("accept"), header("accept-encoding"));
        Ok(Self {
            method,
            path,
            host: header("host"),
            authorization: header("authorization"),
            accept: accept.unwrap_or_default(),
            accept_encoding: accept_encoding.unwrap_or_default(),
        })
    }

    /// Without the query.
    pub fn path(&self) -> &str {
        self.path
    }

    /// The name under which this agent was asked.
    pub fn host(&self) -> Option<&str> {
        self.host
    }

    /// What proves who asks.
    pub fn authorization(&self) -> Option<&str> {
        self.authorization
    }

    /// Whether the reply is to have no body.
    pub fn is_head(&self) -> bool {
        self.method == "HEAD"
    }
}

/// The reply to a request.
pub fn answer(request: &Request, latest: &Latest) -> Reply {
    let body = match request.path {
        "/metrics" if allowed(request) => return metrics(request, latest),
        "/metrics" => Ok(Vec::new()),
        "/health" => Ok(br#"{"status":"ok"}"#.to_vec()),
        "/system" if allowed(request) => latest.document(),
        "/system" => Ok(Vec::new()),
        _ => return refusal(404, "not found; there are /system, /metrics and /health"),
    };
    match body {
        _ if !allowed(request) => refusal(405, "method not allowed").with_header(header("Allow", "GET, HEAD")),
        Ok(body) => json(200, body),
        Err(error) => {
            warn!("cannot write the document", error = error);
            refusal(500, "cannot write the document")
        }
    }
}

/// The page of metrics, in the format that the client prefers.
fn metrics(request: &Request, latest: &Latest) -> Reply {
    let format = accept::format(request.accept);
    let mut page = Vec::with_capacity(PAGE_BYTES);
    latest.metrics(&mut page, format);
    let packed = page.len() >= PACK_BYTES && accept::takes_gzip(request.accept_encoding);
    let reply = of_type(format.content_type(), 200, if packed { gzip(&page) } else { page });
    let reply = reply.with_header(header("Vary", "Accept, Accept-Encoding"));
    if packed { reply.with_header(header("Content-Encoding", "gzip")) } else { reply }
}

fn allowed(request: &Request) -> bool {
    matches!(request.method, "GET" | "HEAD")
}

/// The reply to what is no HTTP request.
pub fn bad_request() -> Reply {
    refusal(400, "not an HTTP request")
}

/// The reply to a head that is not read to its end.
pub fn head_too_large() -> Reply {
    refusal(431, "request head too large")
}

/// The reply to who shows no token, or a wrong one. A browser asks for it then.
pub fn unauthorized() -> Reply {
    refusal(401, "a token is required: as Bearer, or as the password of Basic")
        .with_header(header("WWW-Authenticate", r#"Basic realm="siskin-agent""#))
}

/// A refusal in words, which need no escapes.
pub fn refusal(status: u16, error: &str) -> Reply {
    json(status, format!(r#"{{"error":"{error}"}}"#).into_bytes())
}

fn json(status: u16, body: Vec<u8>) -> Reply {
    of_type("application/json", status, body)
}

fn of_type(content_type: &str, status: u16, body: Vec<u8>) -> Reply {
    Response::from_data(body)
        .with_status_code(status)
        .with_header(header("Content-Type", content_type))
        .with_header(header("Server", "siskin-agent"))
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("names and values here are ASCII constants")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use siskin_platform::collect::{Reader, Roots, Selection, Setup};
    use siskin_platform::model::{Agent, Host, Sample};

    use super::*;

    /// Status and text of the reply to a request line.
    fn ask(line: &str) -> (u16, String) {
        let latest = Latest::new(Agent::default(), 7, Reader::new(&Setup::default()), Host::default());
        let head = format!("{line}\r\nHost: x\r\n\r\n");
        let reply = match Request::parse(head.as_bytes()) {
            Ok(request) => answer(&request, &latest),
            Err(refusal) => refusal,
        };
        let mut text = Vec::new();
        let status = reply.status_code().0;
        reply.raw_print(&mut text, tiny_http::HTTPVersion(1, 0), &[], false, None).unwrap();
        (status, String::from_utf8(text).unwrap())
    }

    #[test]
    fn health_is_the_predecessors() {
        let (status, text) = ask("GET /health HTTP/1.1");
        assert_eq!(status, 200);
        assert!(
            text.contains("Content-Type: application/json\r\n") && text.ends_with("\r\n\r\n{\"status\":\"ok\"}"),
            "{text}"
        );
    }

    #[test]
    fn a_query_is_no_part_of_the_path() {
        assert_eq!(ask("GET /system?pretty HTTP/1.0").0, 200);
        assert_eq!(ask("HEAD /system HTTP/1.1").0, 200);
    }

    #[test]
    fn a_large_page_is_packed_for_those_who_take_it() {
        let proc = crate::scratch::dir("large-page");
        let line = |number| format!("veth{number}: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
        std::fs::create_dir_all(proc.join("1/net")).unwrap();
        std::fs::write(proc.join("1/net/dev"), format!("a\nb\n{}", (0..200).map(line).collect::<String>())).unwrap();
        let roots = Roots { sys: proc.clone(), root: proc.clone(), proc };
        let setup = Setup { roots, collectors: Selection::only("network").unwrap(), ..Setup::default() };
        let latest = Latest::new(Agent::default(), 7, Reader::new(&setup), Host::default());
        latest.take(Duration::from_secs(10), &mut Sample::default(), &mut Vec::new());
        let ask = |encoding: &str| {
            let head = format!("GET /metrics HTTP/1.1\r\nAccept-Encoding: {encoding}\r\n\r\n");
            let reply = answer(&Request::parse(head.as_bytes()).ok().unwrap(), &latest);
            let packed = reply.headers().iter().any(|header| header.field.equiv("Content-Encoding"));
            (packed, reply.data_length().unwrap())
        };
        let (packed, length) = ask("identity");
        assert!(!packed && length > PACK_BYTES, "{length}");
        let (packed, packed_length) = ask("gzip");
        assert!(packed && packed_length < length / 5, "{packed_length}");
    }

    #[test]
    fn everything_else_is_refused_as_json() {
        for (line, status) in [
            ("GET / HTTP/1.1", 404),
            ("GET /systems HTTP/1.1", 404),
            ("POST /nothing HTTP/1.1", 404),
            ("POST /system HTTP/1.1", 405),
            ("POST /metrics HTTP/1.1", 405),
            ("DELETE /health HTTP/1.1", 405),
            ("GET /system", 400),
            ("GET /system HTTP/3.0", 400),
            ("\u{1} /system HTTP/1.1", 400),
        ] {
            let (found, text) = ask(line);
            assert_eq!(found, status, "{line}");
            assert!(text.contains("\r\n\r\n{\"error\":\""), "{text}");
            assert_eq!(text.contains("Allow: GET, HEAD\r\n"), status == 405, "{text}");
        }
    }

    #[test]
    fn too_many_headers_are_too_large() {
        let head = format!("GET /system HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(MAX_HEADERS + 1));
        assert_eq!(Request::parse(head.as_bytes()).err().unwrap().status_code().0, 431);
    }
}
