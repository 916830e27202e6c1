//! One made-up machine with an agent on it: who it is, its clocks, and its stream of numbered samples.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{Random, Schedule, part, readings::Readings};
use crate::model::{Address, Agent, Batch, Clock, Host, Sample};

/// How long before it is made a machine was booted, unless told otherwise: longer than any history that is made up.
pub const UP_BEFORE_MS: i64 = 400 * 86_400_000;

/// Seconds to the next sample, unless told otherwise.
const INTERVAL_SECONDS: f64 = 10.0;

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
    /// When it was booted, milliseconds since 1970.
    pub boot_unix_ms: i64,
    interval_seconds: f64,
    random: Random,
    readings: Readings,
}

impl Machine {
    /// The machine of a seed and a number, four cores large. 129 values a sample, texts and flags included.
    pub fn new(seed: u64, number: u64) -> Self {
        Self::with_cores(seed, number, 4)
    }

    /// The same with any number of cores.
    pub fn with_cores(seed: u64, number: u64, cores: u32) -> Self {
        let mut machine =
            Self::make(seed, number, format!("machine-{number:04}"), |random| Readings::full(cores, random));
        machine.host.logical_cores = Some(cores);
        machine
    }

    /// A machine of which exactly 40 numbers are read: 10 of its processors, 4 of load and tasks, 7 of memory and swap,
    /// the time since boot, 3 of its filesystem, 7 of its disk, 8 of its interface.
    pub fn plain(seed: u64, number: u64) -> Self {
        Self::make(seed, number, format!("host-{number:04}"), Readings::plain)
    }

    /// A machine with a part to play, such as `web-01`: with tags, sensors and filesystems of its own.
    pub fn cast(seed: u64, number: u64) -> Self {
        let part = part::of(number);
        let mut machine = Self::make(seed, number, part::hostname(number), |random| Readings::cast(part, random));
        let [a, b] = [number / 250 % 250, number % 250 + 1];
        machine.host = Host {
            tags: part::tags(number),
            distribution: Some("Debian GNU/Linux 12 (bookworm)".into()),
            os_release: Some("6.1.0-28-amd64".into()),
            architecture: Some("x86_64".into()),
            logical_cores: Some(part.cores),
            physical_cores: Some(part.cores.div_ceil(2)),
            primary_interface: Some(Address {
                name: "eth0".into(),
                ipv4: Some(format!("10.20.{a}.{b}")),
                netmask: Some("255.255.0.0".into()),
                broadcast: Some("10.20.255.255".into()),
                duplex: Some("full".into()),
            }),
            ..machine.host
        };
        machine
    }

    fn make(seed: u64, number: u64, hostname: String, readings: impl FnOnce(&mut Random) -> Readings) -> Self {
        let mut random = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(number));
        let agent = Agent { id: format!("{:016x}", random.any()), version: "0.0.0-fleet".into(), boot_id: None };
        let host = Host { hostname, os: Some("Linux".into()), disk_mountpoint: Some("/".into()), ..Host::default() };
        let stream = random.any() | 1;
        let mut machine = Self {
            agent,
            host,
            stream,
            next_seq: 1,
            boot_unix_ms: 0,
            interval_seconds: INTERVAL_SECONDS,
            readings: readings(&mut random),
            random,
        };
        machine.boot(unix_ms() - UP_BEFORE_MS);
        machine
    }

    /// The same machine, sampled every so many seconds.
    pub fn every(mut self, seconds: f64) -> Self {
        self.interval_seconds = seconds;
        self
    }

    /// Says when it was booted, milliseconds since 1970. Before its first sample: counters start at 0 then.
    pub fn boot(&mut self, unix_ms: i64) {
        self.boot_unix_ms = unix_ms;
        self.host.boot_unix_seconds = Some(unix_ms.div_euclid(1_000));
        self.agent.boot_id = Some(format!("{}-{unix_ms}", self.host.hostname));
    }

    /// The agent starts anew: another stream, counted from 1.
    pub fn restart_agent(&mut self) {
        let stream = self.random.any();
        self.begin(stream);
    }

    /// The agent starts anew with this stream.
    pub fn begin(&mut self, stream: u64) {
        self.stream = stream | 1;
        self.next_seq = 1;
    }

    /// When its agent samples, at its interval.
    pub fn schedule(&self, seed: u64, number: u64) -> Schedule {
        Schedule::new((self.interval_seconds * 1_000.0) as i64, seed, number)
    }

    /// The clocks of this machine at a moment.
    pub fn clock(&self, unix_ms: i64) -> Clock {
        Clock { unix_ms, boottime_ms: u64::try_from(unix_ms - self.boot_unix_ms).ok() }
    }

    /// The readings at a moment, milliseconds since 1970.
    pub fn sample(&mut self, unix_ms: i64) -> Sample {
        let at = self.clock(unix_ms);
        self.readings.advance(unix_ms, at.boottime_ms.unwrap_or(0), &mut self.random);
        Sample { at, interval_seconds: Some(self.interval_seconds), ..self.readings.sample.clone() }
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
}

