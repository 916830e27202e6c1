//! The instants of an answer: the samples themselves, or steps that gather several.

use super::standing::Span;
use crate::series::bucket::Bucket;
use crate::series::range::Range;
use crate::series::timeline::Timeline;

/// Steps that people read easily, seconds; beyond the last, whole days.
const STEPS: [i64; 19] =
    [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200];
const DAY_SECONDS: i64 = 86_400;
const SECOND_US: i64 = 1_000_000;

#[derive(Debug, PartialEq)]
pub enum Axis {
    /// Each sample, and an instant without values in each gap.
    Samples {
        ts: Vec<i64>,
    },
    Steps(Steps),
}

/// Buckets of one width; each is named by its beginning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steps {
    first_us: i64,
    step_us: i64,
    count: usize,
}

impl Steps {
    /// The steps of this width that the first and the last instant lie in, and those between.
    pub fn new(first_us: i64, last_us: i64, step_us: i64) -> Self {
        let first_us = first_us.div_euclid(step_us) * step_us;
        Steps { first_us, step_us, count: ((last_us - first_us).max(0) / step_us + 1) as usize }
    }

    pub fn empty(&self) -> Vec<Bucket> {
        vec![Bucket::EMPTY; self.count]
    }

    /// The step in which an instant lies.
    pub fn place(&self, at_us: i64) -> Option<usize> {
        usize::try_from((at_us - self.first_us).div_euclid(self.step_us)).ok().filter(|place| *place < self.count)
    }

    /// Values, gathered step by step.
    pub fn gather(&self, ts: &[i64], values: &[Option<f64>]) -> Vec<Bucket> {
        let mut buckets = self.empty();
        for (at, value) in ts.iter().zip(values) {
            if let (Some(value), Some(place)) = (value, self.place(*at)) {
                buckets[place].add(*value);
            }
        }
        buckets
    }
}

/// The width that gives at most about `points` steps, microseconds.
pub fn step_us(range: Range, points: usize) -> i64 {
    nice_step((range.to_us - range.from_us) / points.max(1) as i64)
}

impl Axis {
    /// The axis with at most about `points` instants. Steps are never narrower than two samples: each then has one.
    pub fn new(timeline: &Timeline, range: Range, points: usize) -> Self {
        let step_us = step_us(range, points);
        match timeline.usual_step() {
            Some(usual) if step_us >= 2 * usual => {
                let first = timeline.ts().iter().find(|ts| **ts >= range.from_us).copied().unwrap_or(range.from_us);
                let last = timeline.ts().last().copied().unwrap_or(range.to_us).min(range.to_us);
                Axis::Steps(Steps::new(first, last, step_us))
            }
            _ => Axis::Samples { ts: samples(timeline, range) },
        }
    }

    pub fn step_us(&self) -> Option<i64> {
        match self {
            Axis::Samples { .. } => None,
            Axis::Steps(steps) => Some(steps.step_us),
        }
    }

    /// The instants, microseconds since 1970.
    pub fn ts(&self) -> Vec<i64> {
        match self {
            Axis::Samples { ts } => ts.clone(),
            Axis::Steps(Steps { first_us, step_us, count }) => {
                (0..*count as i64).map(|i| first_us + i * step_us).collect()
            }
        }
    }

    /// Brings a series to this axis: values of one step become their mean.
    pub fn project(&self, ts: &[i64], values: &[Option<f64>]) -> Vec<Option<f64>> {
        match self {
            Axis::Samples { ts: axis } => {
                let mut projected = vec![None; axis.len()];
                let mut place = 0;
                for (at, value) in ts.iter().zip(values) {
                    while place < axis.len() && axis[place] < *at {
                        place += 1;
                    }
                    if axis.get(place) == Some(at) {
                        projected[place] = *value;
                    }
                }
                projected
            }
            Axis::Steps(steps) => steps.gather(ts, values).iter().map(Bucket::mean).collect(),
        }
    }

    /// Lets readings stand where a projected series has none: each from the first to the last sample of its span.
    pub fn spread(&self, projected: &mut [Option<f64>], spans: &[Span], values: &[Option<f64>]) {
        for (span, value) in spans.iter().zip(values).filter(|(_, value)| value.is_some()) {
            let (first, end) = match self {
                Axis::Samples { ts } => {
                    (ts.partition_point(|at| *at < span.first), ts.partition_point(|at| *at <= span.last))
                }
                Axis::Steps(Steps { first_us, step_us, count }) => {
                    let step = |at: i64| (at - first_us).div_euclid(*step_us).clamp(-1, *count as i64);
                    (step(span.first).max(0) as usize, ((step(span.last) + 1) as usize).min(*count))
                }
            };
            for reading in projected.iter_mut().take(end).skip(first) {
                *reading = reading.or(*value);
            }
        }
    }
}

fn samples(timeline: &Timeline, range: Range) -> Vec<i64> {
    let mut ts: Vec<i64> = Vec::new();
    for (index, at) in timeline.ts().iter().enumerate() {
        if *at < range.from_us || *at > range.to_us {
            continue;
        }
        if let (true, Some(before)) = (timeline.gap_before(index), ts.last()) {
            ts.push((before + at) / 2);
        }
        ts.push(*at);
    }
    ts
}

fn nice_step(at_least_us: i64) -> i64 {
    let seconds = (at_least_us + SECOND_US - 1) / SECOND_US;
    let step = STEPS.iter().find(|step| **step >= seconds).copied();
    step.unwrap_or_else(|| (seconds + DAY_SECONDS - 1) / DAY_SECONDS * DAY_SECONDS) * SECOND_US
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(seconds: &[i64]) -> Timeline {
        Timeline::native(
            seconds.iter().map(|s| s * SECOND_US).collect(),
            &vec![Some(10.0); seconds.len()],
            &vec![None; seconds.len()],
        )
    }

    #[test]
    fn a_gap_has_an_instant_without_values() {
        let line = line(&[0, 10, 20, 60, 70]);
        let axis = Axis::new(&line, Range { from_us: 0, to_us: 100 * SECOND_US }, 100);
        assert_eq!(axis.ts(), [0, 10, 20, 40, 60, 70].map(|s| s * SECOND_US));
        let values = axis.project(line.ts(), &[1.0, 2.0, 3.0, 4.0, 5.0].map(Some));
        assert_eq!(values, [Some(1.0), Some(2.0), Some(3.0), None, Some(4.0), Some(5.0)]);
    }

    #[test]
    fn steps_are_means_and_an_empty_step_is_null() {
        let line = line(&[0, 10, 20, 30, 40, 50, 120, 130]);
        let axis = Axis::new(&line, Range { from_us: 0, to_us: 150 * SECOND_US }, 5);
        assert_eq!(axis.step_us(), Some(30 * SECOND_US));
        let values = axis.project(line.ts(), &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 9.0].map(Some));
        assert_eq!(values, [Some(2.0), Some(5.0), None, None, Some(8.0)]);
    }

    #[test]
    fn steps_are_never_narrower_than_two_samples() {
        let line = line(&[0, 10, 20]);
        let range = Range { from_us: 0, to_us: 600 * SECOND_US };
        assert_eq!(Axis::new(&line, range, 40).step_us(), None);
        assert_eq!(Axis::new(&line, range, 30).step_us(), Some(20 * SECOND_US));
    }
}
