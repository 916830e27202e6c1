//! A long history under limits of age and bytes, pushed in the order of time: what lies on disk meanwhile, what was let go,
//! what sealing took, and how long the server takes to start after it.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use serde_json::Value;
use siskin_tests::{http::Client, kernel, process::unix_ms};

use super::{
    DAY_MS, flood,
    pushed::{Pushed, READINGS},
    restart, siskin,
    subject::{Kind, Running},
};
use crate::arguments::Retention;

/// Between two lines on what lies on disk.
const LINE: Duration = Duration::from_secs(15);
/// Between two looks at whether the push is over.
const LOOK: Duration = Duration::from_millis(200);

/// Measures and prints.
///
/// # Errors
/// When the server is not there or refuses something.
pub fn report(sizes: &Retention) -> Result<(), String> {
    let begun = Instant::now();
    let mut arguments: Vec<String> = ["--seal-after", siskin::SEAL_AFTER].map(String::from).into();
    arguments.extend(["--retention-raw".into(), format!("{}d", sizes.raw_days)]);
    arguments.extend(["--retention-bytes".into(), format!("{}M", sizes.megabytes)]);
    println!(
        "{} hosts at {} s, {} days that end with the last whole day, 40 readings a sample; serve {}\n",
        sizes.hosts,
        sizes.interval,
        sizes.days,
        arguments.join(" ")
    );
    let end_ms = unix_ms() / DAY_MS * DAY_MS;
    let history = flood::Flood {
        cores: 0,
        hosts: sizes.hosts,
        interval_ms: (sizes.interval * 1_000) as i64,
        from_ms: end_ms - sizes.days as i64 * DAY_MS,
        until_ms: end_ms,
        batch: sizes.batch as usize,
        connections: sizes.connections,
        seed: sizes.seed,
        limit: Duration::from_secs(sizes.seconds),
    };
    let kind = Kind::Siskin { arguments };
    let mut running = Running::start(&kind)?;
    println!(
        "{:>7}{:>13}{:>10}{:>10}{:>10}{:>10}{:>10}{:>9}{:>9}",
        "s", "samples", "hot MB", "raw MB", "minute MB", "hour MB", "all MB", "days", "RSS MB"
    );
    let is_over = AtomicBool::new(false);
    let window = Window { address: running.address, pid: running.program.pid(), begun };
    let done = std::thread::scope(|scope| {
        scope.spawn(|| window.watch(&is_over));
        let pushed = flood::push(&running, &history);
        let settled_seconds = settle(&running, Duration::from_secs(sizes.settle_seconds));
        is_over.store(true, Ordering::Relaxed);
        pushed.map(|pushed| (pushed, settled_seconds))
    });
    window.line();
    let (pushed, settled_seconds) =
        done.map_err(|error| format!("{error}; the server said last: {}", last(&running)))?;
    tell(&running, &pushed, settled_seconds);
    let restarts = restart::measure(&mut running, &history)?;
    println!(
        "start after a clean end: {:.2} s; after kill -9 under full load: {:.2} s",
        restarts.clean_seconds, restarts.killed_seconds
    );
    running.end()?;
    println!("\nThis run took {} s.", begun.elapsed().as_secs());
    Ok(())
}

/// Where the server can be looked at while it is worked with.
struct Window {
    address: SocketAddr,
    pid: u32,
    begun: Instant,
}

impl Window {
    fn watch(&self, is_over: &AtomicBool) {
        let mut due = Instant::now() + LINE;
        while !is_over.load(Ordering::Relaxed) {
            std::thread::sleep(LOOK);
            if Instant::now() >= due {
                due += LINE;
                self.line();
            }
        }
    }

    /// What there is now.
    fn line(&self) {
        let answer = Client::new(self.address).send("GET", "/storage", &[], b"");
        let Ok(storage) = answer.map(|answer| answer.json()) else { return };
        let of = |tier: &str, what: &str| {
            let tiers = storage["tiers"].as_array().into_iter().flatten();
            tiers.filter(|found| found["name"] == tier).filter_map(|found| found[what].as_f64()).sum::<f64>()
        };
        let samples = of("hot", "samples") + of("raw", "samples");
        let megabytes = |value: f64| format!("{:.1}", value / 1e6);
        let tiers =
            ["hot", "raw", "minute", "hour"].map(|tier| format!("{:>10}", megabytes(of(tier, "bytes")))).concat();
        let all = megabytes(storage["bytes"].as_f64().unwrap_or(f64::NAN));
        let rss = megabytes(kernel::memory_bytes(self.pid, "status", "VmRSS").unwrap_or(0) as f64);
        let sealing = if storage["sealing"] == Value::Bool(true) { "  sealing" } else { "" };
        let (seconds, days) = (self.begun.elapsed().as_secs(), of("raw", "files"));
        println!("{seconds:>7}{samples:>13}{tiers}{all:>10}{days:>9}{rss:>9}{sealing}");
    }
}

/// Waits until nothing is left to seal, but no longer than this; gives how long it took.
fn settle(running: &Running, limit: Duration) -> Option<f64> {
    let (begun, mut client) = (Instant::now(), running.client());
    loop {
        if siskin::storage(&client.get("/storage")).is_some_and(|now| siskin::is_settled(&now)) {
            return Some(begun.elapsed().as_secs_f64());
        }
        if begun.elapsed() >= limit {
            return None;
        }
        std::thread::sleep(LOOK);
    }
}

fn last(running: &Running) -> String {
    running.program.said().lines().last().unwrap_or("nothing").to_owned()
}

/// What the push came to, and what the log says was sealed, let go, or went wrong.
fn tell(running: &Running, pushed: &Pushed, settled_seconds: Option<f64>) {
    let said = running.program.said();
    let numbers = |what: &str, name: &str| -> Vec<f64> {
        let lines = said.lines().filter(|line| line.contains(what));
        lines.filter_map(|line| line.split(name).nth(1)?.split_whitespace().next()?.parse().ok()).collect()
    };
    let (seals, gone) = (numbers(": sealed files=", " seconds="), numbers("removed what is not kept", " bytes="));
    let longest = seals.iter().copied().fold(0.0, f64::max);
    println!(
        "\n{} samples ({:.0} values) in {:.0} s, {:.0} values/s; CPU-s per million values {:.2}; answer p50 {:.1}, p99 {:.0}, longest {:.0} ms",
        pushed.samples,
        pushed.values(),
        pushed.wall_seconds,
        pushed.values() / pushed.wall_seconds,
        pushed.cpu_per_million(),
        pushed.latency_ms(0.5),
        pushed.latency_ms(0.99),
        pushed.latency_ms(1.0)
    );
    println!(
        "sealed {} times, {:.1} s in all, the longest {longest:.1} s; {} after the last answer",
        seals.len(),
        seals.iter().sum::<f64>(),
        settled_seconds.map_or("not settled".to_owned(), |seconds| format!("settled {seconds:.1} s"))
    );
    println!("let go: {} files, {:.1} MB", gone.len(), gone.iter().sum::<f64>() / 1e6);
    println!("peak RSS {:.1} MB; readings a sample: {READINGS}", running.memory_bytes("VmHWM") as f64 / 1e6);
    for wrong in said.lines().filter(|line| line.contains("ERROR") || line.contains("WARN")) {
        println!("the server said: {wrong}");
    }
}
