//! Made-up machines that behave: counters grow, gauges wander, clocks agree. The same seed makes the same fleet.

use siskin_platform::model::{
    Agent, Batch, Clock, Core, Cpu, Disk, Filesystem, Host, Load, Memory, Modes, Network, Sample, Swap,
    catalog::{self, Read, Table, Visitor},
};

use crate::process::unix_ms;

const GIB: u64 = 1 << 30;

/// How long before the first sample a machine was booted.
const UP_BEFORE_MS: i64 = 30 * 86_400_000;

/// A small generator of numbers (SplitMix64): the tests need no more.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.any() % end.max(1)
    }
}

/// One made-up machine with an agent on it.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its agent.
    pub agent: Agent,
    /// What it is.
    pub host: Host,
    /// The agent's present stream.
    pub stream: u64,
    /// The number of its next sample.
    pub next_seq: u64,
    /// When it was booted.
    pub boot_unix_ms: i64,
    random: Random,
    state: Sample,
}

impl Machine {
    /// The machine of a seed and a number, four cores large.
    pub fn new(seed: u64, number: u64) -> Self {
        Self::with_cores(seed, number, 4)
    }

    /// The same with any number of cores.
    pub fn with_cores(seed: u64, number: u64, cores: u32) -> Self {
        let mut random = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(number));
        let boot_unix_ms = unix_ms() - UP_BEFORE_MS;
        let hostname = format!("machine-{number:04}");
        Self {
            agent: Agent {
                id: format!("{:016x}", random.any()),
                version: "0.0.0-test".into(),
                boot_id: Some(format!("boot-{number}")),
            },
            host: Host {
                hostname,
                os: Some("Linux".into()),
                logical_cores: Some(cores),
                disk_mountpoint: Some("/".into()),
                ..Host::default()
            },
            stream: random.any() | 1,
            next_seq: 1,
            boot_unix_ms,
            state: first_sample(cores),
            random,
        }
    }

    /// The agent starts anew: another stream, counted from 1.
    pub fn restart_agent(&mut self) {
        self.stream = self.random.any() | 1;
        self.next_seq = 1;
    }

    /// The clocks of this machine at a moment.
    pub fn clock(&self, unix_ms: i64) -> Clock {
        Clock { unix_ms, boottime_ms: u64::try_from(unix_ms - self.boot_unix_ms).ok() }
    }

    /// The readings at a moment.
    pub fn sample(&mut self, unix_ms: i64) -> Sample {
        self.wander();
        self.state.at = self.clock(unix_ms);
        self.state.uptime_seconds = Some((unix_ms - self.boot_unix_ms) as f64 / 1000.0);
        self.state.clone()
    }

    /// The next samples of the stream, taken at these moments, sent now.
    pub fn batch(&mut self, moments: impl IntoIterator<Item = i64>) -> Batch {
        let samples: Vec<Sample> = moments.into_iter().map(|moment| self.sample(moment)).collect();
        let first_seq = self.next_seq;
        self.next_seq += samples.len() as u64;
        Batch {
            agent: self.agent.clone(),
            host: self.host.clone(),
            stream: self.stream,
            first_seq,
            sent_at: self.clock(unix_ms()),
            samples,
        }
    }

    fn wander(&mut self) {
        let random = &mut self.random;
        let state = &mut self.state;
        if let Some(cpu) = &mut state.cpu {
            cpu.cores.iter_mut().for_each(|core| busy(&mut core.modes, random));
            cpu.total = cpu.cores.iter().fold(zero_modes(), |sum, core| add(sum, core.modes));
            cpu.context_switches_total = cpu.context_switches_total.map(|n| n + random.below(20_000));
            cpu.interrupts_total = cpu.interrupts_total.map(|n| n + random.below(10_000));
        }
        let hundredths = |random: &mut Random| random.below(400) as f64 / 100.0;
        state.load = Some(Load {
            one: hundredths(random),
            five: hundredths(random),
            fifteen: hundredths(random),
            tasks_running: Some(random.below(6)),
            tasks: Some(300 + random.below(40)),
        });
        if let Some(memory) = &mut state.memory {
            memory.free_bytes = GIB + random.below(GIB) / 4096 * 4096;
            memory.available_bytes = memory.free_bytes + 2 * GIB;
            memory.dirty_bytes = Some(random.below(4_000) * 4096);
        }
        for filesystem in &mut state.filesystems {
            let written = random.below(256) * 4096;
            filesystem.free_bytes -= written.min(filesystem.available_bytes);
            filesystem.available_bytes = filesystem.available_bytes.saturating_sub(written);
        }
        for disk in &mut state.disks {
            let (reads, writes) = (random.below(50), random.below(200));
            disk.reads_total += reads;
            disk.read_bytes_total += reads * 16_384;
            disk.writes_total += writes;
            disk.written_bytes_total += writes * 8_192;
            disk.in_flight = Some(random.below(3));
            disk.busy_seconds_total = disk.busy_seconds_total.map(|n| n + random.below(100) as f64 / 1000.0);
        }
        for network in &mut state.networks {
            let (received, sent) = (random.below(2_000), random.below(1_000));
            network.rx_packets_total += received;
            network.rx_bytes_total += received * 900;
            network.tx_packets_total += sent;
            network.tx_bytes_total += sent * 300;
        }
    }
}

