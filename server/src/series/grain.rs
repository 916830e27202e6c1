//! How finely a metric is kept in rollups: what people read, and no digit more, because each costs space.

use super::metric::{CUSTOM, From, Metric};

/// So near to a multiple of the grain, in grains, a value is that multiple: the rest is of the arithmetic.
const NEAR: f64 = 1e-6;

/// How many grains make one; none where values stay as they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grain(Option<f64>);

impl Grain {
    /// A hundredth of a percent, a byte, a hertz, a hundredth of a degree. A disk's time per time is finer, since a latency
    /// is computed from it on disks that do little; so is what is said of the clock, in billionths. People's own metrics stay
    /// as they are: nobody knows what they are of.
    pub fn of(metric: &Metric) -> Self {
        let rate = matches!(metric.from, From::Rate { .. });
        Grain(match metric.unit {
            _ if metric.table == CUSTOM => None,
            _ if metric.name.starts_with("time.") => Some(1e9),
            "ratio" if rate && metric.table == "disk" => Some(1e7),
            "ratio" => Some(1e4),
            "percent" => Some(1e3),
            "bytes" | "bytes_per_second" | "bits" | "bits_per_second" | "hertz" | "revolutions_per_minute" => Some(1.0),
            "celsius" => Some(1e2),
            "seconds" => Some(1e6),
            _ => Some(1e4),
        })
    }

    /// How many of it make one; none where values stay as they are.
    pub fn scale(self) -> Option<f64> {
        self.0
    }

    pub fn nearest(self, value: f64) -> f64 {
        self.to(value, f64::round)
    }

    /// Never above the value.
    pub fn below(self, value: f64) -> f64 {
        self.to(value, |grains| if (grains - grains.round()).abs() < NEAR { grains.round() } else { grains.floor() })
    }

    /// Never below the value.
    pub fn above(self, value: f64) -> f64 {
        self.to(value, |grains| if (grains - grains.round()).abs() < NEAR { grains.round() } else { grains.ceil() })
    }

    fn to(self, value: f64, whole: impl Fn(f64) -> f64) -> f64 {
        self.0.map_or(value, |scale| whole(value * scale) / scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::metric::find;

    fn of(name: &str) -> Grain {
        Grain::of(find(name).unwrap_or_else(|| panic!("{name} is missing")))
    }

    #[test]
    fn a_minimum_is_never_raised_and_a_maximum_never_lowered() {
        let ratio = of("cpu.busy_ratio");
        assert_eq!(
            (ratio.below(0.123_456_7), ratio.nearest(0.123_456_7), ratio.above(0.123_456_7)),
            (0.1234, 0.1235, 0.1235)
        );
        assert_eq!((ratio.below(-0.000_01), ratio.above(0.000_01)), (-0.0001, 0.0001));
        let bytes = of("network.rx_bytes_per_s");
        assert_eq!((bytes.below(7.9), bytes.nearest(7.9), bytes.above(7.1)), (7.0, 8.0, 8.0));
    }

    #[test]
    fn what_is_a_multiple_of_the_grain_stays_so() {
        let ratio = of("cpu.busy_ratio");
        for value in [0.3, 0.29, 0.57, 0.1 + 0.2, 1.0 / 3.0 * 3.0] {
            assert_eq!((ratio.below(value), ratio.above(value)), (ratio.nearest(value), ratio.nearest(value)));
        }
    }

    #[test]
    fn each_unit_keeps_what_people_read_of_it() {
        for (name, value) in [
            ("custom.value", 1.234_567_890_123e-12),
            ("time.frequency_offset_ratio", 1.234e-6),
            ("time.offset_seconds", 0.000_001_234),
            ("disk.read_seconds_per_s", 0.000_001_7),
            ("collector.duration_seconds", 0.000_123),
            ("textfile.modified_seconds", 1_795_424_400.5),
            ("memory.free_bytes", 123_456_789_012.0),
            ("load.one", 0.0123),
        ] {
            assert_eq!(of(name).nearest(value), value, "{name}");
        }
        assert_eq!(of("memory.free_bytes").nearest(7.4), 7.0);
    }
}
