//! Hosts as they are: each pushes a sample when it is due, over connections that stay open. Counting begins when each
//! has pushed once: that a host is new is not what is measured.

use std::time::{Duration, Instant};

use siskin_platform::fleet::Machine;
use siskin_tests::process::unix_ms;

use super::{
    pushed::{Meter, Pushed},
    subject::Running,
};

/// What to push.
#[derive(Clone, Copy)]
pub struct Calm {
    /// Made-up hosts.
    pub hosts: u64,
    /// Between two samples of each.
    pub interval: Duration,
    /// Connections, which the hosts share.
    pub connections: u64,
    /// For how long, after the first interval.
    pub seconds: u64,
    /// Seed of the fleet.
    pub seed: u64,
}

/// Pushes so long. The time of an answer counts from the moment at which its body was due: a sender that is held up
/// does not hide it.
///
/// # Errors
/// The first refusal.
pub fn push(running: &Running, calm: &Calm) -> Result<Pushed, String> {
    let connections = calm.connections.min(calm.hosts);
    let started = Instant::now();
    let (begun, sent) = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..connections)
            .map(|number| scope.spawn(move || send(running, calm, connections, number, started)))
            .collect();
        std::thread::sleep(until(started + calm.interval));
        let begun = Meter::read(running);
        let sent: Result<Vec<Vec<Duration>>, String> =
            senders.into_iter().map(|sender| sender.join().expect("a sender")).collect();
        (begun, sent)
    });
    let latencies = sent?.concat();
    std::thread::sleep(until(started + calm.interval + Duration::from_secs(calm.seconds)));
    Ok(Pushed::read(running, begun, latencies.len() as u64, latencies))
}

/// What one connection sends: the hosts of all connections are due one after the other, evenly over the interval.
fn send(
    running: &Running,
    calm: &Calm,
    connections: u64,
    number: u64,
    started: Instant,
) -> Result<Vec<Duration>, String> {
    let mut client = running.client();
    let mut hosts: Vec<(u64, Machine)> = (number..calm.hosts)
        .step_by(connections as usize)
        .map(|host| (host, Machine::plain(calm.seed, host).every(calm.interval.as_secs_f64())))
        .collect();
    let mut latencies = Vec::new();
    for round in 0.. {
        for (host, machine) in &mut hosts {
            let due = calm.interval.mul_f64(f64::from(round) + *host as f64 / calm.hosts as f64);
            if due >= calm.interval + Duration::from_secs(calm.seconds) {
                return Ok(latencies);
            }
            let due = started + due;
            let body = running.body(&machine.batch([unix_ms() + until(due).as_millis() as i64]));
            std::thread::sleep(until(due));
            running.post(&mut client, &body)?;
            if round > 0 {
                latencies.push(due.elapsed());
            }
        }
    }
    Ok(latencies)
}

fn until(due: Instant) -> Duration {
    due.saturating_duration_since(Instant::now())
}
