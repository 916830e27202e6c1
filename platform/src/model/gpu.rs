//! Graphics processors and accelerators.

use serde::{Deserialize, Serialize};

/// One graphics processor. Linux, below `/sys/class/drm/cardN/device`: AMD (`amdgpu`) and Intel (`i915`, `xe`), whose
/// files are named below; `hwmon` is the chip in its directory of that name. NVIDIA: the calls of its management library.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gpu {
    /// What tells it from all others, the same after a reboot: the PCI address `0000:03:00.0`; NVIDIA's own id `GPU-…`.
    pub gpu: String,
    /// Its name, where the driver has one (`product_name`, `nvmlDeviceGetName`), else the PCI numbers of vendor and
    /// device: `1002:744c`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `amd`, `intel`, `nvidia`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// The kernel's driver: `amdgpu`, `i915`, `xe`; NVIDIA's with its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Whether it is switched off to save power (`power/runtime_status`). It is not woken up: then nothing else is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asleep: Option<bool>,
    /// Share of the last moment in which it worked, 0 to 1 (`gpu_busy_percent`, `nvmlDeviceGetUtilizationRates`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utilization_ratio: Option<f64>,
    /// Time in which it had nothing to do, seconds. Counter; Intel only, which tells no utilization
    /// (`gt0/rc6_residency_ms`, `gt0/gtidle/idle_residency_ms`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_seconds_total: Option<f64>,
    /// Share of the last moment in which its memory was read or written, 0 to 1 (`mem_busy_percent`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_busy_ratio: Option<f64>,
    /// Share of the last moment in which it encoded video, 0 to 1. NVIDIA only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder_ratio: Option<f64>,
    /// Share of the last moment in which it decoded video, 0 to 1. NVIDIA only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoder_ratio: Option<f64>,
    /// Its own memory, bytes (`mem_info_vram_total`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_total_bytes: Option<u64>,
    /// Its own memory in use, bytes (`mem_info_vram_used`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_used_bytes: Option<u64>,
    /// Temperature of the chip, degrees Celsius (hwmon `temp1_input`; Intel `temp2_input` of `xe`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature_celsius: Option<f64>,
    /// Power, watts (hwmon `power1_average`, else `power1_input`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_watts: Option<f64>,
    /// Energy used, joules. Counter (hwmon `energy1_input`, `nvmlDeviceGetTotalEnergyConsumption`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy_joules_total: Option<f64>,
    /// Present frequency of the cores, hertz (hwmon `freq1_input`, else `pp_dpm_sclk`; `gt0/rps_act_freq_mhz`;
    /// `gt0/freq0/act_freq`). An Intel that sleeps between two pieces of work says 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency_hertz: Option<u64>,
    /// Present frequency of the memory, hertz (hwmon `freq2_input`, else `pp_dpm_mclk`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_frequency_hertz: Option<u64>,
    /// Speed of its fan, revolutions per minute (hwmon `fan1_input`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fan_revolutions_per_minute: Option<f64>,
    /// What its fan is told to do, 0 to 1 of the most it can (hwmon `pwm1` of 255, `nvmlDeviceGetFanSpeed`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fan_ratio: Option<f64>,
    /// Whether heat or a limit of power slows it down at this instant (`gt0/throttle_reason_status`,
    /// `gt0/freq0/throttle/status`, `nvmlDeviceGetCurrentClocksThrottleReasons`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled: Option<bool>,
    /// Errors of its memory that were put right, since its driver started. Counter (`ras/umc_err_count` line `ce`,
    /// `nvmlDeviceGetTotalEccErrors`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_errors_total: Option<u64>,
    /// Errors of its memory that were not, since its driver started. Counter (line `ue`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncorrected_errors_total: Option<u64>,
    /// Times that something had to be sent over the bus again. Counter (`pcie_replay_count`,
    /// `nvmlDeviceGetPcieReplayCounter`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pcie_replays_total: Option<u64>,
}
