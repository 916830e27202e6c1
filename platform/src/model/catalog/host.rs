//! The table of hosts, joined from what each noun gives to it.

use super::*;

const HOST: &[Metric<Sample>] = &[
    real("interval_seconds", Gauge, Seconds, "time until the next sample is due", |s| s.interval_seconds),
    real("uptime_seconds", Gauge, Seconds, "time since boot", |s| s.uptime_seconds),
];

/// What each noun gives to the table, in the order of its columns.
const PARTS: &[&[Metric<Sample>]] = &[
    HOST,
    cpu::HOST,
    memory::HOST,
    pressure::HOST,
    socket::HOST,
    kernel::HOST,
    process::HOST,
    power::HOST,
    zfs::HOST,
    timekeeping::HOST,
];

/// One row per host and instant.
pub static TABLE: Table<Sample> =
    Table { name: "host", dimension: None, rows: std::slice::from_ref, every_seconds: 0, metrics: &METRICS };

static METRICS: [Metric<Sample>; count(PARTS)] = joined(PARTS);

const fn count(parts: &[&[Metric<Sample>]]) -> usize {
    let (mut count, mut part) = (0, 0);
    while part < parts.len() {
        count += parts[part].len();
        part += 1;
    }
    count
}

/// All parts one after the other. (Loops, for iterators cannot run at compile time.)
pub(super) const fn joined<T, const N: usize>(parts: &[&[Metric<T>]]) -> [Metric<T>; N] {
    let mut all = [parts[0][0]; N];
    let (mut next, mut part) = (0, 0);
    while part < parts.len() {
        let mut metric = 0;
        while metric < parts[part].len() {
            all[next] = parts[part][metric];
            next += 1;
            metric += 1;
        }
        part += 1;
    }
    all
}
