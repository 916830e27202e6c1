//! Series of one host over a range of time, on one shared axis.

use serde::Serialize;
use siskin_platform::model::catalog::HOST;

use super::axis::Axis;
use super::engine::Engine;
use super::frame::Frame;
use super::metric::{self, From, Metric};
use super::range::Range;
use super::timeline::Timeline;
use super::{QueryError, flat, rate};
use crate::store::directory::{HostId, Source};

/// Points that one answer has at most.
pub const MAX_POINTS: usize = 10_000;
/// Metrics that one question names at most.
pub const MAX_METRICS: usize = 64;
/// The first rate of a range needs the sample before it: read this much earlier.
const LEAD_US: i64 = 300 * 1_000_000;

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
            .map(|name| metric::find(name).ok_or_else(|| QueryError::Bad(format!("unknown metric {name}"))))
            .collect::<Result<Vec<_>, _>>()?;
        let early = Range { from_us: request.range.from_us.saturating_sub(LEAD_US), ..request.range };
        let flat = self.directory.get(request.host).is_some_and(|entry| matches!(entry.source, Source::Flat { .. }));
        let (timeline, raw) = if flat {
            let mut rows = self.flat_rows(request.host, early)?;
            rows.dedup_by_key(|row| row.timestamp);
            let timeline = Timeline::flat(rows.iter().map(|row| row.timestamp * 1_000_000).collect());
            (timeline, flat::series(&rows, &metrics))
        } else {
            self.native_series(request.host, early, &metrics)?
        };
        let axis = Axis::new(&timeline, request.range, request.points);
        let series = raw
            .into_iter()
            .filter(|raw| raw.values.iter().any(Option::is_some))
            .map(|raw| Series {
                metric: raw.metric.name.clone(),
                labels: Labels(raw.metric.dimension.zip(raw.dimension)),
                unit: raw.metric.unit,
                values: axis.project(&raw.ts, &raw.values).into_iter().map(|value| value.map(rounded)).collect(),
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

    /// The metrics of a native host, sample by sample, and when it was sampled.
    pub fn native_series<'m>(
        &self,
        host: HostId,
        range: Range,
        metrics: &[&'m Metric],
    ) -> Result<(Timeline, Vec<Raw<'m>>), QueryError> {
        let mut series = Vec::new();
        let mut tables: Vec<&str> = metrics.iter().map(|metric| metric.table).collect();
        tables.sort_unstable();
        tables.dedup();
        let mut columns = vec!["interval_seconds", "uptime_seconds"];
        columns.extend(needed(metrics, HOST.name));
        let mut frames = self.frames(HOST.name, None, &columns, host, range)?;
        let frame = frames.pop().unwrap_or_else(|| Frame { columns: vec![vec![]; columns.len()], ..Frame::default() });
        let timeline = Timeline::native(frame.ts.clone(), &frame.columns[0], &frame.columns[1]);
        series.extend(computed(metrics, HOST.name, &columns, &[frame], &timeline));
        for table in tables.into_iter().filter(|table| *table != HOST.name) {
            let dimension = metrics.iter().find(|metric| metric.table == table).and_then(|metric| metric.dimension);
            let columns = needed(metrics, table);
            let frames = self.frames(table, dimension, &columns, host, range)?;
            series.extend(computed(metrics, table, &columns, &frames, &timeline));
        }
        Ok((timeline, series))
    }
}

/// A metric of one dimension value at the instants of its samples.
pub struct Raw<'m> {
    pub metric: &'m Metric,
    pub dimension: Option<String>,
    pub ts: Vec<i64>,
    pub values: Vec<Option<f64>>,
}

fn needed<'m>(metrics: &[&'m Metric], table: &str) -> Vec<&'m str> {
    let mut columns: Vec<&str> =
        metrics.iter().filter(|metric| metric.table == table).flat_map(|metric| metric.from.columns()).collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}

fn computed<'m>(
    metrics: &[&'m Metric],
    table: &str,
    columns: &[&str],
    frames: &[Frame],
    timeline: &Timeline,
) -> Vec<Raw<'m>> {
    let of_table = metrics.iter().filter(|metric| metric.table == table);
    of_table
        .flat_map(|metric| {
            frames.iter().map(|frame| Raw {
                metric,
                dimension: frame.dimension.clone(),
                ts: frame.ts.clone(),
                values: values(&metric.from, columns, frame, timeline),
            })
        })
        .collect()
}

fn values(from: &From, columns: &[&str], frame: &Frame, timeline: &Timeline) -> Vec<Option<f64>> {
    let column = |name: &str| {
        let place = columns.iter().position(|column| *column == name).expect("every needed column is read");
        frame.columns[place].as_slice()
    };
    match from {
        From::Gauge { column: name } => column(name).to_vec(),
        From::Rate { column: name } => rate::per_second(&frame.ts, column(name), timeline),
        From::Share { column: name, all } => {
            let all: Vec<_> = all.iter().map(|name| column(name)).collect();
            rate::share(&frame.ts, column(name), &all, timeline)
        }
        From::Busy { rest, all } => {
            let all: Vec<_> = all.iter().map(|name| column(name)).collect();
            let rest: Vec<_> = rest.iter().map(|name| rate::share(&frame.ts, column(name), &all, timeline)).collect();
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

fn seconds(us: i64) -> f64 {
    (us / 1_000) as f64 / 1e3
}

/// Large numbers whole, small ones to a millionth: nobody reads more, and the answer is half as long.
fn rounded(value: f64) -> f64 {
    if value.abs() >= 1e6 { value.round() } else { (value * 1e6).round() / 1e6 }
}
