//! From rows to the values of metrics, sample by sample.

use std::borrow::Cow;

use super::frame::Frame;
use super::metric::{From, Metric};
use super::rate::{self, Passed, Spent};
use super::timeline::Timeline;

/// A metric of one dimension value at the instants of its samples.
pub struct Raw {
    pub metric: &'static Metric,
    pub dimension: Option<String>,
    /// Microseconds since 1970.
    pub ts: Vec<i64>,
    pub values: Vec<Option<f64>>,
}

/// The metrics of one table, from all its frames of one host. `columns` names the frames' columns; each that a metric
/// needs is among them.
pub fn computed(
    metrics: &[&'static Metric],
    table: &str,
    columns: &[&str],
    frames: &[Frame],
    timeline: &Timeline,
) -> Vec<Raw> {
    let mut computing: Vec<Computing> = frames.iter().map(|frame| Computing::new(frame, columns, timeline)).collect();
    let mut series = Vec::new();
    for metric in metrics.iter().filter(|metric| metric.table == table) {
        for computing in &mut computing {
            let dimension = computing.frame.dimension.clone();
            let Values { ts, values } = computing.values(metric);
            series.push(Raw { metric, dimension, ts: ts.into_owned(), values: values.into_owned() });
        }
    }
    series
}

/// One frame whose metrics are computed, and what several of them share.
pub struct Computing<'a> {
    frame: Cow<'a, Frame>,
    columns: Vec<&'a str>,
    timeline: &'a Timeline,
    /// By how often the column is read, microseconds.
    passed: Vec<(i64, Passed)>,
    /// By the modes that were summed.
    spent: Vec<(&'static [String], Spent)>,
}

/// The values of a metric and their instants.
pub struct Values<'a> {
    pub ts: Cow<'a, [i64]>,
    pub values: Cow<'a, [Option<f64>]>,
}

impl<'a> Computing<'a> {
    pub fn new(frame: &'a Frame, columns: &[&'a str], timeline: &'a Timeline) -> Self {
        Self::of(Cow::Borrowed(frame), columns.to_vec(), timeline)
    }

    fn of(frame: Cow<'a, Frame>, columns: Vec<&'a str>, timeline: &'a Timeline) -> Self {
        Computing { frame, columns, timeline, passed: Vec::new(), spent: Vec::new() }
    }

    pub fn values(&mut self, metric: &'static Metric) -> Values<'_> {
        // The table of hosts has a row for each sample, also where this was not read.
        if metric.every_us > 0 && metric.dimension.is_none() {
            let needed = metric.from.columns();
            let places: Vec<usize> = needed.iter().map(|name| self.place(name)).collect();
            let known = Cow::Owned(self.frame.where_known(&places));
            let mut computing = Computing::of(known, needed, self.timeline);
            let values = computing.dense(metric).into_owned();
            return Values { ts: Cow::Owned(computing.frame.into_owned().ts), values: Cow::Owned(values) };
        }
        self.prepare(metric);
        Values { ts: Cow::Borrowed(&self.frame.ts), values: self.prepared(metric) }
    }

    /// Whether any row has a reading from which it could be computed.
    pub fn is_known(&self, metric: &Metric) -> bool {
        metric.from.columns().into_iter().any(|name| self.column(name).iter().any(Option::is_some))
    }

    fn dense(&mut self, metric: &'static Metric) -> Cow<'_, [Option<f64>]> {
        self.prepare(metric);
        self.prepared(metric)
    }

    fn place(&self, name: &str) -> usize {
        self.columns.iter().position(|column| *column == name).expect("every needed column is read")
    }

    fn column(&self, name: &str) -> &[Option<f64>] {
        &self.frame.columns[self.place(name)]
    }

    /// Computes once what the metrics of a frame share.
    fn prepare(&mut self, metric: &'static Metric) {
        let every_us = metric.every_us;
        if metric.from.is_rate() && !self.passed.iter().any(|(of, _)| *of == every_us) {
            self.passed.push((every_us, Passed::new(&self.frame.ts, self.timeline, every_us)));
        }
        if let From::Share { all, .. } | From::Busy { all, .. } = &metric.from
            && !self.spent.iter().any(|(of, _)| of == all)
        {
            let modes: Vec<_> = all.iter().map(|name| self.column(name)).collect();
            let spent = Spent::new(&modes, self.passed(every_us));
            self.spent.push((all, spent));
        }
    }

    fn passed(&self, every_us: i64) -> &Passed {
        let passed = self.passed.iter().find(|(of, _)| *of == every_us);
        &passed.expect("it was prepared").1
    }

    fn spent(&self, all: &[String]) -> &Spent {
        &self.spent.iter().find(|(of, _)| *of == all).expect("it was prepared").1
    }

    fn prepared(&self, metric: &'static Metric) -> Cow<'_, [Option<f64>]> {
        match &metric.from {
            From::Gauge { column } => Cow::Borrowed(self.column(column)),
            From::Rate { column } => Cow::Owned(rate::per_second(self.column(column), self.passed(metric.every_us))),
            From::Share { column, all } => Cow::Owned(rate::share(self.column(column), self.spent(all))),
            From::Busy { rest, all } => {
                let rest: Vec<_> = rest.iter().map(|name| rate::share(self.column(name), self.spent(all))).collect();
                // A kernel without iowait still has idle; without any share there was no interval.
                let busy = |row: usize| {
                    let known = rest.iter().filter_map(|share| share[row]);
                    let (count, sum) = known.fold((0, 0.0), |(count, sum), share| (count + 1, sum + share));
                    (count > 0).then(|| f64::max(1.0 - sum, 0.0))
                };
                Cow::Owned((0..self.frame.ts.len()).map(busy).collect())
            }
            From::Ratio { columns, of } => {
                let [a, b, c] = columns.map(|name| self.column(name));
                let ratio = |row: usize| {
                    let (part, whole) = of([a[row]?, b[row]?, c[row]?]);
                    (whole > 0.0).then(|| part / whole)
                };
                Cow::Owned((0..self.frame.ts.len()).map(ratio).collect())
            }
        }
    }
}
