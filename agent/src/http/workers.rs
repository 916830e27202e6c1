//! The threads behind the port. Who accepts a connection answers it, and another one waits for the next meanwhile: in
//! the common case two threads take turns, and none is started for a request.

use std::io::{self, ErrorKind};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::episode::Episode;
use crate::{info, warn};

/// Enough for every scraper a host has. Each takes a thread for as long as its one request lasts.
const MAX_CONNECTIONS: usize = 16;
/// So many threads wait for connections; those that come back beyond that end.
const WAITING: usize = 2;
/// The stack of a thread, of which only what is touched takes memory. Packing a page takes the most of it, some 300 KiB
/// where nothing is optimised.
const STACK_BYTES: usize = 1 << 20;
/// When accepting fails, as for want of file descriptors, it is tried again after this.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// What the threads share.
struct Workers<A> {
    listener: TcpListener,
    answer: A,
    /// Connections that are being answered.
    open: AtomicUsize,
    /// Threads that wait for a connection, or are about to.
    waiting: AtomicUsize,
    told: Mutex<Told>,
}

/// What the log was told and has not been taken back.
#[derive(Default)]
struct Told {
    failing: Episode,
    crowded: Episode,
}

/// Answers connections, as long as the process lives.
pub fn start(listener: TcpListener, answer: impl Fn(TcpStream) + Send + Sync + 'static) -> io::Result<()> {
    hire(&Arc::new(Workers::new(listener, answer)))
}

fn hire<A: Fn(TcpStream) + Send + Sync + 'static>(workers: &Arc<Workers<A>>) -> io::Result<()> {
    workers.waiting.fetch_add(1, Ordering::AcqRel);
    let hired = Arc::clone(workers);
    let thread = thread::Builder::new().name("http".to_owned()).stack_size(STACK_BYTES).spawn(move || work(&hired));
    if thread.is_err() {
        workers.waiting.fetch_sub(1, Ordering::AcqRel);
    }
    thread.map(drop)
}

fn work<A: Fn(TcpStream) + Send + Sync + 'static>(workers: &Arc<Workers<A>>) {
    loop {
        let accepted = workers.listener.accept();
        let is_last = workers.waiting.fetch_sub(1, Ordering::AcqRel) == 1;
        // Without another thread, the next connection waits until this one is answered.
        let _ = if is_last { hire(workers) } else { Ok(()) };
        match accepted {
            Ok((stream, _)) => workers.take(stream),
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
            Err(error) => workers.failed(&error),
        }
        let more = |waiting| (waiting < WAITING).then_some(waiting + 1);
        if workers.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).is_err() {
            return;
        }
    }
}

impl<A: Fn(TcpStream)> Workers<A> {
    fn new(listener: TcpListener, answer: A) -> Self {
        let (open, waiting) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { listener, answer, open, waiting, told: Mutex::default() }
    }

    fn take(&self, stream: TcpStream) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(failures) = told.failing.end() {
            info!("accepting connections again", failures = failures);
        }
        let is_room = self.open.fetch_add(1, Ordering::AcqRel) < MAX_CONNECTIONS;
        if is_room {
            if let Some(closed) = told.crowded.end() {
                info!("connections are few enough again", closed = closed);
            }
        } else if told.crowded.add(1) {
            warn!("too many connections, closing new ones", max = MAX_CONNECTIONS);
        }
        drop(told);
        let _slot = Slot(&self.open);
        if is_room {
            (self.answer)(stream);
        }
    }

    fn failed(&self, error: &io::Error) {
        if self.told.lock().unwrap_or_else(PoisonError::into_inner).failing.add(1) {
            warn!("cannot accept connections", error = error);
        }
        thread::sleep(ACCEPT_PAUSE);
    }
}

/// One of the open connections, counted while it lives.
struct Slot<'a>(&'a AtomicUsize);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::{Read, Write};
    use std::net::SocketAddr;

    use super::*;

    type Answer = Box<dyn Fn(TcpStream) + Send + Sync>;
    type Threads = Arc<Mutex<BTreeSet<String>>>;

    /// A port that answers with a byte, and the threads that did so.
    fn port() -> (SocketAddr, Arc<Workers<Answer>>, Threads) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let threads = Arc::new(Mutex::new(BTreeSet::new()));
        let seen = Arc::clone(&threads);
        let answer = move |mut stream: TcpStream| {
            seen.lock().unwrap().insert(format!("{:?}", thread::current().id()));
            let _ = stream.read(&mut [0]);
            let _ = stream.write_all(b"!");
        };
        let workers = Arc::new(Workers::new(listener, Box::new(answer) as Answer));
        hire(&workers).unwrap();
        (address, workers, threads)
    }

    fn ask(address: SocketAddr) -> TcpStream {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    fn answered(stream: &mut TcpStream) -> usize {
        let _ = stream.write_all(b"?");
        stream.read(&mut [0]).unwrap_or(0)
    }

    #[test]
    fn one_after_the_other_are_answered_by_two_threads_in_turn() {
        let (address, workers, threads) = port();
        for _ in 0..50 {
            let mut stream = ask(address);
            assert_eq!(answered(&mut stream), 1);
            assert_eq!(stream.read(&mut [0]).unwrap(), 0);
            while workers.waiting.load(Ordering::Acquire) < WAITING {
                thread::yield_now();
            }
        }
        assert!(threads.lock().unwrap().len() <= WAITING, "{:?}", threads.lock().unwrap());
    }

    #[test]
    fn at_once_are_answered_up_to_the_limit_and_then_again() {
        let (address, ..) = port();
        for _ in 0..3 {
            let mut streams: Vec<_> = (0..MAX_CONNECTIONS + 4).map(|_| ask(address)).collect();
            // Those beyond the limit are closed without a byte, whichever they are.
            let answers: usize = streams.iter_mut().map(answered).sum();
            assert!((MAX_CONNECTIONS..=MAX_CONNECTIONS + 4).contains(&answers), "{answers}");
        }
    }
}
