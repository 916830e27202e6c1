//! A fleet pushes through the server's door, as fast as it is answered.

use std::{
    sync::Barrier,
    time::{Duration, Instant},
};

use siskin_tests::{
    fleet::{Machine, values},
    kernel,
    process::{Home, Server, unix_ms},
};

use crate::arguments::Arguments;

/// Time between two samples of a machine.
const INTERVAL_MS: i64 = 10_000;

/// One way to push.
pub struct Way {
    /// What to call it.
    pub name: &'static str,
    /// Samples in a body.
    pub batch: u64,
    /// Samples of each machine.
    pub samples: u64,
}

/// What it came to.
pub struct Outcome {
    /// The way's name.
    pub name: &'static str,
    /// Samples pushed and acknowledged.
    pub samples: u64,
    /// Values in them.
    pub values: u64,
    /// From the first byte sent to the last answer.
    pub wall_seconds: f64,
    /// The server's processor time in that time.
    pub cpu_seconds: f64,
    /// The server's peak of resident memory.
    pub peak_bytes: u64,
    /// All files of the server after a clean shutdown.
    pub disk_bytes: u64,
    /// Time of each answer, ascending.
    latencies: Vec<Duration>,
}

impl Outcome {
    /// Processor seconds of the server for a million values.
    pub fn cpu_seconds_per_million(&self) -> f64 {
        self.cpu_seconds / (self.values as f64 / 1e6)
    }

    /// The answer time below which this share of answers lies.
    pub fn latency_ms(&self, share: f64) -> f64 {
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

/// Pushes the fleet one way into a server of its own.
pub fn measure(arguments: &Arguments, way: Way) -> Outcome {
    let home = Home::new();
    let mut server = Server::start(&home);
    let pid = server.program.pid();
    let all: Vec<Bodies> = (0..arguments.connections).map(|number| bodies(arguments, &way, number)).collect();
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
fn bodies(arguments: &Arguments, way: &Way, connection: u64) -> Bodies {
    let numbers = (0..arguments.machines).filter(|number| number % arguments.connections == connection);
    let mut machines: Vec<Machine> = numbers.map(|number| Machine::new(arguments.seed, number)).collect();
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
