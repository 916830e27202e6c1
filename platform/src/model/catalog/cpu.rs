//! Processor time in total and of each core, and load.

use super::*;
use crate::model::{Core, Cpu, Load};

pub(super) const HOST: &[Metric<Sample>] = &[
    real("cpu.user_seconds_total", Mode, Seconds, "in user space", |s| cpu(s, |c| Some(c.total.user_seconds_total))),
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
    integer("cpu.context_switches_total", Counter, Count, "context switches", |s| cpu(s, |c| c.context_switches_total)),
    integer("cpu.interrupts_total", Counter, Count, "interrupts serviced", |s| cpu(s, |c| c.interrupts_total)),
    integer("cpu.softirqs_total", Counter, Count, "soft interrupts serviced", |s| cpu(s, |c| c.softirqs_total)),
    integer("cpu.forks_total", Counter, Count, "tasks created", |s| cpu(s, |c| c.forks_total)),
    integer("cpu.tasks_blocked", Gauge, Count, "tasks that wait for a disk", |s| cpu(s, |c| c.tasks_blocked)),
    real("load.one", Gauge, Count, "load average over 1 minute", |s| load(s, |l| Some(l.one))),
    real("load.five", Gauge, Count, "load average over 5 minutes", |s| load(s, |l| Some(l.five))),
    real("load.fifteen", Gauge, Count, "load average over 15 minutes", |s| load(s, |l| Some(l.fifteen))),
    integer("load.tasks_running", Gauge, Count, "runnable tasks", |s| load(s, |l| l.tasks_running)),
    integer("load.tasks", Gauge, Count, "tasks, threads included", |s| load(s, |l| l.tasks)),
];

/// One row per host, instant and core.
pub static CORE: Table<Core> = Table {
    name: "core",
    dimension: Some(integer("core", Kind::Label, Unit::None, "number of the core", |c| Some(c.index.into()))),
    rows: |s| s.cpu.as_ref().map_or(&[], |c| c.cores.as_slice()),
    every_seconds: 0,
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
        integer("throttles_total", Counter, Count, "times that heat slowed it down", |c| c.throttles_total),
        integer("package_throttles_total", Counter, Count, "times that heat slowed its package down", |c| {
            c.package_throttles_total
        }),
    ],
};

fn cpu<R>(sample: &Sample, read: impl Fn(&Cpu) -> Option<R>) -> Option<R> {
    sample.cpu.as_ref().and_then(read)
}

fn load<R>(sample: &Sample, read: impl Fn(&Load) -> Option<R>) -> Option<R> {
    sample.load.as_ref().and_then(read)
}
