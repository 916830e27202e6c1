//! All that is read of one made-up machine, and how it goes on from one moment to the next.

use super::{
    Random, disk,
    disk::Work,
    filesystem,
    filesystem::Filling,
    memory::Pages,
    modes::Processors,
    network::{self, Traffic},
    pace::{Busy, Habits, Pace},
    part::Part,
    sensor::Heat,
};
use crate::model::{Filesystem, Load, Sample, put};

/// What load averages are averaged over, seconds.
const LOAD_SECONDS: [f64; 3] = [60.0, 300.0, 900.0];

/// The readings of one machine.
#[derive(Clone, Debug)]
pub struct Readings {
    /// As they were last.
    pub sample: Sample,
    cores: u32,
    pace: Pace,
    processors: Processors,
    pages: Pages,
    works: Vec<Work>,
    traffics: Vec<Traffic>,
    fillings: Vec<Filling>,
    heat: Option<Heat>,
    load: [f64; 3],
    /// Tasks that sleep; `None` where tasks are not counted.
    asleep: Option<u64>,
    /// Time since boot, milliseconds.
    uptime_ms: u64,
}

impl Readings {
    /// A machine of which 40 numbers are read.
    pub fn plain(random: &mut Random) -> Self {
        let cores = [1, 2, 2, 4, 4, 8, 16][random.below(7) as usize];
        let gib = [1, 2, 4, 8, 8, 16, 32][random.below(7) as usize];
        let root = [filesystem::first("/", "/dev/vda1", 20 + 20 * random.below(10))];
        let mut readings = Self::draw(Habits::draw(random), Processors::draw(cores, false, random), cores, gib, random);
        readings.stand_on(root, random);
        readings.sample.disks = vec![disk::first("vda")];
        readings.sample.networks = vec![network::first("eth0")];
        readings.draw_work(1.0, 1.0, random);
        readings
    }

    /// A machine of which more is read: each core, two filesystems, a disk, two interfaces.
    pub fn full(cores: u32, random: &mut Random) -> Self {
        let mut readings = Self::draw(Habits::draw(random), Processors::draw(cores, true, random), cores, 8, random);
        let mounts = [("/", 100), ("/home", 400)];
        readings.stand_on(mounts.map(|(at, gib)| filesystem::first_in_full(at, "/dev/sda1", gib)), random);
        readings.add_full(random);
        readings
    }

    /// A machine that plays a part: as the full one, with the filesystems of its part, and sensors.
    pub fn cast(part: &Part, random: &mut Random) -> Self {
        let habits = Habits { quiet: part.quiet, rush: part.rush, ..Habits::draw(random) };
        let processors = Processors::draw(part.cores, true, random);
        let mut readings = Self::draw(habits, processors, part.cores, part.memory_gib, random);
        let mounts = [("/", 40)].into_iter().chain(part.mounts.iter().copied()).zip(1..);
        let filesystems = mounts.map(|((at, gib), n)| filesystem::first_in_full(at, &format!("/dev/sda{n}"), gib));
        readings.stand_on(filesystems, random);
        readings.add_full(random);
        readings.draw_work(part.disk, part.traffic, random);
        readings.heat = Some(Heat::draw(random));
        readings
    }

    fn draw(habits: Habits, processors: Processors, cores: u32, gib: u64, random: &mut Random) -> Self {
        Self {
            sample: Sample { cpu: Some(processors.first()), ..Sample::default() },
            cores,
            pace: Pace::new(habits),
            processors,
            pages: Pages::draw(gib, random),
            works: Vec::new(),
            traffics: Vec::new(),
            fillings: Vec::new(),
            heat: None,
            load: [0.0; 3],
            asleep: None,
            uptime_ms: 0,
        }
    }

    fn add_full(&mut self, random: &mut Random) {
        self.sample.disks = vec![disk::first_in_full("sda")];
        self.sample.networks = ["eth0", "wlan0"].map(network::first_in_full).into();
        self.draw_work(1.0, 1.0, random);
        self.asleep = Some(120 + random.below(300));
    }

    fn stand_on(&mut self, filesystems: impl IntoIterator<Item = Filesystem>, random: &mut Random) {
        self.sample.filesystems = filesystems.into_iter().collect();
        self.fillings = self.sample.filesystems.iter().map(|_| Filling::draw(random)).collect();
    }

    fn draw_work(&mut self, disk: f64, traffic: f64, random: &mut Random) {
        self.works = self.sample.disks.iter().map(|_| Work::draw(random).times(disk)).collect();
        // The second interface carries a tenth.
        let shares = [1.0, 0.1].into_iter().cycle();
        let traffics = self.sample.networks.iter().zip(shares);
        self.traffics = traffics.map(|(_, share)| Traffic::draw(random).times(traffic * share)).collect();
    }

    /// Goes on to a moment, so long after boot. Back in time nothing grows.
    pub fn advance(&mut self, unix_ms: i64, uptime_ms: u64, random: &mut Random) {
        let seconds = uptime_ms.saturating_sub(self.uptime_ms) as f64 / 1_000.0;
        self.uptime_ms = uptime_ms.max(self.uptime_ms);
        let busy = self.pace.advance(unix_ms, seconds, random);
        let load = self.load(busy, random);
        let sample = &mut self.sample;
        sample.uptime_seconds = Some((uptime_ms / 10) as f64 / 100.0);
        if let Some(cpu) = &mut sample.cpu {
            self.processors.advance(cpu, uptime_ms, busy, random);
        }
        let disks = sample.disks.iter_mut().zip(&self.works);
        let disk_bytes = disks.map(|(disk, work)| work.advance(disk, busy, random)).sum();
        for (network, traffic) in sample.networks.iter_mut().zip(&self.traffics) {
            traffic.advance(network, busy, random);
        }
        for (filesystem, filling) in sample.filesystems.iter_mut().zip(&mut self.fillings) {
            filling.advance(filesystem, unix_ms, busy, random);
        }
        self.pages.advance(busy, disk_bytes, random);
        sample.swap = Some(self.pages.swap());
        let is_full = self.asleep.is_some();
        put(&mut sample.memory, if is_full { self.pages.more(busy, random) } else { self.pages.memory(busy) });
        if is_full {
            sample.swap = sample.swap.map(|swap| crate::model::Swap {
                in_bytes_total: Some(0),
                out_bytes_total: Some(swap.total_bytes - swap.free_bytes),
                ..swap
            });
        }
        if let Some(heat) = &mut self.heat {
            sample.sensors = heat.advance(busy, random);
        }
        sample.load = Some(load);
    }

    fn load(&mut self, busy: Busy, random: &mut Random) -> Load {
        let running = random.count(busy.cpu * f64::from(self.cores) + 0.5 * busy.burst);
        for (load, over) in self.load.iter_mut().zip(LOAD_SECONDS) {
            *load += (running as f64 - *load) * (1.0 - (-busy.seconds / over).exp());
        }
        // The kernel writes two decimals.
        let [one, five, fifteen] = self.load.map(|load| (load * 100.0).round() / 100.0);
        // Who reads runs as well.
        let tasks_running = Some(running + 1);
        Load { one, five, fifteen, tasks_running, tasks: self.asleep.map(|asleep| asleep + running + random.below(5)) }
    }
}
