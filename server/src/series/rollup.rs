//! Rollups: what a minute and an hour were like, by mean, least and greatest value of every metric that can be asked for.

use std::ops::Range;
use std::sync::OnceLock;

use siskin_platform::model::catalog::{self, Visitor};

use super::bucket::Bucket;
use super::frame::Frame;
use super::grain::Grain;
use super::metric::{self, FLAT, Metric};
use super::raw::{Computing, Values};
use super::tier::Tier;
use super::timeline::{SAMPLING, Timeline};

/// What a bucket keeps of a metric: the ends of its columns' names.
pub const KEPT: [&str; 3] = ["avg", "min", "max"];
/// The column that counts the samples of a bucket.
pub const COUNT: &str = "n";

/// A table whose rows are rolled up.
pub struct Table {
    pub name: &'static str,
    pub dimension: Option<&'static str>,
    /// The columns that its frames must have, in this order.
    pub columns: Vec<&'static str>,
    pub metrics: Vec<&'static Metric>,
    grains: Vec<Grain>,
}

/// The buckets of one width and one dimension value, in order of time; those without a sample are not there.
#[derive(Debug, Default)]
pub struct Rollup {
    pub dimension: Option<String>,
    /// When they begin, microseconds since 1970.
    pub begins: Vec<i64>,
    /// How many samples each has.
    pub samples: Vec<i32>,
    /// One for each metric of the table.
    pub metrics: Vec<Summary>,
}

/// A metric in each bucket; not a number where it has no value.
#[derive(Debug, Default)]
pub struct Summary {
    pub avg: Vec<f64>,
    pub min: Vec<f64>,
    pub max: Vec<f64>,
}

/// The rollups of a host's frames, by width.
#[derive(Debug, Default)]
pub struct Rollups {
    pub minute: Vec<Rollup>,
    pub hour: Vec<Rollup>,
}

/// The tables of the catalog, and that of the predecessor's pushes.
pub fn tables() -> &'static [Table] {
    static TABLES: OnceLock<Vec<Table>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let mut tables = Tables(Vec::new());
        catalog::visit(&mut tables);
        tables.0.push(Table::new(FLAT, None));
        tables.0
    })
}

struct Tables(Vec<Table>);

impl Visitor for Tables {
    fn table<T: 'static>(&mut self, table: &'static catalog::Table<T>) {
        self.0.push(Table::new(table.name, table.dimension.as_ref().map(|metric| metric.name)));
    }
}

impl Table {
    fn new(name: &'static str, dimension: Option<&'static str>) -> Self {
        Table::with(name, dimension, metric::of_table(name))
    }

