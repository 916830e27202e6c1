//! Series in steps, from whatever keeps each part of a range: samples or rollups.

use std::collections::BTreeMap;

use super::axis::{self, Axis, Steps};
use super::engine::Engine;
use super::rolled::RolledHost;
use super::series::{Series, SeriesAnswer, SeriesRequest};
use super::{QueryError, flat};
use crate::series::bucket::Bucket;
use crate::series::metric::{FLAT, Metric};
use crate::series::raw::Raw;
use crate::series::tier::Tier;
use crate::series::timeline::Timeline;

/// Tells series apart, and puts them in the order that samples have: table (the predecessor's hosts have but one), place of
/// the metric in the question, dimension value.
type Key = (&'static str, usize, Option<String>);

/// Series on one axis of steps.
pub struct Gathered {
    steps: Steps,
    flat: bool,
    series: BTreeMap<Key, Vec<Bucket>>,
}

/// What was read of one part.
enum Piece {
    /// Samples, of which those from this instant on count.
    Samples {
        from_us: i64,
        timeline: Timeline,
        series: Vec<Raw>,
    },
    Rollups {
        width_us: i64,
        host: RolledHost,
    },
}

impl Engine {
    /// The answer's series where a part of the range is read from rollups. None where they would not do: the steps are
    /// too narrow for what is asked, or for how seldom the host was sampled, or there are no rollups.
    pub fn gather(&self, request: &SeriesRequest, metrics: &[&'static Metric]) -> Result<Option<Gathered>, QueryError> {
        let step_us = axis::step_us(request.range, request.points);
        let seldom_us = metrics.iter().map(|metric| metric.every_us).max().unwrap_or(0);
        // On narrower steps readings stand, from one to the next: that needs the samples.
        if step_us < 2 * seldom_us {
            return Ok(None);
        }
        let parts = self.parts(request.range, step_us);
        if parts.iter().all(|part| part.tier == Tier::Raw) {
            return Ok(None);
        }
        let flat = self.is_flat(request.host);
        let mut pieces = Vec::new();
        for (number, part) in parts.into_iter().enumerate() {
            if part.tier == Tier::Raw {
                let early = part.range.with_lead();
                let (timeline, series) = self.samples(request.host, early, metrics)?;
                // Before the first part nothing else counts what its first step has.
                let from_us = if number == 0 { early.from_us } else { part.range.from_us };
                pieces.push(Piece::Samples { from_us, timeline, series });
                continue;
            }
            let hosts = [request.host];
            let host = match flat {
                true => {
                    self.read_rolled_flat(&hosts, part)?.remove(&request.host).map(|host| flat::rolled(host, metrics))
                }
                false => self.read_rolled(&hosts, part, metrics)?.remove(&request.host),
            };
            pieces.extend(host.map(|host| Piece::Rollups { width_us: part.tier.step_us(), host }));
        }
        if usual_step(&pieces).is_none_or(|usual_us| step_us < 2 * usual_us) {
            return Ok(None);
        }
        let instants = || pieces.iter().flat_map(Piece::instants).filter(|at| *at <= request.range.to_us);
        let (Some(first), Some(last)) = (instants().min(), instants().max()) else { return Ok(None) };
        let first = first.max(request.range.from_us);
        let mut gathered = Gathered { steps: Steps::new(first, last, step_us), flat, series: BTreeMap::new() };
        for piece in &pieces {
            gathered.add(piece, metrics);
        }
        Ok(Some(gathered))
    }
}

impl Piece {
    /// When there was a sample, or a bucket with some.
    fn instants(&self) -> impl Iterator<Item = i64> {
        let (ts, from_us) = match self {
            Piece::Samples { from_us, timeline, .. } => (timeline.ts(), *from_us),
            Piece::Rollups { host, .. } => (host.begins.as_slice(), i64::MIN),
        };
        ts.iter().copied().filter(move |at| *at >= from_us)
    }
}

/// The usual time between two samples, microseconds: the median, in which a bucket counts for each of its samples.
fn usual_step(pieces: &[Piece]) -> Option<i64> {
    let mut steps: Vec<(i64, u64)> = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Samples { timeline, .. } => {
                steps.extend(timeline.ts().windows(2).map(|pair| (pair[1] - pair[0], 1)));
            }
            Piece::Rollups { width_us, host } => {
                let known = host.samples.iter().filter(|samples| **samples >= 1.0);
                steps.extend(known.map(|samples| ((*width_us as f64 / samples) as i64, *samples as u64)));
            }
        }
    }
    steps.sort_unstable();
    let half = steps.iter().map(|(_, weight)| weight).sum::<u64>() / 2;
    let mut passed = 0;
    steps.into_iter().find_map(|(step, weight)| {
        passed += weight;
        (passed > half).then_some(step)
    })
}

impl Gathered {
    pub fn answer(self, request: &SeriesRequest, metrics: &[&'static Metric]) -> SeriesAnswer {
        let known = self.series.into_iter().filter(|(_, buckets)| buckets.iter().any(|bucket| !bucket.is_empty()));
        let series =
            known.map(|((_, place, dimension), buckets)| Series::of_steps(metrics[place], dimension, &buckets));
        SeriesAnswer::new(request, &Axis::Steps(self.steps), series.collect())
    }

    fn add(&mut self, piece: &Piece, metrics: &[&'static Metric]) {
        match piece {
            Piece::Samples { from_us, series, .. } => {
                for raw in series {
                    let values = raw.ts.iter().zip(&raw.values).filter(|(at, _)| **at >= *from_us);
                    let one = |(at, value): (&i64, &Option<f64>)| {
                        Some((*at, Bucket::of(1.0, (*value)?, (*value)?, (*value)?)))
                    };
                    self.merge(metrics, raw.metric, raw.dimension.as_ref(), values.filter_map(one));
                }
            }
            Piece::Rollups { host, .. } => {
                for rolled in &host.series {
                    let buckets = rolled.begins.iter().copied().zip(rolled.buckets.iter().copied());
                    self.merge(metrics, rolled.metric, rolled.dimension.as_ref(), buckets);
                }
            }
        }
    }

    fn merge(
        &mut self,
        metrics: &[&'static Metric],
        metric: &'static Metric,
        dimension: Option<&String>,
        buckets: impl Iterator<Item = (i64, Bucket)>,
    ) {
        let asked = metrics.iter().position(|asked| std::ptr::eq(*asked, metric)).expect("only these are read");
        let steps = self.steps;
        let table = if self.flat { FLAT } else { metric.table };
        let gathered = self.series.entry((table, asked, dimension.cloned())).or_insert_with(|| steps.empty());
        for (at, bucket) in buckets.filter(|(_, bucket)| !bucket.is_empty()) {
            if let Some(place) = steps.place(at) {
                gathered[place].merge(&bucket);
            }
        }
    }
}
