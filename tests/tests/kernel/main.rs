//! What is shown is what the kernel says: `free`, `uptime`, `df` and `/proc`, read in the same moment by other means.
//! Tolerances are stated where they are used. A program of its own, so that no other test runs beside it.
#![allow(clippy::unwrap_used)] // A test may fail at any line.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use siskin_tests::{
    kernel::{CpuTime, Reading, Watch},
    process::{Agent, Home, Server},
    wait::{PATIENCE, until},
};

#[path = "../e2e/support.rs"]
#[allow(dead_code)] // Only a part is needed here.
mod support;

use support::{hosts, series};

/// Readings this close to a sample count as the same moment, milliseconds.
const SAME_MOMENT_MS: i64 = 250;
/// Samples that must be compared; on a busy machine some have too few readings around them.
const COMPARED: usize = 3;
const TRIED: u64 = 20;

/// Memory and disk space move while other tests run: beyond the extremes seen in the same moment, bytes.
const MEMORY_TOLERANCE: f64 = (32 << 20) as f64;
const DISK_TOLERANCE: f64 = (64 << 20) as f64;

/// `/proc/uptime` has hundredths of a second; a reading takes some more on a busy machine. Seconds.
const UPTIME_TOLERANCE: f64 = 0.1;

/// Percent points between the agent's CPU use and the reference over the same 10 seconds.
const CPU_TOLERANCE: f64 = 2.0;

/// Whether a value lies within what was seen, give or take.
fn within(what: &str, value: f64, seen: &[f64], tolerance: f64) {
    let low = seen.iter().copied().fold(f64::INFINITY, f64::min);
    let high = seen.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    assert!(
        (low - tolerance..=high + tolerance).contains(&value),
        "{what}: {value} is not in {low} … {high} ± {tolerance}"
    );
}

fn field(value: &Value, path: &str) -> f64 {
    value.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("no number at {path}"))
}

#[test]
fn memory_load_uptime_and_disk_are_those_of_free_uptime_and_df() {
    let home = Home::new();
    let watch = Watch::start(Reading::now);
    let agent = Agent::start(&home, &["--interval", "1"]);
    let mut client = agent.client();
    let mut compared = 0;
    for seq in 3..3 + TRIED {
        let system = until("the next sample", PATIENCE, || {
            let system = client.get("/system").json();
            (system["seq"].as_u64()? >= seq).then_some(system)
        });
        let at = system["sample"]["at"]["unix_ms"].as_i64().unwrap();
        // Wait until the moment has readings on both of its sides.
        let readings = until("readings around the sample", PATIENCE, || {
            let readings = watch.seen();
            readings.last().is_some_and(|last| last.unix_ms > at + SAME_MOMENT_MS).then_some(readings)
        });
        let near: Vec<Reading> = readings.into_iter().filter(|r| (r.unix_ms - at).abs() <= SAME_MOMENT_MS).collect();
        if near.len() < 2 {
            continue;
        }
        agree(&system, at, &near);
        compared += 1;
        if compared == COMPARED {
            return;
        }
    }
    panic!("the machine is too busy: {compared} of {TRIED} samples had readings around them");
}

