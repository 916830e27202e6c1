//! When a sample was taken, judged by the server's clock: an agent's wall clock may be wrong, its time since boot is not.

use siskin_platform::model::{Batch, Sample};

/// An agent's clock that is off by more than this is not believed, milliseconds.
const TRUSTED_SKEW_MS: i64 = 5_000;
/// Beyond this much ahead of the server no sample is stored: such a time is a fault, not a clock running ahead.
const FUTURE_MS: i64 = 86_400_000;

/// How far the sender's wall clock runs ahead, milliseconds.
pub fn skew_ms(batch: &Batch, received_ms: i64) -> i64 {
    batch.sent_at.unix_ms.saturating_sub(received_ms)
}

/// When a sample was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The time it is stored under, milliseconds since 1970.
    pub unix_ms: i64,
    /// Whether that is a guess: the agent's floor, or the server's time in place of none.
    pub is_estimated: bool,
}

/// When a sample was taken. Never refuses: what cannot be repaired keeps the agent's time, and what cannot be a time at
/// all gets the server's.
pub fn taken(batch: &Batch, sample: &Sample, received_ms: i64) -> Taken {
    // Judged sample by sample: the agent's clock may have been set since this one was taken.
    let told = match anchored_ms(batch, sample, received_ms) {
        Some(anchored) if sample.at.unix_ms.saturating_sub(anchored).saturating_abs() > TRUSTED_SKEW_MS => {
            Taken { unix_ms: anchored, is_estimated: false }
        }
        _ => Taken { unix_ms: sample.at.unix_ms, is_estimated: sample.time_is_estimated },
    };
    let can_be = (0..=received_ms.saturating_add(FUTURE_MS)).contains(&told.unix_ms);
    if can_be { told } else { Taken { unix_ms: received_ms, is_estimated: true } }
}

/// When a sample of the running boot was taken, by the server's clock and the time since boot.
fn anchored_ms(batch: &Batch, sample: &Sample, received_ms: i64) -> Option<i64> {
    let same_boot = sample.boot_id.is_none() || sample.boot_id == batch.agent.boot_id;
    let age_ms = batch.sent_at.boottime_ms?.checked_sub(sample.at.boottime_ms?)?;
    same_boot.then_some(received_ms.saturating_sub(i64::try_from(age_ms).ok()?))
}

#[cfg(test)]
mod tests {
    use siskin_platform::model::{Agent, Clock, Host};

    use super::*;

    const NOW: i64 = 1_800_000_000_000;
    const GUESS: Taken = Taken { unix_ms: NOW, is_estimated: true };

    fn batch(sent_unix_ms: i64) -> Batch {
        Batch {
            agent: Agent { boot_id: Some("b".into()), ..Agent::default() },
            host: Host::default(),
            stream: 1,
            first_seq: 1,
            sent_at: Clock { unix_ms: sent_unix_ms, boottime_ms: Some(100_000) },
            samples: vec![],
        }
    }

    fn sample(unix_ms: i64, boottime_ms: Option<u64>) -> Sample {
        Sample { at: Clock { unix_ms, boottime_ms }, ..Sample::default() }
    }

    /// The time that is stored, of a sample whose time is known.
    fn stored_ms(batch: &Batch, sample: &Sample, received_ms: i64) -> i64 {
        let taken = taken(batch, sample, received_ms);
        assert!(!taken.is_estimated);
        taken.unix_ms
    }

    #[test]
    fn a_clock_within_five_seconds_stands() {
        assert_eq!(stored_ms(&batch(NOW + 5_000), &sample(NOW - 25_000, Some(70_000)), NOW), NOW - 25_000);
    }

    #[test]
    fn a_wrong_clock_is_repaired_by_the_time_since_boot() {
        assert_eq!(stored_ms(&batch(60_000), &sample(30_000, Some(70_000)), NOW), NOW - 30_000);
        assert_eq!(stored_ms(&batch(NOW + 6_000), &sample(NOW + 5_000, Some(99_000)), NOW), NOW - 1_000);
    }

    #[test]
    fn a_clock_that_was_set_since_is_repaired_too() {
        // Taken in 1970, sent after the clock was set.
        assert_eq!(stored_ms(&batch(NOW), &sample(30_000, Some(70_000)), NOW), NOW - 30_000);
    }

    #[test]
    fn a_sample_of_another_boot_keeps_its_time() {
        let mut earlier = sample(NOW - 500_000, Some(70_000));
        earlier.boot_id = Some("a".into());
        assert_eq!(stored_ms(&batch(60_000), &earlier, NOW), NOW - 500_000);
    }

    #[test]
    fn what_cannot_be_a_time_gets_the_servers() {
        for unix_ms in [i64::MIN, -1, NOW + FUTURE_MS + 1, i64::MAX] {
            assert_eq!(taken(&batch(unix_ms), &sample(unix_ms, None), NOW), GUESS);
        }
        // More time since boot than the batch itself: not of this boot after all.
        assert_eq!(taken(&batch(60_000), &sample(NOW + FUTURE_MS + 1, Some(u64::MAX)), NOW), GUESS);
    }

    #[test]
    fn the_agents_floor_is_no_known_time_unless_it_was_repaired_after_all() {
        let mut floor = sample(NOW - 500_000, Some(70_000));
        floor.time_is_estimated = true;
        let repaired = Taken { unix_ms: NOW - 30_000, is_estimated: false };
        assert_eq!(taken(&batch(NOW), &floor, NOW), repaired);
        floor.boot_id = Some("a".into());
        assert_eq!(taken(&batch(NOW), &floor, NOW), Taken { unix_ms: NOW - 500_000, is_estimated: true });
    }
}
