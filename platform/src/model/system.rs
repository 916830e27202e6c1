//! The `/system` document: a sample as the predecessor's clients read it, in the meaning of psutil 7.

mod shape;
mod time;

use serde::Serialize;

use super::{Agent, Cpu, Host, Modes, Sample, disk, filesystem, memory, network};
pub use shape::{
    Disk, DiskIo, IoCounters, Machine, Memory, Network, PrimaryInterface, Processor, Swap, System, Uptime,
};

/// What `GET /system` answers: the predecessor's objects, and beside them what they were made from.
#[derive(Clone, Debug, Serialize)]
pub struct Document<'a> {
    /// The predecessor's objects.
    #[serde(flatten)]
    pub system: System,
    /// Who answers.
    pub agent: &'a Agent,
    /// The host's slowly changing facts.
    pub host: &'a Host,
    /// Random number drawn at each start of the agent.
    pub stream: u64,
    /// Number of the sample within the stream.
    pub seq: u64,
    /// The whole sample.
    pub sample: &'a Sample,
}

/// The document of a sample. Shares of time are over the interval since the
/// processor times `previous`, and 0 without them.
pub fn system(host: &Host, previous: Option<&Modes>, current: &Sample) -> System {
    let mount = host.disk_mountpoint.as_deref().unwrap_or("/");
    System {
        collected_at: time::iso(current.at.unix_ms),
        cpu: processor(host, previous, current.cpu.as_ref()),
        memory: current.memory.as_deref().map(memory_of).unwrap_or_default(),
        swap: current.swap.as_ref().map(swap_of).unwrap_or_default(),
        disk: disk_of(mount, &current.filesystems),
        disk_io: disk_io(&current.disks),
        network: Network {
            io_counters: io_counters(&current.networks),
            primary_interface: primary_interface(host, &current.networks),
        },
        uptime: uptime(host, current),
        system: machine(host),
    }
}

fn processor(host: &Host, previous: Option<&Modes>, current: Option<&Cpu>) -> Processor {
    let megahertz = |hertz: u64| hertz as f64 / 1e6;
    let present = current.into_iter().flat_map(|cpu| &cpu.cores).filter_map(|core| core.frequency_hertz);
    let (count, sum) = present.fold((0_u32, 0.0), |(count, sum), hertz| (count + 1, sum + megahertz(hertz)));
    Processor {
        percent: previous.zip(current).map_or(0.0, |(previous, current)| busy_percent(previous, &current.total)),
        logical_cores: host.logical_cores,
        physical_cores: host.physical_cores,
        frequency_mhz: (count > 0).then(|| sum / f64::from(count)),
        min_frequency_mhz: host.min_frequency_hertz.map(megahertz),
        max_frequency_mhz: host.max_frequency_hertz.map(megahertz),
        processor: host.processor.clone(),
    }
}

/// The share of all but idle and waiting in the time between two readings. Idle time may step back a little, and all
/// modes start again at a reboot: a negative difference counts as none.
fn busy_percent(previous: &Modes, current: &Modes) -> f64 {
    let grown = |seconds: fn(&Modes) -> f64| (seconds(current) - seconds(previous)).max(0.0);
    let busy = grown(|modes| modes.sum_seconds() - modes.rest_seconds());
    percent(busy, busy + grown(Modes::rest_seconds))
}

fn memory_of(memory: &memory::Memory) -> Memory {
    // In some containers more is said to be available than there is.
    let is_sane = memory.available_bytes <= memory.total_bytes;
    let available = if is_sane { memory.available_bytes } else { memory.free_bytes };
    let used = memory.total_bytes.saturating_sub(available);
    let cached = memory.cached_bytes.map(|cached| cached.saturating_add(memory.slab_reclaimable_bytes.unwrap_or(0)));
    Memory {
        total: Some(memory.total_bytes),
        available: Some(available),
        percent: percent(used as f64, memory.total_bytes as f64),
        used: Some(used),
        free: Some(memory.free_bytes),
        active: memory.active_bytes,
        inactive: memory.inactive_bytes,
        buffers: memory.buffers_bytes,
        cached,
        shared: memory.shared_bytes,
        slab: memory.slab_bytes,
    }
}

fn swap_of(swap: &memory::Swap) -> Swap {
    let used = swap.total_bytes.saturating_sub(swap.free_bytes);
    Swap {
        total: Some(swap.total_bytes),
        used: Some(used),
        free: Some(swap.free_bytes),
        percent: Some(percent(used as f64, swap.total_bytes as f64)),
        sin: swap.in_bytes_total,
        sout: swap.out_bytes_total,
    }
}