fn agree(system: &Value, at: i64, near: &[Reading]) {
    let all = |read: fn(&Reading) -> f64| near.iter().map(read).collect::<Vec<f64>>();
    for path in ["/memory/total", "/sample/memory/total_bytes"] {
        assert_eq!(field(system, path), near[0].free.total as f64, "{path} is exact");
    }
    for path in ["/memory/available", "/sample/memory/available_bytes"] {
        within(path, field(system, path), &all(|r| r.free.available as f64), MEMORY_TOLERANCE);
    }
    for (index, path) in ["/sample/load/one", "/sample/load/five", "/sample/load/fifteen"].iter().enumerate() {
        let averages: Vec<f64> = near.iter().map(|reading| reading.load[index]).collect();
        assert!(averages.contains(&field(system, path)), "{path} is exact: {} of {averages:?}", field(system, path));
    }
    for path in ["/sample/uptime_seconds", "/uptime/seconds"] {
        // The predecessor's field may be whole seconds.
        let tolerance = if path == "/uptime/seconds" { 1.0 + UPTIME_TOLERANCE } else { UPTIME_TOLERANCE };
        let aligned: Vec<f64> = near.iter().map(|r| r.uptime_seconds + (at - r.unix_ms) as f64 / 1000.0).collect();
        within(path, field(system, path), &aligned, tolerance);
    }
    assert_eq!(system["disk"]["mount"], "/");
    assert_eq!(field(system, "/disk/total"), near[0].df.total as f64, "the size of the disk is exact");
    within("/disk/free", field(system, "/disk/free"), &all(|r| r.df.available as f64), DISK_TOLERANCE);
    within("/disk/used", field(system, "/disk/used"), &all(|r| r.df.used as f64), DISK_TOLERANCE);
    let root = system["sample"]["filesystems"].as_array().unwrap().iter().find(|fs| fs["mountpoint"] == "/").unwrap();
    assert_eq!(field(root, "/total_bytes"), near[0].df.total as f64);
    within("available_bytes", field(root, "/available_bytes"), &all(|r| r.df.available as f64), DISK_TOLERANCE);
}

/// Keeps all but one of the processors busy, as `stress --cpu` does, until it is dropped.
struct Stress(Arc<AtomicBool>);

impl Stress {
    fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = std::thread::available_parallelism().map_or(1, |count| count.get().saturating_sub(1).max(1));
        for _ in 0..threads {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || {
                let mut number = 1_u64;
                while !stop.load(Ordering::Relaxed) {
                    number = std::hint::black_box(number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
                }
            });
        }
        Self(stop)
    }
}

impl Drop for Stress {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn cpu_use_over_ten_seconds_of_load_is_the_references() {
    let (home, agent_home) = (Home::new(), Home::new());
    let server = Server::start(&home);
    let watch = Watch::start(CpuTime::now);
    let url = format!("http://{}", server.address);
    let agent = Agent::start(&agent_home, &["--server", &url, "--interval", "10"]);
    let _stress = Stress::start();
    let mut client = agent.client();
    let patience = Duration::from_secs(60);
    let mut next = |after: u64| {
        until("the next sample", patience, || {
            let system = client.get("/system").json();
            (system["seq"].as_u64()? > after).then_some(system)
        })
    };
    // A whole interval under load: from one sample of the schedule to the next.
    let first = next(1);
    let second = next(first["seq"].as_u64().unwrap());
    let moment = |system: &Value| system["sample"]["at"]["unix_ms"].as_i64().unwrap();
    let (from, to) = (moment(&first), moment(&second));
    assert!((9_000..=11_000).contains(&(to - from)), "samples are {} ms apart", to - from);
    until("a reading after the sample", PATIENCE, || (watch.seen().last()?.unix_ms > to).then_some(()));
    let seen = watch.seen();
    let reference = CpuTime::at(&seen, to).percent_since(&CpuTime::at(&seen, from));
    assert!(reference > 30.0, "there must be load: {reference}");

    let shown = field(&second, "/cpu/percent");
    assert!((shown - reference).abs() <= CPU_TOLERANCE, "the agent shows {shown}, the reference {reference}");

    let mut client = server.client();
    until("the sample in the store", PATIENCE, || {
        (hosts(&mut client).first()?["last_seen"].as_i64()? >= to / 1000).then_some(())
    });
    let id = hosts(&mut client)[0]["id"].as_str().unwrap().to_owned();
    let data = client.get(&format!("/data?id={id}&metrics=cpu.busy_ratio&timeframe=15m&points=1000")).json();
    let times = data["ts"].as_array().unwrap();
    let index = times.iter().position(|ts| (ts.as_f64().unwrap() - to as f64 / 1000.0).abs() < 0.001).unwrap();
    let stored = 100.0 * series(&data, "cpu.busy_ratio", &json!({}))[index].as_f64().unwrap();
    assert!((stored - reference).abs() <= CPU_TOLERANCE, "the server has {stored}, the reference {reference}");
}
