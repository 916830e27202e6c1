//! How old a file is, by a clock that may be wrong. Time since boot, which nobody sets, counts on what was believed once;
//! the clock of the day is asked only about files that lay there before this start, and may only make them younger.

use siskin_platform::collect;

/// 2026-01-01. A file that is older was written under a wrong clock.
const PLAUSIBLE_MS: i64 = 1_767_225_600_000;

/// Nothing goes by its age before the agent has run for this long: a board's clock may start anywhere, and is set from
/// the network in the first minutes.
const SETTLE_MS: i64 = 600_000;

/// The two clocks at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Milliseconds since 1970, as the host believes.
    pub unix_ms: i64,
    /// Milliseconds since boot, with the time asleep.
    pub boottime_ms: i64,
}

impl Now {
    /// The host's. Without a time since boot nothing grows old.
    pub fn read() -> Self {
        let clock = collect::clock();
        let boottime_ms = clock.boottime_ms.and_then(|ms| i64::try_from(ms).ok()).unwrap_or(0);
        Self { unix_ms: clock.unix_ms, boottime_ms }
    }
}

/// When a file got its newest record.
#[derive(Clone, Copy, Debug)]
pub struct Age {
    /// On the scale of the time since boot: below 0 for a file from before the boot.
    since_ms: i64,
    /// By the clock of the day, for a file that was found.
    found: Option<Found>,
}

#[derive(Clone, Copy, Debug)]
struct Found {
    modified_ms: i64,
    at_ms: i64,
}

impl Age {
    /// Of a file that is written now.
    pub fn written(now: Now) -> Self {
        Self { since_ms: now.boottime_ms, found: None }
    }

    /// Of a file that lies there, last changed at this time. One that the clock cannot know about is as old as our
    /// knowledge of it.
    pub fn found(modified_ms: i64, now: Now) -> Self {
        let since_ms = believed(modified_ms, now).unwrap_or(now.boottime_ms);
        Self { since_ms, found: Some(Found { modified_ms, at_ms: now.boottime_ms }) }
    }

    /// Looks at the clock again, which may have been set right. The least age that it ever told counts: a clock that jumps
    /// ahead takes nothing with it.
    pub fn look(&mut self, now: Now) {
        if let Some(since_ms) = self.found.and_then(|found| believed(found.modified_ms, now)) {
            self.since_ms = self.since_ms.max(since_ms);
        }
    }

    /// Whether it is older than that.
    pub fn is_over(&self, max_ms: i64, now: Now) -> bool {
        let is_settled = self.found.is_none_or(|found| now.boottime_ms.saturating_sub(found.at_ms) >= SETTLE_MS);
        is_settled && now.boottime_ms.saturating_sub(self.since_ms) > max_ms
    }
}

/// When that was on the scale of the time since boot, if the clock of the day can tell.
fn believed(modified_ms: i64, now: Now) -> Option<i64> {
    let can_tell = modified_ms >= PLAUSIBLE_MS && now.unix_ms >= modified_ms;
    can_tell.then(|| now.boottime_ms.saturating_sub(now.unix_ms - modified_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;
    const WEEK: i64 = 7 * 24 * HOUR;
    const YEAR: i64 = 52 * WEEK;

    fn now(unix_ms: i64, boottime_ms: i64) -> Now {
        Now { unix_ms: PLAUSIBLE_MS + YEAR + unix_ms, boottime_ms }
    }

    #[test]
    fn what_was_written_in_this_start_knows_no_clock_but_the_time_since_boot() {
        let age = Age::written(now(0, HOUR));
        assert!(!age.is_over(WEEK, now(YEAR, 2 * HOUR)), "the clock jumped");
        assert!(!age.is_over(WEEK, now(WEEK, HOUR + WEEK)));
        assert!(age.is_over(WEEK, now(-YEAR, 2 * HOUR + WEEK)));
    }

    #[test]
    fn a_found_file_is_as_young_as_the_clock_ever_told() {
        let modified_ms = now(0, 0).unix_ms;
        let mut age = Age::found(modified_ms, now(YEAR, 0));
        assert!(!age.is_over(WEEK, now(YEAR, SETTLE_MS - 1)), "the clock may be wrong");
        assert!(age.is_over(WEEK, now(YEAR, SETTLE_MS)), "it stays as it is");
        age.look(now(HOUR, 60_000));
        age.look(now(YEAR, SETTLE_MS));
        assert!(!age.is_over(WEEK, now(YEAR, SETTLE_MS)), "it was set in time, and jumps again");
        assert!(!age.is_over(WEEK, now(YEAR, 60_000 + WEEK - HOUR)));
        assert!(age.is_over(WEEK, now(YEAR, 60_001 + WEEK - HOUR)));
    }

    #[test]
    fn what_the_clock_cannot_know_counts_from_its_finding() {
        let unknown = [(5, now(0, HOUR)), (now(HOUR, 0).unix_ms, now(0, HOUR))];
        for (modified_ms, found_at) in unknown {
            let mut age = Age::found(modified_ms, found_at);
            age.look(now(0, 2 * HOUR));
            assert!(!age.is_over(WEEK, now(0, HOUR + WEEK)), "{modified_ms}");
            assert!(age.is_over(WEEK, now(0, 2 * HOUR + WEEK)), "{modified_ms}");
        }
    }
}
