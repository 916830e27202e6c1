//! One made-up host: what it has still to push, and where it goes on after a former run.

use std::time::Duration;

use siskin_platform::fleet::{Machine, Schedule};
use siskin_platform::model::Batch;

/// Samples in one body.
const BATCH: i64 = 100;
/// A machine was booted so long before the first sample that follows a former run's: it was off in between.
const BOOT_MS: i64 = 3_000;

pub struct Guest {
    machine: Machine,
    schedule: Schedule,
    /// The index of its next sample.
    next: i64,
}

impl Guest {
    /// The host of a seed and a number, on a stream of its own.
    pub fn new(seed: u64, number: u64, interval: Duration, stream: u64) -> Self {
        let mut machine = Machine::cast(seed, number).every(interval.as_secs_f64());
        machine.begin(stream);
        let schedule = machine.schedule(seed, number);
        Guest { machine, schedule, next: 0 }
    }

    /// The same, as it was from then on; a host that has samples goes on after the last of them, as if booted anew.
    pub fn enter(mut self, start_ms: i64, last_seen: impl Fn(&str) -> Option<i64>) -> Self {
        let last_seen = last_seen(&self.machine.agent.id);
        // The server tells whole seconds: the last sample may be up to one later.
        let after_ms = last_seen.map_or(start_ms, |seconds| start_ms.max((seconds + 1) * 1_000));
        self.next = self.schedule.index_from(after_ms);
        if last_seen.is_some() {
            self.machine.boot(self.next_ms() - BOOT_MS);
        }
        self
    }

    /// How many samples are due.
    pub fn due(&self, now_ms: i64) -> u64 {
        // The last one may be a little late.
        let end = self.schedule.index_from(now_ms);
        u64::try_from(end - self.next).unwrap_or(0)
    }

    /// When the next is due, milliseconds since 1970.
    pub fn next_ms(&self) -> i64 {
        self.schedule.moment(self.next)
    }

    /// The samples that are due, or the first of them.
    pub fn batch(&mut self, now_ms: i64) -> Option<Batch> {
        let first = self.next;
        let schedule = self.schedule;
        let moments: Vec<i64> =
            (first..first + BATCH).map(|index| schedule.moment(index)).take_while(|moment| *moment <= now_ms).collect();
        self.next += moments.len() as i64;
        (!moments.is_empty()).then(|| self.machine.batch(moments))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn guest(last_seen: Option<i64>) -> Guest {
        Guest::new(1, 2, Duration::from_secs(10), 7).enter(NOW - 3_600_000, |_| last_seen)
    }

    #[test]
    fn the_history_comes_in_batches_and_ends_now() {
        let mut guest = guest(None);
        let due = guest.due(NOW);
        assert!((359..=361).contains(&due), "{due}");
        let batches: Vec<Batch> = std::iter::from_fn(|| guest.batch(NOW)).collect();
        assert_eq!(batches.len(), 4);
        let times: Vec<i64> = batches.iter().flat_map(|batch| &batch.samples).map(|sample| sample.at.unix_ms).collect();
        assert!(times.is_sorted_by(|a, b| a < b) && times[0] >= NOW - 3_600_000);
        assert!(guest.next_ms() > NOW && guest.next_ms() <= NOW + 10_010);
        assert_eq!(batches[1].first_seq, 101);
        assert!(batches[0].samples[0].uptime_seconds.unwrap() > 86_400.0);
    }

    #[test]
    fn a_host_that_the_server_knows_goes_on_after_its_last_sample() {
        let last = NOW / 1_000 - 95;
        let mut guest = guest(Some(last));
        let batch = guest.batch(NOW).unwrap();
        let first = &batch.samples[0];
        assert!(first.at.unix_ms >= (last + 1) * 1_000 && first.at.unix_ms <= (last + 11) * 1_000 + 10);
        assert!(first.uptime_seconds.unwrap() < 10.0, "booted anew");
        assert!((9..=10).contains(&batch.samples.len()));
        assert_eq!(batch.agent.id, Guest::new(1, 2, Duration::from_secs(60), 8).machine.agent.id, "the same host");
    }
}
