//! Series of one host over a range of time, on one shared axis.

use super::axis::Axis;
use super::engine::Engine;
use super::{QueryError, flat, standing};
use crate::series::metric;
use crate::series::range::Range;
use crate::series::raw::Raw;
use crate::series::timeline::Timeline;
use crate::store::directory::{HostId, Source};
use serde::Serialize;

/// Points that one answer has at most.
pub const MAX_POINTS: usize = 10_000;
/// Metrics that one question names at most.
pub const MAX_METRICS: usize = 64;

#[derive(Debug)]
pub struct SeriesRequest {
    pub host: HostId,
    pub metrics: Vec<String>,
    pub range: Range,
    pub points: usize,
}

#[derive(Debug, Serialize)]
pub struct SeriesAnswer {
    /// Unix seconds.
    pub from: f64,
    pub to: f64,
    /// The width of a step; null where `ts` are the samples themselves.
    pub step_seconds: Option<f64>,
    /// Unix seconds.
    pub ts: Vec<f64>,
    pub series: Vec<Series>,
}

#[derive(Debug, Serialize)]
pub struct Series {
    pub metric: String,
    pub labels: Labels,
    pub unit: &'static str,
    /// One for each of `ts`; null where there is no reading.
    pub values: Vec<Option<f64>>,
}

/// What tells the series of one metric apart: at most one label.
#[derive(Debug, Default)]
pub struct Labels(pub Option<(&'static str, String)>);

impl Serialize for Labels {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl Engine {
    pub fn series(&self, request: &SeriesRequest) -> Result<SeriesAnswer, QueryError> {
        let metrics = request
            .metrics
            .iter()
            .map(|name| metric::find(name).ok_or_else(|| QueryError::Bad(unknown(name))))
            .collect::<Result<Vec<_>, _>>()?;
        let early = request.range.with_lead();
        let flat = self.directory.get(request.host).is_some_and(|entry| matches!(entry.source, Source::Flat { .. }));
        let (timeline, raw) = if flat {
            let mut rows = self.flat_rows(&[request.host], early)?.remove(&request.host).unwrap_or_default();
            rows.dedup_by_key(|row| row.timestamp);
            let timeline = Timeline::flat(rows.iter().map(|row| row.timestamp * 1_000_000).collect());
            (timeline, flat::series(&rows, &metrics))
        } else {
            self.read(&[request.host], early, &metrics, &[])?.series(request.host, &metrics)
        };
        let axis = Axis::new(&timeline, request.range, request.points);
        let series = raw
            .into_iter()
            .filter(|raw| raw.values.iter().any(Option::is_some))
            .map(|raw| Series {
                metric: raw.metric.name.clone(),
                unit: raw.metric.unit,
                values: on_axis(&axis, &timeline, &raw),
                labels: Labels(raw.metric.dimension.zip(raw.dimension)),
            })
            .collect();
        Ok(SeriesAnswer {
            from: seconds(request.range.from_us),
            to: seconds(request.range.to_us),
            step_seconds: axis.step_us().map(|us| us as f64 / 1e6),
            ts: axis.ts().into_iter().map(seconds).collect(),
            series,
        })
    }
}

/// What is not read for every sample stands on those between.
fn on_axis(axis: &Axis, timeline: &Timeline, raw: &Raw) -> Vec<Option<f64>> {
    let mut values = axis.project(&raw.ts, &raw.values);
    if raw.metric.every_us > 0 {
        axis.spread(&mut values, &standing::spans(&raw.ts, timeline, raw.metric), &raw.values);
    }
    values.into_iter().map(|value| value.map(rounded)).collect()
}

fn unknown(name: &str) -> String {
    match metric::is_text(name) {
        true => format!("{name} is a text: only numbers and flags have values over time"),
        false => format!("unknown metric {name}"),
    }
}

fn seconds(us: i64) -> f64 {
    (us / 1_000) as f64 / 1e3
}

/// Large numbers whole, small ones to a millionth: nobody reads more, and the answer is half as long.
fn rounded(value: f64) -> f64 {
    if value.abs() >= 1e6 { value.round() } else { (value * 1e6).round() / 1e6 }
}
