//! Reading rows: of one table, some hosts and a range of time, from all files that have any, as if there were one.

use std::collections::BTreeMap;
use std::sync::Arc;

use duckdb::Connection;
use duckdb::arrow::array::{Array, AsArray};
use duckdb::arrow::datatypes::{Float64Type, Int32Type, Int64Type};
use duckdb::arrow::record_batch::RecordBatch;

use super::file::File;
use super::layout::{Day, Tier};
use super::manifest::Manifest;
use super::open::Shared;
use super::schema::FLAT;
use crate::series;
use crate::series::frame::Frame;
use crate::series::range::Range;
use crate::series::tier::Part;
use crate::store::directory::HostId;

/// Values that one question may read of one table, at 16 bytes each. A week of one host at 10 s has 60 480 rows, times
/// its dimensions and columns.
const MAX_VALUES: usize = 12_000_000;

/// What is to be read. Names come from the catalog, never from a request.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    pub tier: series::tier::Tier,
    pub table: &'a str,
    pub dimension: Option<&'a str>,
    pub columns: &'a [&'a str],
    pub hosts: &'a [HostId],
    pub range: Range,
}

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("more than {max_rows} rows of {table}: ask for fewer hosts or metrics, or a shorter time")]
    TooMany { table: String, max_rows: usize },
    #[error(transparent)]
    Store(#[from] duckdb::Error),
}

/// A connection that reads, and the files that there are.
pub struct Reader {
    connection: Connection,
    shared: Arc<Shared>,
    max_values: usize,
}

impl Reader {
    pub fn new(connection: Connection, shared: Arc<Shared>) -> Self {
        Reader { connection, shared, max_values: MAX_VALUES }
    }

    /// For who asks for little at a time.
    pub fn unbounded(self) -> Self {
        Reader { max_values: usize::MAX, ..self }
    }

    /// What stops this reader's running statement, from another thread.
    pub fn interrupt_handle(&self) -> Arc<duckdb::InterruptHandle> {
        self.connection.interrupt_handle()
    }

    /// The files at this moment: to be taken once for all that shall fit together.
    pub fn manifest(&self) -> Arc<Manifest> {
        self.shared.files.now()
    }

    /// A range in parts, in order of time and without a hole: each from the coarsest tier that it has and that still
    /// gives this step.
    pub fn parts(&self, manifest: &Manifest, range: Range, step_us: i64) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        let (first, last) = (Day::of(range.from_us), Day::of(range.to_us));
        for day in (first.0..=last.0).map(Day) {
            let tier = tier_of(manifest, day, step_us);
            let range = Range { from_us: range.from_us.max(day.start_us()), to_us: range.to_us.min(day.end_us() - 1) };
            match parts.last_mut() {
                Some(part) if part.tier == tier => part.range.to_us = range.to_us,
                _ => parts.push(Part { tier, range }),
            }
        }
        parts
    }

    /// The rows by host and dimension, in order of time.
    pub fn frames(&self, manifest: &Manifest, ask: &Ask<'_>) -> Result<Vec<(HostId, Frame)>, ReadError> {
        let mut gathered = Gathered::new(ask, self.max_values);
        for file in overlapping(manifest, ask) {
            let hosts: Vec<HostId> =
                ask.hosts.iter().filter(|host| may_have(manifest, file, **host)).copied().collect();
            let lease = file.lease()?;
            let Some(present) = lease.tables.get(ask.table).filter(|_| !hosts.is_empty()) else { continue };
            let mut statement = self.connection.prepare(&select(ask, file, &hosts, |name| present.contains(name)))?;
            for batch in statement.query_arrow([ask.range.from_us, ask.range.to_us])? {
                gathered.take(&batch)?;
            }
        }
        Ok(gathered.finish())
    }
}

/// The coarsest tier with this day's rows that still gives the step. Rollups of a day have all its rows once it was sealed
/// as a day that is over, and has none left that is hot.
fn tier_of(manifest: &Manifest, day: Day, step_us: i64) -> series::tier::Tier {
    use series::tier::Tier as Read;
    let has = |tier| manifest.of_day(tier, day).is_some();
    let settled = !manifest.of_tier(Tier::Hot).any(|file| file.has_day(day));
    let (raw, minute) = (has(Tier::Raw), has(Tier::Minute));
    if !settled || (raw && !minute) {
        return Read::Raw;
    }
    match Read::coarsest(step_us) {
        Read::Raw if raw => Read::Raw,
        Read::Raw | Read::Minute if minute => Read::Minute,
        // Older than the finer tiers are kept.
        _ if has(Tier::Hour) => Read::Hour,
        _ => Read::Raw,
    }
}

