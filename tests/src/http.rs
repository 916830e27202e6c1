//! A plain HTTP/1.1 client over one kept connection. Does only what it is told: no retries, no redirects, no headers of
//! its own beyond `Host` and `Content-Length`, so that a test can send what a careful client would not.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

/// No answer takes longer, or the test fails.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A header's name and value.
pub type Header<'a> = (&'a str, &'a str);

/// One answer.
#[derive(Debug)]
pub struct Response {
    /// The version, such as `HTTP/1.1`.
    pub version: String,
    /// The status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, as it came.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of that name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Whether the server closes the connection after it.
    fn is_last(&self) -> bool {
        match self.header("connection") {
            Some(value) => value.eq_ignore_ascii_case("close"),
            None => self.version == "HTTP/1.0",
        }
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("status {} with a body that is not JSON ({error}): {}", self.status, self.text())
        })
    }
}

/// A client of one address.
pub struct Client {
    address: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
    headers: Vec<(String, String)>,
}

impl Client {
    /// A client that connects when it first sends.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, connection: None, headers: Vec::new() }
    }

    /// The same client, which sends this header with every request.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Gets a path.
    ///
    /// # Panics
    /// When no answer comes.
    pub fn get(&mut self, path: &str) -> Response {
        self.send("GET", path, &[], b"").unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// Posts JSON.
    ///
    /// # Panics
    /// When no answer comes.
    pub fn post(&mut self, path: &str, body: &[u8]) -> Response {
        self.send("POST", path, &[("Content-Type", "application/json")], body)
            .unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    /// Posts a value as JSON.
    ///
    /// # Panics
    /// When no answer comes.
    pub fn post_json(&mut self, path: &str, body: &Value) -> Response {
        self.post(path, body.to_string().as_bytes())
    }

    /// Sends a request with a body of known length and reads the answer. Connects anew where the server closed.
    ///
    /// # Errors
    /// Whatever connecting, writing or reading met. The connection is then gone.
    pub fn send(&mut self, method: &str, path: &str, headers: &[Header], body: &[u8]) -> io::Result<Response> {
        let length = body.len().to_string();
        let mut all = vec![("Content-Length", length.as_str())];
        all.extend_from_slice(headers);
        self.begin(method, path, &all)?;
        // A server that refuses a body may answer and close before it has read it: the answer still counts.
        let written = self.write(body);
        self.finish().or_else(|error| written.and(Err(error)))
    }

    /// Sends a request whose body comes in chunks of unannounced number.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn send_chunked<'a>(
        &mut self,
        method: &str,
        path: &str,
        headers: &[Header],
        chunks: impl Iterator<Item = &'a [u8]>,
    ) -> io::Result<Response> {
        let mut all = vec![("Transfer-Encoding", "chunked")];
        all.extend_from_slice(headers);
        self.begin(method, path, &all)?;
        for chunk in chunks {
            let mut framed = format!("{:x}\r\n", chunk.len()).into_bytes();
            framed.extend_from_slice(chunk);
            framed.extend_from_slice(b"\r\n");
            if self.write(&framed).is_err() {
                return self.finish();
            }
        }
        let _ = self.write(b"0\r\n\r\n");
        self.finish()
    }

    /// Sends the head of a request and leaves the body to [`Client::write`] and [`Client::finish`].
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub fn begin(&mut self, method: &str, path: &str, headers: &[Header]) -> io::Result<()> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in own.chain(headers.iter().copied()) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        if self.connection.as_mut().is_some_and(is_closed) {
            self.connection = None;
        }
        self.write(head.as_bytes())
    }

    /// Writes a part of a body.
    ///
    /// # Errors
    /// When the server closed.
    pub fn write(&mut self, part: &[u8]) -> io::Result<()> {
        self.connect()?.get_mut().write_all(part)
    }

    /// Reads the answer.
    ///
    /// # Errors
    /// When the server closed before a whole answer came.
    pub fn finish(&mut self) -> io::Result<Response> {
        let answer = read_response(self.connect()?);
        let close = match &answer {
            Ok(response) => response.is_last(),
            Err(_) => true,
        };
        if close {
            self.connection = None;
        }
        answer
    }

    fn connect(&mut self) -> io::Result<&mut BufReader<TcpStream>> {
        if self.connection.is_none() {
            let stream = TcpStream::connect_timeout(&self.address, TIMEOUT)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(TIMEOUT))?;
            stream.set_write_timeout(Some(TIMEOUT))?;
            self.connection = Some(BufReader::new(stream));
        }
        self.connection.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

/// Whether the server closed a connection that lay idle.
fn is_closed(connection: &mut BufReader<TcpStream>) -> bool {
    let stream = connection.get_ref();
    if stream.set_nonblocking(true).is_err() {
        return true;
    }
    let closed = match stream.peek(&mut [0]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() != io::ErrorKind::WouldBlock,
    };
    stream.set_nonblocking(false).is_err() || closed
}

fn read_response(reader: &mut impl BufRead) -> io::Result<Response> {
    let status_line = read_line(reader)?;
    let status = status_line
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| invalid(format!("not a status line: {status_line:?}")))?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(reader)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| invalid(format!("not a header: {line:?}")))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let version = status_line.split(' ').next().unwrap_or_default().to_owned();
    let mut response = Response { version, status, headers, body: Vec::new() };
    if status == 100 {
        return read_response(reader);
    }
    if response.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        response.body = read_chunks(reader)?;
    } else if let Some(length) = response.header("content-length") {
        let length = length.parse().map_err(|_| invalid(format!("content-length {length:?}")))?;
        response.body = vec![0; length];
        reader.read_exact(&mut response.body)?;
    } else if status != 204 && status != 304 {
        reader.read_to_end(&mut response.body)?;
    }
    Ok(response)
}

fn read_chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(reader)?;
        let size = usize::from_str_radix(line.trim(), 16).map_err(|_| invalid(format!("chunk size {line:?}")))?;
        let start = body.len();
        body.resize(start + size, 0);
        reader.read_exact(&mut body[start..])?;
        read_line(reader)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
