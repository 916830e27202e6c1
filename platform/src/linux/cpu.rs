//! Processor time by mode, context switches, interrupts, forks and blocked tasks: `/proc/stat`.

use super::{
    Error, Roots,
    collector::{Collector, Found},
    core_throttle::CoreThrottles,
    frequency::Frequencies,
    kept::Kept,
    rows::Rows,
};
use crate::model::{Core, Cpu, Modes, Sample};

const FILE: &str = "/proc/stat";

/// `USER_HZ`, the unit in which Linux tells processor time: 1/100 s on every architecture but Alpha.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor times since boot, and the present frequency of each core.
pub(super) struct Processors {
    stat: Kept,
    frequencies: Frequencies,
    throttles: CoreThrottles,
}

impl Processors {
    pub(super) fn new(roots: &Roots) -> Self {
        Self {
            stat: Kept::new(roots.in_proc("stat")),
            frequencies: Frequencies::new(roots),
            throttles: CoreThrottles::new(roots),
        }
    }
}

impl Collector for Processors {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, _: &mut Vec<Error>) -> Result<Found, Error> {
        let cpu = sample.cpu.get_or_insert_default();
        parse_into(self.stat.read(text)?, cpu)?;
        self.frequencies.fill(&mut cpu.cores, text);
        self.throttles.fill(&mut cpu.cores, text);
        Ok(Found::Source)
    }
}

/// The text of `/proc/stat`. Frequencies are not in it.
pub fn parse(text: &str) -> Result<Cpu, Error> {
    let mut cpu = Cpu::default();
    parse_into(text, &mut cpu)?;
    Ok(cpu)
}

fn parse_into(text: &str, cpu: &mut Cpu) -> Result<(), Error> {
    let mut cores = std::mem::take(&mut cpu.cores);
    *cpu = Cpu::default();
    let mut rows = Rows::over(&mut cores);
    let mut has_total = false;
    for line in text.lines() {
        let (name, fields) = line.split_once(' ').unwrap_or((line, ""));
        match name {
            "cpu" => {
                cpu.total = modes(fields).ok_or_else(|| Error::line(FILE, line))?;
                has_total = true;
            }
            "ctxt" => cpu.context_switches_total = first_number(fields),
            "intr" => cpu.interrupts_total = first_number(fields),
            "softirq" => cpu.softirqs_total = first_number(fields),
            "processes" => cpu.forks_total = first_number(fields),
            "procs_blocked" => cpu.tasks_blocked = first_number(fields),
            _ => {
                if let Some(index) = name.strip_prefix("cpu") {
                    let core = index.parse().ok().zip(modes(fields));
                    let (index, modes) = core.ok_or_else(|| Error::line(FILE, line))?;
                    *rows.next() = Core { index, modes, ..Core::default() };
                }
            }
        }
    }
    drop(rows);
    cpu.cores = cores;
    if has_total { Ok(()) } else { Err(Error::missing(FILE, "cpu")) }
}

/// The fields of a `cpu` line. The first four are in every kernel, each of the others came later.
fn modes(fields: &str) -> Option<Modes> {
    let mut ticks = fields.split_ascii_whitespace().map(str::parse::<u64>);
    let mut seconds = || ticks.next().transpose().map(|ticks| ticks.map(|ticks| ticks as f64 / TICKS_PER_SECOND)).ok();
    Some(Modes {
        user_seconds_total: seconds()??,
        nice_seconds_total: seconds()??,
        system_seconds_total: seconds()??,
        idle_seconds_total: seconds()??,
        iowait_seconds_total: seconds()?,
        irq_seconds_total: seconds()?,
        softirq_seconds_total: seconds()?,
        steal_seconds_total: seconds()?,
        guest_seconds_total: seconds()?,
        guest_nice_seconds_total: seconds()?,
    })
}

fn first_number(fields: &str) -> Option<u64> {
    fields.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_modes_of_a_present_kernel() {
        let text = "cpu  101 2 3 4 5 6 7 8 9 10\ncpu3 1 2 3 4 5 6 7 8 9 10\nintr 77 1 2\nctxt 88\n\
                    processes 99\nprocs_running 4\nprocs_blocked 2\nsoftirq 66 1\n";
        let cpu = parse(text).unwrap();
        let expected = Modes {
            user_seconds_total: 1.01,
            nice_seconds_total: 0.02,
            system_seconds_total: 0.03,
            idle_seconds_total: 0.04,
            iowait_seconds_total: Some(0.05),
            irq_seconds_total: Some(0.06),
            softirq_seconds_total: Some(0.07),
            steal_seconds_total: Some(0.08),
            guest_seconds_total: Some(0.09),
            guest_nice_seconds_total: Some(0.1),
        };
        assert_eq!(cpu.total, expected);
        assert_eq!(cpu.cores.len(), 1);
        assert_eq!(cpu.cores[0].index, 3);
        assert_eq!(cpu.cores[0].modes.user_seconds_total, 0.01);
        assert_eq!((cpu.interrupts_total, cpu.context_switches_total), (Some(77), Some(88)));
        assert_eq!((cpu.softirqs_total, cpu.forks_total, cpu.tasks_blocked), (Some(66), Some(99), Some(2)));
    }

    #[test]
    fn modes_that_a_kernel_lacks_are_none() {
        let cpu = parse("cpu 1 2 3 4\n").unwrap();
        assert_eq!(cpu.total.idle_seconds_total, 0.04);
        assert_eq!(cpu.total.iowait_seconds_total, None);
        assert_eq!(cpu.context_switches_total, None);
    }

    #[test]
    fn the_error_names_the_line() {
        let message = |text| parse(text).unwrap_err().to_string();
        assert_eq!(message("ctxt 5\n"), "malformed /proc/stat: no line `cpu`");
        assert_eq!(message("cpu 1 2 3\n"), "malformed /proc/stat: `cpu 1 2 3`");
        assert_eq!(message("cpu 1 2 3 4 x\n"), "malformed /proc/stat: `cpu 1 2 3 4 x`");
        assert_eq!(message("cpu 1 2 3 4\ncpux 1 2 3 4\n"), "malformed /proc/stat: `cpux 1 2 3 4`");
    }
}
