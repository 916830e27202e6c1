//! Where the store's files lie and what they are called: the ledger is the path that people give, all else is beside it.

use std::path::{Path, PathBuf};

use jiff::civil::Date;

const SECONDS_PER_DAY: i64 = 86_400;
const US_PER_DAY: i64 = SECONDS_PER_DAY * 1_000_000;

/// How long the rows of a file may be kept, and how fine they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Samples in the order in which they came.
    Hot,
    /// The samples of a day, sorted.
    Raw,
    /// The minutes of a day.
    Minute,
    /// The hours of a month.
    Hour,
}

impl Tier {
    pub const ALL: [Tier; 4] = [Tier::Hot, Tier::Raw, Tier::Minute, Tier::Hour];

    /// The name of its directory, and in answers.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Hot => "hot",
            Tier::Raw => "raw",
            Tier::Minute => "minute",
            Tier::Hour => "hour",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.name() == name)
    }

    /// The files that have what is read of a tier; raw rows may be hot as well.
    pub fn of(tier: crate::series::tier::Tier) -> Self {
        match tier {
            crate::series::tier::Tier::Raw => Tier::Raw,
            crate::series::tier::Tier::Minute => Tier::Minute,
            crate::series::tier::Tier::Hour => Tier::Hour,
        }
    }

    /// The first day of the file that has this day.
    pub fn period_of(self, day: Day) -> Day {
        if self == Tier::Hour { day.first_of_month() } else { day }
    }

    /// The day after the last of the period that begins with this day.
    pub fn period_end(self, first: Day) -> Day {
        if self == Tier::Hour { Day(first.0 + 31).first_of_month() } else { Day(first.0 + 1) }
    }
}

/// A day of UTC, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// The day of an instant, microseconds since 1970.
    pub fn of(ts_us: i64) -> Self {
        Day(ts_us.div_euclid(US_PER_DAY) as i32)
    }

    /// Its first instant, microseconds since 1970.
    pub fn start_us(self) -> i64 {
        i64::from(self.0) * US_PER_DAY
    }

    /// The first instant of the next day.
    pub fn end_us(self) -> i64 {
        Day(self.0 + 1).start_us()
    }

    fn date(self) -> Date {
        let seconds = i64::from(self.0) * SECONDS_PER_DAY;
        let timestamp = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        timestamp.to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    fn first_of_month(self) -> Self {
        Day(self.0 - i32::from(self.date().day()) + 1)
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.date().fmt(f)
    }
}

/// The paths of one store.
#[derive(Clone, Debug)]
pub struct Layout {
    ledger: PathBuf,
    side: PathBuf,
}

impl Layout {
    /// The store whose ledger is this file.
    pub fn of(ledger: &Path) -> Self {
        let mut side = ledger.as_os_str().to_owned();
        side.push(".d");
        Layout { ledger: ledger.to_owned(), side: side.into() }
    }

    pub fn ledger(&self) -> &Path {
        &self.ledger
    }

    /// The directory that has everything but the ledger.
    pub fn side(&self) -> &Path {
        &self.side
    }

    /// What DuckDB and half-made files need; emptied at the start.
    pub fn scratch(&self) -> PathBuf {
        self.side.join("tmp")
    }

    /// What is acknowledged and not yet in a hot file.
    pub fn journal(&self) -> PathBuf {
        self.side.join("journal")
    }

    pub fn tier(&self, tier: Tier) -> PathBuf {
        self.side.join(tier.name())
    }

    /// The path of a file of this number.
    pub fn file(&self, tier: Tier, number: u64, period: Option<Day>) -> PathBuf {
        self.side.join(relative(tier, number, period))
    }
}

/// The path of a file below the side directory.
pub fn relative(tier: Tier, number: u64, period: Option<Day>) -> PathBuf {
    let name = match (tier, period) {
        (Tier::Hour, Some(day)) => format!("{}.{number}.duckdb", day.date().strftime("%Y-%m")),
        (_, Some(day)) => format!("{day}.{number}.duckdb"),
        (_, None) => format!("{number}.duckdb"),
    };
    Path::new(tier.name()).join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_their_period_and_number() {
        let day = Day::of(1_795_392_000_000_000);
        let path = |tier, day| relative(tier, 7, day).to_string_lossy().into_owned();
        assert_eq!(path(Tier::Hot, None), "hot/7.duckdb");
        assert_eq!(path(Tier::Raw, Some(day)), "raw/2026-11-23.7.duckdb");
        assert_eq!(path(Tier::Hour, Some(day)), "hour/2026-11.7.duckdb");
        assert_eq!(Layout::of(Path::new("data/s.duckdb")).side(), Path::new("data/s.duckdb.d"));
    }

    #[test]
    fn periods_are_days_and_months() {
        let day = Day::of(1_795_392_000_000_000);
        assert_eq!((Tier::Raw.period_of(day), Tier::Raw.period_end(day)), (day, Day(day.0 + 1)));
        let month = Tier::Hour.period_of(day);
        assert_eq!(
            (month.to_string(), Tier::Hour.period_end(month).to_string()),
            ("2026-11-01".into(), "2026-12-01".into())
        );
        assert_eq!((Day::of(-1), Day::of(0)), (Day(-1), Day(0)));
        assert_eq!(day.end_us(), Day(day.0 + 1).start_us());
    }
}
