//! How a host is doing: whether it is heard, and its last readings in percent.

use serde::Serialize;
use siskin_platform::model::Tags;
use siskin_platform::model::system::system;

use super::directory::{HostEntry, Native, Source};
use crate::series::timeline::FLAT_INTERVAL_SECONDS;

/// An agent samples every 10 s unless it says otherwise.
const NATIVE_INTERVAL_SECONDS: f64 = 10.0;
/// Late after this many intervals, down after that many; never sooner than the floor, seconds.
const LATE_INTERVALS: f64 = 2.5;
const DOWN_INTERVALS: f64 = 10.0;
const LATE_FLOOR_SECONDS: f64 = 5.0;
const DOWN_FLOOR_SECONDS: f64 = 30.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Liveness {
    Up,
    Late,
    Down,
}

/// Percent; none where nothing was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Latest {
    pub cpu: Option<f64>,
    pub ram: Option<f64>,
    pub disk: Option<f64>,
}

#[derive(Debug)]
pub struct Status {
    pub liveness: Liveness,
    pub interval_seconds: f64,
    pub agent_version: Option<String>,
    pub skew_seconds: Option<f64>,
    pub tags: Tags,
    pub cloned: bool,
    pub latest: Latest,
    pub details_updated_us: Option<i64>,
}

impl Status {
    pub fn of(entry: &HostEntry, now_us: i64) -> Self {
        // Before it was heard in this run, its newest sample tells.
        let heard_us = entry.last_heard_us.or(entry.last_sample_us);
        let kept_us = entry.details.as_ref().map(|details| details.updated_us);
        match &entry.source {
            Source::Flat { last } => Status {
                liveness: liveness(heard_us, FLAT_INTERVAL_SECONDS, now_us),
                interval_seconds: FLAT_INTERVAL_SECONDS,
                agent_version: None,
                skew_seconds: None,
                tags: Tags::new(),
                cloned: false,
                latest: last.map_or(Latest::default(), |values| Latest {
                    cpu: Some(values.cpu),
                    ram: Some(values.ram),
                    disk: Some(values.disk),
                }),
                details_updated_us: kept_us,
            },
            Source::Native(native) => {
                let recent = native.recent.as_ref();
                let interval_seconds =
                    recent.and_then(|recent| recent.current.interval_seconds).unwrap_or(NATIVE_INTERVAL_SECONDS);
                Status {
                    liveness: liveness(heard_us, interval_seconds, now_us),
                    interval_seconds,
                    agent_version: Some(native.agent.version.clone()),
                    skew_seconds: native.skew_seconds,
                    tags: native.host.tags.clone(),
                    cloned: entry.is_cloned(now_us),
                    latest: latest(native),
                    details_updated_us: recent.and(entry.last_heard_us).or(kept_us),
                }
            }
        }
    }
}

fn liveness(heard_us: Option<i64>, interval_seconds: f64, now_us: i64) -> Liveness {
    let Some(heard_us) = heard_us else {
        return Liveness::Down;
    };
    let silent_seconds = (now_us - heard_us) as f64 / 1e6;
    if silent_seconds > (interval_seconds * DOWN_INTERVALS).max(DOWN_FLOOR_SECONDS) {
        Liveness::Down
    } else if silent_seconds > (interval_seconds * LATE_INTERVALS).max(LATE_FLOOR_SECONDS) {
        Liveness::Late
    } else {
        Liveness::Up
    }
}

fn latest(native: &Native) -> Latest {
    let Some(recent) = &native.recent else {
        return Latest::default();
    };
    let document = system(&native.host, recent.modes_before(), &recent.current);
    let sample = &recent.current;
    Latest {
        // Without two readings there is no share of time.
        cpu: recent.previous.as_ref().and(sample.cpu.as_ref()).map(|_| document.cpu.percent),
        ram: sample.memory.as_ref().map(|_| document.memory.percent),
        disk: (!sample.filesystems.is_empty()).then_some(document.disk.percent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_makes_a_host_late_and_then_down() {
        let state = |silent: i64| liveness(Some(0), 10.0, silent * 1_000_000);
        assert_eq!(
            (state(25), state(26), state(100), state(101)),
            (Liveness::Up, Liveness::Late, Liveness::Late, Liveness::Down)
        );
        // An agent at 1 Hz is not down because of one slow second.
        let fast = |silent: i64| liveness(Some(0), 1.0, silent * 1_000_000);
        assert_eq!((fast(5), fast(6), fast(31)), (Liveness::Up, Liveness::Late, Liveness::Down));
        assert_eq!(liveness(None, 10.0, 0), Liveness::Down);
    }
}
