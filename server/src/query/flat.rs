//! The predecessor's rows: one a sample, percentages and MiB/s. Kept as they were pushed for flat hosts; computed for
//! native ones. And the other way round: flat rows as series.

use std::collections::HashMap;

use serde::Serialize;

use super::QueryError;
use super::engine::Engine;
use super::rolled::{Rolled, RolledHost};
use crate::series::frame::Frame;
use crate::series::metric::{self, Metric};
use crate::series::range::Range;
use crate::series::raw::Raw;
use crate::series::tier::{Part, Tier};
use crate::store::directory::{HostEntry, HostId, Source};
use crate::store::duckdb::Ask;

const MIB: f64 = 1_048_576.0;
/// Rows in one answer, about: 100 hosts' day at 30 s. Beyond it each host shows every n-th of its samples.
const MAX_FLAT_ROWS: usize = 300_000;
/// Native hosts are read so many at a time that one statement covers this many seconds of hosts: 20 for a day.
const HOST_SECONDS: i64 = 20 * 86_400;
const MAX_HOSTS_AT_ONCE: i64 = 500;
const COLUMNS: [&str; 5] = ["cpu", "ram", "disk", "disk_read", "disk_write"];
/// What a native host's rows are made of.
const NATIVE: [&str; 5] = [
    "cpu.busy_ratio",
    "memory.used_ratio",
    "filesystem.used_ratio",
    "disk.read_bytes_per_s",
    "disk.written_bytes_per_s",
];

/// Which disks do not map onto others.
const PHYSICAL: &str = "disk.physical";

#[derive(Debug)]
pub struct FlatRequest {
    pub hosts: Vec<HostId>,
    pub range: Range,
}

#[derive(Debug, Serialize)]
pub struct FlatAnswer {
    pub count: usize,
    pub data: Vec<FlatRow>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FlatRow {
    /// Unix seconds.
    pub timestamp: i64,
    pub hostname: String,
    /// Percent.
    pub cpu: Option<f64>,
    pub ram: Option<f64>,
    pub disk: Option<f64>,
    /// MiB/s.
    pub disk_read: Option<f64>,
    pub disk_write: Option<f64>,
}

impl FlatRow {
    fn named(mut self, hostname: &str) -> Self {
        hostname.clone_into(&mut self.hostname);
        self
    }

    fn has_values(&self) -> bool {
        self.cpu.is_some() || self.ram.is_some() || self.disk.is_some()
    }

    fn values(&self) -> [Option<f64>; 5] {
        [self.cpu, self.ram, self.disk, self.disk_read, self.disk_write]
    }

    fn fields(&mut self) -> [&mut Option<f64>; 5] {
        [&mut self.cpu, &mut self.ram, &mut self.disk, &mut self.disk_read, &mut self.disk_write]
    }
}

impl Engine {
    pub fn flat(&self, request: &FlatRequest) -> Result<FlatAnswer, QueryError> {
        let entries: HashMap<HostId, HostEntry> =
            request.hosts.iter().filter_map(|host| Some((*host, self.directory.get(*host)?))).collect();
        let (native, flat): (Vec<HostId>, Vec<HostId>) =
            entries.keys().partition(|host| matches!(entries[*host].source, Source::Native(_)));
        // So that all hosts together stay within the bound.
        let budget = MAX_FLAT_ROWS / entries.len().max(1);
        let parts = self.parts(request.range, step_us(request.range, budget));
        let mut data = Vec::new();
        let seconds = (request.range.to_us - request.range.from_us) / 1_000_000;
        let at_once = (HOST_SECONDS / seconds.max(1)).clamp(1, MAX_HOSTS_AT_ONCE) as usize;
        for hosts in flat.chunks(flat.len().max(1)).chain(native.chunks(at_once)) {
            let mut rows: HashMap<HostId, Vec<FlatRow>> = HashMap::new();
            for part in &parts {
                for (host, more) in self.part_rows(hosts, *part, &entries)? {
                    rows.entry(host).or_default().extend(more);
                }
            }
            for (host, rows) in rows {
                data.extend(thinned(rows, budget).map(|row| row.named(&entries[&host].hostname)));
            }
        }
        data.sort_by(|a, b| (a.timestamp, &a.hostname).cmp(&(b.timestamp, &b.hostname)));
        Ok(FlatAnswer { count: data.len(), data })
    }

