//! How long to wait before the next attempt. Takes its randomness as an argument and sleeps nowhere.

use std::time::Duration;

/// After the first failure.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait of our own: a server that comes back has its hosts back within half a minute.
const LONGEST: Duration = Duration::from_secs(30);
/// The longest wait that a server can ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(600);

/// Counts failures in a row.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// An attempt succeeded.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// The wait after one more failure: doubles up to half a minute, and `chance` (any number) takes off up to a half,
    /// so that a fleet does not return in one instant.
    pub fn after_failure(&mut self, chance: u64) -> Duration {
        let longest = FIRST.saturating_mul(2_u32.saturating_pow(self.failures)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        longest - share(longest, chance) / 2
    }

    /// The wait after one more failure with which the server asked for a wait: never shorter than that, up to a tenth
    /// longer, and never shorter than our own, for a server that asks for none would be asked without pause.
    pub fn as_asked(&mut self, asked: Duration, chance: u64) -> Duration {
        let asked = asked.min(LONGEST_ASKED);
        (asked + share(asked, chance) / 10).max(self.after_failure(chance))
    }
}

/// The part of a duration that `chance` is of all numbers.
fn share(duration: Duration, chance: u64) -> Duration {
    duration.mul_f64(chance as f64 / u64::MAX as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_its_bound() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..7).map(|_| backoff.after_failure(0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
        for _ in 0..100 {
            assert!(backoff.after_failure(0) == LONGEST);
        }
        backoff.reset();
        assert_eq!(backoff.after_failure(0), FIRST);
    }

    #[test]
    fn chance_takes_off_up_to_a_half() {
        for chance in [0, 1, u64::MAX / 3, u64::MAX] {
            let wait = Backoff::default().after_failure(chance);
            assert!(wait >= FIRST / 2 && wait <= FIRST, "{wait:?}");
        }
    }

    #[test]
    fn what_the_server_asks_for_is_the_least_and_bounded() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.as_asked(Duration::from_secs(20), 0), Duration::from_secs(20));
        assert_eq!(backoff.as_asked(Duration::from_secs(20), u64::MAX), Duration::from_secs(22));
        assert_eq!(backoff.as_asked(Duration::from_secs(1 << 40), 0), LONGEST_ASKED);
    }

    #[test]
    fn a_server_that_asks_for_no_wait_gets_our_own() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..4).map(|_| backoff.as_asked(Duration::ZERO, 0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8]);
    }
}
