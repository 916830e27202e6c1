//! The clocks of this machine. They are the kernel's own, whatever roots are read.

use std::time::{SystemTime, UNIX_EPOCH};

use super::ffi;
use crate::model::Clock;

/// This instant: `CLOCK_REALTIME` and `CLOCK_BOOTTIME`.
pub fn clock() -> Clock {
    Clock { unix_ms: unix_ms(SystemTime::now()), boottime_ms: ffi::boottime_ms() }
}

fn unix_ms(time: SystemTime) -> i64 {
    let (sign, distance) = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => (1, since),
        Err(before) => (-1, before.duration()),
    };
    sign * i64::try_from(distance.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_clock_set_before_1970_reads_negative() {
        assert_eq!(unix_ms(UNIX_EPOCH - Duration::from_millis(1500)), -1500);
        assert_eq!(unix_ms(UNIX_EPOCH + Duration::from_millis(1500)), 1500);
    }

    #[test]
    fn boottime_does_not_run_backwards() {
        let (first, second) = (clock(), clock());
        assert!(second.boottime_ms >= first.boottime_ms);
    }
}
