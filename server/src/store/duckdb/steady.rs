//! Whether the server's clock may be believed when it comes to throwing things away. A clock that was set forward by
//! mistake would make all that is kept too old at once.

use std::time::{Duration, Instant};

/// A step forward of more than this was not time that passed.
const LEAP_US: i64 = 86_400 * 1_000_000;
/// A clock that leapt and was not set again for so long is believed.
const PROBATION: Duration = Duration::from_secs(3_600);

pub struct Steady {
    seen: Instant,
    seen_us: i64,
    leapt: Option<Instant>,
}

impl Steady {
    /// At the start the newest instant that the store has tells what time it was.
    pub fn new(newest_us: Option<i64>, seen: Instant, now_us: i64) -> Self {
        let leapt = newest_us.is_some_and(|newest_us| now_us - newest_us > LEAP_US).then_some(seen);
        Steady { seen, seen_us: now_us, leapt }
    }

    /// Takes note of the clock, and tells whether what is old by its word is old.
    pub fn is_so(&mut self, seen: Instant, now_us: i64) -> bool {
        let passed_us = i64::try_from(seen.duration_since(self.seen).as_micros()).unwrap_or(i64::MAX);
        if now_us - self.seen_us - passed_us > LEAP_US {
            self.leapt = Some(seen);
        }
        (self.seen, self.seen_us) = (seen, now_us);
        if self.leapt.is_some_and(|leapt| seen.duration_since(leapt) >= PROBATION) {
            self.leapt = None;
        }
        self.leapt.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_US: i64 = 1_000_000;

    #[test]
    fn a_leap_is_believed_after_an_hour() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut clock = Steady::new(Some(0), start, 0);
        assert!(clock.is_so(after(1), SECOND_US));
        // A round that took long is no leap.
        assert!(clock.is_so(after(200_000), 200_000 * SECOND_US));
        let set = |seconds: i64| (seconds + 300_000) * SECOND_US;
        assert!(!clock.is_so(after(200_001), set(200_001)));
        assert!(!clock.is_so(after(203_600), set(203_600)));
        assert!(clock.is_so(after(203_601), set(203_601)));
        // Set back, nothing gets older.
        assert!(clock.is_so(after(203_602), 0));
        assert!(!clock.is_so(after(203_603), set(203_603)));
    }

    #[test]
    fn a_store_that_was_asleep_for_days_waits_for_its_clock() {
        let start = Instant::now();
        let day_us = 86_400 * SECOND_US;
        let mut clock = Steady::new(Some(0), start, 40 * day_us);
        assert!(!clock.is_so(start, 40 * day_us));
        assert!(clock.is_so(start + PROBATION, 40 * day_us + 3_600 * SECOND_US));
        assert!(Steady::new(None, start, 40 * day_us).is_so(start, 40 * day_us));
        assert!(Steady::new(Some(39 * day_us), start, 40 * day_us).is_so(start, 40 * day_us));
    }
}
