//! A server made up for the test: answers pushes as a closure says, and keeps what it has acknowledged.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// One push as it arrived.
#[derive(Clone, Debug)]
pub struct Push {
    /// Which attempt this is, from 0.
    pub attempt: usize,
    /// Request line and headers.
    pub head: String,
    /// The batch.
    pub batch: Value,
}

impl Push {
    /// The value of a header, whose name is given in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// The numbers of its samples.
    pub fn seqs(&self) -> Vec<u64> {
        let first = self.batch["first_seq"].as_u64().unwrap();
        (first..).take(self.batch["samples"].as_array().unwrap().len()).collect()
    }
}

/// How to answer.
pub enum Answer {
    /// Acknowledge.
    Stored,
    /// A status line, header lines and body.
    Status(&'static str),
    /// Take the push and say nothing.
    HangUp,
}

/// A listening server.
pub struct Server {
    address: SocketAddr,
    pushes: Arc<Mutex<Vec<(Push, bool)>>>,
}

impl Server {
    /// Answers each push as told.
    pub fn start(answer: impl Fn(&Push) -> Answer + Send + 'static) -> Self {
        Self::serve(TcpListener::bind("127.0.0.1:0").unwrap(), |stream| stream, answer)
    }

    /// The same, on connections made of TCP connections.
    pub fn start_on<S: Read + Write>(
        secure: impl FnMut(TcpStream) -> S + Send + 'static,
        answer: impl Fn(&Push) -> Answer + Send + 'static,
    ) -> Self {
        Self::serve(TcpListener::bind("127.0.0.1:0").unwrap(), secure, answer)
    }

    fn serve<S: Read + Write>(
        listener: TcpListener,
        mut secure: impl FnMut(TcpStream) -> S + Send + 'static,
        answer: impl Fn(&Push) -> Answer + Send + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let pushes = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&pushes);
        thread::spawn(move || {
            for stream in listener.incoming() {
                converse(secure(stream.unwrap()), &answer, &kept);
            }
        });
        Self { address, pushes }
    }

    /// Where it listens.
    #[cfg(feature = "tls")]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A server at an address that was free a moment ago: the one an agent was told before there was a server.
    pub fn start_at(address: SocketAddr, answer: impl Fn(&Push) -> Answer + Send + 'static) -> Self {
        Self::serve(TcpListener::bind(address).unwrap(), |stream| stream, answer)
    }

    /// Every acknowledged sample with its stream and number, in the order of their arrival.
    pub fn samples(&self) -> Vec<(u64, u64, Value)> {
        let pushes = self.pushes.lock().unwrap();
        let stored = pushes.iter().filter(|(_, stored)| *stored);
        stored
            .flat_map(|(push, _)| {
                let stream = push.batch["stream"].as_u64().unwrap();
                let samples = push.batch["samples"].as_array().unwrap().clone();
                push.seqs().into_iter().zip(samples).map(move |(seq, sample)| (stream, seq, sample))
            })
            .collect()
    }

    /// All pushes so far.
    pub fn pushes(&self) -> Vec<Push> {
        self.pushes.lock().unwrap().iter().map(|(push, _)| push.clone()).collect()
    }

    /// The numbers of all acknowledged samples, in the order of their arrival.
    pub fn stored(&self) -> Vec<u64> {
        let pushes = self.pushes.lock().unwrap();
        pushes.iter().filter(|(_, stored)| *stored).flat_map(|(push, _)| push.seqs()).collect()
    }
}

/// Answers on one connection until either side ends it.
fn converse<S: Read + Write>(stream: S, answer: &impl Fn(&Push) -> Answer, pushes: &Mutex<Vec<(Push, bool)>>) {
    let mut reader = BufReader::new(stream);
    while let Some((head, batch)) = read(&mut reader) {
        let push = Push { attempt: pushes.lock().unwrap().len(), head, batch };
        let answer = answer(&push);
        let reply = match answer {
            Answer::Stored => "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}".to_owned(),
            Answer::Status(text) => {
                let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
                format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
            }
            Answer::HangUp => String::new(),
        };
        pushes.lock().unwrap().push((push, matches!(answer, Answer::Stored)));
        if reply.is_empty() || reader.get_mut().write_all(reply.as_bytes()).is_err() {
            return;
        }
    }
}

fn read<S: Read + Write>(reader: &mut BufReader<S>) -> Option<(String, Value)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length: usize = header(&head, "content-length")?.parse().ok()?;
    if header(&head, "expect").is_some() {
        reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    if header(&head, "content-encoding") == Some("gzip") {
        // The agent writes a header of ten bytes and a trailer of eight; the unit test lets gzip itself judge them.
        body = miniz_oxide::inflate::decompress_to_vec(&body[10..length - 8]).unwrap();
    }
    Some((head, serde_json::from_slice(&body).unwrap()))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut headers = head.lines().filter_map(|line| line.split_once(": "));
    headers.find_map(|(found, value)| found.eq_ignore_ascii_case(name).then_some(value))
}
