//! A TCP stream on which everything ends by one deadline, however slowly the other side sends or takes.

use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Each read and write gets the time that is left until the deadline, and none after it.
pub struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Timed {
    /// A stream whose reads and writes end by `deadline`.
    pub fn new(stream: TcpStream, deadline: Instant) -> Self {
        Self { stream, deadline }
    }

    /// Sets another deadline, as for the next request on the same connection.
    pub fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    /// The stream itself.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(timed_out()) } else { Ok(Some(left)) }
    }
}

fn timed_out() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "timed out")
}

/// A socket's time limit shows as `WouldBlock` on Linux.
fn named<T>(result: io::Result<T>) -> io::Result<T> {
    result.map_err(|error| if error.kind() == ErrorKind::WouldBlock { timed_out() } else { error })
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        named(self.stream.read(buffer))
    }
}

impl Write for Timed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        named(self.stream.write(buffer))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Reads the head of an HTTP message into `head`, the empty line included, and not a byte beyond it.
/// `InvalidData` when it is longer than `max_bytes`, `UnexpectedEof` when it ends early.
pub fn read_head(reader: &mut impl BufRead, head: &mut Vec<u8>, max_bytes: usize) -> io::Result<()> {
    head.clear();
    loop {
        let line_start = head.len();
        let room = (max_bytes - line_start) as u64;
        reader.by_ref().take(room).read_until(b'\n', head)?;
        if head.len() == line_start || !head.ends_with(b"\n") {
            let full = head.len() == max_bytes;
            return Err(if full { ErrorKind::InvalidData.into() } else { ErrorKind::UnexpectedEof.into() });
        }
        if matches!(&head[line_start..], b"\r\n" | b"\n") {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_peer_that_drips_does_not_move_the_deadline() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().unwrap();
        std::thread::spawn(move || {
            while peer.write_all(b"x").is_ok() {
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let deadline = Instant::now() + Duration::from_millis(60);
        let error = io::copy(&mut Timed::new(stream, deadline), &mut io::sink()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(Instant::now() >= deadline && Instant::now() < deadline + Duration::from_secs(5));
    }

    #[test]
    fn a_head_ends_at_its_empty_line_and_is_bounded() {
        let read = |text: &[u8], max_bytes| {
            let (mut reader, mut head) = (text, Vec::new());
            read_head(&mut reader, &mut head, max_bytes).map(|()| (head, reader.to_vec())).map_err(|error| error.kind())
        };
        assert_eq!(read(b"A\r\nB\r\n\r\nbody", 99), Ok((b"A\r\nB\r\n\r\n".to_vec(), b"body".to_vec())));
        assert_eq!(read(b"A\r\nB\r\n\r\nbody", 8), Ok((b"A\r\nB\r\n\r\n".to_vec(), b"body".to_vec())));
        assert_eq!(read(b"A\r\nB\r\n\r\n", 7), Err(ErrorKind::InvalidData));
        assert_eq!(read(b"A\r\nB", 99), Err(ErrorKind::UnexpectedEof));
        assert_eq!(read(b"", 99), Err(ErrorKind::UnexpectedEof));
    }
}
