//! What watching costs a host: the agent and its peers, in one run. Counts are taken while memory fills, which hurts
//! neither; processor time after that, of one program after the other.

mod allocations;
mod collectd;
mod counts;
mod door;
mod peers;
mod subject;
mod syscalls;
mod table;

use std::time::{Duration, Instant};

use siskin_tests::wait::{PATIENCE, until};

use crate::arguments::Agent;
use allocations::Counter;
use counts::Counts;
use subject::{Running, Set, Subject, each_second};

/// Seconds between samples while memory is being filled: the least that the agent takes.
const FAST_INTERVAL: f64 = 0.1;

/// Seconds of the schedule that is measured.
const INTERVAL: f64 = 1.0;

/// Seconds before a watch begins: start-up is not what is measured.
const WARM_UP_SECONDS: u64 = 3;

/// What is known of a row.
#[derive(Default)]
pub struct Figures {
    /// The program's file, and collectd's plugins.
    pub binary_bytes: u64,
    /// Resident memory after the samples.
    pub rss_bytes: u64,
    /// The same, with what is shared divided among those who share it.
    pub pss_bytes: u64,
    /// Threads, with one connection open.
    pub threads: usize,
    /// Values in one answer.
    pub metrics: u64,
    /// Processor time per second, µs.
    pub cpu_microseconds: f64,
    /// System calls and allocations while nobody asks; `None` for a program that then reads nothing.
    pub alone: Option<Counts>,
    /// The same with one GET a second.
    pub asked: Counts,
}

/// Measures and prints.
///
/// # Errors
/// When a program that was asked for is not there.
pub fn report(sizes: &Agent) -> Result<(), String> {
    let begun = Instant::now();
    let (subjects, lines) = peers::find()?;
    println!("{}\n", lines.join("\n"));
    let mut figures: Vec<Figures> = subjects.iter().map(|_| Figures::default()).collect();
    let mut gaps = Vec::new();
    for set in [Set::Core, Set::Everything] {
        eprintln!("… {:>3} s: memory and counts, {set:?}", begun.elapsed().as_secs());
        let of_set = subjects.iter().zip(&mut figures).filter(|(subject, _)| subject.set == set);
        gaps.extend(at_rest(of_set.collect(), sizes.samples));
    }
    for (subject, figures) in subjects.iter().zip(&mut figures) {
        eprintln!("… {:>3} s: CPU of {}", begun.elapsed().as_secs(), subject.name);
        figures.cpu_microseconds = cpu(subject, sizes.seconds);
    }
    table::print(&subjects, &figures, sizes);
    gaps.sort();
    gaps.dedup();
    for gap in gaps {
        println!("{gap}");
    }
    println!("\nThis run took {} s.", begun.elapsed().as_secs());
    Ok(())
}

/// Starts all of a set, counts while they take their samples, and reads their memory from the last to the first, each
/// ended before the next is read. So the agent, which stands first, is read when no other process of this run shares its
/// libraries; its neighbours may be flattered. Says what could not be counted.
fn at_rest(mut rows: Vec<(&Subject, &mut Figures)>, samples: u64) -> Vec<String> {
    let started: Vec<Running> = rows.iter().map(|(subject, _)| begin(subject, FAST_INTERVAL, None)).collect();
    let gaps = counts::measure(&mut rows);
    for ((subject, figures), mut running) in rows.into_iter().zip(started).rev() {
        fill(subject, &mut running, samples);
        figures.metrics = running.ask().metrics;
        figures.binary_bytes = running.binary_bytes();
        figures.threads = running.threads();
        figures.rss_bytes = running.memory_bytes("status", "VmRSS");
        figures.pss_bytes = running.memory_bytes("smaps_rollup", "Pss");
    }
    gaps
}

/// Waits until a program has taken its samples, or asks for them.
fn fill(subject: &Subject, running: &mut Running, samples: u64) {
    if !subject.samples_by_itself() {
        for _ in 0..samples {
            running.ask();
        }
        return;
    }
    let due = Duration::from_secs_f64(samples as f64 * FAST_INTERVAL);
    std::thread::sleep(due.saturating_sub(running.age()));
    let taken = |running: &mut Running| running.ask().samples.is_none_or(|taken| taken >= samples);
    until("the last sample", PATIENCE.max(due), || taken(running).then_some(()));
}

/// Processor time a second at one sample and one GET a second, µs.
fn cpu(subject: &Subject, seconds: u64) -> f64 {
    let mut running = begin(subject, INTERVAL, None);
    each_second(WARM_UP_SECONDS, || _ = running.ask());
    let (before, started) = (running.cpu_microseconds(), Instant::now());
    each_second(seconds, || _ = running.ask());
    (running.cpu_microseconds() - before) / started.elapsed().as_secs_f64()
}

/// Starts a subject that has been found to start.
fn begin(subject: &Subject, interval: f64, counter: Option<&Counter>) -> Running {
    subject.start(interval, counter).unwrap_or_else(|error| panic!("{} did start before: {error}", subject.name))
}
