//! What can be asked for by name, made from the catalog: gauges by their names, counters as rates, modes as shares, flags
//! as 0 and 1, and the few ratios that everybody wants.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use siskin_platform::model::catalog::{self, Kind, Read, Table, Unit, Visitor};

/// Ratios of two columns: name, table, columns, and how they make the ratio.
type Ratio = (&'static str, &'static str, [&'static str; 3], fn([f64; 3]) -> (f64, f64));
const RATIOS: [Ratio; 3] = [
    (
        "memory.used_ratio",
        "host",
        ["memory_total_bytes", "memory_available_bytes", "memory_total_bytes"],
        |[total, available, _]| (total - available, total),
    ),
    ("swap.used_ratio", "host", ["swap_total_bytes", "swap_free_bytes", "swap_total_bytes"], |[total, free, _]| {
        (total - free, total)
    }),
    // As `df` counts: of what ordinary users can have.
    (
        "filesystem.used_ratio",
        "filesystem",
        ["total_bytes", "free_bytes", "available_bytes"],
        |[total, free, available]| (total - free, total - free + available),
    ),
];

/// The table of the predecessor's pushes, and its columns with their units. They have no names in the catalog.
pub const FLAT: &str = "flat";
const FLAT_COLUMNS: [(&str, &str); 5] = [
    ("cpu", "percent"),
    ("ram", "percent"),
    ("disk", "percent"),
    ("disk_read", "mebibytes_per_second"),
    ("disk_write", "mebibytes_per_second"),
];
/// The table of people's own metrics.
pub const CUSTOM: &str = catalog::CUSTOM.name;

const SECOND_US: i64 = 1_000_000;

/// Modes in which a processor does nothing.
const REST: [&str; 2] = ["idle_seconds_total", "iowait_seconds_total"];

pub struct Metric {
    pub name: String,
    pub table: &'static str,
    pub dimension: Option<&'static str>,
    pub unit: &'static str,
    /// Not read again before this is over, microseconds; 0 where each sample has it.
    pub every_us: i64,
    pub from: From,
}

/// How a metric comes from columns.
pub enum From {
    /// As it is; a flag as 0 or 1, so that a step's mean is the share of it in which the flag was set.
    Gauge {
        column: String,
    },
    Rate {
        column: String,
    },
    /// The share of one mode in all.
    Share {
        column: String,
        all: Vec<String>,
    },
    /// What is not rest.
    Busy {
        rest: Vec<String>,
        all: Vec<String>,
    },
    Ratio {
        columns: [&'static str; 3],
        of: fn([f64; 3]) -> (f64, f64),
    },
}

impl Metric {
    /// What its columns in rollups are called, before `_avg`, `_min` and `_max`: `network.rx_bytes_per_s` is
    /// `rx_bytes_per_s` in the table `network`, `cpu.busy_ratio` is `cpu_busy_ratio` in the table of hosts.
    pub fn rollup_column(&self) -> String {
        let prefix = self.dimension.and(self.name.strip_prefix(self.table)).and_then(|name| name.strip_prefix('.'));
        prefix.unwrap_or(&self.name).replace('.', "_")
    }
}

impl From {
    /// Whether it is computed from two readings.
    pub fn is_rate(&self) -> bool {
        matches!(self, From::Rate { .. } | From::Share { .. } | From::Busy { .. })
    }

    /// The columns it needs.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            From::Gauge { column } | From::Rate { column } => vec![column],
            From::Share { all, .. } | From::Busy { all, .. } => all.iter().map(String::as_str).collect(),
            From::Ratio { columns, .. } => columns.to_vec(),
        }
    }
}

/// The metric of this name.
pub fn find(name: &str) -> Option<&'static Metric> {
    all().metrics.get(name)
}

/// The metrics of a table, by name; of the predecessor's pushes, in the order of its columns.
pub fn of_table(table: &str) -> Vec<&'static Metric> {
    let all = all();
    all.metrics.values().chain(&all.flat).filter(|metric| metric.table == table).collect()
}

/// Whether it is the name of a text, which has no values over time.
pub fn is_text(name: &str) -> bool {
    all().texts.contains(name)
}

/// Everything the catalog has, and beside it the columns of the predecessor's pushes.
#[derive(Default)]
struct List {
    metrics: BTreeMap<String, Metric>,
    flat: Vec<Metric>,
    texts: BTreeSet<String>,
}

fn all() -> &'static List {
    static ALL: OnceLock<List> = OnceLock::new();
    ALL.get_or_init(|| {
        let flat = FLAT_COLUMNS.map(|(name, unit)| Metric {
            name: name.to_owned(),
            table: FLAT,
            dimension: None,
            unit,
            every_us: 0,
            from: From::Gauge { column: name.to_owned() },
        });
        let mut list = List { flat: flat.into(), ..List::default() };
        catalog::visit(&mut list);
        list
    })
}

