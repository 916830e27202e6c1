//! Reading rows: of one table, some hosts and a range of time, from all files that have any, as if there were one.

use std::collections::BTreeMap;
use std::sync::Arc;

use duckdb::Connection;
use duckdb::arrow::array::{Array, ArrayRef, AsArray};
use duckdb::arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use duckdb::arrow::record_batch::RecordBatch;

use super::fate::is_rolled_up;
use super::file::File;
use super::group::{Group, Tail};
use super::layout::{Day, Tier};
use super::manifest::Manifest;
use super::open::Shared;
use super::schema::FLAT;
use super::sql;
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
            let tier = self.tier_of(manifest, day, step_us);
            let range = Range { from_us: range.from_us.max(day.start_us()), to_us: range.to_us.min(day.end_us() - 1) };
            match parts.last_mut() {
                Some(part) if part.tier == tier => part.range.to_us = range.to_us,
                _ => parts.push(Part { tier, range }),
            }
        }
        parts
    }

    /// The coarsest tier that has this day's rows and still gives the step. Rollups of a day have all its rows once it was
    /// sealed as a day that is over, and has none left that is hot. Where its samples were let go rollups stand for it also
    /// while rows that came late wait for their place among them.
    fn tier_of(&self, manifest: &Manifest, day: Day, step_us: i64) -> series::tier::Tier {
        use series::tier::Tier as Read;
        let has = |tier| manifest.of_day(tier, day).is_some();
        let is_hot = || manifest.of_tier(Tier::Hot).any(|file| file.has_day(day));
        let (raw, minute) = (has(Tier::Raw), has(Tier::Minute));
        if raw && (!minute || is_hot()) {
            return Read::Raw;
        }
        match Read::coarsest(step_us) {
            Read::Raw if raw => Read::Raw,
            Read::Raw | Read::Minute if minute => Read::Minute,
            // Older than the finer tiers are kept, or not sealed yet; what cannot be read is told when it is read.
            _ if has(Tier::Hour)
                && (minute || !is_hot() || is_rolled_up(&self.connection, manifest, day).unwrap_or(false)) =>
            {
                Read::Hour
            }
            _ => Read::Raw,
        }
    }

    /// The rows by host and dimension, in order of time.
    pub fn frames(&self, manifest: &Manifest, ask: &Ask<'_>) -> Result<Vec<(HostId, Frame)>, ReadError> {
        let mut gathered = Gathered::new(ask, self.max_values);
        for file in overlapping(manifest, ask) {
            let hosts: Vec<HostId> =
                ask.hosts.iter().filter(|host| may_have(manifest, file, **host)).copied().collect();
            let lease = file.lease()?;
            let Some(present) = lease.tables.get(ask.table).filter(|_| !hosts.is_empty()) else { continue };
            // Not even asked for what the file does not have: many columns are there on few hosts.
            let there: Vec<&str> = ask.columns.iter().copied().filter(|name| present.contains(*name)).collect();
            let places: Vec<Option<usize>> =
                ask.columns.iter().map(|name| there.iter().position(|there| there == name)).collect();
            let mut statement = self.connection.prepare(&select(ask, &there, (file, &manifest.tail), &hosts))?;
            for batch in statement.query_arrow([ask.range.from_us, ask.range.to_us])? {
                gathered.take(&batch, &places)?;
            }
        }
        if ask.tier == series::tier::Tier::Raw {
            manifest.tail.groups.iter().try_for_each(|group| gathered.take_group(group))?;
        }
        Ok(gathered.finish())
    }
}

fn overlapping<'a>(manifest: &'a Manifest, ask: &Ask<'_>) -> impl Iterator<Item = &'a Arc<File>> {
    let (tier, range) = (Tier::of(ask.tier), ask.range);
    // Sealed rows first: what is hot is mostly newer.
    let hot = manifest.of_tier(Tier::Hot).filter(move |_| tier == Tier::Raw);
    manifest.of_tier(tier).chain(hot).filter(move |file| match file.period {
        Some(first) => first.start_us() <= range.to_us && file.tier.period_end(first).start_us() > range.from_us,
        None => file.meets(range.from_us, range.to_us),
    })
}

fn may_have(manifest: &Manifest, file: &File, host: HostId) -> bool {
    !manifest.hides(host, file) && (file.tier != Tier::Raw || file.hosts.is_empty() || file.hosts.contains_key(&host))
}

