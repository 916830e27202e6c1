//! The server's clock.

use std::time::SystemTime;

/// Microseconds since 1970, UTC.
pub fn now_us() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64)
}