impl Visitor for List {
    fn table<T: 'static>(&mut self, table: &'static Table<T>) {
        let dimension = table.dimension.as_ref().map(|metric| metric.name);
        let prefix = if dimension.is_some() { format!("{}.", table.name) } else { String::new() };
        let modes: Vec<String> =
            table.metrics.iter().filter(|metric| metric.kind == Kind::Mode).map(|metric| metric.column()).collect();
        let of_table_us = i64::from(table.every_seconds) * SECOND_US;
        let mut add = |name: String, unit, every_us, from| {
            self.metrics.insert(name.clone(), Metric { name, table: table.name, dimension, unit, every_us, from });
        };
        for metric in table.metrics {
            let column = metric.column();
            let every_us = of_table_us.max(i64::from(metric.every_seconds) * SECOND_US);
            let name = format!("{prefix}{}", metric.name);
            match (metric.kind, &metric.read) {
                (Kind::Gauge, Read::Integer(_) | Read::Real(_)) => {
                    add(name, metric.unit.name(), every_us, From::Gauge { column });
                }
                (Kind::Counter, _) => {
                    let name = format!("{}_per_s", name.trim_end_matches("_total"));
                    add(name, rate_unit(metric.unit), every_us, From::Rate { column });
                }
                (Kind::Mode, _) => {
                    let name = format!("{}_ratio", name.trim_end_matches("_seconds_total"));
                    add(name, Unit::Ratio.name(), every_us, From::Share { column, all: modes.clone() });
                }
                (_, Read::Flag(_)) => add(name, Unit::Ratio.name(), every_us, From::Gauge { column }),
                (_, Read::Text(_)) => drop(self.texts.insert(name)),
                (Kind::Label, _) => {}
            }
        }
        if !modes.is_empty() {
            let rest = modes.iter().filter(|mode| REST.iter().any(|rest| mode.ends_with(rest))).cloned().collect();
            let noun = if dimension.is_some() { table.name } else { "cpu" };
            add(format!("{noun}.busy_ratio"), Unit::Ratio.name(), of_table_us, From::Busy { rest, all: modes });
        }
        for (name, _, columns, of) in RATIOS.iter().filter(|(_, of_table, ..)| *of_table == table.name) {
            add((*name).to_owned(), Unit::Ratio.name(), of_table_us, From::Ratio { columns: *columns, of: *of });
        }
    }
}

/// The unit of a counter's rate. Seconds per second are a ratio, joules per second watts.
fn rate_unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Bytes => "bytes_per_second",
        Unit::Seconds => Unit::Ratio.name(),
        Unit::Joules => Unit::Watts.name(),
        _ => "per_second",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalog_says_how_often_they_are_read() {
        for (name, seconds) in [
            ("cpu.busy_ratio", 0),
            ("disk.read_bytes_per_s", 0),
            ("processes.running", 10),
            ("process.cpu_seconds_per_s", 10),
            ("container.memory_bytes", 10),
            ("collector.success", 60),
        ] {
            assert_eq!(find(name).map(|metric| metric.every_us), Some(seconds * SECOND_US), "{name}");
        }
    }

    #[test]
    fn columns_of_rollups_are_named_without_their_table() {
        for (name, column) in [
            ("cpu.busy_ratio", "cpu_busy_ratio"),
            ("interval_seconds", "interval_seconds"),
            ("processes.running", "processes_running"),
            ("network.rx_bytes_per_s", "rx_bytes_per_s"),
            ("filesystem.used_ratio", "used_ratio"),
            ("memory_controller.corrected_errors_per_s", "corrected_errors_per_s"),
        ] {
            assert_eq!(find(name).map(Metric::rollup_column).as_deref(), Some(column));
        }
    }

    #[test]
    fn names_follow_from_the_catalog() {
        for (name, table, unit) in [
            ("cpu.user_ratio", "host", "ratio"),
            ("cpu.busy_ratio", "host", "ratio"),
            ("core.busy_ratio", "core", "ratio"),
            ("core.frequency_hertz", "core", "hertz"),
            ("load.one", "host", "count"),
            ("memory.available_bytes", "host", "bytes"),
            ("network.rx_bytes_per_s", "network", "bytes_per_second"),
            ("disk.busy_seconds_per_s", "disk", "ratio"),
            ("cpu.context_switches_per_s", "host", "per_second"),
            ("filesystem.used_ratio", "filesystem", "ratio"),
            ("pressure.cpu_some_seconds_per_s", "host", "ratio"),
            ("sensor.energy_joules_per_s", "sensor", "watts"),
            ("network.up", "network", "ratio"),
            ("time.synchronized", "host", "ratio"),
        ] {
            let metric = find(name).unwrap_or_else(|| panic!("{name} is missing"));
            assert_eq!((metric.table, metric.unit), (table, unit), "{name}");
        }
        assert!(find("network.rx_bytes_total").is_none());
        assert!(find("filesystem.kind").is_none() && is_text("filesystem.kind") && !is_text("network.up"));
    }
}
