//! kill -9 while the server seals, rolls up, lets go by age and by bytes, takes out removed hosts and copies itself: what
//! was acknowledged is there once, every file opens. `SISKIN_TEST_KILLS` says how many rounds there are.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use serde_json::Value;
use siskin_platform::{
    fleet::{Machine, Random},
    model::{Memory, Sample},
};
use siskin_tests::{
    http::Client,
    process::{Home, Server, unix_seconds},
    wait::{PATIENCE, until},
};

use crate::load::{Load, check};
use crate::stock;
use crate::storage::{storage, tier};
use crate::support::push;

const ROUNDS: usize = 8;
const DAY: i64 = 86_400;
/// Days before today's begin of hosts whose samples are never let go.
const KEPT_DAYS: [i64; 2] = [1, 1];
/// Those of hosts whose samples may be: always too old, the first that is too much, too old once the limit is lower.
const CHURNED_DAYS: [i64; 3] = [10, 7, 6];
/// The day of the host whose samples are removed now and then, and its number. Others have samples of the same day.
const REMOVED: (i64, u64) = (1, 30);
const PAUSE: Duration = Duration::from_millis(100);
/// What the files may be beyond those that must stay: more than a life of a server adds.
const SLACK_BYTES: u64 = 3 << 19;
/// Between two looks at whether it seals.
const LOOK: Duration = Duration::from_millis(1);

/// What the servers' logs tell of the moments at which they were killed, and of what they got done.
#[derive(Debug, Default)]
struct Tally {
    /// Kills between the begin of a sealing and its end.
    in_sealing: usize,
    /// Of these, by then segments were written, and rollups.
    with_segments: usize,
    with_rollups: usize,
    sealed: usize,
    let_go: usize,
    rewritten: usize,
    snapshots: usize,
    /// Files that a start found and nobody owned.
    half_made: usize,
}

impl Tally {
    fn note(&mut self, said: &str, seen_sealing: bool) {
        let count = |text: &str| said.matches(text).count();
        // Of a sealing that was not finished: what was written after the last one that was.
        let last = said.rsplit(" sealed files=").next().unwrap_or_default();
        let (segments, rollups) = (last.contains("written tier=\"raw\""), last.contains("written tier=\"minute\""));
        let inside = segments || (seen_sealing && count(" sealed files=") == 0);
        self.in_sealing += usize::from(inside);
        self.with_segments += usize::from(inside && segments);
        self.with_rollups += usize::from(inside && rollups);
        self.sealed += count(" sealed files=");
        self.let_go += count("removed what is not kept any longer");
        self.rewritten += count("rewrote files");
        self.snapshots += count("made a snapshot");
        self.half_made += count("left half-made");
    }
}

/// Bytes of all that counts but the segments of days that may go.
fn staying_bytes(home: &Home, midnight: i64) -> u64 {
    let may_go: Vec<String> =
        CHURNED_DAYS.iter().map(|age| format!("/raw/{}.", day_name(midnight - age * DAY))).collect();
    let goes = |path: &Path| may_go.iter().any(|day| path.to_string_lossy().contains(day));
    let all = ["hot", "raw", "minute", "hour"].into_iter().flat_map(|tier| stock::files(home, tier));
    let size = |path: &Path| path.metadata().map_or(0, |metadata| metadata.len());
    all.filter(|path| !goes(path)).map(|path| size(&path)).sum::<u64>() + size(&home.database())
}

/// A day as files are named.
fn day_name(second: i64) -> String {
    // Days since 1970 to a date: H. Hinnant, "chrono-compatible low-level date algorithms".
    let shifted = second.div_euclid(DAY) + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn start(home: &Home, round: usize, midnight: i64) -> Server {
    // While much comes, which is larger before it is sealed, there is no limit.
    let bytes = if is_churned(round) { 1 << 40 } else { staying_bytes(home, midnight) + SLACK_BYTES };
    let raw = if round % 8 == 6 { "4d" } else { "8d" };
    let arguments = ["--seal-after", "0s", "--retention-bytes", &bytes.to_string(), "--retention-raw", raw];
    let more = ["--snapshot-every", "2s", "--snapshot-keep", "2", "--log-level", "info,siskin_server=debug"];
    Server::start_with(home, &[arguments.as_slice(), &more].concat())
}

fn is_churned(round: usize) -> bool {
    round.is_multiple_of(8)
}

/// Much for a day that may go: numbers that no packing makes smaller.
fn churn(client: &mut Client, machine: &mut Machine, random: &mut Random, first_second: &mut i64) {
    for _ in 0..40 {
        let mut batch = machine.batch((0..1_000).map(|index| (*first_second + index) * 1_000));
        for sample in &mut batch.samples {
            let mut any = || Some(random.any() >> 14);
            let memory = sample.memory.take().map(|memory| Memory {
                buffers_bytes: any(),
                cached_bytes: any(),
                shared_bytes: any(),
                slab_bytes: any(),
                active_bytes: any(),
                inactive_bytes: any(),
                ..*memory
            });
            *sample = Sample { at: sample.at, memory: memory.map(Box::new), ..Sample::default() };
        }
        push(client, &batch);
        *first_second += 1_000;
    }
}

/// Waits for the moment of the kill; tells whether the server was seen sealing.
fn live(server: &Server, round: usize, random: &mut Random) -> bool {
    // The moment of the kill is the point of this test: it is drawn, not waited for.
    let mut draw = |below_ms| std::thread::sleep(Duration::from_millis(random.below(below_ms)));
    if [1, 4, 7].contains(&(round % 8)) {
        draw(1_200);
        return false;
    }
    let mut client = server.client();
    wait(&mut client, "it seals", |storage| storage["sealing"] == true);
    match round % 8 {
        0 => draw(200),
        3 => draw(2_000),
        5 => draw(800),
        _ => {
            wait(&mut client, "it has sealed", |storage| storage["sealing"] == false);
            draw(500);
        }
    }
    true
}

fn wait(client: &mut Client, what: &str, is_so: impl Fn(&Value) -> bool) {
    let begun = Instant::now();
    while !is_so(&storage(client)) {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}: {}", storage(client));
        std::thread::sleep(LOOK);
    }
}

