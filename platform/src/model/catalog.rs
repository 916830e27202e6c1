//! The one declared list of metrics. The store's columns, the names in `GET /data` and the dashboard's units are all
//! made from it: to add a reading, add a field to its noun and one line here.

use super::{Core, Cpu, Disk, Filesystem, Load, Memory, Network, Sample, Swap};

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
    /// Hertz.
    Hertz,
    /// Bits per second.
    BitsPerSecond,
    /// 0 to 1.
    Ratio,
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
            Unit::Hertz => "hertz",
            Unit::BitsPerSecond => "bits_per_second",
            Unit::Ratio => "ratio",
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
}

impl<T> Metric<T> {
    /// The name of its column.
    pub fn column(&self) -> String {
        self.name.replace('.', "_")
    }
}

/// One table: a row per host and instant, or per host, instant and dimension.
pub struct Table<T: 'static> {
    /// Its name.
    pub name: &'static str,
    /// What tells the rows of one instant apart; none for the table of hosts.
    pub dimension: Option<Metric<T>>,
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
}

const fn integer<T>(
    name: &'static str,
    kind: Kind,
    unit: Unit,
    help: &'static str,
    read: fn(&T) -> Option<u64>,
) -> Metric<T> {
    Metric { name, kind, unit, help, read: Read::Integer(read) }
}

const fn real<T>(
    name: &'static str,
    kind: Kind,
    unit: Unit,
    help: &'static str,
    read: fn(&T) -> Option<f64>,
) -> Metric<T> {
    Metric { name, kind, unit, help, read: Read::Real(read) }
}

const fn flag<T>(name: &'static str, help: &'static str, read: fn(&T) -> Option<bool>) -> Metric<T> {
    Metric { name, kind: Kind::Label, unit: Unit::None, help, read: Read::Flag(read) }
}

const fn text<T>(name: &'static str, help: &'static str, read: fn(&T) -> Option<&str>) -> Metric<T> {
    Metric { name, kind: Kind::Label, unit: Unit::None, help, read: Read::Text(read) }
}

use Kind::{Counter, Gauge, Mode};
use Unit::{BitsPerSecond, Bytes, Count, Hertz, Seconds};

fn cpu<R>(sample: &Sample, read: impl Fn(&Cpu) -> Option<R>) -> Option<R> {
    sample.cpu.as_ref().and_then(read)
}

fn load<R>(sample: &Sample, read: impl Fn(&Load) -> Option<R>) -> Option<R> {
    sample.load.as_ref().and_then(read)
}

fn memory(sample: &Sample, read: impl Fn(&Memory) -> Option<u64>) -> Option<u64> {
    sample.memory.as_ref().and_then(read)
}

fn swap(sample: &Sample, read: impl Fn(&Swap) -> Option<u64>) -> Option<u64> {
    sample.swap.as_ref().and_then(read)
}

