//! A fleet pushes through the server's door, as fast as it is answered.

use std::{
    sync::Barrier,
    time::{Duration, Instant},
};

use siskin_platform::fleet::{Machine, values};
use siskin_tests::{
    kernel,
    process::{Home, Server, unix_ms},
};

use crate::arguments::Ingest;

/// Time between two samples of a machine.
const INTERVAL_MS: i64 = 10_000;

/// One way to push.
struct Way {
    /// What to call it.
    name: &'static str,
    /// Samples in a body.
    batch: u64,
    /// Samples of each machine.
    samples: u64,
}

/// What it came to.
struct Outcome {
    /// The way's name.
    name: &'static str,
    /// Samples pushed and acknowledged.
    samples: u64,
    /// Values in them.
    values: u64,
    /// From the first byte sent to the last answer.
    wall_seconds: f64,
    /// The server's processor time in that time.
    cpu_seconds: f64,
    /// The server's peak of resident memory.
    peak_bytes: u64,
    /// All files of the server after a clean shutdown.
    disk_bytes: u64,
    /// Time of each answer, ascending.
    latencies: Vec<Duration>,
}

impl Outcome {
    /// Processor seconds of the server for a million values.
    fn cpu_seconds_per_million(&self) -> f64 {
        self.cpu_seconds / (self.values as f64 / 1e6)
    }

    /// The answer time below which this share of answers lies.
    fn latency_ms(&self, share: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let index = (last as f64 * share).round() as usize;
        self.latencies.get(index).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1000.0)
    }
}

/// The bodies that one connection sends, made before the clock runs.
struct Bodies {
    bodies: Vec<Vec<u8>>,
    samples: u64,
    values: u64,
}

/// Measures both ways to push, and prints.
pub fn report(sizes: &Ingest) {
    println!(
        "fleet of seed {}: {} machines, {} connections; the sender shares the processors with the server\n",
        sizes.seed, sizes.machines, sizes.connections
    );
    let many = measure(sizes, Way { name: "100 samples a body", batch: 100, samples: sizes.samples });
    let few = (sizes.samples / sizes.single_share).max(1);
    let one = measure(sizes, Way { name: "1 sample a body", batch: 1, samples: few });
    print(&many, &one);
}

fn print(many: &Outcome, one: &Outcome) {
    println!("ingest: POST /metrics, JSON, each answer after the commit");
    println!("{:<34}{:>20}{:>20}{:>9}", "", many.name, one.name, "ratio");
    let row = |what: &str, read: fn(&Outcome) -> f64, digits: usize| {
        let (left, right) = (read(many), read(one));
        println!("{what:<34}{left:>20.digits$}{right:>20.digits$}{:>9.2}", left / right);
    };
    row("samples", |o| o.samples as f64, 0);
    row("values", |o| o.values as f64, 0);
    row("values/s", |o| o.values as f64 / o.wall_seconds, 0);
    row("samples/s", |o| o.samples as f64 / o.wall_seconds, 0);
    row("server CPU-s per million values", Outcome::cpu_seconds_per_million, 3);
    row("peak RSS, MB", |o| o.peak_bytes as f64 / 1e6, 1);
    row("answer, p50 ms", |o| o.latency_ms(0.50), 2);
    row("answer, p99 ms", |o| o.latency_ms(0.99), 2);
    row("disk after shutdown, bytes/value", |o| o.disk_bytes as f64 / o.values as f64, 2);
}

/// Pushes the fleet one way into a server of its own.
fn measure(sizes: &Ingest, way: Way) -> Outcome {
    let home = Home::new();
    let mut server = Server::start(&home);
    let pid = server.program.pid();
    let all: Vec<Bodies> = (0..sizes.connections).map(|number| bodies(sizes, &way, number)).collect();
    let gate = Barrier::new(all.len() + 1);
    let cpu_before = kernel::cpu_seconds(pid).expect("the processor clock of a child");
    let (wall, mut latencies) = std::thread::scope(|scope| {
        let senders: Vec<_> = all
            .iter()
            .map(|bodies| {
                let (gate, mut client) = (&gate, server.client());
                scope.spawn(move || {
                    gate.wait();
                    let mut latencies = Vec::with_capacity(bodies.bodies.len());
                    for body in &bodies.bodies {
                        let asked = Instant::now();
                        let response = client.post("/metrics", body);
                        assert_eq!(response.status, 200, "{}", response.text());
                        latencies.push(asked.elapsed());
                    }
                    latencies
                })
            })
            .collect();
        gate.wait();
        let started = Instant::now();
        let latencies: Vec<Duration> =
            senders.into_iter().flat_map(|sender| sender.join().expect("a sender")).collect();
        (started.elapsed(), latencies)
    });
    let cpu_seconds = kernel::cpu_seconds(pid).expect("the processor clock of a child") - cpu_before;
    let peak_bytes = kernel::memory_bytes(pid, "status", "VmHWM").expect("/proc/PID/status");
    let status = server.program.terminate();
    assert!(status.success(), "{status}: {}", server.program.said());
    latencies.sort_unstable();
    Outcome {
        name: way.name,
        samples: all.iter().map(|bodies| bodies.samples).sum(),
        values: all.iter().map(|bodies| bodies.values).sum(),
        wall_seconds: wall.as_secs_f64(),
        cpu_seconds,
        peak_bytes,
        disk_bytes: home.bytes(),
        latencies,
    }
}

/// Each machine belongs to one connection, and has one body on its way at a time, as an agent has.
fn bodies(sizes: &Ingest, way: &Way, connection: u64) -> Bodies {
    let numbers = (0..sizes.machines).filter(|number| number % sizes.connections == connection);
    let mut machines: Vec<Machine> = numbers.map(|number| Machine::new(sizes.seed, number)).collect();
    let count = i64::try_from(way.samples).expect("samples");
    let first = unix_ms() - count * INTERVAL_MS;
    let mut made = Bodies { bodies: Vec::new(), samples: 0, values: 0 };
    let mut done = 0;
    while done < count {
        let size = i64::try_from(way.batch).expect("batch").min(count - done);
        for machine in &mut machines {
            let batch = machine.batch((done..done + size).map(|index| first + index * INTERVAL_MS));
            made.samples += batch.samples.len() as u64;
            made.values += batch.samples.iter().map(values).sum::<u64>();
            made.bodies.push(serde_json::to_vec(&batch).expect("a batch is JSON"));
        }
        done += size;
    }
    made
}
