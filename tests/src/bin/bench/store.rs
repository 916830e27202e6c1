//! What a history costs the server that keeps it, beside VictoriaMetrics in the same run: a fleet's day pushed at full
//! speed, many hosts one sample at a time, and five hosts that are hardly there.

mod calm;
mod flood;
mod pushed;
mod remote_write;
mod restart;
pub mod retention;
mod siskin;
mod subject;
mod table;
mod victoria;

use std::time::{Duration, Instant};

use siskin_tests::process::unix_ms;

use crate::arguments::Store;
use pushed::Pushed;
use restart::Restarts;
use subject::{Kind, Running, Settled};

const DAY_MS: i64 = 86_400_000;

/// Cores of a host of which more is read: 151 values a sample.
const RICH_CORES: u32 = 6;

/// Hosts of a small installation, each with a connection of its own.
const FEW_HOSTS: u64 = 5;

/// What is known of one program.
#[derive(Default)]
pub struct Figures {
    /// The fleet's history at full speed.
    pub history: Option<Pushed>,
    /// What it came to on disk.
    pub settled: Option<Settled>,
    /// Its start with all of that.
    pub restarts: Option<Restarts>,
    /// One sample a body, as many a second as the hosts have.
    pub paced: Option<Pushed>,
    /// One sample a body, at full speed.
    pub single: Option<Pushed>,
    /// Hosts of which more is read.
    pub rich: Option<Pushed>,
    /// Five hosts.
    pub few: Option<Pushed>,
}

/// Measures and prints.
///
/// # Errors
/// When the server is not there or refuses something.
pub fn report(sizes: &Store) -> Result<(), String> {
    let begun = Instant::now();
    let (kinds, mut lines) = subject::find();
    lines.push(format!(
        "fleet of seed {}: {} hosts at {} s, {} h that end with the last whole day, 40 readings a sample",
        sizes.seed, sizes.hosts, sizes.interval, sizes.hours
    ));
    println!("{}\n", lines.join("\n"));
    let mut all = Vec::new();
    for kind in kinds {
        all.push(measure(&kind, sizes, begun)?);
    }
    let mut all = all.into_iter();
    let (own, peer) = (all.next().unwrap_or_default(), all.next());
    table::print(&own, peer.as_ref(), sizes);
    println!("\nThis run took {} s.", begun.elapsed().as_secs());
    Ok(())
}

/// Each scenario has a program of its own, which has seen nothing else.
fn measure(kind: &Kind, sizes: &Store, begun: Instant) -> Result<Figures, String> {
    let tell = |what: &str| eprintln!("… {:>4} s: {}, {what}", begun.elapsed().as_secs(), kind.name());
    let mut figures = Figures::default();
    tell("a history at full speed");
    let end_ms = unix_ms() / DAY_MS * DAY_MS;
    let history = flood::Flood {
        hosts: sizes.hosts,
        cores: 0,
        interval_ms: (sizes.interval * 1_000) as i64,
        from_ms: end_ms - (sizes.hours * 3_600_000) as i64,
        until_ms: end_ms,
        batch: sizes.batch as usize,
        connections: sizes.connections,
        seed: sizes.seed,
        limit: Duration::MAX,
    };
    let mut running = Running::start(kind)?;
    let pushed = flood::push(&running, &history)?;
    tell("settling");
    figures.settled = Some(running.settle(&pushed)?);
    figures.history = Some(pushed);
    tell("ended, killed and started again");
    figures.restarts = Some(restart::measure(&mut running, &history)?);
    running.end()?;

    let crowd = calm::Calm {
        hosts: sizes.crowd_hosts,
        interval: Duration::from_secs(sizes.interval),
        connections: sizes.crowd_connections,
        seconds: sizes.paced_seconds,
        seed: sizes.seed,
    };
    if sizes.paced_seconds > 0 {
        tell("many hosts, paced");
        let running = Running::start(kind)?;
        figures.paced = Some(calm::push(&running, &crowd)?);
        running.end()?;
    }
    if sizes.single_seconds > 0 {
        tell("one sample a body at full speed");
        let running = Running::start(kind)?;
        let single = flood::Flood {
            hosts: sizes.crowd_hosts,
            batch: 1,
            connections: sizes.crowd_connections,
            limit: Duration::from_secs(sizes.single_seconds),
            ..history
        };
        figures.single = Some(flood::push(&running, &single)?);
        running.end()?;
    }
    // The peer is only told what plain hosts have.
    if sizes.rich_seconds > 0 && matches!(kind, Kind::Siskin { .. }) {
        tell("hosts of which more is read");
        let running = Running::start(kind)?;
        let rich = flood::Flood { cores: RICH_CORES, limit: Duration::from_secs(sizes.rich_seconds), ..history };
        figures.rich = Some(flood::push(&running, &rich)?);
        running.end()?;
    }
    if sizes.idle_seconds > 0 {
        tell("five hosts");
        let running = Running::start(kind)?;
        let few = calm::Calm { hosts: FEW_HOSTS, connections: FEW_HOSTS, seconds: sizes.idle_seconds, ..crowd };
        figures.few = Some(calm::push(&running, &few)?);
        running.end()?;
    }
    Ok(figures)
}
