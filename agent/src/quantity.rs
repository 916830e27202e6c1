//! Sizes and times as people write them: `64M`, `7d`. Pure.

use std::time::Duration;

/// Bytes from `65536`, `64K`, `64M` or `1G`; also `64MiB` and `64MB`. A K is 1024.
pub fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let shift = match unit.to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        _ => return None,
    };
    number.checked_mul(1 << shift)
}

/// A time from `90s`, `30m`, `12h` or `7d`. Without a unit it is seconds.
pub fn time(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let seconds = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    number.checked_mul(seconds).map(Duration::from_secs)
}

fn split(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, expected) in
            [("65536", 65_536), ("64K", 65_536), ("64 MiB", 64 << 20), ("1gb", 1 << 30), (" 7 ", 7), ("0", 0)]
        {
            assert_eq!(bytes(text), Some(expected), "{text}");
        }
        for text in ["", "M", "-1", "1.5M", "1T", "99999999999999999999", "18446744073709551615K"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }

    #[test]
    fn times() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("30m", 1_800), ("12h", 43_200), ("7d", 604_800)] {
            assert_eq!(time(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "d", "1w", "1h30m", "-1s", "9999999999999999999d"] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
