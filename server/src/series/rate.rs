//! Rates from raw counters: the one place where they are computed. A reset, a reboot or a gap gives no rate, never a
//! negative or an absurd one.

use super::timeline::Timeline;

const SECOND_US: f64 = 1e6;
/// A 32-bit counter that falls from its last quarter to its first has wrapped; any other fall is a reset.
const WRAP: f64 = 4_294_967_296.0;

/// How far a counter advanced; `None` after a reset.
fn advance(before: f64, now: f64) -> Option<f64> {
    if now >= before {
        Some(now - before)
    } else if (WRAP * 0.75..WRAP).contains(&before) && now < WRAP * 0.25 {
        Some(now + WRAP - before)
    } else {
        None
    }
}

/// How much time passed between each row and the one before it, seconds; nothing where a break divides them.
pub struct Passed(Vec<Option<f64>>);

impl Passed {
    /// `every_us` is how often the rows' columns are read, 0 for each sample.
    pub fn new(ts: &[i64], timeline: &Timeline, every_us: i64) -> Self {
        let mut before = None;
        let passed = ts.iter().zip(timeline.joins(ts, every_us)).map(|(at, joined)| {
            let passed = before.filter(|_| joined).map(|before| (at - before) as f64 / SECOND_US);
            before = Some(*at);
            passed
        });
        Passed(passed.collect())
    }
}

/// The rate per second over the time that ends at each row.
pub fn per_second(counter: &[Option<f64>], passed: &Passed) -> Vec<Option<f64>> {
    let mut before = None;
    let rates = counter.iter().zip(&passed.0).map(|(now, seconds)| {
        let rate = match (before, *now, *seconds) {
            (Some(before), Some(now), Some(seconds)) => advance(before, now).map(|growth| growth / seconds),
            _ => None,
        };
        before = *now;
        rate
    });
    rates.collect()
}

/// The time spent in all modes between each row and the one before it, seconds; 0 where that cannot be known.
pub struct Spent(Vec<f64>);

impl Spent {
    pub fn new(modes: &[&[Option<f64>]], passed: &Passed) -> Self {
        let mut totals = vec![0.0; passed.0.len()];
        for mode in modes {
            for (row, total) in totals.iter_mut().enumerate().skip(1) {
                *total += step(mode, row).unwrap_or(0.0);
            }
        }
        for (total, passed) in totals.iter_mut().zip(&passed.0) {
            if passed.is_none() {
                *total = 0.0;
            }
        }
        Spent(totals)
    }
}

/// The share of one mode in the time spent in all modes, over the time that ends at each row.
pub fn share(mode: &[Option<f64>], spent: &Spent) -> Vec<Option<f64>> {
    let share = |(row, total): (usize, &f64)| {
        if *total > 0.0 { Some(step(mode, row)? / total) } else { None }
    };
    spent.0.iter().enumerate().map(share).collect()
}