    /// Rows of one part, of hosts that are all flat or all native, without the names.
    pub(super) fn part_rows(
        &self,
        hosts: &[HostId],
        part: Part,
        entries: &HashMap<HostId, HostEntry>,
    ) -> Result<Vec<(HostId, Vec<FlatRow>)>, QueryError> {
        let flat = hosts.first().is_some_and(|host| matches!(entries[host].source, Source::Flat { .. }));
        let mut rows = match (flat, part.tier) {
            (true, Tier::Raw) => self.flat_rows(hosts, part.range)?.into_iter().collect(),
            (true, _) => self.rolled_flat_rows(hosts, part)?,
            (false, Tier::Raw) => self.native_rows(hosts, part.range, entries)?,
            (false, _) => self.rolled_native_rows(hosts, part, entries)?,
        };
        let first = part.range.from_us.div_euclid(1_000_000);
        rows.iter_mut().for_each(|(_, rows)| rows.retain(|row| row.timestamp >= first));
        Ok(rows)
    }

    /// Pushed rows, without the names.
    pub fn flat_rows(&self, hosts: &[HostId], range: Range) -> Result<HashMap<HostId, Vec<FlatRow>>, QueryError> {
        let rows = |frame: Frame| {
            let row = |(index, ts): (usize, &i64)| {
                let mut row = FlatRow { timestamp: ts / 1_000_000, ..FlatRow::default() };
                for (field, column) in row.fields().into_iter().zip(&frame.columns) {
                    *field = column[index];
                }
                row
            };
            frame.ts.iter().enumerate().map(row).collect()
        };
        let ask = Ask { tier: Tier::Raw, table: metric::FLAT, dimension: None, columns: &COLUMNS, hosts, range };
        let frames = self.frames(&ask)?;
        Ok(frames.into_iter().map(|(host, frame)| (host, rows(frame))).collect())
    }

    fn native_rows(
        &self,
        hosts: &[HostId],
        range: Range,
        entries: &HashMap<HostId, HostEntry>,
    ) -> Result<Vec<(HostId, Vec<FlatRow>)>, QueryError> {
        let metrics: Vec<&'static Metric> = NATIVE.iter().filter_map(|name| metric::find(name)).collect();
        let reading = self.read(hosts, range.with_lead(), &metrics, &[("disk", "physical")])?;
        let rows = |host: &HostId| {
            let (timeline, series) = reading.series(*host, &metrics);
            let disks: Vec<_> = reading.last(*host, "disk", "physical").collect();
            (*host, native_rows(timeline.ts(), &series, mountpoint(&entries[host]), &physical(disks)))
        };
        Ok(hosts.iter().map(rows).collect())
    }

    /// Rows of pushes, one a bucket.
    fn rolled_flat_rows(&self, hosts: &[HostId], part: Part) -> Result<Vec<(HostId, Vec<FlatRow>)>, QueryError> {
        let rows = |host: RolledHost| {
            let row = |(index, begin): (usize, &i64)| {
                let mut row = FlatRow { timestamp: begin / 1_000_000, ..FlatRow::default() };
                for (field, rolled) in row.fields().into_iter().zip(&host.series) {
                    *field = rolled.buckets[index].mean().map(round);
                }
                row
            };
            host.begins.iter().enumerate().map(row).collect()
        };
        let hosts = self.read_rolled_flat(hosts, part)?;
        Ok(hosts.into_iter().map(|(id, host)| (id, rows(host))).collect())
    }

