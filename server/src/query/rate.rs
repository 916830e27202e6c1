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

/// The rate per second over the time that ends at each instant. `every_us` is how often the counter is read, 0 for each
/// sample.
pub fn per_second(ts: &[i64], counter: &[Option<f64>], timeline: &Timeline, every_us: i64) -> Vec<Option<f64>> {
    pairs(ts, timeline, every_us, |before, now, passed_seconds| {
        Some(advance(counter[before]?, counter[now]?)? / passed_seconds)
    })
}

/// The share of one mode in the time spent in all modes, over the time that ends at each instant.
pub fn share(
    ts: &[i64],
    mode: &[Option<f64>],
    all: &[&[Option<f64>]],
    timeline: &Timeline,
    every_us: i64,
) -> Vec<Option<f64>> {
    pairs(ts, timeline, every_us, |before, now, _| {
        // The kernel lets idle and iowait step back a little: that is no time spent.
        let spent = |mode: &[Option<f64>]| Some((mode[now]? - mode[before]?).max(0.0));
        let total: f64 = all.iter().filter_map(|mode| spent(mode)).sum();
        (total > 0.0).then_some(spent(mode)? / total)
    })
}

/// Applies `of(before, now, seconds between)` to each two neighbours that are not divided by a break.
fn pairs(
    ts: &[i64],
    timeline: &Timeline,
    every_us: i64,
    of: impl Fn(usize, usize, f64) -> Option<f64>,
) -> Vec<Option<f64>> {
    (0..ts.len())
        .map(|now| {
            let before = now.checked_sub(1)?;
            if !timeline.joined(ts[before], ts[now], every_us) {
                return None;
            }
            of(before, now, (ts[now] - ts[before]) as f64 / SECOND_US)
        })
        .collect()
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

    #[test]
    fn a_counter_that_grows_a_reset_a_wrap_and_a_gap() {
        let line = line(&[0, 10, 20, 30, 40, 100, 110]);
        let counter = [100.0, 200.0, 50.0, 4_294_967_000.0, 704.0, 1_704.0, 2_704.0].map(Some);
        assert_eq!(
            per_second(line.ts(), &counter, &line, 0),
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
        let rates = per_second(line.ts(), &counter, &line, 0);
        assert_eq!(rates, [None, Some(10.0), None, Some(10.0), None, Some(10.0), None]);
        let idle = [0.0, 5.0, 1.0, 6.0, 7.0, 12.0, 13.0].map(Some);
        let shares = share(line.ts(), &idle, &[&idle], &line, 0);
        assert_eq!(
            shares.iter().map(Option::is_some).collect::<Vec<_>>(),
            rates.iter().map(Option::is_some).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_missing_reading_gives_no_rate() {
        let line = line(&[0, 10, 20]);
        assert_eq!(per_second(line.ts(), &[Some(0.0), None, Some(20.0)], &line, 0), [None, None, None]);
    }

    #[test]
    fn shares_add_up_to_one_and_a_step_back_counts_nothing() {
        let line = line(&[0, 10]);
        let user = [Some(0.0), Some(5.0)];
        let idle = [Some(100.0), Some(115.0)];
        let iowait = [Some(7.0), Some(6.9)];
        let all: [&[Option<f64>]; 3] = [&user, &idle, &iowait];
        let shares: Vec<_> = all.iter().map(|mode| share(line.ts(), mode, &all, &line, 0)[1].unwrap()).collect();
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
            for rate in per_second(line.ts(), &counter, &line, 0).into_iter().flatten() {
                prop_assert!(rate >= 0.0 && rate.is_finite());
            }
            for share in share(line.ts(), &counter, &[&counter, &uptimes], &line, 0).into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&share));
            }
        }
    }
}