fn overlapping<'a>(manifest: &'a Manifest, ask: &Ask<'_>) -> impl Iterator<Item = &'a Arc<File>> {
    let (tier, range) = (Tier::of(ask.tier), ask.range);
    // Sealed rows first: what is hot is mostly newer.
    let hot = manifest.of_tier(Tier::Hot).filter(move |_| tier == Tier::Raw);
    manifest.of_tier(tier).chain(hot).filter(move |file| match file.period {
        Some(first) => first.start_us() <= range.to_us && file.tier.period_end(first).start_us() > range.from_us,
        None => {
            let facts = file.facts();
            let span = facts.oldest_us.zip(facts.newest_us);
            span.is_some_and(|(oldest, newest)| oldest <= range.to_us && newest >= range.from_us)
        }
    })
}

fn may_have(manifest: &Manifest, file: &File, host: HostId) -> bool {
    !manifest.hides(host, file) && (file.tier != Tier::Raw || file.hosts.is_empty() || file.hosts.contains_key(&host))
}

/// Host, instant, dimension, and the columns as doubles; null what the file does not have.
fn select(ask: &Ask<'_>, file: &File, hosts: &[HostId], has: impl Fn(&str) -> bool) -> String {
    // Numbers of our own, no words of a request.
    let hosts: Vec<String> = hosts.iter().map(|host| host.0.to_string()).collect();
    let dimension = ask.dimension.map_or("NULL::VARCHAR".to_owned(), |name| format!("\"{name}\"::VARCHAR"));
    let column = |name: &&str| match has(name) {
        true => format!(", \"{name}\"::DOUBLE"),
        false => ", NULL::DOUBLE".to_owned(),
    };
    format!(
        "SELECT host_id, epoch_us(ts) AS instant, {dimension} AS dimension{} FROM {}.{} WHERE host_id IN ({}) \
         AND ts BETWEEN make_timestamp(?) AND make_timestamp(?)",
        ask.columns.iter().map(column).collect::<String>(),
        file.alias(),
        ask.table,
        hosts.join(","),
    )
}

/// Frames in the making.
struct Gathered<'a> {
    ask: &'a Ask<'a>,
    frames: BTreeMap<(HostId, Option<String>), Frame>,
    rows: usize,
    max_rows: usize,
}

impl<'a> Gathered<'a> {
    fn new(ask: &'a Ask<'a>, max_values: usize) -> Self {
        Gathered { ask, frames: BTreeMap::new(), rows: 0, max_rows: max_values / (ask.columns.len() + 1) }
    }

    fn take(&mut self, batch: &RecordBatch) -> Result<(), ReadError> {
        self.rows += batch.num_rows();
        if self.rows > self.max_rows {
            return Err(ReadError::TooMany { table: self.ask.table.to_owned(), max_rows: self.max_rows });
        }
        let hosts = batch.column(0).as_primitive::<Int32Type>();
        let at = batch.column(1).as_primitive::<Int64Type>();
        let names = batch.column(2).as_string::<i32>();
        let values: Vec<_> = (3..batch.num_columns()).map(|i| batch.column(i).as_primitive::<Float64Type>()).collect();
        let name = |row: usize| names.is_valid(row).then(|| names.value(row));
        let mut row = 0;
        while row < batch.num_rows() {
            // Rows of one series lie together where they are sorted.
            let (host, dimension) = (hosts.value(row), name(row));
            let end = (row + 1..batch.num_rows())
                .find(|next| hosts.value(*next) != host || name(*next) != dimension)
                .unwrap_or(batch.num_rows());
            let frame = self
                .frames
                .entry((HostId(host), dimension.map(str::to_owned)))
                .or_insert_with(|| Frame::new(dimension, values.len()));
            frame.ts.extend((row..end).map(|row| at.value(row)));
            for (column, values) in frame.columns.iter_mut().zip(&values) {
                column.extend((row..end).map(|row| values.is_valid(row).then(|| values.value(row))));
            }
            row = end;
        }
        Ok(())
    }

    fn finish(self) -> Vec<(HostId, Frame)> {
        // Two samples of one instant (a repaired clock): the first stands. Flat pushes of one second are all kept.
        let twice = self.ask.table == FLAT;
        let ordered = |((host, _), frame): ((HostId, Option<String>), Frame)| (host, frame.ordered(twice));
        self.frames.into_iter().map(ordered).collect()
    }
}
