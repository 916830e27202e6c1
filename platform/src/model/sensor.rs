//! What one sensor of the machine measures.

use serde::{Deserialize, Serialize};

/// One sensor. It measures one thing: of the readings one is there, beside the limits of a temperature.
/// Linux: `/sys/class/hwmon`, whose files are named below; `/sys/class/thermal` for zones that hwmon does not show;
/// `/sys/class/powercap` for RAPL.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sensor {
    /// What tells it from all others, the same after a reboot: the device and the chip's name of the input, such as
    /// `coretemp.0/temp1`, `nvme0/temp1`, `thermal_zone0`, `intel-rapl:0`.
    pub sensor: String,
    /// What its device hangs on, where the kernel says so: `platform`, `nvme`, `i2c-5`. Some know a chip by it and the
    /// device together. Linux: the directory above the device in `/sys/devices`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bus: Option<String>,
    /// The kind of chip: `coretemp`, `nvme`; of a thermal zone its type; `rapl`.
    pub chip: String,
    /// What it measures, where the chip says so: `Package id 0` (`tempN_label` and the like).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Temperature, degrees Celsius (`tempN_input`, m°C).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature_celsius: Option<f64>,
    /// The highest temperature that is normal, degrees Celsius (`tempN_max`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature_max_celsius: Option<f64>,
    /// The temperature at which the machine protects itself, degrees Celsius (`tempN_crit`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature_critical_celsius: Option<f64>,
    /// Speed of a fan, revolutions per minute (`fanN_input`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fan_revolutions_per_minute: Option<f64>,
    /// Voltage, volts (`inN_input`, mV).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voltage_volts: Option<f64>,
    /// Current, amperes (`currN_input`, mA).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_amperes: Option<f64>,
    /// Power, watts (`powerN_input`, else `powerN_average`, µW).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_watts: Option<f64>,
    /// Energy used, joules. Counter, which starts again at 0 now and then (`energyN_input`, RAPL `energy_uj`, µJ).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy_joules_total: Option<f64>,
    /// Relative humidity, 0 to 1 (`humidityN_input`, thousandths of a percent).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub humidity_ratio: Option<f64>,
}
