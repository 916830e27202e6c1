//! Rolling up: the minutes and hours of days that are over, from the segments that were just written.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use siskin_platform::model::catalog::HOST;
use tracing::debug;

use super::file::{File, Lease};
use super::instance::Instance;
use super::layout::{Day, Tier};
use super::manifest::{Manifest, Numbers};
use super::pack::Source;
use super::reader::{Ask, ReadError, Reader};
use super::rollup::{self, Rolling};
use super::rows::Finished;
use super::schema::Shape;
use super::seal::{Made, Sealing, of_day, of_file, within};
use super::tables::write_rows;
use super::transaction::store_error;
use crate::series;
use crate::series::range::Range;
use crate::series::rollup::{Table, tables};
use crate::series::timeline::Timeline;
use crate::store::StoreError;
use crate::store::directory::HostId;

const HOUR_US: i64 = 3_600 * 1_000_000;
const HOURS_PER_DAY: u64 = 24;
/// Samples that are rolled up at a time: bounds the memory it takes.
const SAMPLES_AT_ONCE: u64 = 43_200;

/// A database in memory that goes with its owner, for rows on their way into a segment.
struct Stage<'a> {
    instance: &'a Instance,
    alias: String,
    /// The tables and columns that have a value.
    known: RefCell<HashMap<&'static str, BTreeSet<String>>>,
}

impl Stage<'_> {
    fn know(&self, rows: &Finished) {
        let mut known = self.known.borrow_mut();
        let of_table = known.entry(rows.table).or_default();
        for name in &rows.columns {
            if !of_table.contains(name) {
                of_table.insert(name.clone());
            }
        }
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        let _ = self.instance.detach(&self.alias);
    }
}

