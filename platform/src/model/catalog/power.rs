//! Supplies of power, and throttling.

use super::*;
use crate::model::{PowerSupply, Throttling};

pub(super) const HOST: &[Metric<Sample>] = &[
    flag("throttling.under_voltage", "the supply is too weak", |s| throttling(s, |t| t.under_voltage)),
    flag("throttling.frequency_capped", "the frequency is capped", |s| throttling(s, |t| t.frequency_capped)),
    flag("throttling.throttled", "the processor is throttled", |s| throttling(s, |t| t.throttled)),
    flag("throttling.temperature_limited", "too hot for full speed", |s| throttling(s, |t| t.temperature_limited)),
    flag("throttling.under_voltage_since_boot", "the supply has been too weak", |s| {
        throttling(s, |t| t.under_voltage_since_boot)
    }),
    flag("throttling.frequency_capped_since_boot", "the frequency has been capped", |s| {
        throttling(s, |t| t.frequency_capped_since_boot)
    }),
    flag("throttling.throttled_since_boot", "the processor has been throttled", |s| {
        throttling(s, |t| t.throttled_since_boot)
    }),
    flag("throttling.temperature_limited_since_boot", "has been too hot for full speed", |s| {
        throttling(s, |t| t.temperature_limited_since_boot)
    }),
];

/// One row per host, instant and supply of power.
pub static POWER_SUPPLY: Table<PowerSupply> = Table {
    name: "power_supply",
    dimension: Some(text("supply", "the kernel's name of the supply", |p| Some(&p.supply))),
    rows: |s| &s.power_supplies,
    every_seconds: 0,
    metrics: &[
        text("kind", "battery, mains and so on", |p| p.kind.as_deref()),
        text("status", "charging, discharging and so on", |p| p.status.as_deref()),
        text("health", "good, dead and so on", |p| p.health.as_deref()),
        flag("online", "whether power comes from it", |p| p.online),
        real("capacity_ratio", Gauge, Ratio, "how full it is", |p| p.capacity_ratio),
        real("energy_joules", Gauge, Joules, "energy held", |p| p.energy_joules),
        real("energy_full_joules", Gauge, Joules, "energy held when full", |p| p.energy_full_joules),
        real("energy_design_joules", Gauge, Joules, "energy held when full, when new", |p| p.energy_design_joules),
        real("charge_coulombs", Gauge, Coulombs, "charge held", |p| p.charge_coulombs),
        real("charge_full_coulombs", Gauge, Coulombs, "charge held when full", |p| p.charge_full_coulombs),
        real("charge_design_coulombs", Gauge, Coulombs, "charge held when full, when new", |p| {
            p.charge_design_coulombs
        }),
        real("voltage_volts", Gauge, Volts, "voltage", |p| p.voltage_volts),
        real("current_amperes", Gauge, Amperes, "current", |p| p.current_amperes),
        real("power_watts", Gauge, Watts, "power", |p| p.power_watts),
        real("temperature_celsius", Gauge, Celsius, "temperature", |p| p.temperature_celsius),
        integer("cycles", Gauge, Count, "times emptied and filled", |p| p.cycles),
    ],
};

fn throttling(sample: &Sample, read: fn(&Throttling) -> bool) -> Option<bool> {
    sample.throttling.as_ref().map(read)
}
