//! What a sample in the predecessor's form may hold, however it comes: pushed, or from the predecessor's own file.
//! Each check says what is wrong with a value, never whose value it is.

use super::members::check_nesting;

/// A `/system` document takes about 3 KB; each host has one in memory.
const DETAILS_BYTES: usize = 256 * 1024;
/// A sender's clock may run ahead by this much, seconds.
const FUTURE_SECONDS: f64 = 86_400.0;

pub fn percentage(value: f64) -> Result<f64, String> {
    if !(0.0..=100.0).contains(&value) {
        return Err(format!("is {value}, a percentage is 0 to 100"));
    }
    Ok(value)
}

/// MiB/s. The predecessor gives a negative rate when its counters were reset: that is no reading.
pub fn rate(value: f64) -> Option<f64> {
    Some(value).filter(|value| *value >= 0.0)
}

/// Unix seconds, at the moment `now_us` (microseconds since 1970); answers whole ones.
pub fn timestamp(value: f64, now_us: i64) -> Result<i64, String> {
    if value < 0.0 {
        return Err(format!("is {value}, before 1970"));
    }
    if value > now_us as f64 / 1e6 + FUTURE_SECONDS {
        return Err(format!("is {value}, more than a day ahead of the server; unix seconds are expected"));
    }
    Ok(value.floor() as i64)
}

/// The text of a JSON object that is kept as a host's details.
pub fn details(text: &str) -> Result<(), String> {
    if text.len() > DETAILS_BYTES {
        return Err(format!("is {} bytes long, at most {DETAILS_BYTES}", text.len()));
    }
    check_nesting(text).map_err(|error| error.to_string())
}