/// One row per host and instant.
pub static HOST: Table<Sample> = Table {
    name: "host",
    dimension: None,
    rows: std::slice::from_ref,
    metrics: &[
        real("interval_seconds", Gauge, Seconds, "time until the next sample is due", |s| s.interval_seconds),
        real("uptime_seconds", Gauge, Seconds, "time since boot", |s| s.uptime_seconds),
        real("cpu.user_seconds_total", Mode, Seconds, "in user space", |s| {
            cpu(s, |c| Some(c.total.user_seconds_total))
        }),
        real("cpu.nice_seconds_total", Mode, Seconds, "in user space at lowered priority", |s| {
            cpu(s, |c| Some(c.total.nice_seconds_total))
        }),
        real("cpu.system_seconds_total", Mode, Seconds, "in the kernel", |s| {
            cpu(s, |c| Some(c.total.system_seconds_total))
        }),
        real("cpu.idle_seconds_total", Mode, Seconds, "idle", |s| cpu(s, |c| Some(c.total.idle_seconds_total))),
        real("cpu.iowait_seconds_total", Mode, Seconds, "idle, waiting for I/O", |s| {
            cpu(s, |c| c.total.iowait_seconds_total)
        }),
        real("cpu.irq_seconds_total", Mode, Seconds, "servicing interrupts", |s| cpu(s, |c| c.total.irq_seconds_total)),
        real("cpu.softirq_seconds_total", Mode, Seconds, "servicing soft interrupts", |s| {
            cpu(s, |c| c.total.softirq_seconds_total)
        }),
        real("cpu.steal_seconds_total", Mode, Seconds, "taken by the hypervisor", |s| {
            cpu(s, |c| c.total.steal_seconds_total)
        }),
        real("cpu.guest_seconds_total", Counter, Seconds, "running guests, also counted in user", |s| {
            cpu(s, |c| c.total.guest_seconds_total)
        }),
        real("cpu.guest_nice_seconds_total", Counter, Seconds, "running niced guests, also counted in nice", |s| {
            cpu(s, |c| c.total.guest_nice_seconds_total)
        }),
        integer("cpu.context_switches_total", Counter, Count, "context switches", |s| {
            cpu(s, |c| c.context_switches_total)
        }),
        integer("cpu.interrupts_total", Counter, Count, "interrupts serviced", |s| cpu(s, |c| c.interrupts_total)),
        real("load.one", Gauge, Count, "load average over 1 minute", |s| load(s, |l| Some(l.one))),
        real("load.five", Gauge, Count, "load average over 5 minutes", |s| load(s, |l| Some(l.five))),
        real("load.fifteen", Gauge, Count, "load average over 15 minutes", |s| load(s, |l| Some(l.fifteen))),
        integer("load.tasks_running", Gauge, Count, "runnable tasks", |s| load(s, |l| l.tasks_running)),
        integer("load.tasks", Gauge, Count, "tasks, threads included", |s| load(s, |l| l.tasks)),
        integer("memory.total_bytes", Gauge, Bytes, "usable memory", |s| memory(s, |m| Some(m.total_bytes))),
        integer("memory.free_bytes", Gauge, Bytes, "memory in no use", |s| memory(s, |m| Some(m.free_bytes))),
        integer("memory.available_bytes", Gauge, Bytes, "memory that programs could have without swapping", |s| {
            memory(s, |m| Some(m.available_bytes))
        }),
        integer("memory.buffers_bytes", Gauge, Bytes, "buffers of block devices", |s| memory(s, |m| m.buffers_bytes)),
        integer("memory.cached_bytes", Gauge, Bytes, "page cache", |s| memory(s, |m| m.cached_bytes)),
        integer("memory.shared_bytes", Gauge, Bytes, "shared memory and tmpfs", |s| memory(s, |m| m.shared_bytes)),
        integer("memory.slab_bytes", Gauge, Bytes, "kernel slab", |s| memory(s, |m| m.slab_bytes)),
        integer("memory.slab_reclaimable_bytes", Gauge, Bytes, "reclaimable kernel slab", |s| {
            memory(s, |m| m.slab_reclaimable_bytes)
        }),
        integer("memory.active_bytes", Gauge, Bytes, "recently used pages", |s| memory(s, |m| m.active_bytes)),
        integer("memory.inactive_bytes", Gauge, Bytes, "pages not used lately", |s| memory(s, |m| m.inactive_bytes)),
        integer("memory.dirty_bytes", Gauge, Bytes, "pages waiting to be written", |s| memory(s, |m| m.dirty_bytes)),
        integer("swap.total_bytes", Gauge, Bytes, "swap space", |s| swap(s, |w| Some(w.total_bytes))),
        integer("swap.free_bytes", Gauge, Bytes, "unused swap space", |s| swap(s, |w| Some(w.free_bytes))),
        integer("swap.in_bytes_total", Counter, Bytes, "read back from swap", |s| swap(s, |w| w.in_bytes_total)),
        integer("swap.out_bytes_total", Counter, Bytes, "written to swap", |s| swap(s, |w| w.out_bytes_total)),
    ],
};

/// One row per host, instant and core.
pub static CORE: Table<Core> = Table {
    name: "core",
    dimension: Some(integer("core", Kind::Label, Unit::None, "number of the core", |c| Some(c.index.into()))),
    rows: |s| s.cpu.as_ref().map_or(&[], |c| c.cores.as_slice()),
    metrics: &[
        real("user_seconds_total", Mode, Seconds, "in user space", |c| Some(c.modes.user_seconds_total)),
        real("nice_seconds_total", Mode, Seconds, "in user space at lowered priority", |c| {
            Some(c.modes.nice_seconds_total)
        }),
        real("system_seconds_total", Mode, Seconds, "in the kernel", |c| Some(c.modes.system_seconds_total)),
        real("idle_seconds_total", Mode, Seconds, "idle", |c| Some(c.modes.idle_seconds_total)),
        real("iowait_seconds_total", Mode, Seconds, "idle, waiting for I/O", |c| c.modes.iowait_seconds_total),
        real("irq_seconds_total", Mode, Seconds, "servicing interrupts", |c| c.modes.irq_seconds_total),
        real("softirq_seconds_total", Mode, Seconds, "servicing soft interrupts", |c| c.modes.softirq_seconds_total),
        real("steal_seconds_total", Mode, Seconds, "taken by the hypervisor", |c| c.modes.steal_seconds_total),
        real("guest_seconds_total", Counter, Seconds, "running guests, also counted in user", |c| {
            c.modes.guest_seconds_total
        }),
        real("guest_nice_seconds_total", Counter, Seconds, "running niced guests, also counted in nice", |c| {
            c.modes.guest_nice_seconds_total
        }),
        integer("frequency_hertz", Gauge, Hertz, "present frequency", |c| c.frequency_hertz),
    ],
};

