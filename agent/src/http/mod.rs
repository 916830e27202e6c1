//! The agent's own port: accepts connections, bounded in number, size and time. `routes` says what is answered.
//!
//! The replies are tiny_http's. Its accepting half is not used: version 0.12 allocates the `Content-Length` that a
//! client claims when it throws an unread body away, so one packet ends the process, it reads lines of any length,
//! and it unwraps when file descriptors run out. Here a request is a head of bounded size, and bodies are not read.

mod accept;
#[cfg(any(test, fuzzing))]
pub mod foreign;
mod guard;
mod routes;

use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tiny_http::HTTPVersion;

use crate::episode::Episode;
use crate::latest::Latest;
use crate::timed::{Timed, read_head};
use crate::{info, warn};
pub use guard::Guard;
use routes::Request;

/// Enough for every scraper a host has. Each takes a thread for as long as its one request lasts.
const MAX_CONNECTIONS: usize = 16;
/// From accepting a connection to the end of the request's head.
const REQUEST_TIME: Duration = Duration::from_secs(5);
/// From there to the end of the reply.
const REPLY_TIME: Duration = Duration::from_secs(5);
/// A client that still sends (a body, which is not read) gets this long to see the reply before the connection is reset.
const LINGER_TIME: Duration = Duration::from_millis(500);
/// The usual bound for a request's head.
const MAX_HEAD_BYTES: usize = 8 << 10;
/// The stack of a connection's thread, of which only what is touched takes memory. Packing a page takes the most of it,
/// some 300 KiB where nothing is optimised.
const STACK_BYTES: usize = 1 << 20;
/// When accepting fails, as for want of file descriptors, it is tried again after this.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Opens the port.
pub fn listen(addresses: &[SocketAddr]) -> io::Result<TcpListener> {
    TcpListener::bind(addresses)
}

/// What every connection is answered from.
struct Door {
    guard: Guard,
    latest: Arc<Latest>,
}

/// Serves in a thread of its own, as long as the process lives.
pub fn serve(listener: TcpListener, latest: Arc<Latest>, guard: Guard) -> io::Result<()> {
    let door = Arc::new(Door { guard, latest });
    thread::Builder::new().name("http".to_owned()).spawn(move || accept(&listener, &door)).map(drop)
}

fn accept(listener: &TcpListener, door: &Arc<Door>) {
    let open = Arc::new(AtomicUsize::new(0));
    let (mut failing, mut crowded) = (Episode::default(), Episode::default());
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                if let Some(failures) = failing.end() {
                    info!("accepting connections again", failures = failures);
                }
                if admit(stream, &open, door) {
                    if let Some(closed) = crowded.end() {
                        info!("connections are few enough again", closed = closed);
                    }
                } else if crowded.add(1) {
                    warn!("too many connections, closing new ones", max = MAX_CONNECTIONS);
                }
            }
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
            Err(error) => {
                if failing.add(1) {
                    warn!("cannot accept connections", error = error);
                }
                thread::sleep(ACCEPT_PAUSE);
            }
        }
    }
}

/// Starts a thread for the connection. False, and the connection is closed, when there are too many of them
/// or no thread can be had.
fn admit(stream: TcpStream, open: &Arc<AtomicUsize>, door: &Arc<Door>) -> bool {
    let slot = Slot::take(open);
    if slot.0.load(Ordering::Relaxed) > MAX_CONNECTIONS {
        return false;
    }
    let door = Arc::clone(door);
    let work = move || {
        let _slot = slot;
        // A client that went away is not worth a line.
        let _ = converse(stream, &door);
    };
    thread::Builder::new().name("connection".to_owned()).stack_size(STACK_BYTES).spawn(work).is_ok()
}

/// One of the open connections, counted while it lives.
struct Slot(Arc<AtomicUsize>);

impl Slot {
    fn take(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(open))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One request, one reply, end: a scrape every few seconds gains nothing from a kept connection.
fn converse(stream: TcpStream, door: &Door) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(1024, Timed::new(stream, Instant::now() + REQUEST_TIME));
    let mut head = Vec::new();
    let request = match read_head(&mut reader, &mut head, MAX_HEAD_BYTES) {
        Ok(()) => Request::parse(&head),
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(routes::head_too_large()),
        Err(error) => return Err(error),
    };
    let (response, is_head) = match request {
        Ok(request) => {
            let refusal = door.guard.refusal(&request);
            (refusal.unwrap_or_else(|| routes::answer(&request, &door.latest)), request.is_head())
        }
        Err(refusal) => (refusal, false),
    };
    let connection = reader.get_mut();
    connection.set_deadline(Instant::now() + REPLY_TIME);
    reply(connection, response, is_head)
}

/// As HTTP/1.0, whose replies end with the connection: tiny_http refuses to write `Connection: close`.
fn reply(connection: &mut Timed, response: routes::Reply, is_head: bool) -> io::Result<()> {
    let mut bytes = Vec::new();
    response.raw_print(&mut bytes, HTTPVersion(1, 0), &[], is_head, None)?;
    connection.write_all(&bytes)?;
    connection.stream().shutdown(Shutdown::Write)?;
    connection.set_deadline(Instant::now() + LINGER_TIME);
    let mut rest = [0; 1024];
    while connection.read(&mut rest)? > 0 {}
    Ok(())
}
