//! The one declared list of metrics. The store's columns, the names in `GET /data`, the dashboard's units and the agent's
//! `/metrics` are made from it: to add a reading, add a field to its noun and one line in the file of that name below.

mod collection;
mod control_group;
mod cpu;
mod custom;
mod disk;
mod gpu;
mod host;
mod kernel;
mod memory;
mod memory_controller;
mod network;
mod power;
mod pressure;
mod process;
mod raid;
mod sensor;
mod socket;
mod timekeeping;
mod zfs;

use super::{COLLECTIONS_EVERY_SECONDS, POPULATIONS_EVERY_SECONDS, Sample};
pub use collection::COLLECTOR;
pub use control_group::{CONTAINER, UNIT};
pub use cpu::CORE;
pub use custom::{CUSTOM, TEXTFILE};
pub use disk::{DISK, FILESYSTEM};
pub use gpu::GPU;
pub use host::TABLE as HOST;
pub use memory_controller::MEMORY_CONTROLLER;
pub use network::NETWORK;
pub use power::POWER_SUPPLY;
pub use process::PROCESS;
pub use raid::RAID;
pub use sensor::SENSOR;

/// How a metric behaves over time, and so what may be computed from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Moves both ways.
    Gauge,
    /// Only grows. Queried as a rate per second: `x_total` is asked for as `x_per_s`.
    Counter,
    /// A counter of seconds by mode. Queried as its share of all modes: `x_seconds_total` is asked for as `x_ratio`.
    Mode,
    /// A text or flag that describes the thing measured.
    Label,
}

/// What one of it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Bits.
    Bits,
    /// Hertz.
    Hertz,
    /// Bits per second.
    BitsPerSecond,
    /// 0 to 1.
    Ratio,
    /// Degrees Celsius.
    Celsius,
    /// Revolutions per minute.
    RevolutionsPerMinute,
    /// Volts.
    Volts,
    /// Amperes.
    Amperes,
    /// Watts.
    Watts,
    /// Joules.
    Joules,
    /// Coulombs.
    Coulombs,
    /// A plain count.
    Count,
    /// Not a number.
    None,
}

impl Unit {
    /// The name used on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Seconds => "seconds",
            Unit::Bytes => "bytes",
            Unit::Bits => "bits",
            Unit::Hertz => "hertz",
            Unit::BitsPerSecond => "bits_per_second",
            Unit::Ratio => "ratio",
            Unit::Celsius => "celsius",
            Unit::RevolutionsPerMinute => "revolutions_per_minute",
            Unit::Volts => "volts",
            Unit::Amperes => "amperes",
            Unit::Watts => "watts",
            Unit::Joules => "joules",
            Unit::Coulombs => "coulombs",
            Unit::Count => "count",
            Unit::None => "none",
        }
    }
}

/// How to read a metric from a row, and so the type it is stored in.
pub enum Read<T: 'static> {
    /// A whole number.
    Integer(fn(&T) -> Option<u64>),
    /// A real number.
    Real(fn(&T) -> Option<f64>),
    /// Yes or no.
    Flag(fn(&T) -> Option<bool>),
    /// A text.
    Text(fn(&T) -> Option<&str>),
}

impl<T> Read<T> {
    /// Whether a row has it.
    pub fn is_known(&self, row: &T) -> bool {
        match self {
            Read::Integer(read) => read(row).is_some(),
            Read::Real(read) => read(row).is_some(),
            Read::Flag(read) => read(row).is_some(),
            Read::Text(read) => read(row).is_some(),
        }
    }
}

/// One metric of rows of type `T`.
pub struct Metric<T: 'static> {
    /// Its name. In the table of hosts the noun comes first: `memory.total_bytes`.
    pub name: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// Its unit.
    pub unit: Unit,
    /// What it is, in a few words.
    pub help: &'static str,
    /// How to read it.
    pub read: Read<T>,
    /// For how long a reading stands, where that is longer than for its table: see [`Table::every_seconds`].
    pub every_seconds: u32,
}

// Derived, these would ask the same of the row.
impl<T> Clone for Read<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Read<T> {}

impl<T> Clone for Metric<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Metric<T> {}

impl<T> Metric<T> {
    /// The name of its column.
    pub fn column(&self) -> String {
        self.name.replace('.', "_")
    }

    /// The same, read no more often than this.
    const fn every(self, seconds: u32) -> Self {
        Metric { every_seconds: seconds, ..self }
    }
}

/// One table: a row per host and instant, or per host, instant and dimension.
pub struct Table<T: 'static> {
    /// Its name.
    pub name: &'static str,
    /// What tells the rows of one instant apart; none for the table of hosts.
    pub dimension: Option<Metric<T>>,
    /// For how long a reading stands: it is not repeated before that is over, in samples that follow each other faster.
    /// 0 where each sample has one.
    pub every_seconds: u32,
    /// What is measured.
    pub metrics: &'static [Metric<T>],
    /// The rows of a sample.
    pub rows: fn(&Sample) -> &[T],
}

/// Something to be done for each table.
pub trait Visitor {
    /// Called once for each table.
    fn table<T: 'static>(&mut self, table: &'static Table<T>);
}

/// Shows all tables to a visitor.
pub fn visit(visitor: &mut impl Visitor) {
    visitor.table(&HOST);
    visitor.table(&CORE);
    visitor.table(&FILESYSTEM);
    visitor.table(&DISK);
    visitor.table(&NETWORK);
    visitor.table(&SENSOR);
    visitor.table(&POWER_SUPPLY);
    visitor.table(&RAID);
    visitor.table(&MEMORY_CONTROLLER);
    visitor.table(&PROCESS);
    visitor.table(&CONTAINER);
    visitor.table(&UNIT);
    visitor.table(&GPU);
    visitor.table(&CUSTOM);
    visitor.table(&TEXTFILE);
    visitor.table(&COLLECTOR);
}

const fn integer<T>(
    name: &'static str,
    kind: Kind,
    unit: Unit,
    help: &'static str,
    read: fn(&T) -> Option<u64>,
) -> Metric<T> {
    Metric { name, kind, unit, help, read: Read::Integer(read), every_seconds: 0 }
}

const fn real<T>(
    name: &'static str,
    kind: Kind,
    unit: Unit,
    help: &'static str,
    read: fn(&T) -> Option<f64>,
) -> Metric<T> {
    Metric { name, kind, unit, help, read: Read::Real(read), every_seconds: 0 }
}

const fn flag<T>(name: &'static str, help: &'static str, read: fn(&T) -> Option<bool>) -> Metric<T> {
    Metric { name, kind: Kind::Label, unit: Unit::None, help, read: Read::Flag(read), every_seconds: 0 }
}

const fn text<T>(name: &'static str, help: &'static str, read: fn(&T) -> Option<&str>) -> Metric<T> {
    Metric { name, kind: Kind::Label, unit: Unit::None, help, read: Read::Text(read), every_seconds: 0 }
}

use Kind::{Counter, Gauge, Mode};
use Unit::{
    Amperes, Bits, BitsPerSecond, Bytes, Celsius, Coulombs, Count, Hertz, Joules, Ratio, RevolutionsPerMinute, Seconds,
    Volts, Watts,
};

#[cfg(test)]
mod tests;
