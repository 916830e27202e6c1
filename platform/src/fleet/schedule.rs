//! When the agent of a made-up machine samples: on its interval, at a phase of its own, a little late at times.

/// A sample is at most this late, milliseconds: the kernel wakes a sleeper when it is due, not before.
const LATE_MS: u64 = 2;

/// The moments of one machine's samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Between two samples, milliseconds; at least 1.
    pub interval_ms: i64,
    /// How far its moments are behind the multiples of the interval, milliseconds.
    pub phase_ms: i64,
}

impl Schedule {
    /// The schedule of a machine of this number.
    pub fn new(interval_ms: i64, seed: u64, number: u64) -> Self {
        let interval_ms = interval_ms.max(1);
        let phase = super::Random::new(seed ^ number.rotate_left(32)).below(interval_ms.unsigned_abs());
        Self { interval_ms, phase_ms: phase as i64 }
    }

    /// The first index whose sample is not before a moment.
    pub fn index_from(&self, unix_ms: i64) -> i64 {
        let behind = unix_ms - self.phase_ms;
        behind.div_euclid(self.interval_ms) + i64::from(behind.rem_euclid(self.interval_ms) > 0)
    }

    /// The moment of an index, milliseconds since 1970. Each is later than the one before.
    pub fn moment(&self, index: i64) -> i64 {
        let late = super::Random::new(index as u64 ^ self.phase_ms as u64).below(3 * LATE_MS);
        index * self.interval_ms + self.phase_ms + late.saturating_sub(2 * LATE_MS) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::Schedule;

    #[test]
    fn moments_follow_each_other_at_the_interval() {
        let schedule = Schedule::new(10_000, 1, 7);
        let first = schedule.index_from(1_700_000_000_000);
        assert!(schedule.moment(first) >= 1_700_000_000_000 && schedule.moment(first - 1) < 1_700_000_000_000);
        let steps: Vec<i64> = (0..100).map(|n| schedule.moment(first + n + 1) - schedule.moment(first + n)).collect();
        assert!(steps.iter().all(|step| (9_998..=10_002).contains(step)), "{steps:?}");
        assert!(steps.contains(&10_000) && steps.iter().any(|step| *step != 10_000));
        assert_ne!(schedule.phase_ms, Schedule::new(10_000, 1, 8).phase_ms);
    }
}
