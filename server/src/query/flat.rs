//! The predecessor's rows: one a sample, percentages and MiB/s. Kept as they were pushed for flat hosts; computed for
//! native ones. And the other way round: flat rows as series.

use std::collections::HashMap;

use serde::Serialize;

use super::QueryError;
use super::engine::Engine;
use super::reading::Reading;
use crate::series::frame::Frame;
use crate::series::metric::{self, Metric};
use crate::series::range::Range;
use crate::series::raw::Raw;
use crate::series::timeline::Timeline;
use crate::store::directory::{HostEntry, HostId, Source};

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
        let mut data = Vec::new();
        for (host, rows) in self.flat_rows(&flat, request.range)? {
            data.extend(thinned(rows, budget).map(|row| row.named(&entries[&host].hostname)));
        }
        let seconds = (request.range.to_us - request.range.from_us) / 1_000_000;
        let at_once = (HOST_SECONDS / seconds.max(1)).clamp(1, MAX_HOSTS_AT_ONCE) as usize;
        for hosts in native.chunks(at_once) {
            for (host, rows) in self.native_rows(hosts, request.range, &entries)? {
                data.extend(thinned(rows, budget).map(|row| row.named(&entries[&host].hostname)));
            }
        }
        data.sort_by(|a, b| (a.timestamp, &a.hostname).cmp(&(b.timestamp, &b.hostname)));
        Ok(FlatAnswer { count: data.len(), data })
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
        let frames = self.frames(metric::FLAT, None, &COLUMNS, hosts, range)?;
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
        let first = range.from_us.div_euclid(1_000_000);
        let rows = |host: &HostId| {
            let Source::Native(native) = &entries[host].source else { return (*host, Vec::new()) };
            let (timeline, series) = reading.series(*host, &metrics);
            let mountpoint = native.host.disk_mountpoint.as_deref().unwrap_or("/");
            let mut rows = native_rows(&timeline, &series, mountpoint, &physical_disks(&reading, *host));
            rows.retain(|row| row.timestamp >= first && row.has_values());
            (*host, rows)
        };
        Ok(hosts.iter().map(rows).collect())
    }
}

fn native_rows(timeline: &Timeline, series: &[Raw], mountpoint: &str, disks: &[&str]) -> Vec<FlatRow> {
    let mut rows: Vec<FlatRow> =
        timeline.ts().iter().map(|ts| FlatRow { timestamp: ts / 1_000_000, ..FlatRow::default() }).collect();
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
        for (ts, value) in raw.ts.iter().zip(&raw.values) {
            if let (Ok(place), Some(value)) = (timeline.ts().binary_search(ts), value) {
                let field = &mut *rows[place].fields().into_iter().nth(field).expect("five fields");
                // Two decimals, as the predecessor's; disks add up.
                *field = Some(round(field.unwrap_or(0.0) + value * scale));
            }
        }
    }
    rows
}

/// The disks that do not map onto others; all where none is known to be physical.
fn physical_disks(reading: &Reading, host: HostId) -> Vec<&str> {
    let disks: Vec<_> = reading.last(host, "disk", "physical").collect();
    let any = disks.iter().any(|(_, physical)| *physical == Some(1.0));
    disks.into_iter().filter(|(_, physical)| !any || *physical == Some(1.0)).map(|(device, _)| device).collect()
}

/// Every n-th row, so that no more than about `budget` are left; the newest always.
fn thinned(rows: Vec<FlatRow>, budget: usize) -> impl Iterator<Item = FlatRow> {
    let step = rows.len().div_ceil(budget.max(1)).max(1);
    let last = rows.len().saturating_sub(1);
    rows.into_iter().enumerate().filter(move |(index, _)| (last - index).is_multiple_of(step)).map(|(_, row)| row)
}

/// Flat rows as series of the names that native hosts have.
pub fn series(rows: &[FlatRow], metrics: &[&'static Metric]) -> Vec<Raw> {
    let ts: Vec<i64> = rows.iter().map(|row| row.timestamp * 1_000_000).collect();
    let column = |of: fn(&FlatRow) -> Option<f64>, scale: f64| {
        rows.iter().map(|row| of(row).map(|value| value * scale)).collect::<Vec<_>>()
    };
    metrics
        .iter()
        .copied()
        .filter_map(|metric| {
            let (dimension, values) = match metric.name.as_str() {
                "cpu.busy_ratio" => (None, column(|row| row.cpu, 0.01)),
                "memory.used_ratio" => (None, column(|row| row.ram, 0.01)),
                "filesystem.used_ratio" => (Some("/"), column(|row| row.disk, 0.01)),
                "disk.read_bytes_per_s" => (Some("all"), column(|row| row.disk_read, MIB)),
                "disk.written_bytes_per_s" => (Some("all"), column(|row| row.disk_write, MIB)),
                _ => return None,
            };
            Some(Raw { metric, dimension: dimension.map(str::to_owned), ts: ts.clone(), values })
        })
        .collect()
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
