//! Processor time by mode, in total and per core, and frequency.

use serde::{Deserialize, Serialize};

/// Processor readings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cpu {
    /// Time by mode over all cores. Linux: `/proc/stat` line `cpu`.
    pub total: Modes,
    /// Time by mode of each online core.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cores: Vec<Core>,
    /// Context switches since boot. Counter. Linux: `/proc/stat` line `ctxt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_switches_total: Option<u64>,
    /// Interrupts serviced since boot. Counter. Linux: `/proc/stat` line `intr`, field 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interrupts_total: Option<u64>,
    /// Soft interrupts serviced since boot. Counter. Linux: `/proc/stat` line `softirq`, field 1 (2.6.31 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub softirqs_total: Option<u64>,
    /// Tasks created since boot, threads included. Counter. Linux: `/proc/stat` line `processes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forks_total: Option<u64>,
    /// Tasks that wait for a disk at this instant. Linux: `/proc/stat` line `procs_blocked`. (How many run is in
    /// [`Load`](super::Load): `procs_running` is the same number.)
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tasks_blocked: Option<u64>,
}

/// One core.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Core {
    /// The kernel's number of the core. Offline cores leave holes.
    pub index: u32,
    /// Time by mode. Linux: `/proc/stat` line `cpuN`.
    pub modes: Modes,
    /// Present frequency, hertz.
    /// Linux: `/sys/devices/system/cpu/cpuN/cpufreq/scaling_cur_freq` × 1000, else `/proc/cpuinfo` `cpu MHz`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_hertz: Option<u64>,
    /// Times that heat slowed the core down. Counter; Intel only.
    /// Linux: `/sys/devices/system/cpu/cpuN/thermal_throttle/core_throttle_count`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttles_total: Option<u64>,
    /// Times that heat slowed its package down: each core of the package tells the same. Counter; Intel only.
    /// Linux: `package_throttle_count` beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package_throttles_total: Option<u64>,
    /// Where the core lies, if it tells of throttling. For whoever counts a core of two threads once: it does not travel.
    #[serde(skip)]
    pub place: Option<Place>,
}

/// Which core of which package: threads of one core have the same.
/// Linux: `/sys/devices/system/cpu/cpuN/topology`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// `physical_package_id`.
    pub package: u32,
    /// `core_id`, which is counted in each package anew.
    pub core: u32,
}

/// Seconds spent in each mode since boot. Counters.
/// Linux: fields of a `cpu` line of `/proc/stat`, in ticks of 1/100 s; old kernels lack the later fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Modes {
    /// In user space, guests included (field 1).
    pub user_seconds_total: f64,
    /// In user space at lowered priority, niced guests included (field 2).
    pub nice_seconds_total: f64,
    /// In the kernel (field 3).
    pub system_seconds_total: f64,
    /// Idle (field 4).
    pub idle_seconds_total: f64,
    /// Idle while I/O was outstanding (field 5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iowait_seconds_total: Option<f64>,
    /// Servicing interrupts (field 6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub irq_seconds_total: Option<f64>,
    /// Servicing soft interrupts (field 7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub softirq_seconds_total: Option<f64>,
    /// Taken by the hypervisor for others (field 8).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steal_seconds_total: Option<f64>,
    /// Running a guest; also counted in `user` (field 9).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest_seconds_total: Option<f64>,
    /// Running a niced guest; also counted in `nice` (field 10).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest_nice_seconds_total: Option<f64>,
}

impl Modes {
    /// Seconds in all modes. Guest time is part of user and nice and is not counted twice.
    pub fn sum_seconds(&self) -> f64 {
        self.user_seconds_total
            + self.nice_seconds_total
            + self.system_seconds_total
            + self.irq_seconds_total.unwrap_or(0.0)
            + self.softirq_seconds_total.unwrap_or(0.0)
            + self.steal_seconds_total.unwrap_or(0.0)
            + self.rest_seconds()
    }

    /// Seconds in which the processor did nothing: idle, and idle waiting for I/O.
    pub fn rest_seconds(&self) -> f64 {
        self.idle_seconds_total + self.iowait_seconds_total.unwrap_or(0.0)
    }
}
