//! A day of samples as fast as they come: read, queued, pushed and served by a process of its own, whose memory is looked
//! at after the first thousand and after the last. `SISKIN_TEST_SAMPLES` says how many there are.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command as Process;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::endpoint::Credentials;
use crate::http;
use crate::options::{self, Command};
use crate::push::Push;
use crate::sampler::Sampler;
use crate::spool::Origin;
use crate::state::{Floor, State};

/// Enough to see 20 bytes a sample. A day at one a second has 86 400.
const SAMPLES: u64 = 10_000;
/// After these, everything has been used once.
const FIRST: u64 = 1_000;
/// Someone looks at `/system` each so many samples.
const LOOK_EVERY: u64 = 10;
const SERVER: &str = "SISKIN_TEST_SERVER";

#[test]
fn a_day_of_samples_takes_no_more_memory_than_the_first_thousand() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(|| store(stream.unwrap()));
        }
    });
    let mut process = Process::new(std::env::current_exe().unwrap());
    process.args(["--exact", "endurance::the_process_that_is_looked_at", "--ignored", "--nocapture"]);
    let output = process.env(SERVER, address.to_string()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let rss: Vec<u64> = said.lines().filter_map(|line| line.split_once("RSS ")?.1.parse().ok()).collect();
    println!("{said}");
    let [first, last] = rss[..] else { panic!("{said}") };
    assert!(last * 100 <= first * 105, "{first} KiB after {FIRST} samples, {last} KiB in the end");
}

#[test]
#[ignore = "run by the test above"]
fn the_process_that_is_looked_at() {
    let samples = std::env::var("SISKIN_TEST_SAMPLES").map_or(SAMPLES, |samples| samples.parse().unwrap());
    let server = format!("http://{}", std::env::var(SERVER).unwrap());
    let args = ["--server", &server, "--listen", "127.0.0.1:0", "--id", "test"];
    let Ok(Command::Run(options)) = options::parse(args.map(OsString::from), |_| None) else { panic!() };
    let state = State::load(None);
    let agent = crate::agent(&options, &state).unwrap();
    let origin = Origin { stream: 7, boot_id: agent.boot_id.clone(), floor: Floor::default() };
    let queue = crate::queue(&options, origin).unwrap();
    let listener = http::listen(&options.listen).unwrap();
    let address = listener.local_addr().unwrap();

    let (endpoint, guard) = (options.server.clone().unwrap(), options.guard.clone());
    let mut sampler = Sampler::start(options, agent, 7, Some(Arc::clone(&queue)), state);
    http::serve(listener, sampler.latest(), guard).unwrap();
    let push = Push::start(sampler.latest(), Arc::clone(&queue), endpoint, Credentials::None, None).unwrap();
    for taken in 2..=samples {
        sampler.take();
        if taken % LOOK_EVERY == 0 {
            look(address);
        }
        while queue.waiting().0 > 0 {
            thread::sleep(Duration::from_micros(50));
        }
        if taken == FIRST || taken == samples {
            println!("after {taken} samples RSS {}", rss_kib());
        }
    }
    push.finish();
    assert_eq!(queue.waiting(), (0, 0));
}

fn look(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /system HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    assert!(reply.starts_with(b"HTTP/1.0 200"), "{}", String::from_utf8_lossy(&reply));
}

fn rss_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_ascii_whitespace().next().unwrap().parse().unwrap()
}

/// A server that takes everything at once.
fn store(stream: TcpStream) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut length, mut line) = (0, String::new());
        while line != "\r\n" {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let (name, value) = line.split_once(':').unwrap_or_default();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().unwrap(),
                "expect" => reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap(),
                _ => {}
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink()).unwrap();
        let reply = b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}";
        if reader.get_mut().write_all(reply).is_err() {
            return;
        }
    }
}