/// The filesystem at this mountpoint, and no other's numbers under its name.
fn disk_of(mountpoint: &str, filesystems: &[filesystem::Filesystem]) -> Disk {
    let found = filesystems.iter().find(|one| one.mountpoint == mountpoint);
    Disk {
        total: found.map(|one| one.total_bytes),
        used: found.map(|one| one.used_bytes()),
        free: found.map(|one| one.available_bytes),
        percent: found.and_then(|one| one.used_ratio()).map_or(0.0, |ratio| percent(ratio, 1.0)),
        mount: mountpoint.to_owned(),
    }
}

/// The sum over physical disks; over all where none is known to be physical, as in a container without `/sys`.
fn disk_io(disks: &[disk::Disk]) -> DiskIo {
    let has_physical = disks.iter().any(|disk| disk.physical);
    let counted = || disks.iter().filter(move |disk| disk.physical || !has_physical);
    let count = |read: fn(&disk::Disk) -> Option<u64>| sum(counted().map(read));
    let milliseconds = |read: fn(&disk::Disk) -> Option<f64>| {
        sum(counted().map(|disk| read(disk).map(|seconds| (seconds * 1000.0).round() as u64)))
    };
    DiskIo {
        read_count: count(|disk| Some(disk.reads_total)),
        write_count: count(|disk| Some(disk.writes_total)),
        read_bytes: count(|disk| Some(disk.read_bytes_total)).unwrap_or(0),
        write_bytes: count(|disk| Some(disk.written_bytes_total)).unwrap_or(0),
        read_time: milliseconds(|disk| disk.read_seconds_total),
        write_time: milliseconds(|disk| disk.write_seconds_total),
        read_merged_count: count(|disk| disk.reads_merged_total),
        write_merged_count: count(|disk| disk.writes_merged_total),
        busy_time: milliseconds(|disk| disk.busy_seconds_total),
    }
}

fn io_counters(networks: &[network::Network]) -> IoCounters {
    let count = |read: fn(&network::Network) -> u64| sum(networks.iter().map(|network| Some(read(network))));
    IoCounters {
        bytes_sent: count(|network| network.tx_bytes_total),
        bytes_recv: count(|network| network.rx_bytes_total),
        packets_sent: count(|network| network.tx_packets_total),
        packets_recv: count(|network| network.rx_packets_total),
        errin: count(|network| network.rx_errors_total),
        errout: count(|network| network.tx_errors_total),
        dropin: count(|network| network.rx_dropped_total),
        dropout: count(|network| network.tx_dropped_total),
    }
}

fn primary_interface(host: &Host, networks: &[network::Network]) -> Option<PrimaryInterface> {
    let address = host.primary_interface.as_ref()?;
    let network = networks.iter().find(|network| network.interface == address.name);
    Some(PrimaryInterface {
        name: address.name.clone(),
        ipv4: address.ipv4.clone(),
        netmask: address.netmask.clone(),
        broadcast: address.broadcast.clone(),
        speed_mbps: network.and_then(|network| network.speed_bits_per_second).map(|bits| bits / 1_000_000),
        mtu: network.and_then(|network| network.mtu_bytes),
        duplex: address.duplex.clone(),
    })
}

fn uptime(host: &Host, current: &Sample) -> Uptime {
    let seconds = current.uptime_seconds.map(|seconds| seconds as u64);
    Uptime {
        seconds,
        boot_time: host.boot_unix_seconds.map(|seconds| time::iso(seconds.saturating_mul(1000))),
        human: seconds.map(time::human),
    }
}

fn machine(host: &Host) -> Machine {
    let known = [&host.os, &host.os_release, &host.architecture].into_iter().flatten();
    let platform = known.map(String::as_str).collect::<Vec<_>>().join("-");
    Machine {
        hostname: host.hostname.clone(),
        os: host.os.clone(),
        os_release: host.os_release.clone(),
        os_version: host.os_version.clone(),
        architecture: host.architecture.clone(),
        platform: (!platform.is_empty()).then_some(platform),
        model: host.model.clone(),
    }
}

/// 0 to 100 with one decimal. Nothing of nothing is 0.
fn percent(part: f64, whole: f64) -> f64 {
    let percent = if whole > 0.0 { part / whole * 100.0 } else { 0.0 };
    (percent.clamp(0.0, 100.0) * 10.0).round() / 10.0
}

/// The sum of what is known; `None` if nothing is.
fn sum(values: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    values.flatten().reduce(u64::saturating_add)
}

#[cfg(test)]
mod tests;
