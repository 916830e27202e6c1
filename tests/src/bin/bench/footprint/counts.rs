//! System calls and heap allocations of a sample, at one sample a second: with nobody asking, then with a GET a second.

use super::{
    Figures, INTERVAL,
    allocations::{Counter, Library},
    begin,
    subject::{Running, Subject, each_second},
    syscalls::Trace,
};

/// Before that: long enough that what is read with every tenth sample was read once.
const WARM_UP_SECONDS: u64 = 11;

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

/// Fills in the counts of these rows, and says what could not be counted and why.
pub fn measure(rows: &mut [(&Subject, &mut Figures)]) -> Vec<String> {
    let mut gaps = Vec::new();
    let library = Library::compile().map_err(|error| gaps.push(format!("allocations: NOT MEASURED: {error}"))).ok();
    let mut pairs: Vec<Pair> = Vec::new();
    for (number, (subject, _)) in rows.iter().enumerate() {
        let counter = library.as_ref().map(|library| library.counter(number));
        let counted = begin(subject, INTERVAL, counter.as_ref());
        pairs.push(Pair { subject, traced: begin(subject, INTERVAL, None), counted, counter });
    }
    each_second(WARM_UP_SECONDS, || {
        for pair in &mut pairs {
            pair.traced.ask();
            pair.counted.ask();
        }
    });
    let alone = window(&mut pairs, false, &mut gaps);
    let asked = window(&mut pairs, true, &mut gaps);
    for (((_, figures), alone), asked) in rows.iter_mut().zip(alone).zip(asked) {
        figures.alone = alone;
        figures.asked = asked.unwrap_or_default();
    }
    gaps
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
    each_second(SECONDS + 1, || {
        for (pair, readings) in pairs.iter_mut().zip(&mut readings) {
            if asked {
                pair.traced.ask();
            }
            let own = asked.then(|| pair.counted.ask().allocations).flatten();
            readings.extend(own.or_else(|| pair.counter.as_ref()?.read()));
        }
    });
    let mut counts = Vec::new();
    for (trace, readings) in traces.into_iter().zip(readings) {
        let calls = match trace {
            None => {
                counts.push(None);
                continue;
            }
            Some(Ok(trace)) => Some(trace.detach() as f64 / (SECONDS + 1) as f64),
            Some(Err(error)) => {
                gaps.push(format!("system calls: NOT MEASURED: {error}"));
                None
            }
        };
        let seconds: Vec<u64> = readings.windows(2).map(|pair| pair[1] - pair[0]).collect();
        counts.push(Some(Counts { syscalls: calls, allocations: Some(seconds).filter(|all| !all.is_empty()) }));
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn a_sample_in_ten_moves_the_mean_and_not_the_median() {
        let counts = Counts { syscalls: None, allocations: Some(vec![0, 0, 9, 0, 0]) };
        assert_eq!((counts.allocations_median(), counts.allocations_mean()), (Some(0.0), Some(1.8)));
        assert_eq!(Counts::default().allocations_mean(), None);
    }
}
