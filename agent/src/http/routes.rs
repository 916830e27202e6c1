//! What the agent's port answers. Takes a parsed request, gives a reply; reads and writes no socket.

use std::io::Cursor;

use tiny_http::{Header, Response};

use crate::latest::Latest;
use crate::warn;

/// More header lines than any client sends.
const MAX_HEADERS: usize = 64;

/// A reply with its body in memory.
pub type Reply = Response<Cursor<Vec<u8>>>;

/// What is looked at of a request.
#[derive(Debug, PartialEq, Eq)]
pub struct Request<'a> {
    method: &'a str,
    path: &'a str,
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
        Ok(Self { method, path, host: header("host"), authorization: header("authorization") })
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
        "/health" => Ok(br#"{"status":"ok"}"#.to_vec()),
        "/system" if allowed(request) => latest.document(),
        "/system" => Ok(Vec::new()),
        _ => return refusal(404, "not found; there is /system and /health"),
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
    Response::from_data(body)
        .with_status_code(status)
        .with_header(header("Content-Type", "application/json"))
        .with_header(header("Server", "siskin-agent"))
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("names and values here are ASCII constants")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use siskin_platform::model::{Agent, Host, Sample};

    use super::*;
    use crate::ring::Numbered;

    /// Status and text of the reply to a request line.
    fn ask(line: &str) -> (u16, String) {
        let first = Numbered { seq: 1, sample: Arc::default() };
        let latest = Latest::new(Agent::default(), 7, Sample::default, Host::default(), first);
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
    fn everything_else_is_refused_as_json() {
        for (line, status) in [
            ("GET / HTTP/1.1", 404),
            ("GET /systems HTTP/1.1", 404),
            ("POST /nothing HTTP/1.1", 404),
            ("POST /system HTTP/1.1", 405),
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
