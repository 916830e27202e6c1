//! Senders as agents are: each sample is sent until it is acknowledged, whatever happens to the server. What they sent and
//! what was acknowledged is written down, so that a store can be held against it.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::ErrorKind,
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use siskin_platform::{
    fleet::{Machine, Random},
    model::{Batch, Sample},
};
use siskin_tests::{http::Client, process::unix_ms, python};

use crate::support::{body, flat, hosts, rows};

/// What the made-up machines' memory is, so that a row's `ram` tells which sample it was.
const MEMORY_TOTAL: u64 = 10_000;

/// What has been sent and what has been acknowledged, by host: second → its `ram` in hundredths of a percent.
#[derive(Default)]
pub struct Ledger {
    pub sent: Mutex<BTreeMap<String, BTreeMap<i64, i64>>>,
    pub acknowledged: Mutex<BTreeMap<String, BTreeSet<i64>>>,
}

/// The load: senders that find the server under this address, if it is there, and never give a sample up.
#[derive(Default)]
pub struct Load {
    pub address: Mutex<Option<SocketAddr>>,
    pub stop: AtomicBool,
    /// Sends that broke off without an answer: the server may or may not have stored them.
    pub broken: AtomicU64,
    /// Samples that the server had stored although it could not say so.
    pub known_already: AtomicU64,
    pub ledger: Ledger,
    /// Samples have the readings of memory and no others: files are made sooner.
    pub is_lean: bool,
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

    /// Batches of a machine, a sample a second from this one on, with a pause after each.
    pub fn native(&self, mut machine: Machine, seed: u64, first_second: i64, pause: Duration) {
        let mut random = Random::new(seed);
        let mut second = first_second;
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
                if self.is_lean {
                    *sample = Sample { at: sample.at, memory: sample.memory.take(), ..Sample::default() };
                }
            }
            second += count;
            // Said anew with each attempt, as an agent does: else the server takes the clock for one that is behind.
            let sent = || body(&Batch { sent_at: machine.clock(unix_ms()), ..batch.clone() });
            self.deliver(&mut client, &machine.host.hostname, &seconds, sent);
            if random.below(200) == 0 {
                machine.restart_agent();
            }
            std::thread::sleep(pause);
        }
    }

    /// The predecessor's pushes, likewise.
    pub fn flat(&self, number: u64, first_second: i64, pause: Duration) {
        let mut random = Random::new(100 + number);
        let host = format!("flat-{number}");
        let mut second = first_second;
        let mut client = None;
        while !self.stop.load(Ordering::Relaxed) {
            let used = random.below(10_001) as i64;
            let mut sample = flat(&host, second, random.below(10_000) as f64 / 100.0);
            sample["ram"] = (used as f64 / 100.0).into();
            self.deliver(&mut client, &host, &[(second, used)], || python::dumps(&sample).into_bytes());
            second += 1;
            std::thread::sleep(pause);
        }
    }

    /// Samples acknowledged so far.
    pub fn count(&self) -> usize {
        self.ledger.acknowledged.lock().unwrap().values().map(BTreeSet::len).sum()
    }
}

/// Every acknowledged sample is there once, with its own value; nothing is there that was not sent.
pub fn check(client: &mut Client, load: &Load, acknowledged: &BTreeMap<String, BTreeSet<i64>>) -> usize {
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