/// How many values of the catalog a sample carries.
pub fn values(sample: &Sample) -> u64 {
    let mut counter = Counter { sample, count: 0 };
    catalog::visit(&mut counter);
    counter.count
}

struct Counter<'a> {
    sample: &'a Sample,
    count: u64,
}

impl Visitor for Counter<'_> {
    fn table<T: 'static>(&mut self, table: &'static Table<T>) {
        for row in (table.rows)(self.sample) {
            let present = |read: &Read<T>| match read {
                Read::Integer(read) => read(row).is_some(),
                Read::Real(read) => read(row).is_some(),
                Read::Flag(read) => read(row).is_some(),
                Read::Text(read) => read(row).is_some(),
            };
            self.count += table.metrics.iter().filter(|metric| present(&metric.read)).count() as u64;
        }
    }
}

fn first_sample(cores: u32) -> Sample {
    let core = |index| Core {
        index,
        modes: Modes { user_seconds_total: 1000.0, idle_seconds_total: 9000.0, ..zero_modes() },
        frequency_hertz: Some(2_400_000_000),
        ..Core::default()
    };
    let filesystem = |mountpoint: &str, size: u64| Filesystem {
        mountpoint: mountpoint.into(),
        device: "/dev/sda1".into(),
        kind: "ext4".into(),
        total_bytes: size,
        free_bytes: size / 2,
        available_bytes: size / 2 - size / 20,
        inodes: Some(6_000_000),
        inodes_free: Some(5_500_000),
        read_only: false,
    };
    let disk = |device: &str| Disk {
        device: device.into(),
        physical: true,
        reads_total: 1000,
        reads_merged_total: Some(10),
        read_bytes_total: GIB,
        read_seconds_total: Some(12.5),
        writes_total: 5000,
        writes_merged_total: Some(100),
        written_bytes_total: 2 * GIB,
        write_seconds_total: Some(80.25),
        in_flight: Some(0),
        busy_seconds_total: Some(60.0),
        queue_seconds_total: Some(92.75),
        ..Disk::default()
    };
    let network = |interface: &str| Network {
        interface: interface.into(),
        rx_bytes_total: GIB,
        tx_bytes_total: GIB,
        up: Some(true),
        speed_bits_per_second: Some(1_000_000_000),
        mtu_bytes: Some(1500),
        ..Network::default()
    };
    Sample {
        interval_seconds: Some(10.0),
        cpu: Some(Cpu {
            total: zero_modes(),
            cores: (0..cores).map(core).collect(),
            context_switches_total: Some(1_000_000),
            interrupts_total: Some(900_000),
            ..Cpu::default()
        }),
        memory: Some(Memory {
            total_bytes: 8 * GIB,
            free_bytes: GIB,
            available_bytes: 3 * GIB,
            buffers_bytes: Some(GIB / 8),
            cached_bytes: Some(2 * GIB),
            shared_bytes: Some(GIB / 16),
            slab_bytes: Some(GIB / 4),
            slab_reclaimable_bytes: Some(GIB / 5),
            active_bytes: Some(3 * GIB),
            inactive_bytes: Some(2 * GIB),
            dirty_bytes: Some(0),
            ..Memory::default()
        }),
        swap: Some(Swap {
            total_bytes: 2 * GIB,
            free_bytes: 2 * GIB,
            in_bytes_total: Some(0),
            out_bytes_total: Some(0),
            ..Swap::default()
        }),
        filesystems: vec![filesystem("/", 100 * GIB), filesystem("/home", 400 * GIB)],
        disks: vec![disk("sda")],
        networks: vec![network("eth0"), network("wlan0")],
        ..Sample::default()
    }
}