#[test]
fn kills_while_it_seals_and_lets_go_lose_nothing_and_double_nothing() {
    let rounds = std::env::var("SISKIN_TEST_KILLS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let home = Home::new();
    let lean = || Load { is_lean: true, ..Load::default() };
    let (kept, churned) = (Arc::new(lean()), Arc::new(lean()));
    let midnight = unix_seconds() / DAY * DAY;
    // A sample of a moment to come is not shown: far enough back for as many seconds as there will be samples.
    let first_today = unix_seconds() - DAY * 5 / 6;
    let mut senders = Vec::new();
    let native = |load: &Arc<Load>, number: u64, first: i64| {
        let load = Arc::clone(load);
        std::thread::spawn(move || load.native(Machine::plain(3, number), number, first, PAUSE))
    };
    for (number, age) in (0..).zip(KEPT_DAYS) {
        senders.push(native(&kept, number, midnight - age * DAY + 3_600));
    }
    senders.push(native(&kept, 2, first_today));
    let load = Arc::clone(&kept);
    senders.push(std::thread::spawn(move || load.flat(0, first_today, PAUSE)));
    for (number, age) in (10..).zip(CHURNED_DAYS) {
        senders.push(native(&churned, number, midnight - age * DAY + 3_600));
    }
    senders.push(native(&churned, REMOVED.1, midnight - REMOVED.0 * DAY + 3_600));
    let mut much = (Machine::plain(4, 20), midnight - CHURNED_DAYS[1] * DAY + 7_200);
    let tell = |address| [&kept, &churned].into_iter().for_each(|load| *load.address.lock().unwrap() = address);

    // Looking at all of it takes a while, more with each round.
    let look_every = if rounds > ROUNDS { 10 } else { 2 };
    let mut random = Random::new(43);
    let mut tally = Tally::default();
    for round in 0..rounds {
        let mut server = start(&home, round, midnight);
        let mut client = server.client();
        tell(Some(server.address));
        if is_churned(round) {
            churn(&mut client, &mut much.0, &mut random, &mut much.1);
        }
        if round % 4 == 1 {
            client.send("POST", &format!("/hosts/host-{:04}/clean", REMOVED.1), &[], b"").unwrap();
        }
        let seen = live(&server, round, &mut random);
        server.program.kill();
        tell(None);
        tally.note(&server.program.said(), seen);
        // What was acknowledged up to here must survive.
        let acknowledged = kept.ledger.acknowledged.lock().unwrap().clone();
        if round % look_every == 0 {
            check(&mut start(&home, round, midnight).client(), &kept, &acknowledged);
        }
    }

    // The last server takes what is still on its way, and settles.
    let mut server = start(&home, rounds | 1, midnight);
    [&kept, &churned].into_iter().for_each(|load| load.stop.store(true, Ordering::Relaxed));
    tell(Some(server.address));
    senders.into_iter().for_each(|sender| sender.join().expect("a sender"));
    assert_eq!(server.program.terminate().code(), Some(0), "{}", server.program.said());
    tally.note(&server.program.said(), false);
    let mut server = start(&home, rounds | 1, midnight);
    let mut client = server.client();
    until("all days that are over are sealed", PATIENCE, || {
        let storage = storage(&mut client);
        let hot = tier(&storage, "hot");
        let past = hot["oldest"].as_i64().is_some_and(|oldest| oldest < midnight);
        (!past && storage["waiting_files"] == 0 && storage["sealing"] == false).then_some(())
    });
    let acknowledged = kept.ledger.acknowledged.lock().unwrap().clone();
    let sent: BTreeMap<String, usize> =
        kept.ledger.sent.lock().unwrap().iter().map(|(host, seconds)| (host.clone(), seconds.len())).collect();
    let total: usize = sent.values().sum();
    assert_eq!(check(&mut client, &kept, &acknowledged), total, "all that was sent is acknowledged and there, once");
    stock::wait_attached(&home);
    assert_eq!(server.program.terminate().code(), Some(0), "{}", server.program.said());
    tally.note(&server.program.said(), false);
    stock::check(&home, &sent, midnight);
    println!(
        "{rounds} kills, {} sends broken off, {total} samples kept, each there once; {tally:?}",
        kept.broken.load(Ordering::Relaxed) + churned.broken.load(Ordering::Relaxed)
    );
    // The test is worth something only if the kills came in the midst of that work, and the rest of it was done.
    assert!(tally.in_sealing * 4 >= rounds, "too few kills while it sealed: {tally:?}");
    assert!(tally.let_go > 0 && tally.rewritten > 0 && tally.snapshots > 0, "{tally:?}");
}
