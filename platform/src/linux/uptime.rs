//! Time since boot: `/proc/uptime`.

use super::{
    Error, Roots,
    collector::{Collector, Found},
    kept::Kept,
};
use crate::model::Sample;

const FILE: &str = "/proc/uptime";

/// Seconds since boot, suspended time included.
pub(super) struct Uptime(Kept);

impl Uptime {
    pub(super) fn new(roots: &Roots) -> Self {
        Self(Kept::new(roots.in_proc("uptime")))
    }
}

impl Collector for Uptime {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, _: &mut Vec<Error>) -> Result<Found, Error> {
        sample.uptime_seconds = Some(parse(self.0.read(text)?)?);
        Ok(Found::Source)
    }
}

/// The first field of `/proc/uptime`, seconds. The second is the idle time of all cores.
pub fn parse(text: &str) -> Result<f64, Error> {
    let seconds = text.split_ascii_whitespace().next().and_then(|field| field.parse().ok());
    seconds.filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0).ok_or_else(|| Error::line(FILE, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_field_is_the_uptime() {
        assert_eq!(parse("1109.22 272.23\n").unwrap(), 1109.22);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "x 1", "-1 1", "inf 1", "NaN 1"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
