//! Rollups as they are read: metrics of hosts, bucket by bucket.

use std::collections::{BTreeMap, HashMap};

use siskin_platform::model::catalog::HOST;

use super::QueryError;
use super::engine::Engine;
use crate::series::bucket::Bucket;
use crate::series::frame::Frame;
use crate::series::metric::{self, FLAT, Metric};
use crate::series::range::Range;
use crate::series::raw::Raw;
use crate::series::rollup::{COUNT, KEPT};
use crate::series::tier::Part;
use crate::store::directory::HostId;
use crate::store::duckdb::Ask;

/// What a part of the rollups says of one host.
#[derive(Default)]
pub struct RolledHost {
    /// The beginnings of its buckets, microseconds since 1970.
    pub begins: Vec<i64>,
    /// How many samples each has.
    pub samples: Vec<f64>,
    pub series: Vec<Rolled>,
}

/// A metric of one dimension value.
pub struct Rolled {
    pub metric: &'static Metric,
    pub dimension: Option<String>,
    pub begins: Vec<i64>,
    pub buckets: Vec<Bucket>,
}

impl Rolled {
    /// The means, as if each were a sample at the beginning of its bucket.
    pub fn means(self) -> Raw {
        let values = self.buckets.iter().map(Bucket::mean).collect();
        Raw { metric: self.metric, dimension: self.dimension, ts: self.begins, values }
    }
}

impl Engine {
    /// Metrics of native hosts from rollups.
    pub fn read_rolled(
        &self,
        hosts: &[HostId],
        part: Part,
        metrics: &[&'static Metric],
    ) -> Result<HashMap<HostId, RolledHost>, QueryError> {
        self.rolled(HOST.name, hosts, part, metrics)
    }

    /// The predecessor's columns from rollups, by their names there.
    pub fn read_rolled_flat(&self, hosts: &[HostId], part: Part) -> Result<HashMap<HostId, RolledHost>, QueryError> {
        self.rolled(FLAT, hosts, part, &metric::of_table(FLAT))
    }

    /// `of_samples` is the table that has a row for each sample.
    fn rolled(
        &self,
        of_samples: &'static str,
        hosts: &[HostId],
        part: Part,
        metrics: &[&'static Metric],
    ) -> Result<HashMap<HostId, RolledHost>, QueryError> {
        // The bucket in which the range begins belongs to it.
        let width_us = part.tier.step_us();
        let range = Range { from_us: part.range.from_us.div_euclid(width_us) * width_us, ..part.range };
        let mut tables: BTreeMap<&str, Vec<&'static Metric>> = BTreeMap::from([(of_samples, Vec::new())]);
        for metric in metrics {
            tables.entry(metric.table).or_default().push(metric);
        }
        let mut rolled: HashMap<HostId, RolledHost> = HashMap::new();
        for (table, metrics) in tables {
            let dimension = metrics.iter().find_map(|metric| metric.dimension);
            let names = metrics.iter().flat_map(|metric| {
                let name = metric.rollup_column();
                KEPT.map(|kept| format!("{name}_{kept}"))
            });
            let columns: Vec<String> = std::iter::once(COUNT.to_owned()).chain(names).collect();
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            let ask = Ask { tier: part.tier, table, dimension, columns: &columns, hosts, range };
            for (host, frame) in self.frames(&ask)? {
                let host = rolled.entry(host).or_default();
                if table == of_samples {
                    host.begins.clone_from(&frame.ts);
                    host.samples = frame.columns[0].iter().map(|samples| samples.unwrap_or(0.0)).collect();
                }
                let series = metrics.iter().zip(frame.columns[1..].chunks(KEPT.len()));
                host.series.extend(series.map(|(metric, kept)| Rolled {
                    metric,
                    dimension: frame.dimension.clone(),
                    begins: frame.ts.clone(),
                    buckets: buckets(&frame, kept),
                }));
            }
        }
        Ok(rolled)
    }
}

/// `kept` are the mean, least and greatest value in each row of the frame, whose first column is the count.
fn buckets(frame: &Frame, kept: &[Vec<Option<f64>>]) -> Vec<Bucket> {
    let bucket = |row: usize| {
        let (weight, mean) = (frame.columns[0][row]?, kept[0][row]?);
        Some(Bucket::of(weight, mean, kept[1][row]?, kept[2][row]?))
    };
    (0..frame.ts.len()).map(|row| bucket(row).unwrap_or(Bucket::EMPTY)).collect()
}