fn unix_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::Machine;
    use crate::{
        fleet::{readings, values},
        model::Sample,
    };

    const START: i64 = 1_700_000_000_000;

    fn moments(count: i64) -> impl Iterator<Item = i64> {
        (0..count).map(|number| START + number * 10_000)
    }

    /// A machine that was booted a month before.
    fn booted(mut machine: Machine) -> Machine {
        machine.boot(START - 30 * 86_400_000);
        machine
    }

    #[test]
    fn the_same_seed_makes_the_same_fleet() {
        for make in [Machine::new, Machine::plain, Machine::cast] {
            let batch = |seed| booted(make(seed, 1)).batch(moments(5));
            let first = batch(7);
            assert_eq!(first.samples, batch(7).samples);
            assert_eq!(first.agent, batch(7).agent);
            assert_ne!(first.samples[4].memory, batch(8).samples[4].memory);
            assert_eq!((first.first_seq, first.samples.len()), (1, 5));
        }
    }

    #[test]
    fn a_plain_machine_has_forty_readings_in_every_sample() {
        for number in 0..50 {
            for sample in booted(Machine::plain(1, number)).batch(moments(3)).samples {
                assert_eq!(readings(&sample), 40, "{sample:?}");
            }
        }
    }

    #[test]
    fn a_core_more_is_eleven_values_more() {
        let count = |cores| values(&Machine::with_cores(7, 3, cores).sample(START));
        // Ten modes and a frequency.
        assert_eq!((count(2) - count(1), count(4)), (11, 129));
    }

    #[test]
    fn counters_grow_and_each_core_accounts_for_all_its_time() {
        let mut machine = booted(Machine::new(7, 2));
        let (first, second) = (machine.sample(START), machine.sample(START + 10_000));
        let total = |sample: &Sample| sample.cpu.as_ref().unwrap().total.sum_seconds();
        assert!((total(&second) - total(&first) - 40.0).abs() < 1e-6);
        assert!((total(&first) - 4.0 * 30.0 * 86_400.0).abs() < 1e-3, "since boot");
        let grew = |read: fn(&Sample) -> u64| assert!(read(&second) >= read(&first));
        grew(|sample| sample.networks[0].rx_bytes_total);
        grew(|sample| sample.disks[0].written_bytes_total);
        grew(|sample| sample.cpu.as_ref().unwrap().context_switches_total.unwrap());
    }

    /// A day of ten machines of each kind: what a host could show, and nothing that stands still or runs away.
    #[test]
    fn a_day_looks_like_a_day() {
        for make in [Machine::new, Machine::plain, Machine::cast] {
            for number in 0..10 {
                let samples = booted(make(3, number)).batch(moments(8_640)).samples;
                let mut busy = Vec::new();
                for pair in samples.windows(2) {
                    let [before, after] = pair else { continue };
                    let modes = [before, after].map(|sample| sample.cpu.as_ref().unwrap().total);
                    let all = modes[1].sum_seconds() - modes[0].sum_seconds();
                    busy.push(1.0 - (modes[1].rest_seconds() - modes[0].rest_seconds()) / all);
                    let disks = [before, after].map(|sample| sample.disks[0].busy_seconds_total.unwrap());
                    assert!((0.0..=10.0 + 1e-6).contains(&(disks[1] - disks[0])), "{disks:?}");
                }
                assert!(busy.iter().all(|share| (-1e-9..=1.0).contains(share)));
                let mean = busy.iter().sum::<f64>() / busy.len() as f64;
                assert!((0.02..0.8).contains(&mean), "{} {mean}", samples[0].at.unix_ms);
                for sample in &samples {
                    let memory = sample.memory.as_deref().unwrap();
                    let (free, available) = (memory.free_bytes, memory.available_bytes);
                    assert!(free > 0 && free <= available && available <= memory.total_bytes, "{memory:?}");
                    assert_eq!([free % 4096, available % 4096, memory.total_bytes % 4096], [0; 3]);
                    for filesystem in &sample.filesystems {
                        let share = filesystem.used_ratio().unwrap();
                        assert!((0.05..0.99).contains(&share), "{filesystem:?}");
                    }
                    let cents = sample.load.unwrap().one * 100.0;
                    assert!((cents - cents.round()).abs() < 1e-9);
                }
                let frees: std::collections::BTreeSet<u64> =
                    samples.iter().map(|sample| sample.memory.as_ref().unwrap().free_bytes).collect();
                assert!(frees.len() > 500, "memory moves: {}", frees.len());
            }
        }
    }
}
