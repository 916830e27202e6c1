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
mod workers;

use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tiny_http::HTTPVersion;

use crate::latest::Latest;
use crate::timed::{Timed, read_head};
pub use guard::Guard;
use routes::Request;

/// From accepting a connection to the end of the request's head.
const REQUEST_TIME: Duration = Duration::from_secs(5);
/// From there to the end of the reply.
const REPLY_TIME: Duration = Duration::from_secs(5);
/// A client that still sends (a body, which is not read) gets this long to see the reply before the connection is reset.
const LINGER_TIME: Duration = Duration::from_millis(500);
/// The usual bound for a request's head.
const MAX_HEAD_BYTES: usize = 8 << 10;
/// Opens the port.
pub fn listen(addresses: &[SocketAddr]) -> io::Result<TcpListener> {
    TcpListener::bind(addresses)
}

/// What every connection is answered from.
struct Door {
    guard: Guard,
    latest: Arc<Latest>,
}

/// Serves in threads of its own, as long as the process lives.
pub fn serve(listener: TcpListener, latest: Arc<Latest>, guard: Guard) -> io::Result<()> {
    let door = Door { guard, latest };
    // A client that went away is not worth a line.
    workers::start(listener, move |stream| drop(converse(stream, &door)))
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
