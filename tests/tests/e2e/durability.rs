//! kill -9 under load, twenty times: an acknowledged sample is there exactly once, and so is one that was sent again
//! because no acknowledgement came.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::ErrorKind,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use siskin_platform::{
    fleet::{Machine, Random},
    model::Batch,
};
use siskin_tests::{
    http::Client,
    process::{Home, Server, unix_ms, unix_seconds},
    python,
    wait::{PATIENCE, until},
};

use crate::support::{body, flat, hosts, rows};

const ROUNDS: u64 = 20;
const NATIVE_SENDERS: u64 = 4;
const FLAT_SENDERS: u64 = 2;
/// Samples are numbered in seconds since this long ago, so that each has a second of its own.
const START_AGE_SECONDS: i64 = 6 * 86_400;
/// What the made-up machines' memory is, so that a row's `ram` tells which sample it was.
const MEMORY_TOTAL: u64 = 10_000;

/// What has been sent and what has been acknowledged, by host: second → its `ram` in hundredths of a percent.
#[derive(Default)]
struct Ledger {
    sent: Mutex<BTreeMap<String, BTreeMap<i64, i64>>>,
    acknowledged: Mutex<BTreeMap<String, BTreeSet<i64>>>,
}

/// The load: senders that find the server under this address, if it is there, and never give a sample up.
struct Load {
    address: Mutex<Option<SocketAddr>>,
    stop: AtomicBool,
    /// Sends that broke off without an answer: the server may or may not have stored them.
    broken: AtomicU64,
    /// Samples that the server had stored although it could not say so.
    known_already: AtomicU64,
    ledger: Ledger,
}

impl Load {
    /// Sends one body, made anew each time, until it is acknowledged; gives up only when told to stop while no server is there.
    fn deliver(
        &self,
        client: &mut Option<(SocketAddr, Client)>,
        host: &str,
        seconds: &[(i64, i64)],
        body: impl Fn() -> Vec<u8>,
    ) {
        self.ledger.sent.lock().unwrap().entry(host.into()).or_default().extend(seconds.iter().copied());
        loop {
            let Some(address) = *self.address.lock().unwrap() else {
                std::thread::sleep(Duration::from_millis(2));
                continue;
            };
            if client.as_ref().is_none_or(|(known, _)| *known != address) {
                *client = Some((address, Client::new(address)));
            }
            let connection = &mut client.as_mut().unwrap().1;
            match connection.send("POST", "/metrics", &[("Content-Type", "application/json")], &body()) {
                Ok(response) if response.status == 200 => {
                    let duplicates = response.json()["duplicates"].as_u64().unwrap_or(0);
                    self.known_already.fetch_add(duplicates, Ordering::Relaxed);
                    let mut acknowledged = self.ledger.acknowledged.lock().unwrap();
                    acknowledged.entry(host.into()).or_default().extend(seconds.iter().map(|(second, _)| *second));
                    return;
                }
                Ok(response) => {
                    assert!([429, 503].contains(&response.status), "{} {}", response.status, response.text())
                }
                Err(error) => {
                    // A server that is gone before the request began is no interruption.
                    let interrupted = error.kind() != ErrorKind::ConnectionRefused;
                    self.broken.fetch_add(interrupted.into(), Ordering::Relaxed);
                    *client = None;
                    std::thread::sleep(Duration::from_millis(2));
                }
            }
        }
    }

    fn native(&self, number: u64) {
        let mut random = Random::new(number);
        let mut machine = Machine::with_cores(3, number, 2);
        let mut second = unix_seconds() - START_AGE_SECONDS;
        let mut client = None;
        while !self.stop.load(Ordering::Relaxed) {
            let count = 1 + random.below(30) as i64;
            let mut batch = machine.batch((0..count).map(|index| (second + index) * 1000));
            let mut seconds = Vec::new();
            for (index, sample) in batch.samples.iter_mut().enumerate() {
                let used = random.below(MEMORY_TOTAL + 1);
                let memory = sample.memory.as_mut().unwrap();
                memory.total_bytes = MEMORY_TOTAL;
                memory.available_bytes = MEMORY_TOTAL - used;
                seconds.push((second + index as i64, used as i64));
            }
            second += count;
            // Said anew with each attempt, as an agent does: else the server takes the clock for one that is behind.
            let sent = || body(&Batch { sent_at: machine.clock(unix_ms()), ..batch.clone() });
            self.deliver(&mut client, &machine.host.hostname, &seconds, sent);
            if random.below(200) == 0 {
                machine.restart_agent();
            }
        }
    }

    fn flat(&self, number: u64) {
        let mut random = Random::new(100 + number);
        let host = format!("flat-{number}");
        let mut second = unix_seconds() - START_AGE_SECONDS;
        let mut client = None;
        while !self.stop.load(Ordering::Relaxed) {
            let used = random.below(10_001) as i64;
            let mut sample = flat(&host, second, random.below(10_000) as f64 / 100.0);
            sample["ram"] = (used as f64 / 100.0).into();
            self.deliver(&mut client, &host, &[(second, used)], || python::dumps(&sample).into_bytes());
            second += 1;
        }
    }
}

