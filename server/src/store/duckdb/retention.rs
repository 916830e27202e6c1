//! Which sealed files are kept no longer: by age, a limit for each tier, and by the bytes of all. Pure.

use std::time::Duration;

use super::fate::Kept;
use super::layout::{Day, Tier};

/// How long and how much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    pub raw: Duration,
    pub minute: Duration,
    pub hour: Duration,
    /// All files of the store together.
    pub bytes: Option<u64>,
}

/// What must be known of a sealed file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub number: u64,
    pub tier: Tier,
    pub period: Day,
    pub bytes: u64,
}

impl Retention {
    /// How long a tier is kept; what is hot is kept until it is sealed.
    pub fn age(&self, tier: Tier) -> Option<Duration> {
        match tier {
            Tier::Hot => None,
            Tier::Raw => Some(self.raw),
            Tier::Minute => Some(self.minute),
            Tier::Hour => Some(self.hour),
        }
    }

    /// The first day that each tier keeps.
    pub fn kept(&self, now_us: i64) -> Kept {
        let first = |tier: Tier, age| tier.period_of(Day::of(ago(now_us, age)));
        Kept {
            raw: first(Tier::Raw, self.raw),
            minute: first(Tier::Minute, self.minute),
            hour: first(Tier::Hour, self.hour),
        }
    }

    /// Files whose last instant is older than their tier is kept.
    pub fn too_old(&self, files: &[Held], now_us: i64) -> Vec<u64> {
        let is_old = |file: &&Held| {
            let end_us = file.tier.period_end(file.period).start_us();
            self.age(file.tier).is_some_and(|age| end_us <= ago(now_us, age))
        };
        files.iter().filter(is_old).map(|file| file.number).collect()
    }

    /// What has to go for all to fit: the oldest samples, then minutes, then hours; never a period that is not over.
    pub fn too_much(&self, files: &[Held], all_bytes: u64, today: Day) -> Vec<u64> {
        let Some(limit) = self.bytes else {
            return Vec::new();
        };
        let mut past: Vec<&Held> = files.iter().filter(|file| file.tier.period_end(file.period).0 <= today.0).collect();
        past.sort_by_key(|file| (file.tier, file.period));
        let mut left = all_bytes;
        let mut gone = Vec::new();
        for file in past {
            if left <= limit {
                break;
            }
            left = left.saturating_sub(file.bytes);
            gone.push(file.number);
        }
        gone
    }
}

fn ago(now_us: i64, age: Duration) -> i64 {
    now_us.saturating_sub(i64::try_from(age.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);
    /// Noon of the 100th day: 1970-04-11.
    const NOW_US: i64 = 100 * 86_400_000_000 + 43_200_000_000;

    fn retention(bytes: Option<u64>) -> Retention {
        Retention { raw: 2 * DAY, minute: 5 * DAY, hour: 40 * DAY, bytes }
    }

    fn held(number: u64, tier: Tier, period: i32, bytes: u64) -> Held {
        Held { number, tier, period: Day(period), bytes }
    }

    #[test]
    fn a_period_goes_when_all_of_it_is_too_old() {
        let files = [
            // Noon two days ago lies in day 98; day 97 ended before it.
            held(1, Tier::Raw, 97, 1),
            held(2, Tier::Raw, 98, 1),
            held(3, Tier::Minute, 94, 1),
            held(4, Tier::Minute, 95, 1),
            // January ended on day 31, February on day 59; forty days ago was day 60.
            held(5, Tier::Hour, 0, 1),
            held(6, Tier::Hour, 31, 1),
            held(7, Tier::Hour, 59, 1),
            held(8, Tier::Raw, 100, 1),
        ];
        assert_eq!(retention(None).too_old(&files, NOW_US), [1, 3, 5, 6]);
        assert_eq!(retention(None).kept(NOW_US), Kept { raw: Day(98), minute: Day(95), hour: Day(59) });
        // A clock that knows nothing makes nothing old.
        assert_eq!(retention(None).too_old(&files, 0), [0; 0]);
    }

    #[test]
    fn the_finest_and_oldest_goes_first_and_today_never() {
        let files = [
            held(1, Tier::Hour, 59, 10),
            held(2, Tier::Minute, 98, 10),
            held(3, Tier::Raw, 99, 10),
            held(4, Tier::Raw, 98, 10),
            held(5, Tier::Raw, 100, 10),
            held(6, Tier::Hour, 90, 10),
            held(7, Tier::Raw, 101, 10),
        ];
        let gone = |limit| retention(Some(limit)).too_much(&files, 100, Day(100));
        assert_eq!(gone(100), [0; 0]);
        assert_eq!(gone(99), [4]);
        assert_eq!(gone(71), [4, 3, 2]);
        // April has days to come.
        assert_eq!(gone(0), [4, 3, 2, 1]);
        assert_eq!(retention(None).too_much(&files, 100, Day(100)), [0; 0]);
    }
}
