//! The readings of one host at one instant.

use serde::{Deserialize, Serialize};

use super::{
    Clock, Collection, Conntrack, Container, Cpu, Custom, Disk, Filesystem, Gpu, Kernel, Load, Memory,
    MemoryController, Network, Periodic, PowerSupply, Pressure, Process, ProcessCounts, Raid, Sensor, ServiceUnit,
    SilentFilesystem, Sockets, Swap, Textfile, Throttling, Timekeeping, ZfsCache, periodic::Fresh,
};

/// The readings of one host at one instant. What the host lacks is `None` or an empty list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// When it was taken.
    pub at: Clock,
    /// The boot it was taken in, when that is not the boot of the batch that carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_id: Option<String>,
    /// The time in `at` is the earliest that can be true, not the one the clock showed: the clock was behind a time known
    /// to have passed, and the boot is over, so that nothing can repair it. Absent when false, as from earlier agents.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub time_is_estimated: bool,
    /// Seconds until the next sample is due: what tells a gap from a slow schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval_seconds: Option<f64>,
    /// Seconds since boot, suspended time included.
    /// Linux: `/proc/uptime` field 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uptime_seconds: Option<f64>,
    /// Processor time and frequency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Cpu>,
    /// Load averages and process counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load: Option<Load>,
    /// Memory. In a box, as sockets are: a sample is moved many times when it is read from JSON, and these are half of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Box<Memory>>,
    /// Swap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swap: Option<Swap>,
    /// Pressure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pressure: Option<Pressure>,
    /// Sockets, TCP and UDP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sockets: Option<Box<Sockets>>,
    /// Connections that the firewall tracks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conntrack: Option<Conntrack>,
    /// The kernel's own stocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<Kernel>,
    /// What a Raspberry Pi does against a weak supply and heat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttling: Option<Throttling>,
    /// The cache of ZFS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zfs_cache: Option<ZfsCache>,
    /// How well the wall clock is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timekeeping: Option<Timekeeping>,
    /// Mounted local filesystems.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filesystems: Vec<Filesystem>,
    /// Those of them that could not be asked.
    #[serde(skip)]
    pub silent_filesystems: Vec<SilentFilesystem>,
    /// Block devices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disks: Vec<Disk>,
    /// Network interfaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<Network>,
    /// Temperatures, fans, voltages, currents, power and energy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sensors: Vec<Sensor>,
    /// Batteries, adapters, UPSes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub power_supplies: Vec<PowerSupply>,
    /// Software RAID.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raids: Vec<Raid>,
    /// Controllers of ECC memory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub memory_controllers: Vec<MemoryController>,
    /// How many processes there are in which state.
    #[serde(default, skip_serializing_if = "Periodic::is_old")]
    pub process_counts: Periodic<Option<ProcessCounts>>,
    /// The names of processes that use the most, each once.
    #[serde(default, skip_serializing_if = "Periodic::is_old")]
    pub processes: Periodic<Vec<Process>>,
    /// Containers.
    #[serde(default, skip_serializing_if = "Periodic::is_old")]
    pub containers: Periodic<Vec<Container>>,
    /// Services of systemd that run.
    #[serde(default, skip_serializing_if = "Periodic::is_old")]
    pub units: Periodic<Vec<ServiceUnit>>,
    /// Graphics processors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gpus: Vec<Gpu>,
    /// People's own metrics: those of one family stand together.
    #[serde(default, skip_serializing_if = "Periodic::is_old")]
    pub custom: Periodic<Vec<Custom>>,
    /// The files they come from.
    #[serde(default, skip_serializing_if = "Periodic::is_old")]
    pub textfiles: Periodic<Vec<Textfile>>,
    /// How each collector fared, of those that have something to read. Once a minute.
    #[serde(default, skip_serializing_if = "Periodic::is_old")]
    pub collectors: Periodic<Vec<Collection>>,
}

/// Writes over what lies in a box, or makes one.
pub fn put<T>(place: &mut Option<Box<T>>, value: T) {
    match place {
        Some(there) => **there = value,
        None => *place = Some(Box::new(value)),
    }
}

impl Sample {
    /// What is read now and then belongs to an earlier sample from now on.
    pub fn age(&mut self) {
        self.periodics().into_iter().for_each(|periodic| periodic.set_fresh(false));
    }

    /// Shows the sample with the latest there is of everything, as if it had been read just now.
    pub fn with_latest(&mut self, show: impl FnOnce(&Sample)) {
        let were_fresh = self.periodics().map(|periodic| {
            let was_fresh = periodic.is_fresh();
            periodic.set_fresh(true);
            was_fresh
        });
        show(self);
        for (periodic, was_fresh) in self.periodics().into_iter().zip(were_fresh) {
            periodic.set_fresh(was_fresh);
        }
    }

    fn periodics(&mut self) -> [&mut dyn Fresh; 7] {
        [
            &mut self.process_counts,
            &mut self.processes,
            &mut self.containers,
            &mut self.units,
            &mut self.custom,
            &mut self.textfiles,
            &mut self.collectors,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As agents sent it that knew only the first nouns.
    const EARLY: &str = r#"{
        "at": {"unix_ms": 1, "boottime_ms": 2}, "interval_seconds": 10.0, "uptime_seconds": 3.0, "load": null,
        "cpu": {"total": {"user_seconds_total": 1.0, "nice_seconds_total": 0.0, "system_seconds_total": 0.0,
            "idle_seconds_total": 4.0}, "cores": [], "context_switches_total": 5, "interrupts_total": null},
        "memory": {"total_bytes": 6, "free_bytes": 5, "available_bytes": 5, "dirty_bytes": 0},
        "swap": {"total_bytes": 0, "free_bytes": 0, "in_bytes_total": 0, "out_bytes_total": 0},
        "filesystems": [], "disks": [], "networks": []
    }"#;

    #[test]
    fn a_sample_of_an_early_agent_is_understood() {
        let sample: Sample = serde_json::from_str(EARLY).unwrap();
        assert_eq!(sample.cpu.unwrap().forks_total, None);
        assert_eq!(sample.memory.unwrap().page_faults_total, None);
        assert_eq!((sample.pressure, sample.sockets, sample.timekeeping), (None, None, None));
        assert!(sample.sensors.is_empty() && sample.raids.is_empty());
        assert!(sample.processes.is_old() && sample.units.is_old());
        assert!(!sample.time_is_estimated);
    }

    #[test]
    fn what_a_later_agent_adds_is_passed_over() {
        let later = EARLY.replacen('{', r#"{"tachyons": [{"spin": 1}], "#, 1);
        assert_eq!(serde_json::from_str::<Sample>(&later).unwrap(), serde_json::from_str(EARLY).unwrap());
    }
}
