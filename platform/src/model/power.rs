//! Batteries and other supplies of power, and what a board does when its own is too weak.

use serde::{Deserialize, Serialize};

/// One battery, mains adapter, UPS or USB port. Batteries tell what they hold either as energy or as charge.
/// Linux: `/sys/class/power_supply/NAME/uevent`, each line below without its `POWER_SUPPLY_`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PowerSupply {
    /// The kernel's name, such as `BAT0`.
    pub supply: String,
    /// `Battery`, `Mains`, `UPS`, `USB` (`TYPE`, else the file `type`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `Charging`, `Discharging`, `Full`, `Not charging` (`STATUS`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `Good`, `Overheat`, `Dead` and others (`HEALTH`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<String>,
    /// Whether power comes from it; batteries do not say so (`ONLINE`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub online: Option<bool>,
    /// How full it is: 0 to 1 (`CAPACITY`, percent).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_ratio: Option<f64>,
    /// Energy held, joules (`ENERGY_NOW`, µWh).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub energy_joules: Option<f64>,
    /// Energy held when full, joules (`ENERGY_FULL`, µWh).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub energy_full_joules: Option<f64>,
    /// Energy held when full, when it was new, joules (`ENERGY_FULL_DESIGN`, µWh).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub energy_design_joules: Option<f64>,
    /// Charge held, coulombs (`CHARGE_NOW`, µAh).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge_coulombs: Option<f64>,
    /// Charge held when full, coulombs (`CHARGE_FULL`, µAh).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge_full_coulombs: Option<f64>,
    /// Charge held when full, when it was new, coulombs (`CHARGE_FULL_DESIGN`, µAh).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge_design_coulombs: Option<f64>,
    /// Voltage, volts (`VOLTAGE_NOW`, µV).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voltage_volts: Option<f64>,
    /// Current, amperes (`CURRENT_NOW`, µA). Some drivers show the current of discharge as negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_amperes: Option<f64>,
    /// Power, watts (`POWER_NOW`, µW). Some drivers show the power of discharge as negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_watts: Option<f64>,
    /// Temperature, degrees Celsius (`TEMP`, tenths).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature_celsius: Option<f64>,
    /// Times that it was emptied and filled (`CYCLE_COUNT`); `None` where the driver says 0 for want of a count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cycles: Option<u64>,
}

/// What a Raspberry Pi does against a weak supply and against heat, at this instant and since boot.
/// Linux: `/sys/devices/platform/soc/soc:firmware/get_throttled`, bits in hexadecimal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throttling {
    /// The supply is below 4.63 V (bit 0).
    pub under_voltage: bool,
    /// The frequency is capped (bit 1).
    pub frequency_capped: bool,
    /// It is throttled (bit 2).
    pub throttled: bool,
    /// The soft limit of temperature is reached (bit 3).
    pub temperature_limited: bool,
    /// The supply has been too low since boot (bit 16).
    pub under_voltage_since_boot: bool,
    /// The frequency has been capped since boot (bit 17).
    pub frequency_capped_since_boot: bool,
    /// It has been throttled since boot (bit 18).
    pub throttled_since_boot: bool,
    /// The soft limit of temperature has been reached since boot (bit 19).
    pub temperature_limited_since_boot: bool,
}
