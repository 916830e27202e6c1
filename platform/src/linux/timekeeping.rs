//! How well the wall clock is kept: `adjtimex`. It is the kernel's own clock, whatever roots are read.

use super::{
    Error,
    collector::{Collector, Found},
    ffi::{self, Discipline},
};
use crate::model::{Sample, Timekeeping};

/// Bits of `status`: not synchronized, and the offset in nanoseconds (`STA_UNSYNC`, `STA_NANO`).
const UNSYNCHRONIZED: i64 = 0x0040;
const NANOSECONDS: i64 = 0x2000;

/// The unit of the frequency: a millionth, in 16 bits of fraction.
const FREQUENCY_UNITS: f64 = 65_536.0 * 1e6;

/// What the kernel knows of its clock, where we may ask.
pub(super) struct WallClock;

impl Collector for WallClock {
    fn read(&mut self, sample: &mut Sample, _: &mut Vec<u8>, _: &mut Vec<Error>) -> Result<Found, Error> {
        sample.timekeeping = ffi::discipline().map(timekeeping);
        Ok(if sample.timekeeping.is_some() { Found::Source } else { Found::Nothing })
    }
}

fn timekeeping(discipline: Discipline) -> Timekeeping {
    let per_second = if discipline.status & NANOSECONDS != 0 { 1e9 } else { 1e6 };
    Timekeeping {
        synchronized: discipline.status & UNSYNCHRONIZED == 0,
        offset_seconds: discipline.offset as f64 / per_second,
        frequency_offset_ratio: discipline.frequency as f64 / FREQUENCY_UNITS,
        estimated_error_seconds: discipline.estimated_error as f64 / 1e6,
        maximum_error_seconds: discipline.maximum_error as f64 / 1e6,
        status_bits: discipline.status as u32,
        atomic_offset_seconds: discipline.atomic_offset,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn micro_and_nanoseconds() {
        let raw = Discipline {
            status: 0x0001,
            offset: -1500,
            frequency: 32_768_000,
            estimated_error: 250,
            maximum_error: 16_000_000,
            atomic_offset: 37,
        };
        let expected = Timekeeping {
            synchronized: true,
            offset_seconds: -0.0015,
            frequency_offset_ratio: 0.0005,
            estimated_error_seconds: 0.000_25,
            maximum_error_seconds: 16.0,
            status_bits: 1,
            atomic_offset_seconds: 37,
        };
        assert_eq!(timekeeping(raw), expected);
        let nano = timekeeping(Discipline { status: 0x2041, ..raw });
        assert_eq!((nano.synchronized, nano.offset_seconds), (false, -0.000_001_5));
    }
}
