//! System calls and heap allocations of a sample, at one sample a second: with nobody asking, then with a GET a second.

use super::{
    Figures, INTERVAL, WARM_UP_SECONDS,
    allocations::{Counter, Library},
    begin,
    subject::{Running, Subject, each_second},
    syscalls::Trace,
};

/// How long is counted, each way: two rounds of what is read with every tenth sample.
const SECONDS: u64 = 20;

/// What was counted in a second, which is a sample. `None`: not counted.
#[derive(Clone, Default)]
pub struct Counts {
    /// System calls, mean.
    pub syscalls: Option<f64>,
    /// Heap allocations, each second's.
    pub allocations: Option<Vec<u64>>,
}

impl Counts {
    /// Heap allocations in the middle second.
    pub fn allocations_median(&self) -> Option<f64> {
        let mut seconds = self.allocations.clone()?;
        seconds.sort_unstable();
        seconds.get(seconds.len() / 2).map(|count| *count as f64)
    }

    /// Heap allocations, mean.
    pub fn allocations_mean(&self) -> Option<f64> {
        let seconds = self.allocations.as_ref()?;
        Some(seconds.iter().sum::<u64>() as f64 / seconds.len() as f64)
    }
}

/// One program twice: with strace attached, and with its allocations counted.
struct Pair<'a> {
    subject: &'a Subject,
    traced: Running,
    counted: Running,
    counter: Option<Counter>,
}

/// Fills in the counts of all subjects, and says what could not be counted and why.
pub fn measure(subjects: &[Subject], figures: &mut [Figures]) -> Vec<String> {
    let mut gaps = Vec::new();
    let library = Library::compile().map_err(|error| gaps.push(format!("allocations: NOT MEASURED: {error}"))).ok();
    let start = |(number, subject)| start(number, subject, library.as_ref());
    let mut pairs: Vec<Pair> = subjects.iter().enumerate().map(start).collect();
    each_second(WARM_UP_SECONDS, |_| {
        for pair in &mut pairs {
            pair.traced.ask();
            pair.counted.ask();
        }
    });
    for (counts, figures) in window(&mut pairs, false, &mut gaps).into_iter().zip(figures.iter_mut()) {
        figures.alone = counts;
    }
    for (counts, figures) in window(&mut pairs, true, &mut gaps).into_iter().zip(figures) {
        figures.asked = counts.unwrap_or_default();
    }
    gaps.sort();
    gaps.dedup();
    gaps
}

fn start<'a>(number: usize, subject: &'a Subject, library: Option<&Library>) -> Pair<'a> {
    let counter = library.map(|library| library.counter(number));
    let counted = subject.start(INTERVAL, counter.as_ref());
    let counted = counted.unwrap_or_else(|error| panic!("{} did start before: {error}", subject.name));
    Pair { subject, traced: begin(subject, INTERVAL), counted, counter }
}

/// Counts for some seconds, of those that read by themselves or are asked.
fn window(pairs: &mut [Pair], asked: bool, gaps: &mut Vec<String>) -> Vec<Option<Counts>> {
    let attach = |pair: &Pair| {
        let wanted = asked || pair.subject.samples_by_itself();
        wanted.then(|| Trace::attach(pair.traced.program.pid()))
    };
    let traces: Vec<_> = pairs.iter().map(attach).collect();
    let mut readings: Vec<Vec<u64>> = vec![Vec::new(); pairs.len()];
    // One reading more than there are seconds between them.
    each_second(SECONDS + 1, |_| {
        for (pair, readings) in pairs.iter_mut().zip(&mut readings) {
            if asked {
                pair.traced.ask();
            }
            let own = asked.then(|| pair.counted.ask().allocations).flatten();
            readings.extend(own.or_else(|| pair.counter.as_ref()?.read()));
        }
    });
    let mut counts = Vec::new();
    for ((pair, trace), readings) in pairs.iter().zip(traces).zip(readings) {
        let calls = match trace {
            None => {
                counts.push(None);
                continue;
            }
            Some(Ok(trace)) => Some(trace.detach() as f64 / (SECONDS + 1) as f64),
            Some(Err(error)) => {
                gaps.push(format!("system calls of {}: NOT MEASURED: {error}", pair.subject.name));
                None
            }
        };
        let seconds: Vec<u64> = readings.windows(2).map(|pair| pair[1] - pair[0]).collect();
        counts.push(Some(Counts { syscalls: calls, allocations: Some(seconds).filter(|all| !all.is_empty()) }));
    }
    counts
}