impl Sealing<'_> {
    /// The rollups of those of these segments whose day is over.
    pub(super) fn rollups(
        &self,
        (before, numbers): (&Manifest, &Numbers),
        segments: &[Arc<File>],
    ) -> Result<Vec<Made>, StoreError> {
        let over: BTreeMap<Day, &Arc<File>> = segments
            .iter()
            .filter_map(|file| Some((file.period?, file)))
            .filter(|(day, file)| file.tier == Tier::Raw && *day < self.today)
            .collect();
        if over.is_empty() {
            return Ok(Vec::new());
        }
        // What they are made of: segments alone, the new ones in place of the old.
        let mut sealed = Manifest { tombstones: before.tombstones.clone(), ..Manifest::default() };
        for file in before
            .of_tier(Tier::Raw)
            .filter(|file| !segments.iter().any(|new| new.period == file.period))
            .chain(segments)
        {
            sealed.files.insert(file.number, file.clone());
        }
        let tables = self.present(over.values().copied()).map_err(|error| store_error(&error))?;
        let stage = self.stage(&tables).map_err(|error| store_error(&error))?;
        for (day, file) in &over {
            self.roll_up(&stage, &tables, &sealed, *day, file)?;
        }
        self.connection.execute_batch("USE memory").map_err(|error| store_error(&error))?;
        self.sealed_rollups((before, numbers), &stage, &over.keys().copied().collect())
    }

    fn sealed_rollups(
        &self,
        (before, numbers): (&Manifest, &Numbers),
        stage: &Stage<'_>,
        days: &BTreeSet<Day>,
    ) -> Result<Vec<Made>, StoreError> {
        let known = stage.known.borrow();
        let staged = |tier: Tier, shape: &Shape, filter: String| {
            let known = known.get(shape.name.as_str())?.clone();
            let table = format!("{}.{}.{}", stage.alias, tier.name(), shape.name);
            Some(Source { table, has: Box::new(move |column| known.contains(column)), filter })
        };
        let mut made = Vec::new();
        for day in days {
            let source = |shape: &Shape| staged(Tier::Minute, shape, of_day(*day)).into_iter().collect();
            made.extend(self.make((numbers.next(), Tier::Minute, *day), &shapes(), source)?);
        }
        let months: BTreeSet<Day> = days.iter().map(|day| Tier::Hour.period_of(*day)).collect();
        for month in months {
            let end = Tier::Hour.period_end(month);
            // The other days of the month stay as they are.
            let renewed = days.iter().filter(|day| **day >= month && **day < end);
            let others =
                renewed.fold("true".to_owned(), |others, day| others + &format!(" AND NOT ({})", of_day(*day)));
            let former =
                before.of_day(Tier::Hour, month).map(File::lease).transpose().map_err(|error| store_error(&error))?;
            let sources = |shape: &Shape| {
                let kept = former.as_ref().and_then(|lease| of_file(before, lease, shape, &others));
                kept.into_iter().chain(staged(Tier::Hour, shape, within(month, end))).collect()
            };
            made.extend(self.make((numbers.next(), Tier::Hour, month), &shapes(), sources)?);
        }
        Ok(made)
    }

    /// What there is to roll up in these files. Of all that a host may tell, most hosts tell little.
    fn present<'a>(&self, files: impl Iterator<Item = &'a Arc<File>>) -> duckdb::Result<Vec<Table>> {
        let leases: Vec<Lease> = files.map(File::lease).collect::<Result<_, _>>()?;
        let columns =
            |table: &Table| leases.iter().filter_map(|lease| lease.tables.get(table.name)).collect::<Vec<_>>();
        let narrowed = |table: &Table| {
            let columns = columns(table);
            (!columns.is_empty()).then(|| table.narrowed(|name| columns.iter().any(|columns| columns.contains(name))))
        };
        Ok(tables().iter().filter_map(narrowed).collect())
    }

    /// Rolls up a day, some hosts and hours at a time.
    fn roll_up(
        &self,
        stage: &Stage<'_>,
        tables: &[Table],
        sealed: &Manifest,
        day: Day,
        file: &File,
    ) -> Result<(), StoreError> {
        let start = Instant::now();
        let reader =
            Reader::new(self.shared.instance.connect().map_err(|error| store_error(&error))?, self.shared.clone());
        let reader = reader.unbounded();
        let mut hosts: Vec<(HostId, u64)> = file.hosts.iter().map(|(host, facts)| (*host, facts.samples)).collect();
        hosts.sort_unstable();
        let mut rest = hosts.as_slice();
        while let Some((_, first)) = rest.first() {
            let mut samples = *first;
            let fits = rest[1..].iter().take_while(|(_, more)| {
                samples += more;
                samples <= SAMPLES_AT_ONCE
            });
            let (some, others) = rest.split_at(1 + fits.count());
            rest = others;
            let hosts: Vec<HostId> = some.iter().map(|(host, _)| *host).collect();
            // A host that is sampled every second has its day cut into pieces.
            let pieces = first.div_ceil(SAMPLES_AT_ONCE).clamp(1, HOURS_PER_DAY);
            let hours = HOURS_PER_DAY.div_ceil(pieces) as i64;
            let mut from_us = day.start_us();
            while from_us < day.end_us() {
                let to_us = day.end_us().min(from_us + hours * HOUR_US);
                self.roll_some(stage, tables, (&reader, sealed), &hosts, from_us..to_us)?;
                from_us = to_us;
            }
        }
        debug!(%day, hosts = hosts.len(), seconds = start.elapsed().as_secs_f64(), "rolled up");
        Ok(())
    }

    fn roll_some(
        &self,
        stage: &Stage<'_>,
        tables: &[Table],
        (reader, sealed): (&Reader, &Manifest),
        hosts: &[HostId],
        within: std::ops::Range<i64>,
    ) -> Result<(), StoreError> {
        let range = Range { from_us: within.start, to_us: within.end - 1 }.with_lead();
        let frames = |table: &Table| {
            let (tier, columns) = (series::tier::Tier::Raw, table.columns.as_slice());
            let ask = Ask { tier, table: table.name, dimension: table.dimension, columns, hosts, range };
            reader.frames(sealed, &ask).map_err(|error| match error {
                ReadError::Store(error) => store_error(&error),
                error => StoreError::Failed(error.to_string()),
            })
        };
        let mut lines: BTreeMap<HostId, Timeline> = BTreeMap::new();
        let (mut minutes, mut hours) = (Vec::new(), Vec::new());
        // The table of hosts is the first: it says when the others were sampled.
        for table in tables {
            let mut by_host: BTreeMap<HostId, Vec<_>> = BTreeMap::new();
            for (host, frame) in frames(table)? {
                by_host.entry(host).or_default().push(frame);
            }
            if table.name == HOST.name {
                lines =
                    by_host.iter().map(|(host, frames)| (*host, Timeline::of(&frames[0], &table.columns))).collect();
            }
            let mut rolling = Rolling::new(table);
            for (host, frames) in &by_host {
                rolling.push(*host, frames, lines.get(host).unwrap_or(&Timeline::default()), within.clone());
            }
            let rolled = rolling.finish().map_err(|error| StoreError::Failed(error.to_string()))?;
            minutes.extend(rolled.minute);
            hours.extend(rolled.hour);
        }
        for (tier, rows) in [(Tier::Minute, minutes), (Tier::Hour, hours)] {
            rows.iter().for_each(|rows| stage.know(rows));
            let place = format!("USE {}", stage.alias);
            let written =
                self.connection.execute_batch(&place).and_then(|()| write_rows(self.connection, tier.name(), rows));
            written.map_err(|error| store_error(&error))?;
        }
        Ok(())
    }

    fn stage(&self, tables: &[Table]) -> duckdb::Result<Stage<'_>> {
        let alias = format!("stage{}", self.shared.files.number());
        let stage = Stage { instance: &self.shared.instance, alias, known: RefCell::default() };
        self.shared.instance.attach_memory(&stage.alias)?;
        for tier in [Tier::Minute, Tier::Hour] {
            let place = format!("{}.{}", stage.alias, tier.name());
            self.connection.execute_batch(&format!("CREATE SCHEMA {place}"))?;
            for shape in tables.iter().map(rollup::shape) {
                self.connection.execute_batch(&shape.create(&format!("{place}.")))?;
            }
        }
        Ok(stage)
    }
}

fn shapes() -> Vec<Shape> {
    tables().iter().map(rollup::shape).collect()
}
