//! Series of one host over a range of time, on one shared axis.

use super::axis::Axis;
use super::engine::Engine;
use super::{QueryError, flat, standing};
use crate::series::bucket::Bucket;
use crate::series::metric::{self, Metric};
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
    /// The least and the greatest value of each step; absent where `ts` are the samples themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Vec<Option<f64>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Vec<Option<f64>>>,
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
        if let Some(gathered) = self.gather(request, &metrics)? {
            return Ok(gathered.answer(request, &metrics));
        }
        let (timeline, raw) = self.samples(request.host, request.range.with_lead(), &metrics)?;
        let axis = Axis::new(&timeline, request.range, request.points);
        let known = raw.into_iter().filter(|raw| raw.values.iter().any(Option::is_some));
        Ok(SeriesAnswer::new(request, &axis, known.map(|raw| on_axis(&axis, &timeline, raw)).collect()))
    }

    /// When a host was sampled, and its metrics sample by sample.
    pub(super) fn samples(
        &self,
        host: HostId,
        range: Range,
        metrics: &[&'static Metric],
    ) -> Result<(Timeline, Vec<Raw>), QueryError> {
        if !self.is_flat(host) {
            return Ok(self.read(&[host], range, metrics, &[])?.series(host, metrics));
        }
        let mut rows = self.flat_rows(&[host], range)?.remove(&host).unwrap_or_default();
        rows.dedup_by_key(|row| row.timestamp);
        let timeline = Timeline::flat(rows.iter().map(|row| row.timestamp * 1_000_000).collect());
        Ok((timeline, flat::series(&rows, metrics)))
    }

    /// Whether the host is known by the predecessor's pushes alone.
    pub(super) fn is_flat(&self, host: HostId) -> bool {
        self.directory.get(host).is_some_and(|entry| matches!(entry.source, Source::Flat { .. }))
    }
}

impl SeriesAnswer {
    pub(super) fn new(request: &SeriesRequest, axis: &Axis, series: Vec<Series>) -> Self {
        SeriesAnswer {
            from: seconds(request.range.from_us),
            to: seconds(request.range.to_us),
            step_seconds: axis.step_us().map(|us| us as f64 / 1e6),
            ts: axis.ts().into_iter().map(seconds).collect(),
            series,
        }
    }
}

impl Series {
    /// The series of one metric and dimension value in steps.
    pub(super) fn of_steps(metric: &'static Metric, dimension: Option<String>, buckets: &[Bucket]) -> Self {
        let each = |of: fn(&Bucket) -> Option<f64>| buckets.iter().map(of).collect();
        Series::of(metric, dimension, each(Bucket::mean)).with_extremes(each(Bucket::least), each(Bucket::greatest))
    }

    fn of(metric: &'static Metric, dimension: Option<String>, values: Vec<Option<f64>>) -> Self {
        Series {
            metric: metric.name.clone(),
            labels: Labels(metric.dimension.zip(dimension)),
            unit: metric.unit,
            values: all_rounded(values),
            min: None,
            max: None,
        }
    }

    fn with_extremes(self, min: Vec<Option<f64>>, max: Vec<Option<f64>>) -> Self {
        Series { min: Some(all_rounded(min)), max: Some(all_rounded(max)), ..self }
    }
}

/// What is not read for every sample stands on those between.
fn on_axis(axis: &Axis, timeline: &Timeline, raw: Raw) -> Series {
    let spans = match raw.metric.every_us {
        0 => Vec::new(),
        _ => standing::spans(&raw.ts, timeline, raw.metric),
    };
    let stand = |mut values: Vec<Option<f64>>| {
        axis.spread(&mut values, &spans, &raw.values);
        values
    };
    match axis {
        Axis::Samples { .. } => {
            let values = stand(axis.project(&raw.ts, &raw.values));
            Series::of(raw.metric, raw.dimension, values)
        }
        Axis::Steps(steps) => {
            let buckets = steps.gather(&raw.ts, &raw.values);
            let each = |of: fn(&Bucket) -> Option<f64>| stand(buckets.iter().map(of).collect());
            let [values, min, max] = [Bucket::mean, Bucket::least, Bucket::greatest].map(each);
            Series::of(raw.metric, raw.dimension, values).with_extremes(min, max)
        }
    }
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

fn all_rounded(values: Vec<Option<f64>>) -> Vec<Option<f64>> {
    values.into_iter().map(|value| value.map(rounded)).collect()
}

/// Large numbers whole, small ones to a millionth: nobody reads more, and the answer is half as long.
fn rounded(value: f64) -> f64 {
    if value.abs() >= 1e6 { value.round() } else { (value * 1e6).round() / 1e6 }
}
