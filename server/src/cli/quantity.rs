//! Times and sizes as people write them on the command line. Pure.

use std::time::Duration;

/// A length of time: `10m`, `7d`, `1h 30m`.
pub fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("{error}; such as 90s, 10m or 7d"))
}

/// A length of time that is some: what is done this often.
pub fn interval(text: &str) -> Result<Duration, String> {
    duration(text).and_then(|time| if time.is_zero() { Err("must be more than nothing".into()) } else { Ok(time) })
}

/// A count of one or more.
pub fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be 1 or more".into()),
        Ok(count) => Ok(count),
        Err(_) => Err(format!("{text:?} is no number")),
    }
}

/// A number of bytes: `500M`, `20G`, `1.5T`. A K is 1024.
pub fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no size; such as 500M, 20G or 1T");
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let shift = match unit.trim_start().to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        "T" | "TB" | "TIB" => 40,
        _ => return Err(wrong()),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let bytes = number * (1_u64 << shift) as f64;
    // Beyond that a double is no whole number of bytes, and no disk is as large.
    if bytes < 9e15 { Ok(bytes as u64) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_of_1024() {
        for (text, bytes) in
            [("0", 0), ("65536", 65_536), ("500M", 500 << 20), ("20G", 20 << 30), ("1.5 KiB", 1536), ("2tb", 2 << 40)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "G", "-1", "5X", "1.2.3G", "1e9", "99999999T"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_as_humans_write_them() {
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5_400)));
        assert!(interval("0s").is_err() && interval("1d").is_ok());
        assert_eq!((at_least_one("2"), at_least_one("0").is_err()), (Ok(2), true));
        assert!(duration("7").unwrap_err().contains("such as"));
    }
}
