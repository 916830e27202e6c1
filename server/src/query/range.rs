//! Ranges of time as people write them: a timeframe back from now, or two instants.

use jiff::Timestamp;

use super::QueryError;
use crate::series::range::Range;

const SECOND_US: i64 = 1_000_000;

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeframe {
    seconds: i64,
}

impl Timeframe {
    /// What the predecessor's form means when it names none.
    pub const PREDECESSOR_DEFAULT: Timeframe = Timeframe { seconds: 86_400 };
    const DEFAULT: Timeframe = Timeframe { seconds: 3_600 };
    /// Longer than any history.
    const MAX_SECONDS: i64 = 100 * 366 * 86_400;

    /// The three that the predecessor knows.
    pub fn predecessor(text: &str) -> Option<Self> {
        ["1h", "24h", "7d"].contains(&text).then(|| Self::parse(text)).flatten()
    }

    /// A number and `s`, `m`, `h`, `d` or `w`.
    pub fn parse(text: &str) -> Option<Self> {
        let unit = match text.chars().last()? {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        let number: i64 = text[..text.len() - 1].parse().ok()?;
        let seconds = number.checked_mul(unit)?;
        (1..=Self::MAX_SECONDS).contains(&seconds).then_some(Timeframe { seconds })
    }

    pub fn until(self, to_us: i64) -> Range {
        Range { from_us: to_us - self.seconds * SECOND_US, to_us }
    }
}

impl Range {
    /// `to` is now unless given; `from` is given, or a timeframe before it.
    pub fn parse(
        timeframe: Option<&str>,
        from: Option<&str>,
        to: Option<&str>,
        now_us: i64,
    ) -> Result<Self, QueryError> {
        let to_us = to.map_or(Ok(now_us), |text| instant("to", text))?;
        let range = match (from, timeframe) {
            (Some(_), Some(_)) => return Err(QueryError::Bad("give from or timeframe, not both".into())),
            (Some(from), None) => Range { from_us: instant("from", from)?, to_us },
            (None, Some(text)) => Timeframe::parse(text)
                .ok_or_else(|| {
                    QueryError::Bad("Unsupported timeframe: a number and s, m, h, d or w, such as 15m".into())
                })?
                .until(to_us),
            (None, None) => Timeframe::DEFAULT.until(to_us),
        };
        if range.from_us >= range.to_us {
            return Err(QueryError::Bad("from must be before to".into()));
        }
        Ok(range)
    }
}

fn instant(name: &str, text: &str) -> Result<i64, QueryError> {
    let wrong =
        || QueryError::Bad(format!("{name} must be unix seconds or an ISO 8601 instant, such as 2026-11-23T08:00:00Z"));
    if let Ok(seconds) = text.parse::<f64>() {
        // DuckDB's timestamps reach further, people's do not.
        return if (0.0..1e11).contains(&seconds) { Ok((seconds * 1e6) as i64) } else { Err(wrong()) };
    }
    let instant: Timestamp = text.parse().map_err(|_| wrong())?;
    Ok(instant.as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000 * SECOND_US;

    #[test]
    fn timeframes_and_instants() {
        assert_eq!(Range::parse(Some("15m"), None, None, NOW).unwrap().from_us, NOW - 900 * SECOND_US);
        let range = Range::parse(None, Some("2026-11-23T08:00:00+01:00"), Some("1795424400.5"), NOW).unwrap();
        assert_eq!(range, Range { from_us: 1_795_417_200 * SECOND_US, to_us: 1_795_424_400_500_000 });
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for (timeframe, from, to) in [
            (Some("h"), None, None),
            (Some("0h"), None, None),
            (Some("-1h"), None, None),
            (Some("1é"), None, None),
            (Some("99999999999999999w"), None, None),
            (Some("1h"), Some("0"), None),
            (None, Some("yesterday"), None),
            (None, Some("NaN"), None),
            (None, Some("1800000001"), None),
        ] {
            assert!(Range::parse(timeframe, from, to, NOW).is_err(), "{timeframe:?} {from:?} {to:?}");
        }
    }
}
