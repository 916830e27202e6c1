//! `make bench`: what ingest costs the server, and what the agent costs its host, measured on the real programs.
#![allow(clippy::print_stdout)] // Its report is its purpose.

mod arguments;
mod footprint;
mod ingest;

use arguments::Arguments;
use ingest::{Outcome, Way};

fn main() {
    let arguments = match Arguments::read(std::env::args().skip(1)) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => return println!("{}", arguments::HELP),
        Err(error) => {
            eprintln!("{error}\n\n{}", arguments::HELP);
            std::process::exit(2);
        }
    };
    println!("{}", machine());
    if arguments.samples > 0 {
        ingest(&arguments);
    }
    if arguments.agent_seconds > 0 {
        footprint::report(arguments.agent_seconds);
    }
}

fn ingest(arguments: &Arguments) {
    println!(
        "fleet of seed {}: {} machines, {} connections; the sender shares the processors with the server\n",
        arguments.seed, arguments.machines, arguments.connections
    );
    let many = ingest::measure(arguments, Way { name: "100 samples a body", batch: 100, samples: arguments.samples });
    let few = (arguments.samples / arguments.single_share).max(1);
    let one = ingest::measure(arguments, Way { name: "1 sample a body", batch: 1, samples: few });
    ingest_report(&many, &one);
}

fn ingest_report(many: &Outcome, one: &Outcome) {
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
    println!();
}

/// What this was measured on.
fn machine() -> String {
    let line = |file: &str, start: &str| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned();
        line.split_once(':').map_or(line.clone(), |(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = line("/proc/sys/kernel/osrelease", "");
    format!("{cores} processors ({}), Linux {kernel}", line("/proc/cpuinfo", "model name"))
}
