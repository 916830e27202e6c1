//! Hours without a server, the agent killed twenty times meanwhile, and the server back: every sample that an agent had
//! handed to its spool is in the store, and there once. Time is compressed: ten samples a second.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::ErrorKind,
    ops::Range,
    path::Path,
    time::Duration,
};

use siskin_platform::fleet::Random;
use siskin_tests::{
    process::{Agent, Home, Program, Server},
    wait::{PATIENCE, until},
};

use crate::support::{hosts, own_metrics, rows, timestamps};

const KILLS: usize = 20;
/// From the start of an agent to its kill, milliseconds. Half a second passes before its second sample.
const SHORT_LIVES: Range<u64> = 50..2_000;
/// Six hours at a sample every 10 s are 2160 samples: at ten a second, twenty lives of eleven seconds.
const LONG_LIVES: Range<u64> = 50..22_000;
const SIX_HOURS: usize = 2_160;

/// A sample's stream and number, and its time, milliseconds since 1970.
type Samples = BTreeMap<(u64, u64), i64>;

/// What lies whole in the spool's files, as `agent/src/spool/record.rs` describes them.
fn spooled(spool: &Path) -> Samples {
    let mut samples = Samples::new();
    for entry in fs::read_dir(spool).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "spool1") {
            continue;
        }
        let bytes = match fs::read(path) {
            // An agent that delivers removes files as it goes.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            bytes => bytes.unwrap(),
        };
        let number = |at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().unwrap()));
        let mut at = 8;
        while let Some(length) = bytes.get(at + 4..at + 8) {
            assert_eq!(bytes[at..at + 4], *b"\xA7SK\x01", "a record begins where the one before ends");
            let end = at + 56 + u32::from_le_bytes(length.try_into().unwrap()) as usize;
            if end > bytes.len() {
                break;
            }
            let (stream, seq, unix_ms) = (number(at + 8).unwrap(), number(at + 16).unwrap(), number(at + 24).unwrap());
            samples.insert((stream, seq), unix_ms as i64);
            at = end;
        }
    }
    samples
}

/// How many samples there are in each second.
fn by_second(moments: impl IntoIterator<Item = i64>) -> BTreeMap<i64, usize> {
    let mut seconds = BTreeMap::new();
    for second in moments {
        *seconds.entry(second).or_default() += 1;
    }
    seconds
}

/// Returns how many samples the outage left.
fn outage(lives: Range<u64>, seed: u64) -> usize {
    let homes = (Home::new(), Home::new());
    let spool = homes.1.join("spool");
    let mut server = Server::start(&homes.0);
    let address = server.address.to_string();
    server.program.terminate();
    let url = format!("http://{address}");
    let arguments =
        ["--server", &url, "--interval", "0.1", "--id", "board", "--spool", spool.to_str().expect("a path of text")];
    let start = || Program::start(Agent::command(&homes.1, &arguments));
    let mut random = Random::new(seed);
    // The moment of a kill is the point of this test: it is drawn, not waited for.
    let mut live = |agent: &mut Program, lives: &Range<u64>| {
        std::thread::sleep(Duration::from_millis(lives.start + random.below(lives.end - lives.start)));
        agent.kill();
    };

    let mut handed = Samples::new();
    for _ in 0..KILLS {
        live(&mut start(), &lives);
        let found = spooled(&spool);
        let lost: Vec<_> = handed.iter().filter(|sample| !found.contains_key(sample.0)).collect();
        assert!(lost.is_empty(), "{} samples are gone from the spool, such as {:?}", lost.len(), lost[0]);
        handed = found;
    }
    let streams: BTreeSet<u64> = handed.keys().map(|(stream, _)| *stream).collect();
    for stream in &streams {
        let seqs = handed.range((*stream, 0)..=(*stream, u64::MAX)).map(|((_, seq), _)| *seq);
        assert!(
            seqs.enumerate().all(|(index, seq)| seq == index as u64 + 1),
            "{stream}: numbered from 1, without holes"
        );
    }

    // The server is back, and the agent is killed twice more while it delivers.
    let server = Server::start_with(&homes.0, &["--listen", &address]);
    let back_at = handed.values().max().copied().unwrap_or(0) / 1000;
    for _ in 0..2 {
        live(&mut start(), &(0..900));
    }
    let mut agent = start();
    let mut client = server.client();
    let stored = until("the agent's own samples in the store", PATIENCE, || {
        let stored = hosts(&mut client).first()?["metric_count"].as_u64()?;
        (spooled(&spool).is_empty() && stored > handed.len() as u64 + 5).then_some(stored)
    });
    assert_eq!(agent.terminate().code(), Some(0), "{}", agent.said());
    assert!(stored > handed.len() as u64);

    let [host] = &hosts(&mut client)[..] else { panic!("one host") };
    assert_eq!(host["id"], "board");
    let found = by_second(timestamps(&rows(&mut client, "?timeframe=1h")));
    let expected = by_second(handed.values().map(|unix_ms| unix_ms / 1000));
    // The second in which the server came back may hold samples of the agents after that.
    let until_back = |seconds: &BTreeMap<i64, usize>| {
        seconds.range(..back_at).map(|(second, count)| (*second, *count)).collect::<Vec<_>>()
    };
    assert_eq!(until_back(&found), until_back(&expected), "every sample of the outage, each once");
    assert!(found[&back_at] >= expected[&back_at]);
    assert_eq!(host["metric_count"].as_u64().unwrap(), found.values().sum::<usize>() as u64, "rows, and rows shown");
    assert_eq!(own_metrics(&mut client).sum("siskin_lost_samples_total"), Some(0.0), "no number was skipped");
    handed.len()
}

#[test]
fn twenty_kills_without_a_server_lose_nothing_and_double_nothing() {
    let samples = outage(SHORT_LIVES, 7);
    println!("{samples} samples of the outage, each stored once");
    assert!(samples > 4 * KILLS, "only {samples} samples: the machine is too busy for this to say anything");
}

#[test]
#[ignore = "four minutes: make long"]
fn six_hours_without_a_server_and_twenty_kills_lose_nothing_and_double_nothing() {
    let samples = outage(LONG_LIVES, 11);
    println!("{samples} samples of the outage, each stored once");
    assert!(samples * 10 > SIX_HOURS * 8, "{samples} samples are less than six hours");
}
