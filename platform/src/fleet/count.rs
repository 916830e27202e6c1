//! How much a sample holds, by the catalog.

use crate::model::{
    Sample,
    catalog::{self, Kind, Metric, Table, Visitor},
};

/// How many values of the catalog a sample carries, texts and flags included.
pub fn values(sample: &Sample) -> u64 {
    count(sample, false)
}

/// How many numbers it carries that were read: neither texts and flags that say what was measured, nor the seconds until
/// the next sample.
pub fn readings(sample: &Sample) -> u64 {
    count(sample, true)
}

fn count(sample: &Sample, numbers_only: bool) -> u64 {
    let mut counter = Counter { sample, numbers_only, count: 0 };
    catalog::visit(&mut counter);
    counter.count
}

struct Counter<'a> {
    sample: &'a Sample,
    numbers_only: bool,
    count: u64,
}

impl Counter<'_> {
    fn counts<T>(&self, metric: &Metric<T>) -> bool {
        !self.numbers_only || metric.kind != Kind::Label && metric.name != "interval_seconds"
    }
}

impl Visitor for Counter<'_> {
    fn table<T: 'static>(&mut self, table: &'static Table<T>) {
        for row in (table.rows)(self.sample) {
            let counted = table.metrics.iter().filter(|metric| self.counts(metric) && metric.read.is_known(row));
            self.count += counted.count() as u64;
        }
    }
}
