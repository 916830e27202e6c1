//! Time since boot: `/proc/uptime`.

use super::{Error, Roots, text};

const FILE: &str = "/proc/uptime";

/// Seconds since boot, suspended time included.
pub fn read(roots: &Roots) -> Result<f64, Error> {
    parse(&text::read(roots.in_proc("uptime"))?)
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
