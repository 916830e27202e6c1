//! When the next sample is due: start + n · interval on the monotonic clock, so that nothing drifts.
//! Knows nothing of sampling, and sleeps nowhere.

use std::time::{Duration, Instant};

/// Deadlines at a fixed distance. A deadline that passes while work is still going on is skipped, never made up for.
pub struct Schedule {
    start: Instant,
    interval: Duration,
    next: u128,
}

impl Schedule {
    /// A schedule whose first deadline is one interval after `start`. `interval` is not zero.
    pub fn new(start: Instant, interval: Duration) -> Self {
        Self { start, interval, next: 1 }
    }

    /// The next deadline.
    pub fn due(&self) -> Instant {
        let nanos = self.interval.as_nanos() * self.next;
        self.start + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Called when the work of a deadline is done: moves on to the first deadline after `now`
    /// and returns how many were skipped.
    pub fn advance(&mut self, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.start).as_nanos() / self.interval.as_nanos();
        let next = (self.next + 1).max(passed + 1);
        let skipped = next - (self.next + 1);
        self.next = next;
        u64::try_from(skipped).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Duration = Duration::from_secs(10);

    fn at(start: Instant, seconds: f64) -> Instant {
        start + Duration::from_secs_f64(seconds)
    }

    #[test]
    fn deadlines_do_not_drift_with_the_time_that_work_takes() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, TEN);
        for n in 1..=1000_u32 {
            assert_eq!(schedule.due(), start + TEN * n);
            assert_eq!(schedule.advance(schedule.due() + Duration::from_millis(u64::from(n % 700))), 0);
        }
    }

    #[test]
    fn an_overrun_skips_what_has_passed_and_never_bursts() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, TEN);
        assert_eq!(schedule.advance(at(start, 45.0)), 3, "20, 30 and 40 have passed");
        assert_eq!(schedule.due(), at(start, 50.0));
        assert_eq!(schedule.advance(at(start, 50.1)), 0);
        assert_eq!(schedule.due(), at(start, 60.0));
    }

    #[test]
    fn work_that_ends_exactly_on_a_deadline_has_missed_it() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, TEN);
        assert_eq!(schedule.advance(at(start, 20.0)), 1);
        assert_eq!(schedule.due(), at(start, 30.0));
    }

    #[test]
    fn a_clock_that_stands_still_moves_on_by_one() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, Duration::from_millis(100));
        assert_eq!(schedule.advance(start), 0);
        assert_eq!(schedule.due(), start + Duration::from_millis(200));
    }
}
