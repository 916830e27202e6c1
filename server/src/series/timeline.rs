//! When a host was sampled, and where its history is broken: by a gap, or by a reboot. Counters mean something only
//! between samples that are not divided by a break.

use super::frame::Frame;

/// What tells how a host was sampled: columns of the table of hosts.
pub const SAMPLING: [&str; 2] = ["interval_seconds", "uptime_seconds"];
/// The predecessor's forwarder pushes every 30 s; what it pushes does not tell.
pub const FLAT_INTERVAL_SECONDS: f64 = 30.0;
/// A gap is where this many times the interval passed without a sample.
const GAP_INTERVALS: f64 = 2.5;
const SECOND_US: f64 = 1e6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Break {
    None,
    /// Samples are missing before this one.
    Gap,
    /// The host was booted since the sample before.
    Reboot,
    /// The host's clock was set back since the sample before: more time has passed than there is between the two.
    Clock,
}

#[derive(Debug, Default)]
pub struct Timeline {
    ts: Vec<i64>,
    breaks: Vec<Break>,
    /// How many breaks there are up to and with each sample.
    count: Vec<u32>,
}

impl Timeline {
    /// From a native host's samples: instants, intervals, uptimes.
    pub fn native(ts: Vec<i64>, intervals: &[Option<f64>], uptimes: &[Option<f64>]) -> Self {
        let usual = median_step(&ts);
        let breaks = (0..ts.len())
            .map(|i| {
                if i == 0 {
                    return Break::None;
                }
                let passed = (ts[i] - ts[i - 1]) as f64;
                // Each sample says when the next is due.
                let interval = intervals[i - 1].map_or(usual as f64, |seconds| seconds * SECOND_US);
                let rebooted = match (uptimes[i - 1], uptimes[i]) {
                    (Some(before), Some(now)) => now < before,
                    _ => false,
                } || uptimes[i].is_some_and(|now| now * SECOND_US + SECOND_US < passed);
                let set_back = uptimes[i - 1]
                    .zip(uptimes[i])
                    .is_some_and(|(before, now)| (now - before) * SECOND_US > 2.0 * passed + SECOND_US);
                if passed > interval * GAP_INTERVALS {
                    Break::Gap
                } else if rebooted {
                    Break::Reboot
                } else if set_back {
                    Break::Clock
                } else {
                    Break::None
                }
            })
            .collect();
        Self::new(ts, breaks)
    }

    /// From a host's rows of the table of hosts, which have `SAMPLING` among their columns.
    pub fn of(frame: &Frame, columns: &[&str]) -> Self {
        let [intervals, uptimes] = SAMPLING.map(|name| {
            let place = columns.iter().position(|column| *column == name).expect("sampling is read with the rows");
            frame.columns[place].as_slice()
        });
        Self::native(frame.ts.clone(), intervals, uptimes)
    }

    /// From flat pushes, whose interval shows only in themselves.
    pub fn flat(ts: Vec<i64>) -> Self {
        let usual = median_step(&ts).max((FLAT_INTERVAL_SECONDS * SECOND_US) as i64);
        let limit = (usual as f64 * GAP_INTERVALS) as i64;
        let breaks =
            (0..ts.len()).map(|i| if i > 0 && ts[i] - ts[i - 1] > limit { Break::Gap } else { Break::None }).collect();
        Self::new(ts, breaks)
    }

    fn new(ts: Vec<i64>, breaks: Vec<Break>) -> Self {
        let mut total = 0;
        let count = breaks
            .iter()
            .map(|kind| {
                total += u32::from(*kind != Break::None);
                total
            })
            .collect();
        Timeline { ts, breaks, count }
    }

    pub fn ts(&self) -> &[i64] {
        &self.ts
    }

    /// Whether samples are missing between this sample and the one before.
    pub fn gap_before(&self, index: usize) -> bool {
        self.breaks[index] == Break::Gap
    }

    /// Whether two readings of a series follow each other without a break; one between them may be missing. A series that
    /// is read seldom, every `every_us`, is not in the samples between two of its readings.
    pub fn joined(&self, before: i64, after: i64, every_us: i64) -> bool {
        match (self.ts.binary_search(&before), self.ts.binary_search(&after)) {
            (Ok(first), Ok(last)) => self.places_joined(first, last, every_us),
            _ => false,
        }
    }

    /// The same for each reading of a series and the one before it, at once.
    pub fn joins(&self, ts: &[i64], every_us: i64) -> Vec<bool> {
        let (mut place, mut before) = (0, None);
        let joins = ts.iter().map(|at| {
            while self.ts.get(place).is_some_and(|ts| ts < at) {
                place += 1;
            }
            let here = (self.ts.get(place) == Some(at)).then_some(place);
            let joined = before.zip(here).is_some_and(|(first, last)| self.places_joined(first, last, every_us));
            before = here;
            joined
        });
        joins.collect()
    }

    fn places_joined(&self, first: usize, last: usize, every_us: i64) -> bool {
        let apart_us = self.ts[last] - self.ts[first];
        let near = last - first <= 2 || apart_us as f64 <= every_us as f64 * GAP_INTERVALS;
        near && self.count[first] == self.count[last]
    }

    /// The last sample before `end` that no break divides from the sample at `at`; that one itself if there is no other.
    pub fn last_before(&self, at: i64, end: i64) -> i64 {
        let Ok(index) = self.ts.binary_search(&at) else { return at };
        let unbroken = self.count.partition_point(|count| *count <= self.count[index]);
        let early = self.ts.partition_point(|ts| *ts < end);
        self.ts[unbroken.min(early).saturating_sub(1).max(index)]
    }

