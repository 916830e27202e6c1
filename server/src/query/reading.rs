//! The metrics of native hosts, computed from their rows: one statement a table, however many hosts.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use siskin_platform::model::catalog::HOST;

use super::engine::Engine;
use super::frame::Frame;
use super::metric::{From, Metric};
use super::range::Range;
use super::timeline::Timeline;
use super::{QueryError, rate};
use crate::store::directory::HostId;

/// What tells how a host was sampled; read with every question.
const SAMPLING: [&str; 2] = ["interval_seconds", "uptime_seconds"];

/// A metric of one dimension value at the instants of its samples.
pub struct Raw {
    pub metric: &'static Metric,
    pub dimension: Option<String>,
    pub ts: Vec<i64>,
    pub values: Vec<Option<f64>>,
}

/// Rows that were read, by host and table.
pub struct Reading {
    columns: BTreeMap<&'static str, Vec<&'static str>>,
    frames: HashMap<(HostId, &'static str), Vec<Frame>>,
}

impl Engine {
    /// Reads what the metrics need, and further columns (table, column).
    pub fn read(
        &self,
        hosts: &[HostId],
        range: Range,
        metrics: &[&'static Metric],
        further: &[(&'static str, &'static str)],
    ) -> Result<Reading, QueryError> {
        let mut columns: BTreeMap<&str, Vec<&str>> = BTreeMap::from([(HOST.name, SAMPLING.to_vec())]);
        let needed =
            metrics.iter().flat_map(|metric| metric.from.columns().into_iter().map(|name| (metric.table, name)));
        for (table, column) in needed.chain(further.iter().copied()) {
            let of_table = columns.entry(table).or_default();
            if !of_table.contains(&column) {
                of_table.push(column);
            }
        }
        let mut frames: HashMap<_, Vec<Frame>> = HashMap::new();
        for (table, columns) in &columns {
            let dimension = metrics.iter().find(|metric| metric.table == *table).and_then(|metric| metric.dimension);
            for (host, frame) in self.frames(table, dimension, columns, hosts, range)? {
                frames.entry((host, *table)).or_default().push(frame);
            }
        }
        Ok(Reading { columns, frames })
    }
}

impl Reading {
    /// When a host was sampled, and its metrics sample by sample.
    pub fn series(&self, host: HostId, metrics: &[&'static Metric]) -> (Timeline, Vec<Raw>) {
        let timeline = match self.frames(host, HOST.name) {
            [frame, ..] => Timeline::native(frame.ts.clone(), &frame.columns[0], &frame.columns[1]),
            [] => Timeline::default(),
        };
        let series = self
            .columns
            .iter()
            .flat_map(|(table, columns)| computed(metrics, table, columns, self.frames(host, table), &timeline))
            .collect();
        (timeline, series)
    }

    /// A column as it was last read, for each dimension value of a table.
    pub fn last<'a>(
        &'a self,
        host: HostId,
        table: &'static str,
        column: &str,
    ) -> impl Iterator<Item = (&'a str, Option<f64>)> {
        let place = self.columns.get(table).and_then(|columns| columns.iter().position(|name| *name == column));
        self.frames(host, table).iter().filter_map(move |frame| {
            Some((frame.dimension.as_deref()?, frame.columns[place?].last().copied().flatten()))
        })
    }

    fn frames(&self, host: HostId, table: &'static str) -> &[Frame] {
        self.frames.get(&(host, table)).map_or(&[], Vec::as_slice)
    }
}

fn computed(
    metrics: &[&'static Metric],
    table: &str,
    columns: &[&str],
    frames: &[Frame],
    timeline: &Timeline,
) -> Vec<Raw> {
    let of_table = metrics.iter().filter(|metric| metric.table == table);
    of_table
        .flat_map(|metric| {
            frames.iter().map(|frame| {
                // The table of hosts has a row for each sample, also where this was not read.
                let frame = match metric.every_us > 0 && metric.dimension.is_none() {
                    true => Cow::Owned(frame.where_known(&places(columns, &metric.from.columns()))),
                    false => Cow::Borrowed(frame),
                };
                let values = values(metric, columns, &frame, timeline);
                Raw { metric, dimension: frame.dimension.clone(), ts: frame.ts.clone(), values }
            })
        })
        .collect()
}

/// Where the columns that are needed stand among those that were read.
fn places(columns: &[&str], needed: &[&str]) -> Vec<usize> {
    (0..columns.len()).filter(|place| needed.contains(&columns[*place])).collect()
}

fn values(metric: &Metric, columns: &[&str], frame: &Frame, timeline: &Timeline) -> Vec<Option<f64>> {
    let every_us = metric.every_us;
    let column = |name: &str| {
        let place = columns.iter().position(|column| *column == name).expect("every needed column is read");
        frame.columns[place].as_slice()
    };
    match &metric.from {
        From::Gauge { column: name } => column(name).to_vec(),
        From::Rate { column: name } => rate::per_second(&frame.ts, column(name), timeline, every_us),
        From::Share { column: name, all } => {
            let all: Vec<_> = all.iter().map(|name| column(name)).collect();
            rate::share(&frame.ts, column(name), &all, timeline, every_us)
        }
        From::Busy { rest, all } => {
            let all: Vec<_> = all.iter().map(|name| column(name)).collect();
            let rest: Vec<_> =
                rest.iter().map(|name| rate::share(&frame.ts, column(name), &all, timeline, every_us)).collect();
            (0..frame.ts.len())
                .map(|row| {
                    // A kernel without iowait still has idle; without any share there was no interval.
                    let shares: Vec<f64> = rest.iter().filter_map(|share| share[row]).collect();
                    (!shares.is_empty()).then(|| (1.0 - shares.iter().sum::<f64>()).max(0.0))
                })
                .collect()
        }
        From::Ratio { columns: names, of } => {
            let [a, b, c] = names.map(column);
            (0..frame.ts.len())
                .map(|row| {
                    let (part, whole) = of([a[row]?, b[row]?, c[row]?]);
                    (whole > 0.0).then(|| part / whole)
                })
                .collect()
        }
    }
}
