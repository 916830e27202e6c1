//! Times as Python writes and reads them.

use std::time::{Duration, UNIX_EPOCH};

/// 9999-12-31T23:59:59.999, the last instant with a year of four digits.
const LAST_UNIX_MS: u64 = 253_402_300_799_999;

/// ISO 8601 in UTC, with milliseconds where there are any. The offset is written out because `fromisoformat` took no
/// `Z` before Python 3.11. A clock outside the years 1970 to 9999 is shown as the nearest of them.
pub(super) fn iso(unix_ms: i64) -> String {
    let unix_ms = u64::try_from(unix_ms).unwrap_or(0).min(LAST_UNIX_MS);
    let time = UNIX_EPOCH + Duration::from_millis(unix_ms);
    let has_fraction = unix_ms % 1000 != 0;
    let text =
        if has_fraction { humantime::format_rfc3339_millis(time) } else { humantime::format_rfc3339_seconds(time) };
    format!("{}+00:00", text.to_string().trim_end_matches('Z'))
}

/// Like `str(timedelta)`: `4:05:06`, `1 day, 4:05:06`, `3 days, 4:05:06`.
pub(super) fn human(seconds: u64) -> String {
    let (days, hours, minutes, seconds) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let clock = format!("{hours}:{minutes:02}:{seconds:02}");
    match days {
        0 => clock,
        1 => format!("1 day, {clock}"),
        days => format!("{days} days, {clock}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_is_written_out() {
        assert_eq!(iso(1_795_439_819_000), "2026-11-23T13:16:59+00:00");
        assert_eq!(iso(1_795_439_819_007), "2026-11-23T13:16:59.007+00:00");
    }

    #[test]
    fn clocks_beyond_the_calendar_are_held_at_its_ends() {
        assert_eq!(iso(-5), "1970-01-01T00:00:00+00:00");
        assert_eq!(iso(i64::MAX), "9999-12-31T23:59:59.999+00:00");
    }

    #[test]
    fn uptime_as_python_writes_it() {
        assert_eq!(human(0), "0:00:00");
        assert_eq!(human(4 * 3600 + 5 * 60 + 6), "4:05:06");
        assert_eq!(human(86_400 + 59), "1 day, 0:00:59");
        assert_eq!(human(3 * 86_400 + 23 * 3600 + 59 * 60 + 59), "3 days, 23:59:59");
    }
}
