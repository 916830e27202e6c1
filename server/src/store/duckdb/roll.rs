//! Rolling up: the minutes and hours of days that are over, from the segments that were just written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use siskin_platform::model::catalog::HOST;
use tracing::debug;

use super::fate::Fate;
use super::file::{File, Lease};
use super::layout::{Day, Tier};
use super::manifest::Manifest;
use super::pack::{self, Source};
use super::reader::{Ask, ReadError, Reader};
use super::rollup::{self, Rolling};
use super::rows::Finished;
use super::schema::Shape;
use super::scratch::Scratch;
use super::seal::{Made, Sealing, Task, of_day, of_file, within};
use super::transaction::store_error;
use crate::series;
use crate::series::range::Range;
use crate::series::rollup::{Table, tables};
use crate::series::timeline::Timeline;
use crate::store::StoreError;
use crate::store::directory::HostId;

const HOUR_US: i64 = 3_600 * 1_000_000;
const HOURS_PER_DAY: u64 = 24;
/// Values of one table that are rolled up at a time, at 16 bytes each and some more for what is computed of them.
const VALUES_AT_ONCE: u64 = 2_000_000;

impl Sealing<'_> {
    /// What there is to roll up of these days. Of all that a host may tell, most hosts tell little.
    pub(super) fn present(&self, task: &Task<'_>, days: impl Iterator<Item = Day>) -> duckdb::Result<Vec<Table>> {
        let days: BTreeSet<Day> = days.collect();
        let segments = days.iter().filter_map(|day| task.before.of_day(Tier::Raw, *day));
        let hot = task.frozen.iter().filter(|file| days.iter().any(|day| file.has_day(*day)));
        let leases: Vec<Lease> = segments.chain(hot).map(File::lease).collect::<Result<_, _>>()?;
        let narrowed = |table: &Table| {
            let columns: Vec<_> = leases.iter().filter_map(|lease| lease.tables.get(table.name)).collect();
            (!columns.is_empty()).then(|| table.narrowed(|name| columns.iter().any(|columns| columns.contains(name))))
        };
        Ok(tables().iter().filter_map(narrowed).collect())
    }

    pub(super) fn scratch(&self) -> duckdb::Result<Scratch<'_>> {
        Scratch::new(&self.shared.instance, self.shared.files.number())
    }

    /// Rolls up the segment of a day, some hosts and hours at a time; `lead` is that of the day before. Its minutes come
    /// back, its hours are added to those that there are.
    pub(super) fn roll_up(
        &self,
        task: &Task<'_>,
        (tables, hours): (&[Table], &Scratch<'_>),
        day: Day,
        segment: &Arc<File>,
        lead: Option<Arc<File>>,
    ) -> Result<Scratch<'_>, StoreError> {
        let failed = |error: duckdb::Error| store_error(&error);
        let start = Instant::now();
        // Segments alone, the new ones in place of the old.
        let mut sealed = Manifest { tombstones: task.before.tombstones.clone(), ..Manifest::default() };
        sealed.files.extend([Some(segment.clone()), lead].into_iter().flatten().map(|file| (file.number, file)));
        let minutes = self.scratch().map_err(failed)?;
        let reader = Reader::new(self.shared.instance.connect().map_err(failed)?, self.shared.clone()).unbounded();
        let weights = self.weights(tables, segment).map_err(failed)?;
        let mut rest = weights.as_slice();
        while let Some((_, first)) = rest.first() {
            let mut values = *first;
            let fits = rest[1..].iter().take_while(|(_, more)| {
                values += more;
                values <= VALUES_AT_ONCE
            });
            let (some, others) = rest.split_at(1 + fits.count());
            rest = others;
            let hosts: Vec<HostId> = some.iter().map(|(host, _)| *host).collect();
            // A host that tells much has its day cut into pieces.
            let pieces = first.div_ceil(VALUES_AT_ONCE).clamp(1, HOURS_PER_DAY);
            if pieces > 1 {
                minutes.mix();
                hours.mix();
            }
            let width = HOURS_PER_DAY.div_ceil(pieces) as i64;
            let mut from_us = day.start_us();
            while from_us < day.end_us() {
                if (self.is_stopping)() {
                    return Err(StoreError::Closed);
                }
                let to_us = day.end_us().min(from_us + width * HOUR_US);
                self.roll_some(tables, (&minutes, hours), (&reader, &sealed), &hosts, from_us..to_us)?;
                from_us = to_us;
            }
        }
        minutes.bring_in(self.connection).map_err(failed)?;
        debug!(%day, hosts = weights.len(), seconds = start.elapsed().as_secs_f64(), "rolled up");
        Ok(minutes)
    }

    /// The hosts of a segment, in order, and how many values each has in the table in which it has most.
    fn weights(&self, tables: &[Table], segment: &Arc<File>) -> duckdb::Result<Vec<(HostId, u64)>> {
        let lease = segment.lease()?;
        let mut weights: BTreeMap<HostId, u64> = BTreeMap::new();
        for table in tables.iter().filter(|table| lease.tables.contains_key(table.name)) {
            let statement =
                format!("SELECT host_id, count(*) FROM {}.{} GROUP BY host_id", segment.alias(), table.name);
            let mut statement = self.connection.prepare(&statement)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let values = row.get::<_, i64>(1)? as u64 * (table.columns.len() as u64 + 1);
                let most = weights.entry(HostId(row.get(0)?)).or_default();
                *most = values.max(*most);
            }
        }
        Ok(weights.into_iter().collect())
    }

    fn roll_some(
        &self,
        tables: &[Table],
        (minutes, hours): (&Scratch<'_>, &Scratch<'_>),
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
            for (scratch, rows) in [(minutes, rolled.minute), (hours, rolled.hour)] {
                let written = rows.map_or(Ok(()), |rows| scratch.write(self.connection, rows));
                written.map_err(|error| store_error(&error))?;
            }
        }
        Ok(())
    }

    /// The minutes of a day.
    pub(super) fn minutes(
        &self,
        task: &Task<'_>,
        scratch: &Scratch<'_>,
        (day, fate): (Day, Fate),
    ) -> Result<Option<Made>, StoreError> {
        let former = task.before.of_day(Tier::Minute, day).filter(|_| fate == Fate::Rolled);
        let former = former.map(File::lease).transpose().map_err(|error| store_error(&error))?;
        let parts = |shape: &Shape| -> Vec<Source> {
            let there = former.as_ref().and_then(|lease| of_file(task.before, lease, shape, &of_day(day)));
            there.into_iter().chain(scratch.whole(shape)).collect()
        };
        let joined = self.join(&parts)?;
        self.make((task.numbers.next(), Tier::Minute, day), rollup::shapes(), |shape| joined.of(shape, parts(shape)))
    }

    /// The hours of a month: new ones of some of its days, those of the others as they were.
    pub(super) fn hours(
        &self,
        task: &Task<'_>,
        scratch: &Scratch<'_>,
        (month, renewed): (Day, &BTreeMap<Day, Fate>),
    ) -> Result<Option<Made>, StoreError> {
        scratch.bring_in(self.connection).map_err(|error| store_error(&error))?;
        let former = task.before.of_day(Tier::Hour, month).map(File::lease).transpose();
        let former = former.map_err(|error| store_error(&error))?;
        let whole = within(month, Tier::Hour.period_end(month));
        let any = |fate| {
            let days = renewed.iter().filter(move |(_, of_day)| **of_day == fate);
            days.fold("false".to_owned(), |any, (day, _)| format!("{any} OR ({})", of_day(*day)))
        };
        let (kept, rolled) = (any(Fate::Kept), any(Fate::Rolled));
        let of_former =
            |shape: &Shape, filter: &str| former.as_ref().and_then(|lease| of_file(task.before, lease, shape, filter));
        let late = |shape: &Shape| -> Vec<Source> {
            let new = scratch.source(shape, format!("{whole} AND ({rolled})"));
            of_former(shape, &format!("({rolled})")).into_iter().chain(new).collect()
        };
        let joined = self.join(&late)?;
        self.make((task.numbers.next(), Tier::Hour, month), rollup::shapes(), |shape| {
            let others = of_former(shape, &format!("NOT ({kept} OR {rolled})"));
            let new = scratch.source(shape, format!("{whole} AND ({kept})"));
            others.into_iter().chain(new).chain(joined.of(shape, late(shape))).collect()
        })
    }

    /// Rollups of the same buckets as one, where there are two of a table, some hosts at a time: DuckDB holds all sums of all
    /// buckets that it is at.
    fn join(&self, sources: &dyn Fn(&Shape) -> Vec<Source>) -> Result<Scratch<'_>, StoreError> {
        let failed = |error: duckdb::Error| store_error(&error);
        let joined = self.scratch().map_err(failed)?;
        for (table, shape) in tables().iter().zip(rollup::shapes()) {
            let sources = sources(shape);
            if sources.len() < 2 {
                continue;
            }
            let all = rollup::summed(table, shape, &sources);
            let columns: Vec<String> = shape
                .declared()
                .into_iter()
                .filter(|(column, _)| (all.has)(column))
                .map(|(column, _)| column.to_owned())
                .collect();
            let shown: Vec<String> =
                columns.iter().map(|column| format!("{} AS \"{column}\"", shape.kept(column))).collect();
            let rows = pack::union(shape, &sources);
            for (first, last) in pack::parts(self.connection, &rows, shape.declared().len()).map_err(failed)? {
                let statement = format!(
                    "SELECT {} FROM {} WHERE host_id BETWEEN {first} AND {last} ORDER BY {}",
                    shown.join(", "),
                    all.table,
                    shape.order(),
                );
                let mut statement = self.connection.prepare(&statement).map_err(failed)?;
                let batches: Vec<_> = statement.query_arrow([]).map_err(failed)?.collect();
                for batch in batches {
                    let rows = Finished { table: table.name, columns: columns.clone(), batch };
                    joined.write(self.connection, rows).map_err(failed)?;
                }
            }
        }
        joined.bring_in(self.connection).map_err(failed)?;
        Ok(joined)
    }
}