/// Every acknowledged sample is there once, with its own value; nothing is there that was not sent.
fn check(client: &mut Client, load: &Load, acknowledged: &BTreeMap<String, BTreeSet<i64>>) -> usize {
    let mut all = 0;
    let sent = load.ledger.sent.lock().unwrap();
    let known = hosts(client);
    for (host, sent) in sent.iter() {
        let none = BTreeSet::new();
        let acknowledged = acknowledged.get(host).unwrap_or(&none);
        let rows = rows(client, &format!("?hostname={host}&timeframe=7d"));
        // Counted in the store when the server started: rows that an answer might hide count here.
        let counted = known
            .iter()
            .find(|known| known["hostname"] == *host)
            .map_or(0, |known| known["metric_count"].as_u64().unwrap());
        assert_eq!(counted, rows.len() as u64, "{host}: rows stored, and rows shown");
        let mut seen = BTreeSet::new();
        for row in &rows {
            let second = row["timestamp"].as_i64().unwrap();
            assert!(seen.insert(second), "{host}: second {second} is there twice");
            let used = sent.get(&second).unwrap_or_else(|| panic!("{host}: second {second} was never sent"));
            let ram = (row["ram"].as_f64().unwrap() * 100.0).round() as i64;
            assert_eq!(ram, *used, "{host}: second {second} has another sample's value");
        }
        let lost: Vec<&i64> = acknowledged.difference(&seen).collect();
        assert!(lost.is_empty(), "{host}: {} acknowledged samples are gone, such as {:?}", lost.len(), &lost[..1]);
        all += rows.len();
    }
    all
}

/// The kill falls between the commit and the answer: nobody reads the answer, and the sender tries again later.
#[test]
fn what_was_stored_without_a_word_is_known_when_it_comes_again() {
    let home = Home::new();
    let mut server = Server::start(&home);
    let now = unix_seconds();
    let batch = Machine::new(1, 1).batch((0..5).map(|age| (now - 5 + age) * 1000));
    let sample = flat("pi", now, 12.5).to_string().into_bytes();
    let mut senders = Vec::new();
    for bytes in [&body(&batch), &sample] {
        let mut sender = server.client();
        let headers = [("Content-Type", "application/json"), ("Content-Length", &bytes.len().to_string())];
        sender.begin("POST", "/metrics", &headers).unwrap();
        sender.write(bytes).unwrap();
        senders.push(sender);
    }
    let mut client = server.client();
    let stored =
        |client: &mut Client| hosts(client).iter().filter_map(|host| host["metric_count"].as_u64()).sum::<u64>();
    until("both in the store", PATIENCE, || (stored(&mut client) == 6).then_some(()));
    server.program.kill();
    drop(senders);

    let server = Server::start(&home);
    let mut client = server.client();
    for (bytes, count) in [(&body(&batch), 5), (&sample, 1)] {
        let answer = client.post("/metrics", bytes).json();
        assert_eq!((answer["stored"].as_u64(), answer["duplicates"].as_u64()), (Some(0), Some(count)), "{answer}");
    }
    assert_eq!(stored(&mut client), 6);
    assert_eq!(rows(&mut client, "").len(), 6);
}

#[test]
fn twenty_kills_under_load_lose_nothing_and_double_nothing() {
    let home = Home::new();
    let load = Arc::new(Load {
        address: Mutex::default(),
        stop: AtomicBool::default(),
        broken: AtomicU64::default(),
        known_already: AtomicU64::default(),
        ledger: Ledger::default(),
    });
    let senders: Vec<_> = (0..NATIVE_SENDERS + FLAT_SENDERS)
        .map(|number| {
            let load = Arc::clone(&load);
            std::thread::spawn(move || if number < NATIVE_SENDERS { load.native(number) } else { load.flat(number) })
        })
        .collect();

    let mut random = Random::new(42);
    let mut rounds_with_acknowledgements = 0;
    for round in 0..ROUNDS {
        let mut server = Server::start(&home);
        let before: usize = count(&load);
        *load.address.lock().unwrap() = Some(server.address);
        let until = Instant::now() + Duration::from_millis(100 + random.below(500));
        // The moment of the kill is the point of this loop: it is drawn, not waited for.
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
        server.program.kill();
        *load.address.lock().unwrap() = None;
        // What was acknowledged up to here must survive. A sender may still be about to note an answer it has: that is
        // looked at in the next round.
        let acknowledged = load.ledger.acknowledged.lock().unwrap().clone();
        rounds_with_acknowledgements += usize::from(count(&load) > before);
        let server = Server::start(&home);
        let stored = check(&mut server.client(), &load, &acknowledged);
        println!("round {round}: {stored} samples stored, {} sends broken off", load.broken.load(Ordering::Relaxed));
    }

    // The last server takes what is still on its way.
    let server = Server::start(&home);
    load.stop.store(true, Ordering::Relaxed);
    *load.address.lock().unwrap() = Some(server.address);
    for sender in senders {
        sender.join().expect("a sender");
    }
    let acknowledged = load.ledger.acknowledged.lock().unwrap().clone();
    let total: usize = acknowledged.values().map(BTreeSet::len).sum();
    let sent: usize = load.ledger.sent.lock().unwrap().values().map(BTreeMap::len).sum();
    assert_eq!(total, sent, "in the end all is acknowledged");
    assert_eq!(check(&mut server.client(), &load, &acknowledged), sent, "and there, each once");
    println!(
        "{sent} samples, {} sends broken off, {} samples were stored without a word",
        load.broken.load(Ordering::Relaxed),
        load.known_already.load(Ordering::Relaxed)
    );
    // The test is worth something only if the kills came in the midst of work.
    assert!(load.broken.load(Ordering::Relaxed) >= ROUNDS, "the kills must interrupt sends");
    assert!(rounds_with_acknowledgements >= 15, "only {rounds_with_acknowledgements} rounds acknowledged anything");
}

fn count(load: &Load) -> usize {
    load.ledger.acknowledged.lock().unwrap().values().map(BTreeSet::len).sum()
}
