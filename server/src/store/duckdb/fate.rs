//! What becomes of the rows of a day when they are sealed: which of the tiers get them.

use std::collections::{BTreeMap, BTreeSet};

use duckdb::Connection;

use super::file::File;
use super::layout::{Day, Tier};
use super::manifest::Manifest;
use super::seal::of_day;
use super::{pack, schema};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A segment, and rollups once the day is over.
    Kept,
    /// Rollups alone, beside those that there are: samples of such a day are no longer kept.
    Rolled,
    /// Nothing: the day is older than every tier is kept.
    Gone,
}

/// The days to be sealed, and what becomes of each.
pub type Fates = BTreeMap<Day, Fate>;

/// The first day that each sealed tier keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    pub raw: Day,
    pub minute: Day,
    pub hour: Day,
}

impl Kept {
    /// Everything is kept: while nobody knows what time it is.
    pub const ALL: Kept = Kept { raw: Day(i32::MIN), minute: Day(i32::MIN), hour: Day(i32::MIN) };

    /// What becomes of these days.
    pub fn fates(&self, connection: &Connection, manifest: &Manifest, days: BTreeSet<Day>) -> duckdb::Result<Fates> {
        days.into_iter().map(|day| Ok((day, self.fate(connection, manifest, day)?))).collect()
    }

    fn fate(&self, connection: &Connection, manifest: &Manifest, day: Day) -> duckdb::Result<Fate> {
        if manifest.of_day(Tier::Raw, day).is_some() {
            return Ok(Fate::Kept);
        }
        if day < self.raw.min(self.minute).min(self.hour) {
            return Ok(Fate::Gone);
        }
        // Its samples were let go: a segment of what came late would stand for all of them.
        let is_rolled = day < self.raw || is_rolled_up(connection, manifest, day)?;
        Ok(if is_rolled { Fate::Rolled } else { Fate::Kept })
    }
}

/// Whether a day has rollups.
pub fn is_rolled_up(connection: &Connection, manifest: &Manifest, day: Day) -> duckdb::Result<bool> {
    if manifest.of_day(Tier::Minute, day).is_some() {
        return Ok(true);
    }
    // A month has its hours in one file, also those of other days alone.
    let Some(month) = manifest.of_day(Tier::Hour, day).filter(|month| month.meets(day.start_us(), day.end_us() - 1))
    else {
        return Ok(false);
    };
    let lease = month.lease()?;
    for table in schema::OF_SAMPLES.into_iter().filter(|table| lease.tables.contains_key(*table)) {
        if pack::has_rows(connection, &format!("{}.{table}", month.alias()), &of_day(day))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Days before `today` whose samples are sealed and have no rollups, though these would be kept: nobody had any rows to
/// seal since they ended.
pub fn without_rollups(manifest: &Manifest, kept: &Kept, today: Day) -> Vec<Day> {
    let days = manifest.of_tier(Tier::Raw).filter_map(|file: &std::sync::Arc<File>| file.period);
    days.filter(|day| *day < today && *day >= kept.minute && manifest.of_day(Tier::Minute, *day).is_none()).collect()
}
