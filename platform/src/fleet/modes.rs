//! Where a made-up machine's processor time goes: whole ticks of 1/100 s, none lost, as the kernel counts.

use super::{Random, pace::Busy};
use crate::model::{Core, Cpu, Modes};

/// Context switches of a busy processor and of an idle one, a second each.
const SWITCHES_BUSY: f64 = 9_000.0;
const SWITCHES_IDLE: f64 = 180.0;

/// The processors of one machine.
#[derive(Clone, Debug)]
pub struct Processors {
    cores: u32,
    /// Whether each core is told, or only their sum.
    each: bool,
    /// Share of what is used that the kernel takes.
    system: f64,
    /// Ticks an hour at lowered priority.
    nice_per_hour: f64,
    /// Share of the time that the hypervisor keeps.
    steal: f64,
    /// Hertz, where it is told.
    top_hertz: u64,
    /// Ticks of one core so far.
    ticks: u64,
}

impl Processors {
    /// So many cores.
    pub fn draw(cores: u32, each: bool, random: &mut Random) -> Self {
        Self {
            cores,
            each,
            system: random.between(0.15, 0.35),
            nice_per_hour: random.between(0.0, 200.0),
            steal: if random.happens(0.5) { random.between(0.0005, 0.004) } else { 0.0 },
            top_hertz: 2_000_000_000 + random.below(19) * 100_000_000,
            ticks: 0,
        }
    }

    /// What a machine tells that has just been booted.
    pub fn first(&self) -> Cpu {
        let cores = if self.each { self.cores } else { 0 };
        let modes = Modes { guest_seconds_total: Some(0.0), guest_nice_seconds_total: Some(0.0), ..zero() };
        let core = |index| Core { index, modes, frequency_hertz: Some(self.top_hertz), ..Core::default() };
        Cpu {
            total: if self.each { modes } else { zero() },
            cores: (0..cores).map(core).collect(),
            context_switches_total: Some(0),
            interrupts_total: Some(0),
            ..Cpu::default()
        }
    }

    /// Goes on to a time since boot.
    pub fn advance(&mut self, cpu: &mut Cpu, uptime_ms: u64, busy: Busy, random: &mut Random) {
        let until = uptime_ms / 10;
        let ticks = until.saturating_sub(self.ticks);
        self.ticks = until.max(self.ticks);
        if self.each {
            for core in &mut cpu.cores {
                let share = (busy.cpu * random.between(0.6, 1.4)).min(1.0);
                self.spend(&mut core.modes, ticks, share, busy, random);
                let calm = (1.0 - share) * random.unit();
                let hertz = self.top_hertz as f64 * (1.0 - 0.6 * calm);
                core.frequency_hertz = Some(hertz as u64 / 1_000_000 * 1_000_000);
            }
            let none = Modes { guest_seconds_total: Some(0.0), guest_nice_seconds_total: Some(0.0), ..zero() };
            cpu.total = cpu.cores.iter().fold(none, |sum, core| add(sum, core.modes));
        } else {
            self.spend(&mut cpu.total, ticks * u64::from(self.cores), busy.cpu, busy, random);
        }
        let cores = f64::from(self.cores);
        let switches = cores * busy.seconds * (SWITCHES_IDLE + SWITCHES_BUSY * busy.cpu);
        cpu.context_switches_total = cpu.context_switches_total.map(|n| n + near(switches, random));
        cpu.interrupts_total = cpu.interrupts_total.map(|n| n + near(0.6 * switches, random));
    }

    /// Spends ticks: what nothing asks for is idle.
    fn spend(&self, modes: &mut Modes, ticks: u64, share: f64, busy: Busy, random: &mut Random) {
        let mut left = ticks;
        let mut take = |mean: f64, random: &mut Random| {
            let taken = random.count(mean.max(0.0)).min(left);
            left -= taken;
            taken
        };
        let used = ticks as f64 * share;
        let system = take(used * self.system, random);
        let softirq = take(used * 0.02, random);
        let user = take(used * (0.98 - self.system), random);
        let iowait = take(ticks as f64 * (0.002 + 0.06 * busy.burst), random);
        let nice = take(self.nice_per_hour * busy.seconds / 3_600.0, random);
        let steal = take(ticks as f64 * self.steal, random);
        modes.user_seconds_total = grown(modes.user_seconds_total, user);
        modes.nice_seconds_total = grown(modes.nice_seconds_total, nice);
        modes.system_seconds_total = grown(modes.system_seconds_total, system);
        modes.iowait_seconds_total = modes.iowait_seconds_total.map(|n| grown(n, iowait));
        modes.softirq_seconds_total = modes.softirq_seconds_total.map(|n| grown(n, softirq));
        modes.steal_seconds_total = modes.steal_seconds_total.map(|n| grown(n, steal));
        modes.idle_seconds_total = grown(modes.idle_seconds_total, left);
    }
}

/// About so many: nothing that a machine does is exact to less than a tenth.
pub fn near(mean: f64, random: &mut Random) -> u64 {
    let mean = mean * random.between(0.9, 1.1);
    random.count(mean)
}

/// The eight modes that every host has. Most kernels do not measure the time of interrupts: it stays 0.
fn zero() -> Modes {
    let zero = Some(0.0);
    Modes {
        iowait_seconds_total: zero,
        irq_seconds_total: zero,
        softirq_seconds_total: zero,
        steal_seconds_total: zero,
        ..Modes::default()
    }
}

/// Adds ticks without gathering the errors of binary fractions, as a kernel that counts whole ticks.
fn grown(seconds: f64, ticks: u64) -> f64 {
    ((seconds * 100.0).round() + ticks as f64) / 100.0
}

fn add(left: Modes, right: Modes) -> Modes {
    let sum = |a: f64, b: f64| grown(a, (b * 100.0).round() as u64);
    let both = |a: Option<f64>, b: Option<f64>| Some(sum(a?, b?));
    Modes {
        user_seconds_total: sum(left.user_seconds_total, right.user_seconds_total),
        nice_seconds_total: sum(left.nice_seconds_total, right.nice_seconds_total),
        system_seconds_total: sum(left.system_seconds_total, right.system_seconds_total),
        idle_seconds_total: sum(left.idle_seconds_total, right.idle_seconds_total),
        iowait_seconds_total: both(left.iowait_seconds_total, right.iowait_seconds_total),
        irq_seconds_total: both(left.irq_seconds_total, right.irq_seconds_total),
        softirq_seconds_total: both(left.softirq_seconds_total, right.softirq_seconds_total),
        steal_seconds_total: both(left.steal_seconds_total, right.steal_seconds_total),
        guest_seconds_total: both(left.guest_seconds_total, right.guest_seconds_total),
        guest_nice_seconds_total: both(left.guest_nice_seconds_total, right.guest_nice_seconds_total),
    }
}
