//! Readings that are not taken for every sample: the samples between two of them on which they stand.

use crate::series::metric::Metric;
use crate::series::timeline::Timeline;

/// A reading is due a little before its time is over: samples are never quite at the same distance.
const DUE: f64 = 0.95;

/// The first and the last sample on which a reading stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub first: i64,
    pub last: i64,
}

/// Where each reading of a series stands: what is as it was read, from then on; a rate, over the time that it was computed
/// from. The newest stands until the next is due, and so does the last one before a gap.
pub fn spans(ts: &[i64], timeline: &Timeline, metric: &Metric) -> Vec<Span> {
    let of_past = metric.from.is_rate();
    let every_us = metric.every_us;
    let due_us = (every_us as f64 * DUE) as i64;
    // Samples may be so far apart that a reading is late by nearly a whole turn, and none is missing.
    let follows =
        |before: i64, after: i64| after - before < every_us + due_us && timeline.joined(before, after, every_us);
    (0..ts.len())
        .map(|index| {
            let at = ts[index];
            let before = index.checked_sub(1).map(|before| ts[before]).filter(|before| follows(*before, at));
            let after = ts.get(index + 1).copied().filter(|after| follows(at, *after));
            let first = before.filter(|_| of_past).and_then(|before| timeline.next_after(before)).unwrap_or(at);
            let last = match after {
                Some(_) if of_past => at,
                Some(after) => timeline.last_before(at, after),
                None => timeline.last_before(at, at + due_us),
            };
            Span { first, last }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::axis::Axis;
    use super::*;
    use crate::series::range::Range;
    use crate::series::rate::Passed;
    use crate::series::{metric, rate};

    const SECOND_US: i64 = 1_000_000;

    /// Samples a second apart, from 0, without those of `missing`.
    fn every_second(count: i64, missing: std::ops::Range<i64>) -> Timeline {
        let ts: Vec<i64> = (0..count).filter(|at| !missing.contains(at)).map(|at| at * SECOND_US).collect();
        let (intervals, uptimes) = (vec![Some(1.0); ts.len()], vec![None; ts.len()]);
        Timeline::native(ts, &intervals, &uptimes)
    }

    fn micros(seconds: &[i64]) -> Vec<i64> {
        seconds.iter().map(|at| at * SECOND_US).collect()
    }

    /// First and last second of each reading.
    fn standing(name: &str, line: &Timeline, readings: &[i64]) -> Vec<(i64, i64)> {
        let metric = metric::find(name).expect("it is in the catalog");
        let spans = spans(&micros(readings), line, metric);
        spans.into_iter().map(|span| (span.first / SECOND_US, span.last / SECOND_US)).collect()
    }

    #[test]
    fn a_gauge_stands_until_the_next_and_a_rate_over_the_time_it_is_of() {
        let line = every_second(36, 0..0);
        let at = [0, 10, 20, 30];
        assert_eq!(standing("process.resident_bytes", &line, &at), [(0, 9), (10, 19), (20, 29), (30, 35)]);
        assert_eq!(standing("process.cpu_seconds_per_s", &line, &at), [(0, 0), (1, 10), (11, 20), (21, 35)]);
        let late = every_second(70, 0..0);
        assert_eq!(standing("processes.running", &late, &[0, 11, 20]), [(0, 10), (11, 19), (20, 29)]);
        assert_eq!(standing("collector.success", &late, &[0]), [(0, 56)]);
    }

    #[test]
    fn a_missing_reading_is_a_gap_and_so_is_a_break() {
        let line = every_second(40, 0..0);
        assert_eq!(standing("process.resident_bytes", &line, &[0, 10, 30]), [(0, 9), (10, 19), (30, 39)]);
        assert_eq!(standing("process.cpu_seconds_per_s", &line, &[0, 10, 30]), [(0, 0), (1, 19), (30, 39)]);
        let line = every_second(40, 13..17);
        assert_eq!(standing("process.resident_bytes", &line, &[0, 10, 20]), [(0, 9), (10, 12), (20, 29)]);
        assert_eq!(standing("process.cpu_seconds_per_s", &line, &[0, 10, 20]), [(0, 0), (1, 12), (20, 29)]);
    }

    #[test]
    fn samples_as_slow_as_the_readings_have_one_each() {
        for step in [9, 10, 30] {
            let ts = [0, step, 2 * step];
            let line = Timeline::native(micros(&ts), &[Some(step as f64); 3], &[None; 3]);
            assert_eq!(standing("process.resident_bytes", &line, &ts), ts.map(|at| (at, at)));
        }
        // Every third second, a reading is due at the fourth sample.
        let ts: Vec<i64> = (0..9).map(|index| index * 3).collect();
        let line = Timeline::native(micros(&ts), &[Some(3.0); 9], &[None; 9]);
        assert_eq!(standing("process.resident_bytes", &line, &[0, 12]), [(0, 9), (12, 21)]);
    }

    #[test]
    fn on_samples_and_on_narrow_steps_nothing_is_null_between_two_readings() {
        let line = every_second(31, 0..0);
        let at = micros(&[0, 10, 20, 30]);
        let metric = metric::find("process.cpu_seconds_per_s").expect("it is in the catalog");
        let rates = rate::per_second(&[0.0, 5.0, 25.0, 25.0].map(Some), &Passed::new(&at, &line, metric.every_us));
        assert_eq!(rates, [None, Some(0.5), Some(2.0), Some(0.0)]);
        let range = Range { from_us: 0, to_us: 30 * SECOND_US };
        for (points, wanted) in [(1_000, 31), (6, 7)] {
            let axis = Axis::new(&line, range, points);
            let mut values = axis.project(&at, &rates);
            axis.spread(&mut values, &spans(&at, &line, metric), &rates);
            assert_eq!(values.len(), wanted);
            // What there was before the first reading nobody knows: a step has it when a part of it is known.
            assert_eq!(values.iter().filter(|value| value.is_none()).count(), usize::from(points == 1_000));
            assert_eq!((values[wanted / 2], values[wanted - 1]), (Some(2.0), Some(0.0)));
        }
    }
}
