//! Supplies of power.

use siskin_platform::model::PowerSupply;

use super::labels::Labels;
use super::place::{Place, Scale, node};
use super::writer::{Head, Writer};

/// `power_supply="BAT0"`.
pub fn labels(supply: &PowerSupply, labels: &mut Labels) -> bool {
    labels.add("power_supply", &supply.supply);
    true
}

/// A metric of a supply.
pub fn place(metric: &str) -> Place {
    let hours = |name, help| node(name).scale(Scale::Hours).help(help);
    match metric {
        "kind" | "status" | "health" => Place::Told(&["node_power_supply_info"]),
        "online" => node("node_power_supply_online"),
        "capacity_ratio" => {
            node("node_power_supply_capacity").scale(Scale::Percent).help("how full the battery is, percent")
        }
        "energy_joules" => hours("node_power_supply_energy_watthour", "energy held, Wh"),
        "energy_full_joules" => hours("node_power_supply_energy_full", "energy held when full, Wh"),
        "energy_design_joules" => hours("node_power_supply_energy_full_design", "energy held when full, when new, Wh"),
        "charge_coulombs" => hours("node_power_supply_charge_ampere", "charge held, Ah"),
        "charge_full_coulombs" => hours("node_power_supply_charge_full", "charge held when full, Ah"),
        "charge_design_coulombs" => {
            hours("node_power_supply_charge_full_design", "charge held when full, when new, Ah")
        }
        "voltage_volts" => node("node_power_supply_voltage_volt"),
        "current_amperes" => node("node_power_supply_current_ampere"),
        "power_watts" => node("node_power_supply_power_watt"),
        "temperature_celsius" => node("node_power_supply_temp_celsius"),
        "cycles" => node("node_power_supply_cyclecount"),
        _ => Place::Own,
    }
}

/// What each of them is, in words.
pub fn info(writer: &mut Writer, supplies: &[PowerSupply]) {
    let head = Head::gauge("node_power_supply_info", "what each supply is");
    let mut text = Labels::default();
    for supply in supplies {
        text.clear();
        text.add_known("health", supply.health.as_deref());
        labels(supply, &mut text);
        text.add_known("status", supply.status.as_deref());
        text.add_known("type", supply.kind.as_deref());
        writer.line(head, text.text(), None, true);
    }
}