/// Host, instant, dimension, and columns as doubles.
fn select(ask: &Ask<'_>, columns: &[&str], (file, tail): (&File, &Tail), hosts: &[HostId]) -> String {
    let dimension = ask.dimension.map_or("NULL::VARCHAR".to_owned(), |name| format!("\"{name}\"::VARCHAR"));
    // What was written since the manifest was taken, that has among its groups.
    let within = match file.number == tail.file {
        true => format!(" AND rowid < {}", tail.rows.get(ask.table).copied().unwrap_or(0)),
        false => String::new(),
    };
    format!(
        "SELECT host_id, epoch_us(ts) AS instant, {dimension} AS dimension{} FROM {}.{} WHERE host_id IN ({}) \
         AND ts BETWEEN make_timestamp(?) AND make_timestamp(?){within}",
        columns.iter().map(|name| format!(", \"{name}\"::DOUBLE")).collect::<String>(),
        file.alias(),
        ask.table,
        sql::numbers(hosts),
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

    /// `places` tell where the columns that were asked for are in the batch, those that are.
    fn take(&mut self, batch: &RecordBatch, places: &[Option<usize>]) -> Result<(), ReadError> {
        self.count(batch.num_rows())?;
        let hosts = batch.column(0).as_primitive::<Int32Type>();
        let at = batch.column(1).as_primitive::<Int64Type>();
        let names = batch.column(2).as_string::<i32>();
        let values: Vec<_> =
            places.iter().map(|place| Some(batch.column(place.as_ref()? + 3).as_primitive::<Float64Type>())).collect();
        let name = |row: usize| names.is_valid(row).then(|| names.value(row));
        let mut row = 0;
        while row < batch.num_rows() {
            // Rows of one series lie together where they are sorted.
            let (host, dimension) = (hosts.value(row), name(row));
            let end = (row + 1..batch.num_rows())
                .find(|next| hosts.value(*next) != host || name(*next) != dimension)
                .unwrap_or(batch.num_rows());
            let frame = self.frame(HostId(host), dimension, values.len());
            frame.ts.extend((row..end).map(|row| at.value(row)));
            for (column, values) in frame.columns.iter_mut().zip(&values) {
                match values {
                    Some(values) => {
                        column.extend((row..end).map(|row| values.is_valid(row).then(|| values.value(row))))
                    }
                    None => column.resize(column.len() + end - row, None),
                }
            }
            row = end;
        }
        Ok(())
    }

    /// Rows that are not in a file yet.
    fn take_group(&mut self, group: &Group) -> Result<(), ReadError> {
        for finished in group.tables.iter().filter(|finished| finished.table == self.ask.table) {
            let column = |name: &str| {
                let place = finished.columns.iter().position(|column| column == name)?;
                Some(finished.batch.column(place))
            };
            let (Some(hosts), Some(instants)) = (column("host_id"), column("ts")) else { continue };
            let (hosts, instants) =
                (hosts.as_primitive::<Int32Type>(), instants.as_primitive::<TimestampMicrosecondType>());
            let range = self.ask.range.from_us..=self.ask.range.to_us;
            let rows: Vec<usize> = (0..finished.batch.num_rows())
                .filter(|row| {
                    range.contains(&instants.value(*row)) && self.ask.hosts.contains(&HostId(hosts.value(*row)))
                })
                .collect();
            let values: Vec<_> = self.ask.columns.iter().map(|name| column(name).map(doubles)).collect();
            let names = self.ask.dimension.and_then(column).map(texts);
            self.count(rows.len())?;
            for row in rows {
                let dimension = names.as_ref().and_then(|names| names[row].as_deref());
                let frame = self.frame(HostId(hosts.value(row)), dimension, values.len());
                frame.ts.push(instants.value(row));
                for (column, values) in frame.columns.iter_mut().zip(&values) {
                    column.push(values.as_ref().and_then(|values| values[row]));
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, rows: usize) -> Result<(), ReadError> {
        self.rows += rows;
        match self.rows > self.max_rows {
            true => Err(ReadError::TooMany { table: self.ask.table.to_owned(), max_rows: self.max_rows }),
            false => Ok(()),
        }
    }

    fn frame(&mut self, host: HostId, dimension: Option<&str>, columns: usize) -> &mut Frame {
        let key = (host, dimension.map(str::to_owned));
        self.frames.entry(key).or_insert_with(|| Frame::new(dimension, columns))
    }

    fn finish(self) -> Vec<(HostId, Frame)> {
        // Two samples of one instant (a repaired clock): the first stands. Flat pushes of one second are all kept.
        let twice = self.ask.table == FLAT;
        let ordered = |((host, _), frame): ((HostId, Option<String>), Frame)| (host, frame.ordered(twice));
        self.frames.into_iter().map(ordered).collect()
    }
}

/// A column of numbers or flags as doubles.
fn doubles(column: &ArrayRef) -> Vec<Option<f64>> {
    match column.data_type() {
        DataType::Int64 => {
            column.as_primitive::<Int64Type>().iter().map(|value| value.map(|value| value as f64)).collect()
        }
        DataType::Boolean => {
            column.as_boolean().iter().map(|value| value.map(|value| f64::from(u8::from(value)))).collect()
        }
        DataType::Float64 => column.as_primitive::<Float64Type>().iter().collect(),
        _ => vec![None; column.len()],
    }
}

/// A dimension as text.
fn texts(column: &ArrayRef) -> Vec<Option<String>> {
    match column.data_type() {
        DataType::Int64 => {
            column.as_primitive::<Int64Type>().iter().map(|value| value.map(|value| value.to_string())).collect()
        }
        _ => column.as_string::<i32>().iter().map(|value| value.map(str::to_owned)).collect(),
    }
}