    fn with(name: &'static str, dimension: Option<&'static str>, metrics: Vec<&'static Metric>) -> Self {
        let grains = metrics.iter().map(|metric| Grain::of(metric)).collect();
        let mut columns = if name == catalog::HOST.name { SAMPLING.to_vec() } else { Vec::new() };
        for column in metrics.iter().flat_map(|metric| metric.from.columns()) {
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        Table { name, dimension, columns, metrics, grains }
    }

    /// Of its metrics those that have a value in rows with these columns.
    pub fn narrowed(&self, has: impl Fn(&str) -> bool) -> Table {
        let known = |metric: &&'static Metric| metric.from.columns().into_iter().any(&has);
        Table::with(self.name, self.dimension, self.metrics.iter().copied().filter(known).collect())
    }

    /// The names of the columns beside host, instant and dimension: the count, and three of each metric.
    pub fn rollup_columns(&self) -> impl Iterator<Item = String> {
        std::iter::once(COUNT.to_owned()).chain(self.kept().flat_map(|(columns, _)| columns))
    }

    /// The three columns of each metric, in the order of `KEPT`, and how finely they are kept.
    pub fn kept(&self) -> impl Iterator<Item = ([String; 3], Grain)> {
        self.metrics.iter().zip(&self.grains).map(|(metric, grain)| {
            let name = metric.rollup_column();
            (KEPT.map(|kept| format!("{name}_{kept}")), *grain)
        })
    }

    /// Rolls up one host's frames of this table. Samples count from `within.start` to before `within.end`, both whole
    /// hours; what comes before only lets the first of them have a rate. `timeline` covers all rows of the frames.
    pub fn roll(&self, frames: &[Frame], timeline: &Timeline, within: Range<i64>) -> Rollups {
        let mut rollups = Rollups::default();
        for frame in frames {
            let minutes = Slots::of(&frame.ts, Tier::Minute.step_us(), &within);
            if minutes.begins.is_empty() {
                continue;
            }
            let hours = Slots::of(&minutes.begins, Tier::Hour.step_us(), &within);
            let samples: Vec<i32> = minutes.rows.iter().map(|rows| rows.len() as i32).collect();
            let (mut minute, mut hour) = (Rollup::new(frame, &minutes), Rollup::new(frame, &hours));
            hour.samples = hours.rows.iter().map(|rows| samples[rows.clone()].iter().sum()).collect();
            minute.samples = samples;
            let mut computing = Computing::new(frame, &self.columns, timeline);
            for (metric, grain) in self.metrics.iter().zip(&self.grains) {
                if !computing.is_known(metric) {
                    minute.metrics.push(Summary::unknown(minutes.begins.len()));
                    hour.metrics.push(Summary::unknown(hours.begins.len()));
                    continue;
                }
                let buckets = minutes.gather(&computing.values(metric), &frame.ts);
                let merged = hours.rows.iter().map(|rows| {
                    buckets[rows.clone()].iter().fold(Bucket::EMPTY, |mut sum, bucket| {
                        sum.merge(bucket);
                        sum
                    })
                });
                hour.metrics.push(Summary::of(merged, *grain));
                minute.metrics.push(Summary::of(buckets.iter().copied(), *grain));
            }
            rollups.minute.push(minute);
            rollups.hour.push(hour);
        }
        rollups
    }
}

impl Rollup {
    fn new(frame: &Frame, slots: &Slots) -> Self {
        Rollup { dimension: frame.dimension.clone(), begins: slots.begins.clone(), ..Rollup::default() }
    }
}

impl Summary {
    fn unknown(buckets: usize) -> Self {
        let column = vec![f64::NAN; buckets];
        Summary { avg: column.clone(), min: column.clone(), max: column }
    }

    fn of(buckets: impl ExactSizeIterator<Item = Bucket>, grain: Grain) -> Self {
        let room = || Vec::with_capacity(buckets.len());
        let mut summary = Summary { avg: room(), min: room(), max: room() };
        for bucket in buckets {
            let [avg, min, max] = match bucket.mean() {
                // What did not change is one number, which is stored once.
                Some(_) if bucket.min == bucket.max => [grain.nearest(bucket.min); 3],
                Some(mean) => [grain.nearest(mean), grain.below(bucket.min), grain.above(bucket.max)],
                None => [f64::NAN; 3],
            };
            summary.avg.push(avg);
            summary.min.push(min);
            summary.max.push(max);
        }
        summary
    }
}

/// Which instants fall into which bucket.
struct Slots {
    step_us: i64,
    begins: Vec<i64>,
    rows: Vec<Range<usize>>,
}

impl Slots {
    /// Of instants in order of time.
    fn of(ts: &[i64], step_us: i64, within: &Range<i64>) -> Self {
        let mut slots = Slots { step_us, begins: Vec::new(), rows: Vec::new() };
        let first = ts.partition_point(|at| *at < within.start);
        let end = ts.partition_point(|at| *at < within.end);
        for (row, at) in ts.iter().enumerate().take(end).skip(first) {
            let begin = at.div_euclid(step_us) * step_us;
            match slots.rows.last_mut() {
                Some(rows) if slots.begins.last() == Some(&begin) => rows.end = row + 1,
                _ => {
                    slots.begins.push(begin);
                    slots.rows.push(row..row + 1);
                }
            }
        }
        slots
    }

    /// Gathers values; `ts` are the instants that the slots were made of, among which those of the values are.
    fn gather(&self, values: &Values, ts: &[i64]) -> Vec<Bucket> {
        if values.ts.len() == ts.len() {
            return self.rows.iter().map(|rows| gathered(&values.values[rows.clone()])).collect();
        }
        // A reading that not every sample has: its rows are fewer.
        let rows = |begin: &i64| {
            let place = |at: i64| values.ts.partition_point(|ts| *ts < at);
            place(*begin)..place(begin + self.step_us)
        };
        self.begins.iter().map(|begin| gathered(&values.values[rows(begin)])).collect()
    }
}

fn gathered(values: &[Option<f64>]) -> Bucket {
    let mut bucket = Bucket::EMPTY;
    for value in values.iter().flatten() {
        bucket.add(*value);
    }
    bucket
}

#[cfg(test)]
mod tests;
