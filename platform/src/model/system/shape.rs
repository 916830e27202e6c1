//! The objects of the `/system` document. Names and units are the predecessor's; what is unknown is null, but for the
//! numbers that its forwarder converts without looking.

use serde::Serialize;

/// The whole document.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct System {
    /// When the sample was taken, ISO 8601.
    pub collected_at: String,
    /// The processor.
    pub cpu: Processor,
    /// Memory.
    pub memory: Memory,
    /// Swap.
    pub swap: Swap,
    /// Space on the filesystem that stands for the host's disk.
    pub disk: Disk,
    /// Input and output of all physical disks.
    pub disk_io: DiskIo,
    /// Traffic, and the way out.
    pub network: Network,
    /// Time since boot.
    pub uptime: Uptime,
    /// What machine it is.
    pub system: Machine,
}

/// The processor.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Processor {
    /// Share of time not idle and not waiting for I/O since the sample before, percent. Always a number.
    pub percent: f64,
    /// Hardware threads online.
    pub logical_cores: Option<u32>,
    /// Cores.
    pub physical_cores: Option<u32>,
    /// Present frequency, the mean of the cores, MHz.
    pub frequency_mhz: Option<f64>,
    /// Lowest frequency, MHz.
    pub min_frequency_mhz: Option<f64>,
    /// Highest frequency, MHz.
    pub max_frequency_mhz: Option<f64>,
    /// The processor's name.
    pub processor: Option<String>,
}

/// Memory, bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Memory {
    /// Usable memory.
    pub total: Option<u64>,
    /// What programs could have without swapping.
    pub available: Option<u64>,
    /// `used` of `total`, percent. Always a number.
    pub percent: f64,
    /// `total` less `available`.
    pub used: Option<u64>,
    /// In no use at all.
    pub free: Option<u64>,
    /// Recently used.
    pub active: Option<u64>,
    /// Not used lately.
    pub inactive: Option<u64>,
    /// Buffers of block devices.
    pub buffers: Option<u64>,
    /// Page cache and reclaimable slab.
    pub cached: Option<u64>,
    /// Shared memory and tmpfs.
    pub shared: Option<u64>,
    /// Kernel slab.
    pub slab: Option<u64>,
}

/// Swap, bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Swap {
    /// Swap space.
    pub total: Option<u64>,
    /// `total` less `free`.
    pub used: Option<u64>,
    /// Unused.
    pub free: Option<u64>,
    /// `used` of `total`, percent; 0 without swap.
    pub percent: Option<f64>,
    /// Read back from swap since boot.
    pub sin: Option<u64>,
    /// Written to swap since boot.
    pub sout: Option<u64>,
}

/// Space on one filesystem, bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Disk {
    /// Its size.
    pub total: Option<u64>,
    /// Used space.
    pub used: Option<u64>,
    /// Free space for ordinary users.
    pub free: Option<u64>,
    /// `used` of `used` and `free`, percent. Always a number.
    pub percent: f64,
    /// The path that was asked for.
    pub mount: String,
}

/// Input and output of the physical disks since boot.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DiskIo {
    /// Reads.
    pub read_count: Option<u64>,
    /// Writes.
    pub write_count: Option<u64>,
    /// Bytes read. Always a number.
    pub read_bytes: u64,
    /// Bytes written. Always a number.
    pub write_bytes: u64,
    /// Time spent by reads, milliseconds.
    pub read_time: Option<u64>,
    /// Time spent by writes, milliseconds.
    pub write_time: Option<u64>,
    /// Reads merged with a neighbour.
    pub read_merged_count: Option<u64>,
    /// Writes merged with a neighbour.
    pub write_merged_count: Option<u64>,
    /// Time with at least one request in flight, milliseconds.
    pub busy_time: Option<u64>,
}

/// Traffic, and the way out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Network {
    /// Traffic of all interfaces, the loopback included.
    pub io_counters: IoCounters,
    /// The interface of the default route.
    pub primary_interface: Option<PrimaryInterface>,
}

/// Traffic since boot.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct IoCounters {
    /// Bytes sent.
    pub bytes_sent: Option<u64>,
    /// Bytes received.
    pub bytes_recv: Option<u64>,
    /// Packets sent.
    pub packets_sent: Option<u64>,
    /// Packets received.
    pub packets_recv: Option<u64>,
    /// Receive errors.
    pub errin: Option<u64>,
    /// Send errors.
    pub errout: Option<u64>,
    /// Received packets dropped.
    pub dropin: Option<u64>,
    /// Packets dropped on sending.
    pub dropout: Option<u64>,
}

/// An interface and its address.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PrimaryInterface {
    /// Its name.
    pub name: String,
    /// IPv4 address.
    pub ipv4: Option<String>,
    /// IPv4 netmask.
    pub netmask: Option<String>,
    /// IPv4 broadcast address.
    pub broadcast: Option<String>,
    /// Link speed, megabits per second.
    pub speed_mbps: Option<u64>,
    /// Largest packet, bytes.
    pub mtu: Option<u64>,
    /// `full` or `half`.
    pub duplex: Option<String>,
}

/// Time since boot.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Uptime {
    /// Whole seconds since boot.
    pub seconds: Option<u64>,
    /// When the host was booted, ISO 8601.
    pub boot_time: Option<String>,
    /// `seconds` for people: `3 days, 4:05:06`.
    pub human: Option<String>,
}

/// What machine it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Machine {
    /// The host's name.
    pub hostname: String,
    /// The kind of system.
    pub os: Option<String>,
    /// Kernel release.
    pub os_release: Option<String>,
    /// Kernel build.
    pub os_version: Option<String>,
    /// The machine's architecture.
    pub architecture: Option<String>,
    /// System, release and architecture in one.
    pub platform: Option<String>,
    /// The machine's model.
    pub model: Option<String>,
}