    /// Rows of native hosts, one a bucket.
    fn rolled_native_rows(
        &self,
        hosts: &[HostId],
        part: Part,
        entries: &HashMap<HostId, HostEntry>,
    ) -> Result<Vec<(HostId, Vec<FlatRow>)>, QueryError> {
        let metrics: Vec<&'static Metric> =
            NATIVE.iter().chain([&PHYSICAL]).filter_map(|name| metric::find(name)).collect();
        let rows = |(id, host): (HostId, RolledHost)| {
            let series: Vec<Raw> = host.series.into_iter().map(Rolled::means).collect();
            let (flags, series): (Vec<Raw>, Vec<Raw>) = series.into_iter().partition(|raw| raw.metric.name == PHYSICAL);
            let last = |raw: &'_ Raw| raw.values.last().copied().flatten();
            let disks = flags.iter().filter_map(|raw| Some((raw.dimension.as_deref()?, last(raw)))).collect();
            (id, native_rows(&host.begins, &series, mountpoint(&entries[&id]), &physical(disks)))
        };
        Ok(self.read_rolled(hosts, part, &metrics)?.into_iter().map(rows).collect())
    }
}

/// How wide a step may be so that a host's budget of rows still has one for each: hours, minutes, or none.
fn step_us(range: Range, budget: usize) -> i64 {
    let steps = |tier: Tier| (range.to_us - range.from_us) / tier.step_us();
    let short = Tier::ROLLUPS.into_iter().rev().find(|tier| (budget as i64) < steps(*tier));
    short.map_or(0, Tier::step_us)
}

/// The filesystem that the predecessor's `disk` is about.
fn mountpoint(entry: &HostEntry) -> &str {
    match &entry.source {
        Source::Native(native) => native.host.disk_mountpoint.as_deref().unwrap_or("/"),
        Source::Flat { .. } => "/",
    }
}

fn native_rows(ts: &[i64], series: &[Raw], mountpoint: &str, disks: &[&str]) -> Vec<FlatRow> {
    let mut rows: Vec<FlatRow> =
        ts.iter().map(|ts| FlatRow { timestamp: ts / 1_000_000, ..FlatRow::default() }).collect();
    for raw in series {
        let field = NATIVE.iter().position(|name| *name == raw.metric.name).expect("only these were asked for");
        let dimension = raw.dimension.as_deref();
        let wanted = match raw.metric.table {
            "filesystem" => dimension == Some(mountpoint),
            "disk" => dimension.is_some_and(|device| disks.contains(&device)),
            _ => true,
        };
        if !wanted {
            continue;
        }
        let scale = if raw.metric.table == "disk" { 1.0 / MIB } else { 100.0 };
        for (at, value) in raw.ts.iter().zip(&raw.values) {
            if let (Ok(place), Some(value)) = (ts.binary_search(at), value) {
                let field = &mut *rows[place].fields().into_iter().nth(field).expect("five fields");
                // Two decimals, as the predecessor's; disks add up.
                *field = Some(round(field.unwrap_or(0.0) + value * scale));
            }
        }
    }
    rows.retain(FlatRow::has_values);
    rows
}

/// The disks that do not map onto others; all where none is known to be physical.
fn physical(disks: Vec<(&str, Option<f64>)>) -> Vec<&str> {
    let any = disks.iter().any(|(_, physical)| *physical == Some(1.0));
    disks.into_iter().filter(|(_, physical)| !any || *physical == Some(1.0)).map(|(device, _)| device).collect()
}

/// Every n-th row, so that no more than about `budget` are left; the newest always.
fn thinned(rows: Vec<FlatRow>, budget: usize) -> impl Iterator<Item = FlatRow> {
    let step = rows.len().div_ceil(budget.max(1)).max(1);
    let last = rows.len().saturating_sub(1);
    rows.into_iter().enumerate().filter(move |(index, _)| (last - index).is_multiple_of(step)).map(|(_, row)| row)
}

/// What the names of native hosts mean of the predecessor's columns: name, column, dimension value, and factor.
const NAMES: [(&str, &str, Option<&str>, f64); 5] = [
    ("cpu.busy_ratio", "cpu", None, 0.01),
    ("memory.used_ratio", "ram", None, 0.01),
    ("filesystem.used_ratio", "disk", Some("/"), 0.01),
    ("disk.read_bytes_per_s", "disk_read", Some("all"), MIB),
    ("disk.written_bytes_per_s", "disk_write", Some("all"), MIB),
];

/// Flat rows as series of the names that native hosts have.
pub fn series(rows: &[FlatRow], metrics: &[&'static Metric]) -> Vec<Raw> {
    let ts: Vec<i64> = rows.iter().map(|row| row.timestamp * 1_000_000).collect();
    let of_metric = |metric: &&'static Metric| {
        let (_, column, dimension, factor) = NAMES.iter().find(|(name, ..)| *name == metric.name)?;
        let place = COLUMNS.iter().position(|name| name == column)?;
        let values = rows.iter().map(|row| row.values()[place].map(|value| value * factor)).collect();
        Some(Raw { metric, dimension: dimension.map(str::to_owned), ts: ts.clone(), values })
    };
    metrics.iter().filter_map(of_metric).collect()
}

/// Rollups of flat rows, likewise.
pub fn rolled(host: RolledHost, metrics: &[&'static Metric]) -> RolledHost {
    let of_metric = |metric: &&'static Metric| {
        let (_, column, dimension, factor) = NAMES.iter().find(|(name, ..)| *name == metric.name)?;
        let rolled = host.series.iter().find(|rolled| rolled.metric.name == *column)?;
        let buckets = rolled.buckets.iter().map(|bucket| bucket.scaled(*factor)).collect();
        let dimension = dimension.map(str::to_owned);
        Some(Rolled { metric, dimension, begins: rolled.begins.clone(), buckets })
    };
    let series = metrics.iter().filter_map(of_metric).collect();
    RolledHost { series, ..host }
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_newest_and_the_bound() {
        let rows = |n: i64| (0..n).map(|timestamp| FlatRow { timestamp, ..FlatRow::default() }).collect::<Vec<_>>();
        for (n, budget) in [(0, 5), (1, 5), (5, 5), (6, 5), (100, 7), (3, 0)] {
            let kept: Vec<_> = thinned(rows(n), budget).collect();
            assert!(kept.len() <= budget.max(1), "{n} {budget}");
            assert_eq!(kept.last().map(|row| row.timestamp), (n > 0).then(|| n - 1));
        }
    }
}
