//! Bytes of others as a server's reply to a push. See `crate::foreign`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::backoff::Backoff;
use super::client::Client;
use super::reply::Verdict;
use crate::endpoint::Endpoint;

/// Far more than an exchange on one machine takes. What needs longer hangs.
const TIME: Duration = Duration::from_secs(20);
/// As `client` has it.
const MAX_TEXT_BYTES: usize = 4 << 10;

/// What the server says next.
static REPLY: Mutex<Vec<u8>> = Mutex::new(Vec::new());

static URL: LazyLock<String> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = converse(stream);
        }
    });
    url
});

/// Whatever a server says, the exchange ends in time, and only `{"status":"ok"}` with a success means that samples are
/// stored. The first byte says how much is sent: the client asks first, packs, or does neither.
pub fn reply(data: &[u8]) {
    let Some((kind, said)) = data.split_first() else { return };
    let url = URL.as_str();
    said.clone_into(&mut REPLY.lock().unwrap_or_else(PoisonError::into_inner));
    let body = vec![b' '; if kind % 4 == 0 { 17 << 10 } else { 2 }];
    let endpoint = Endpoint::parse(url).expect("an address");
    let asked = Instant::now();
    let result = Client::new(&endpoint, None).post(&body, None, asked + TIME);
    assert!(asked.elapsed() < TIME, "the server has closed, and the client waits: {result:?}");
    let Ok(reply) = result else { return };
    // What is no UTF-8 takes three bytes for one.
    assert!(reply.text.len() <= 3 * MAX_TEXT_BYTES);
    // What is asked for is a time that the clock can reach.
    let _ = Instant::now() + Backoff::default().as_asked(reply.retry_after.unwrap_or_default(), u64::MAX);
    let error = reply.error();
    assert!(error.len() <= reply.text.len());
    if reply.verdict() == Verdict::Stored {
        let json: serde_json::Value = serde_json::from_str(&reply.text).expect("an acknowledgement is JSON");
        assert!((200..300).contains(&reply.status) && json["status"] == "ok");
    }
}

/// Answers the head of a request, and waits for the client's end.
fn converse(stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while line != b"\r\n" {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
    }
    let said = REPLY.lock().unwrap_or_else(PoisonError::into_inner).clone();
    reader.get_mut().write_all(&said)?;
    reader.get_mut().shutdown(Shutdown::Write)?;
    let mut rest = [0; 4096];
    while reader.read(&mut rest)? > 0 {}
    Ok(())
}
