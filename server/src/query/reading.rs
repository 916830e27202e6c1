//! The metrics of native hosts, computed from their rows: one statement a table, however many hosts.

use std::collections::{BTreeMap, HashMap};

use siskin_platform::model::catalog::HOST;

use super::QueryError;
use super::engine::Engine;
use crate::series::frame::Frame;
use crate::series::metric::Metric;
use crate::series::range::Range;
use crate::series::raw::{Raw, computed};
use crate::series::tier::Tier;
use crate::series::timeline::{SAMPLING, Timeline};
use crate::store::directory::HostId;
use crate::store::duckdb::Ask;

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
            let ask = Ask { tier: Tier::Raw, table, dimension, columns, hosts, range };
            for (host, frame) in self.frames(&ask)? {
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
            [frame, ..] => Timeline::of(frame, &self.columns[HOST.name]),
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
