//! A fleet's history at full speed: each connection makes its next body while the server works for the others.

use std::time::{Duration, Instant};

use siskin_platform::fleet::Machine;

use super::{
    pushed::{Meter, Pushed},
    subject::Running,
};

/// What to push.
#[derive(Clone, Copy)]
pub struct Flood {
    /// Made-up hosts.
    pub hosts: u64,
    /// Each of them has so many cores, and more is read of it than of plain ones; 0 for plain ones.
    pub cores: u32,
    /// Between two samples of each.
    pub interval_ms: i64,
    /// The first moment.
    pub from_ms: i64,
    /// The moment before which it ends.
    pub until_ms: i64,
    /// Samples in a body.
    pub batch: usize,
    /// Connections at a time; each host belongs to one, and has one body on its way at a time, as an agent has.
    pub connections: u64,
    /// Seed of the fleet.
    pub seed: u64,
    /// No body is begun after so long.
    pub limit: Duration,
}

/// Pushes it.
///
/// # Errors
/// The first refusal.
pub fn push(running: &Running, flood: &Flood) -> Result<Pushed, String> {
    let connections = flood.connections.min(flood.hosts);
    let begun = Meter::read(running);
    let started = Instant::now();
    let sent: Result<Vec<(u64, Vec<Duration>)>, String> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..connections)
            .map(|number| scope.spawn(move || send(running, flood, connections, number, started)))
            .collect();
        senders.into_iter().map(|sender| sender.join().expect("a sender")).collect()
    });
    let (samples, latencies): (Vec<u64>, Vec<Vec<Duration>>) = sent?.into_iter().unzip();
    Ok(Pushed::read(running, begun, samples.iter().sum(), latencies.concat()))
}

/// What one connection sends: its hosts in turn, body by body.
fn send(
    running: &Running,
    flood: &Flood,
    connections: u64,
    number: u64,
    started: Instant,
) -> Result<(u64, Vec<Duration>), String> {
    let mut client = running.client();
    let mut hosts: Vec<_> = (number..flood.hosts)
        .step_by(connections as usize)
        .map(|host| {
            let machine = match flood.cores {
                0 => Machine::plain(flood.seed, host),
                cores => Machine::with_cores(flood.seed, host, cores),
            };
            let machine = machine.every(flood.interval_ms as f64 / 1_000.0);
            let schedule = machine.schedule(flood.seed, host);
            (machine, schedule, schedule.index_from(flood.from_ms))
        })
        .collect();
    let (mut samples, mut latencies) = (0, Vec::new());
    loop {
        let mut is_over = true;
        for (machine, schedule, next) in &mut hosts {
            let end = schedule.index_from(flood.until_ms).min(*next + flood.batch as i64);
            if *next >= end || started.elapsed() >= flood.limit {
                continue;
            }
            is_over = false;
            let batch = machine.batch((*next..end).map(|index| schedule.moment(index)));
            *next = end;
            samples += batch.samples.len() as u64;
            let body = running.body(&batch);
            latencies.push(running.post(&mut client, &body)?);
        }
        if is_over {
            return Ok((samples, latencies));
        }
    }
}
