//! The predecessor's rows: one a sample, percentages and MiB/s. Kept as they were pushed for flat hosts; computed for
//! native ones. And the other way round: flat rows as series.

use serde::Serialize;

use super::engine::Engine;
use super::metric::{self, Metric};
use super::range::Range;
use super::series::Raw;
use super::{QueryError, frame};
use crate::store::directory::{HostId, Source};

const MIB: f64 = 1_048_576.0;
/// Rows in one answer at most: 100 hosts' day at 30 s.
const MAX_FLAT_ROWS: usize = 500_000;
/// The first rate of a range needs the sample before it.
const LEAD_US: i64 = 300 * 1_000_000;
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
    fn fields(&mut self) -> [&mut Option<f64>; 5] {
        [&mut self.cpu, &mut self.ram, &mut self.disk, &mut self.disk_read, &mut self.disk_write]
    }
}

impl Engine {
    pub fn flat(&self, request: &FlatRequest) -> Result<FlatAnswer, QueryError> {
        let mut data = Vec::new();
        for host in &request.hosts {
            let Some(entry) = self.directory.get(*host) else { continue };
            let mut rows = match &entry.source {
                Source::Flat { .. } => self.flat_rows(*host, request.range)?,
                Source::Native(native) => {
                    let mountpoint = native.host.disk_mountpoint.as_deref().unwrap_or("/");
                    self.native_rows(*host, request.range, mountpoint)?
                }
            };
            for row in &mut rows {
                row.hostname.clone_from(&entry.hostname);
            }
            data.append(&mut rows);
            if data.len() > MAX_FLAT_ROWS {
                let detail = "ask for one hostname, a shorter timeframe, or for series with metrics= and points=";
                return Err(QueryError::Bad(format!("more than {MAX_FLAT_ROWS} rows: {detail}")));
            }
        }
        data.sort_by(|a, b| (a.timestamp, &a.hostname).cmp(&(b.timestamp, &b.hostname)));
        Ok(FlatAnswer { count: data.len(), data })
    }

    /// Pushed rows, without the name.
    pub fn flat_rows(&self, host: HostId, range: Range) -> Result<Vec<FlatRow>, QueryError> {
        let mut rows = Vec::new();
        for frame in self.frames(frame::FLAT, None, &COLUMNS, host, range)? {
            for (index, ts) in frame.ts.iter().enumerate() {
                let mut row = FlatRow { timestamp: ts / 1_000_000, ..FlatRow::default() };
                for (field, column) in row.fields().into_iter().zip(&frame.columns) {
                    *field = column[index];
                }
                rows.push(row);
            }
        }
        Ok(rows)
    }

    fn native_rows(&self, host: HostId, range: Range, mountpoint: &str) -> Result<Vec<FlatRow>, QueryError> {
        let metrics: Vec<&Metric> = NATIVE.iter().filter_map(|name| metric::find(name)).collect();
        let early = Range { from_us: range.from_us.saturating_sub(LEAD_US), ..range };
        let (timeline, series) = self.native_series(host, early, &metrics)?;
        let physical = self.physical_disks(host, early)?;
        let mut rows: Vec<FlatRow> =
            timeline.ts().iter().map(|ts| FlatRow { timestamp: ts / 1_000_000, ..FlatRow::default() }).collect();
        for raw in &series {
            let field = NATIVE.iter().position(|name| *name == raw.metric.name).expect("only these were asked for");
            let dimension = raw.dimension.as_deref();
            let wanted = match raw.metric.table {
                "filesystem" => dimension == Some(mountpoint),
                "disk" => dimension.is_some_and(|device| physical.iter().any(|disk| disk == device)),
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
        rows.retain(|row| {
            row.timestamp >= range.from_us.div_euclid(1_000_000)
                && (row.cpu.is_some() || row.ram.is_some() || row.disk.is_some())
        });
        Ok(rows)
    }

    /// The disks that do not map onto others; all where none is known to be physical.
    fn physical_disks(&self, host: HostId, range: Range) -> Result<Vec<String>, QueryError> {
        let disks = self.frames("disk", Some("device"), &["physical"], host, range)?;
        let is_physical = |frame: &frame::Frame| frame.columns[0].last() == Some(&Some(1.0));
        let any = disks.iter().any(is_physical);
        Ok(disks.into_iter().filter(|disk| !any || is_physical(disk)).filter_map(|disk| disk.dimension).collect())
    }
}

/// Flat rows as series of the names that native hosts have.
pub fn series<'m>(rows: &[FlatRow], metrics: &[&'m Metric]) -> Vec<Raw<'m>> {
    let ts: Vec<i64> = rows.iter().map(|row| row.timestamp * 1_000_000).collect();
    let column = |of: fn(&FlatRow) -> Option<f64>, scale: f64| {
        rows.iter().map(|row| of(row).map(|value| value * scale)).collect::<Vec<_>>()
    };
    metrics
        .iter()
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