/// One row per host, instant and mounted filesystem.
pub static FILESYSTEM: Table<Filesystem> = Table {
    name: "filesystem",
    dimension: Some(text("mountpoint", "where it is mounted", |f| Some(&f.mountpoint))),
    rows: |s| &s.filesystems,
    metrics: &[
        text("device", "where it comes from", |f| Some(&f.device)),
        text("kind", "its type", |f| Some(&f.kind)),
        flag("read_only", "mounted read-only", |f| Some(f.read_only)),
        integer("total_bytes", Gauge, Bytes, "size", |f| Some(f.total_bytes)),
        integer("free_bytes", Gauge, Bytes, "free space, root's reserve included", |f| Some(f.free_bytes)),
        integer("available_bytes", Gauge, Bytes, "free space for ordinary users", |f| Some(f.available_bytes)),
        integer("inodes", Gauge, Count, "inodes", |f| f.inodes),
        integer("inodes_free", Gauge, Count, "free inodes", |f| f.inodes_free),
    ],
};

/// One row per host, instant and block device.
pub static DISK: Table<Disk> = Table {
    name: "disk",
    dimension: Some(text("device", "the kernel's name of the device", |d| Some(&d.device))),
    rows: |s| &s.disks,
    metrics: &[
        flag("physical", "a device of its own, not one mapped onto others", |d| Some(d.physical)),
        integer("reads_total", Counter, Count, "reads completed", |d| Some(d.reads_total)),
        integer("reads_merged_total", Counter, Count, "reads merged", |d| d.reads_merged_total),
        integer("read_bytes_total", Counter, Bytes, "bytes read", |d| Some(d.read_bytes_total)),
        real("read_seconds_total", Counter, Seconds, "time spent by reads", |d| d.read_seconds_total),
        integer("writes_total", Counter, Count, "writes completed", |d| Some(d.writes_total)),
        integer("writes_merged_total", Counter, Count, "writes merged", |d| d.writes_merged_total),
        integer("written_bytes_total", Counter, Bytes, "bytes written", |d| Some(d.written_bytes_total)),
        real("write_seconds_total", Counter, Seconds, "time spent by writes", |d| d.write_seconds_total),
        integer("in_flight", Gauge, Count, "requests in flight", |d| d.in_flight),
        real("busy_seconds_total", Counter, Seconds, "time with a request in flight", |d| d.busy_seconds_total),
        real("queue_seconds_total", Counter, Seconds, "time in flight summed over requests", |d| d.queue_seconds_total),
    ],
};

/// One row per host, instant and network interface.
pub static NETWORK: Table<Network> = Table {
    name: "network",
    dimension: Some(text("interface", "the kernel's name of the interface", |n| Some(&n.interface))),
    rows: |s| &s.networks,
    metrics: &[
        integer("rx_bytes_total", Counter, Bytes, "bytes received", |n| Some(n.rx_bytes_total)),
        integer("rx_packets_total", Counter, Count, "packets received", |n| Some(n.rx_packets_total)),
        integer("rx_errors_total", Counter, Count, "receive errors", |n| Some(n.rx_errors_total)),
        integer("rx_dropped_total", Counter, Count, "received packets dropped", |n| Some(n.rx_dropped_total)),
        integer("tx_bytes_total", Counter, Bytes, "bytes sent", |n| Some(n.tx_bytes_total)),
        integer("tx_packets_total", Counter, Count, "packets sent", |n| Some(n.tx_packets_total)),
        integer("tx_errors_total", Counter, Count, "send errors", |n| Some(n.tx_errors_total)),
        integer("tx_dropped_total", Counter, Count, "packets dropped on sending", |n| Some(n.tx_dropped_total)),
        flag("up", "whether it can carry traffic", |n| n.up),
        integer("speed_bits_per_second", Gauge, BitsPerSecond, "link speed", |n| n.speed_bits_per_second),
        integer("mtu_bytes", Gauge, Bytes, "largest packet", |n| n.mtu_bytes),
    ],
};