fn zero_modes() -> Modes {
    let zero = Some(0.0);
    Modes {
        iowait_seconds_total: zero,
        irq_seconds_total: zero,
        softirq_seconds_total: zero,
        steal_seconds_total: zero,
        guest_seconds_total: zero,
        guest_nice_seconds_total: zero,
        ..Modes::default()
    }
}

/// Ten seconds of a core, in ticks of a hundredth.
fn busy(modes: &mut Modes, random: &mut Random) {
    let user = random.below(400);
    let system = random.below(100);
    let waiting = random.below(20);
    modes.user_seconds_total = ticks(modes.user_seconds_total, user);
    modes.system_seconds_total = ticks(modes.system_seconds_total, system);
    modes.iowait_seconds_total = modes.iowait_seconds_total.map(|n| ticks(n, waiting));
    modes.idle_seconds_total = ticks(modes.idle_seconds_total, 1000 - user - system - waiting);
}

/// Adds ticks without gathering the errors of binary fractions, as a kernel that counts whole ticks.
fn ticks(seconds: f64, more: u64) -> f64 {
    ((seconds * 100.0).round() + more as f64) / 100.0
}

fn add(left: Modes, right: Modes) -> Modes {
    let both =
        |a: Option<f64>, b: Option<f64>| Some(ticks(a.unwrap_or(0.0), (b.unwrap_or(0.0) * 100.0).round() as u64));
    Modes {
        user_seconds_total: left.user_seconds_total + right.user_seconds_total,
        nice_seconds_total: left.nice_seconds_total + right.nice_seconds_total,
        system_seconds_total: left.system_seconds_total + right.system_seconds_total,
        idle_seconds_total: left.idle_seconds_total + right.idle_seconds_total,
        iowait_seconds_total: both(left.iowait_seconds_total, right.iowait_seconds_total),
        irq_seconds_total: both(left.irq_seconds_total, right.irq_seconds_total),
        softirq_seconds_total: both(left.softirq_seconds_total, right.softirq_seconds_total),
        steal_seconds_total: both(left.steal_seconds_total, right.steal_seconds_total),
        guest_seconds_total: both(left.guest_seconds_total, right.guest_seconds_total),
        guest_nice_seconds_total: both(left.guest_nice_seconds_total, right.guest_nice_seconds_total),
    }
}

#[cfg(test)]
mod tests {
    use super::{Machine, values};

    #[test]
    fn the_same_seed_makes_the_same_fleet() {
        let moments = || (0..5).map(|n| 1_700_000_000_000 + n * 10_000);
        let (first, second) = (Machine::new(7, 1).batch(moments()), Machine::new(7, 1).batch(moments()));
        assert_eq!(first.samples[4].memory, second.samples[4].memory);
        assert_ne!(first.samples[4].memory, Machine::new(8, 1).batch(moments()).samples[4].memory);
        assert_eq!((first.first_seq, first.samples.len()), (1, 5));
    }

    #[test]
    fn counters_grow_and_each_core_accounts_for_all_its_time() {
        let mut machine = Machine::new(7, 2);
        let first = machine.sample(1_700_000_000_000);
        let second = machine.sample(1_700_000_010_000);
        let total = |sample: &siskin_platform::model::Sample| sample.cpu.as_ref().unwrap().total.sum_seconds();
        assert!((total(&second) - total(&first) - 40.0).abs() < 1e-6);
        assert!(second.networks[0].rx_bytes_total >= first.networks[0].rx_bytes_total);
    }

    #[test]
    fn counts_the_values_of_a_sample() {
        let mut machine = Machine::with_cores(7, 3, 1);
        let one = values(&machine.sample(1_700_000_000_000));
        let more = values(&Machine::with_cores(7, 3, 2).sample(1_700_000_000_000));
        // Ten modes and a frequency.
        assert_eq!(more - one, 11);
    }
}