    /// The sample that follows the one at `at`.
    pub fn next_after(&self, at: i64) -> Option<i64> {
        self.ts.get(self.ts.partition_point(|ts| *ts <= at)).copied()
    }

    /// The usual time between two samples, microseconds; none with fewer than two.
    pub fn usual_step(&self) -> Option<i64> {
        (self.ts.len() > 1).then(|| median_step(&self.ts))
    }
}

fn median_step(ts: &[i64]) -> i64 {
    let mut steps: Vec<i64> = ts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if steps.is_empty() {
        return 0;
    }
    let middle = steps.len() / 2;
    *steps.select_nth_unstable(middle).1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(values: &[i64]) -> Vec<i64> {
        values.iter().map(|s| s * 1_000_000).collect()
    }

    #[test]
    fn a_missing_sample_or_two_is_a_gap_when_two_and_a_half_intervals_pass() {
        let ts = seconds(&[0, 10, 20, 40, 70]);
        let line =
            Timeline::native(ts, &[Some(10.0); 5], &[Some(100.0), Some(110.0), Some(120.0), Some(140.0), Some(170.0)]);
        assert!(!line.gap_before(3));
        assert!(line.gap_before(4));
        assert!(line.joined(20_000_000, 40_000_000, 0));
        assert!(!line.joined(40_000_000, 70_000_000, 0));
    }

    #[test]
    fn a_changed_interval_is_no_gap() {
        let intervals = [Some(60.0), Some(60.0), Some(10.0), Some(10.0)];
        let line = Timeline::native(seconds(&[0, 60, 120, 130]), &intervals, &[None; 4]);
        assert!((1..4).all(|index| !line.gap_before(index)));
        let line = Timeline::native(seconds(&[0, 10, 70]), &[Some(10.0), Some(10.0), Some(60.0)], &[None; 3]);
        assert!(line.gap_before(2));
    }

    #[test]
    fn a_reboot_breaks_even_when_it_was_quick() {
        let ts = seconds(&[0, 10, 20]);
        let line = Timeline::native(ts, &[Some(10.0); 3], &[Some(3.0), Some(4.0), Some(14.0)]);
        assert!(!line.joined(0, 10_000_000, 0));
        assert!(!line.gap_before(1));
        assert!(line.joined(10_000_000, 20_000_000, 0));
    }

    #[test]
    fn a_clock_that_was_set_back_breaks_and_one_that_is_a_little_off_does_not() {
        // 10 s passed by the time since boot, 2 s by the clock: a rate over them would be five times too high.
        let ts = seconds(&[0, 10, 12, 22, 31]);
        let uptimes = [Some(100.0), Some(110.0), Some(120.0), Some(130.0), Some(140.0)];
        let line = Timeline::native(ts, &[Some(10.0); 5], &uptimes);
        assert!(line.joined(0, 10_000_000, 0));
        assert!(!line.joined(10_000_000, 12_000_000, 0));
        assert!(line.joined(12_000_000, 22_000_000, 0) && line.joined(22_000_000, 31_000_000, 0));
        assert!((0..5).all(|index| !line.gap_before(index)));
    }

    #[test]
    fn a_sleep_is_a_gap_and_a_short_one_is_time_like_any_other() {
        // The time since boot goes on while a machine sleeps.
        let uptimes = [Some(100.0), Some(110.0), Some(130.0), Some(30_140.0)];
        let line = Timeline::native(seconds(&[0, 10, 30, 30_040]), &[Some(10.0); 4], &uptimes);
        assert!(line.joined(10_000_000, 30_000_000, 0));
        assert!(line.gap_before(3) && !line.joined(30_000_000, 30_040_000_000, 0));
    }

    #[test]
    fn a_series_may_miss_one_sample_not_two() {
        let line = Timeline::native(seconds(&[0, 10, 20, 30]), &[Some(10.0); 4], &[None; 4]);
        assert!(line.joined(0, 20_000_000, 0));
        assert!(!line.joined(0, 30_000_000, 0));
    }

    #[test]
    fn a_series_read_seldom_may_miss_one_reading_not_two_and_no_break() {
        const EVERY: i64 = 10_000_000;
        let every_second: Vec<i64> = (0..60).collect();
        let line = Timeline::native(seconds(&every_second), &[Some(1.0); 60], &[None; 60]);
        assert!(line.joined(0, 10_000_000, EVERY) && line.joined(0, 20_000_000, EVERY));
        assert!(!line.joined(0, 30_000_000, EVERY) && !line.joined(0, 10_000_000, 0));

        let with_a_gap: Vec<i64> = every_second.into_iter().filter(|second| !(14..17).contains(second)).collect();
        let line = Timeline::native(seconds(&with_a_gap), &[Some(1.0); 57], &[None; 57]);
        assert!(line.joined(0, 10_000_000, EVERY) && !line.joined(10_000_000, 20_000_000, EVERY));
        assert_eq!(line.last_before(10_000_000, 20_000_000), 13_000_000);
        assert_eq!(line.last_before(20_000_000, 20_000_000), 20_000_000);
        assert_eq!(line.last_before(17_000_000, 20_000_000), 19_000_000);
        assert_eq!((line.next_after(13_000_000), line.next_after(59_000_000)), (Some(17_000_000), None));
    }

    #[test]
    fn flat_pushes_show_their_own_interval() {
        let line = Timeline::flat(seconds(&[0, 60, 120, 180, 360]));
        assert!(!line.gap_before(1));
        assert!(line.gap_before(4));
        assert_eq!(Timeline::flat(seconds(&[5])).usual_step(), None);
    }
}
