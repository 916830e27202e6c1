//! How well the wall clock is kept.

use super::*;
use crate::model::Timekeeping;

pub(super) const HOST: &[Metric<Sample>] = &[
    flag(
        "time.is_estimated",
        "the sample was taken at its time or later: its clock was behind, and cannot be repaired",
        |s| Some(s.time_is_estimated),
    ),
    flag("time.synchronized", "someone says that the clock is right", |s| s.timekeeping.map(|t| t.synchronized)),
    real("time.offset_seconds", Gauge, Seconds, "what is still to be slewed", |s| time(s, |t| t.offset_seconds)),
    real("time.frequency_offset_ratio", Gauge, Ratio, "by how much the clock is made to run faster", |s| {
        time(s, |t| t.frequency_offset_ratio)
    }),
    real("time.estimated_error_seconds", Gauge, Seconds, "estimated error of the clock", |s| {
        time(s, |t| t.estimated_error_seconds)
    }),
    real("time.maximum_error_seconds", Gauge, Seconds, "possible error of the clock", |s| {
        time(s, |t| t.maximum_error_seconds)
    }),
];

fn time(sample: &Sample, read: fn(&Timekeeping) -> f64) -> Option<f64> {
    sample.timekeeping.as_ref().map(read)
}
