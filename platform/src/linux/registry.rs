//! The list of collectors: what they are called, when they read, where, and which fields of a sample are theirs.

use std::{mem::swap, time::Duration};

use super::{
    Setup, collector::Collector, conntrack, container, cpu, disk, filesystem, gpu, kernel, load, memory,
    memory_controller, network, power, pressure, process, raid, sensor, socket, textfile, throttling, timekeeping,
    unit, uptime, zfs,
};
use crate::model::{POPULATIONS_EVERY_SECONDS, Sample};

/// One line of the list.
pub(super) struct Entry {
    /// What people call it.
    pub name: &'static str,
    /// What it reads, for `--help`.
    pub about: &'static str,
    /// Not read again before this is over.
    pub every: Duration,
    /// Where it reads.
    pub place: Place,
    /// Makes it.
    pub make: fn(&Setup) -> Option<Box<dyn Collector>>,
    /// Exchanges its fields between two samples.
    pub exchange: fn(&mut Sample, &mut Sample),
}

/// Where a collector reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At once, on the thread that takes the sample: the kernel answers from memory, or the collector has limits of its own.
    Here,
    /// On a thread that may be left behind: hardware, other people's files, or very many of them are asked.
    Aside,
}

/// Read for every sample.
const EACH: Duration = Duration::ZERO;

/// Read as often as the catalog says.
const SELDOM: Duration = Duration::from_secs(POPULATIONS_EVERY_SECONDS as u64);

macro_rules! entry {
    ($name:literal, $about:literal, $every:expr, $place:ident, $make:expr, $($field:ident),+) => {
        Entry {
            name: $name,
            about: $about,
            every: $every,
            place: Place::$place,
            make: $make,
            exchange: |one, other| { $(swap(&mut one.$field, &mut other.$field);)+ },
        }
    };
}

/// All collectors, in the order in which they read.
pub(super) const ENTRIES: &[Entry] = &[
    entry!("uptime", "time since boot", EACH, Here, |s| make(uptime::Uptime::new(&s.roots)), uptime_seconds),
    entry!("cpu", "time by mode and core, frequency", EACH, Here, |s| make(cpu::Processors::new(&s.roots)), cpu),
    entry!("load", "load averages, tasks", EACH, Here, |s| make(load::Averages::new(&s.roots)), load),
    entry!("memory", "memory, swap, paging", EACH, Here, |s| make(memory::Stocks::new(&s.roots)), memory, swap),
    entry!(
        "pressure",
        "stalls for want of cpu, memory, io",
        EACH,
        Here,
        |s| make(pressure::Watch::new(&s.roots)),
        pressure
    ),
    entry!("socket", "sockets, TCP, UDP", EACH, Here, |s| make(socket::Protocols::new(&s.roots)), sockets),
    entry!("conntrack", "tracked connections", EACH, Here, |s| make(conntrack::Conntrack::new(&s.roots)), conntrack),
    entry!("kernel", "open files, entropy, limits", EACH, Here, |s| make(kernel::Stocks::new(&s.roots)), kernel),
    entry!(
        "throttling",
        "what a Raspberry Pi holds back",
        EACH,
        Here,
        |s| make(throttling::Firmware::new(&s.roots)),
        throttling
    ),
    entry!("zfs", "the cache of ZFS", EACH, Here, |s| make(zfs::Cache::new(&s.roots)), zfs_cache),
    entry!("timekeeping", "how well the clock is kept", EACH, Here, |_| make(timekeeping::WallClock), timekeeping),
    entry!("raid", "software RAID", EACH, Here, |s| make(raid::Arrays::new(&s.roots)), raids),
    entry!("disk", "block devices", EACH, Here, |s| make(disk::Disks::new(&s.roots)), disks),
    entry!("network", "interfaces", EACH, Here, |s| make(network::Interfaces::new(&s.roots)), networks),
    entry!(
        "filesystem",
        "space and inodes",
        EACH,
        Here,
        |s| make(filesystem::Filesystems::new(&s.roots, s.disk_path(), s.network_filesystems)),
        filesystems,
        silent_filesystems
    ),
    entry!(
        "edac",
        "errors of ECC memory",
        EACH,
        Here,
        |s| make(memory_controller::Controllers::new(&s.roots)),
        memory_controllers
    ),
    entry!(
        "sensor",
        "temperatures, fans, voltages, power",
        EACH,
        Aside,
        |s| make(sensor::Sensors::new(&s.roots)),
        sensors
    ),
    entry!("gpu", "graphics processors", EACH, Aside, |s| make(gpu::Gpus::new(&s.roots)), gpus),
    entry!(
        "textfile",
        "metrics of your own (--textfile-dir)",
        SELDOM,
        Aside,
        |s| make(textfile::Textfiles::new(s.textfile_dir.clone())),
        custom,
        textfiles
    ),
    entry!(
        "process",
        "states, and the names that use the most",
        SELDOM,
        Aside,
        |s| make(process::Processes::new(&s.roots)),
        process_counts,
        processes
    ),
    entry!("container", "containers", SELDOM, Aside, |s| make(container::Containers::new(&s.roots)), containers),
    entry!("unit", "services of systemd", SELDOM, Aside, |s| make(unit::Units::new(&s.roots)), units),
    entry!(
        "power",
        "batteries, adapters, UPSes",
        EACH,
        Aside,
        |s| make(power::Supplies::new(&s.roots)),
        power_supplies
    ),
];

fn make(collector: impl Collector + 'static) -> Option<Box<dyn Collector>> {
    Some(Box::new(collector))
}
