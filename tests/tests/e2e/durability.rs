//! kill -9 under load, twenty times: an acknowledged sample is there exactly once, and so is one that was sent again
//! because no acknowledgement came.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use siskin_platform::fleet::{Machine, Random};
use siskin_tests::{
    http::Client,
    process::{Home, Server, unix_seconds},
    wait::{PATIENCE, until},
};

use crate::load::{Load, check};
use crate::support::{body, flat, hosts, rows};

const ROUNDS: u64 = 20;
const NATIVE_SENDERS: u64 = 4;
const FLAT_SENDERS: u64 = 2;
/// Samples are numbered in seconds since this long ago, so that each has a second of its own.
const START_AGE_SECONDS: i64 = 6 * 86_400;
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
    let load = Arc::new(Load::default());
    let first = unix_seconds() - START_AGE_SECONDS;
    let senders: Vec<_> = (0..NATIVE_SENDERS + FLAT_SENDERS)
        .map(|number| {
            let load = Arc::clone(&load);
            std::thread::spawn(move || match number < NATIVE_SENDERS {
                true => load.native(Machine::with_cores(3, number, 2), number, first, Duration::ZERO),
                false => load.flat(number, first, Duration::ZERO),
            })
        })
        .collect();

    let mut random = Random::new(42);
    let mut rounds_with_acknowledgements = 0;
    for round in 0..ROUNDS {
        let mut server = Server::start(&home);
        let before: usize = load.count();
        *load.address.lock().unwrap() = Some(server.address);
        let until = Instant::now() + Duration::from_millis(100 + random.below(500));
        // The moment of the kill is the point of this loop: it is drawn, not waited for.
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
        server.program.kill();
        *load.address.lock().unwrap() = None;
        // What was acknowledged up to here must survive. A sender may still be about to note an answer it has: that is
        // looked at in the next round.
        let acknowledged = load.ledger.acknowledged.lock().unwrap().clone();
        rounds_with_acknowledgements += usize::from(load.count() > before);
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