/// The time spent in a mode before this row. The kernel lets idle and iowait step back a little: that is no time spent.
fn step(mode: &[Option<f64>], row: usize) -> Option<f64> {
    Some((mode[row]? - mode[row.checked_sub(1)?]?).max(0.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(seconds: &[i64]) -> Timeline {
        Timeline::native(
            seconds.iter().map(|s| s * 1_000_000).collect(),
            &vec![Some(10.0); seconds.len()],
            &vec![None; seconds.len()],
        )
    }

    fn rates(line: &Timeline, counter: &[Option<f64>]) -> Vec<Option<f64>> {
        per_second(counter, &Passed::new(line.ts(), line, 0))
    }

    fn shares(line: &Timeline, mode: &[Option<f64>], all: &[&[Option<f64>]]) -> Vec<Option<f64>> {
        share(mode, &Spent::new(all, &Passed::new(line.ts(), line, 0)))
    }

    #[test]
    fn a_counter_that_grows_a_reset_a_wrap_and_a_gap() {
        let line = line(&[0, 10, 20, 30, 40, 100, 110]);
        let counter = [100.0, 200.0, 50.0, 4_294_967_000.0, 704.0, 1_704.0, 2_704.0].map(Some);
        assert_eq!(
            rates(&line, &counter),
            [None, Some(10.0), None, Some(429_496_695.0), Some(100.0), None, Some(100.0)]
        );
    }

    #[test]
    fn only_a_fall_from_near_the_end_to_near_the_beginning_is_a_wrap() {
        let last = WRAP - 1.0;
        assert_eq!(advance(last, 0.0), Some(1.0));
        assert_eq!(advance(last, WRAP * 0.25), None, "too far for one interval: a reset");
        assert_eq!(advance(WRAP * 0.7, 5.0), None, "a reset in the midst");
        assert_eq!(advance(WRAP, 5.0), None, "no counter of 32 bits");
        assert_eq!(advance(u64::MAX as f64, 0.0), None, "64 bits wrap after centuries: a reset");
        assert_eq!(advance(7.0, 7.0), Some(0.0));
    }

    #[test]
    fn a_reboot_a_sleep_and_a_clock_set_back_give_no_rate() {
        // Since boot: 10 s, a reboot whose counter has overtaken, 10 s, nine hours of sleep, 10 s, and a clock set back by 8 s.
        let ts: Vec<i64> = [0, 10, 20, 30, 32_430, 32_440, 32_442].map(|s: i64| s * 1_000_000).into();
        let uptimes = [500.0, 510.0, 8.0, 18.0, 32_418.0, 32_428.0, 32_438.0].map(Some);
        let counter = [100.0, 200.0, 900.0, 1_000.0, 2_000.0, 2_100.0, 2_200.0].map(Some);
        let line = Timeline::native(ts, &[Some(10.0); 7], &uptimes);
        let rates = rates(&line, &counter);
        assert_eq!(rates, [None, Some(10.0), None, Some(10.0), None, Some(10.0), None]);
        let idle = [0.0, 5.0, 1.0, 6.0, 7.0, 12.0, 13.0].map(Some);
        let shares = shares(&line, &idle, &[&idle]);
        assert_eq!(
            shares.iter().map(Option::is_some).collect::<Vec<_>>(),
            rates.iter().map(Option::is_some).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_missing_reading_gives_no_rate() {
        let line = line(&[0, 10, 20]);
        assert_eq!(rates(&line, &[Some(0.0), None, Some(20.0)]), [None, None, None]);
    }

    #[test]
    fn shares_add_up_to_one_and_a_step_back_counts_nothing() {
        let line = line(&[0, 10]);
        let user = [Some(0.0), Some(5.0)];
        let idle = [Some(100.0), Some(115.0)];
        let iowait = [Some(7.0), Some(6.9)];
        let all: [&[Option<f64>]; 3] = [&user, &idle, &iowait];
        let shares: Vec<_> = all.iter().map(|mode| shares(&line, mode, &all)[1].unwrap()).collect();
        assert_eq!(shares, [0.25, 0.75, 0.0]);
    }

    proptest! {
        #[test]
        fn no_rate_is_negative_or_infinite(
            steps in proptest::collection::vec((1i64..100, 0f64..1e19, 0f64..1e7), 2..40)
        ) {
            let mut at = 0;
            let ts: Vec<i64> = steps.iter().map(|(step, ..)| { at += step * 1_000_000; at }).collect();
            let uptimes: Vec<_> = steps.iter().map(|(.., uptime)| Some(*uptime)).collect();
            let counter: Vec<_> = steps.iter().map(|(_, value, _)| Some(*value)).collect();
            let line = Timeline::native(ts, &vec![Some(10.0); steps.len()], &uptimes);
            for rate in rates(&line, &counter).into_iter().flatten() {
                prop_assert!(rate >= 0.0 && rate.is_finite());
            }
            for share in shares(&line, &counter, &[&counter, &uptimes]).into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&share));
            }
        }
    }
}
