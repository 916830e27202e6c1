//! Batteries, adapters, UPSes: `/sys/class/power_supply`.

use super::{Roots, text};
use crate::model::PowerSupply;

/// What precedes each name in `uevent`.
const PREFIX: &str = "POWER_SUPPLY_";

/// Each supply. Some are slow to answer: the values come from the battery's own controller.
pub fn read(roots: &Roots) -> Vec<PowerSupply> {
    let class = roots.in_sys("class/power_supply");
    let supply = |name: String| {
        let directory = class.join(&name);
        // One file has all that the driver tells. A supply that was just unplugged has none.
        let mut supply = parse(&text::read(directory.join("uevent")).ok()?);
        supply.supply = name;
        supply.kind = supply.kind.or_else(|| text::read_value(directory.join("type")));
        Some(supply)
    };
    text::list(&class).into_iter().filter_map(supply).collect()
}

/// The text of `uevent`. The name of the supply is not taken from it. What is odd is left out, for it is the battery's
/// firmware that speaks.
pub fn parse(text: &str) -> PowerSupply {
    let mut supply = PowerSupply::default();
    for line in text.lines() {
        let Some((name, value)) = line.strip_prefix(PREFIX).and_then(|line| line.split_once('=')) else { continue };
        let number = || value.parse::<i64>().ok().map(|number| number as f64);
        let micro = || number().map(|number| number / 1e6);
        // An hour of it, in seconds of it.
        let micro_hours = || number().map(|number| number * 3600.0 / 1e6);
        let word = || (!value.is_empty() && value != "Unknown").then(|| value.to_owned());
        match name {
            "TYPE" => supply.kind = word(),
            "STATUS" => supply.status = word(),
            "HEALTH" => supply.health = word(),
            "ONLINE" => supply.online = number().map(|number| number > 0.0),
            "CAPACITY" => supply.capacity_ratio = number().map(|percent| percent / 100.0),
            "ENERGY_NOW" => supply.energy_joules = micro_hours(),
            "ENERGY_FULL" => supply.energy_full_joules = micro_hours(),
            "ENERGY_FULL_DESIGN" => supply.energy_design_joules = micro_hours(),
            "CHARGE_NOW" => supply.charge_coulombs = micro_hours(),
            "CHARGE_FULL" => supply.charge_full_coulombs = micro_hours(),
            "CHARGE_FULL_DESIGN" => supply.charge_design_coulombs = micro_hours(),
            "VOLTAGE_NOW" => supply.voltage_volts = micro(),
            "CURRENT_NOW" => supply.current_amperes = micro(),
            "POWER_NOW" => supply.power_watts = micro(),
            "TEMP" => supply.temperature_celsius = number().map(|tenths| tenths / 10.0),
            "CYCLE_COUNT" => supply.cycles = value.parse().ok().filter(|cycles| *cycles > 0),
            _ => {}
        }
    }
    supply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_3600_seconds() {
        let supply = parse("POWER_SUPPLY_ENERGY_NOW=50000000\nPOWER_SUPPLY_CHARGE_FULL=2500000\n");
        assert_eq!((supply.energy_joules, supply.charge_full_coulombs), (Some(180_000.0), Some(9_000.0)));
    }

    #[test]
    fn signs_are_kept_and_unknown_is_none() {
        let text = "POWER_SUPPLY_CURRENT_NOW=-1250000\nPOWER_SUPPLY_STATUS=Unknown\nPOWER_SUPPLY_CYCLE_COUNT=0\n\
                    POWER_SUPPLY_TEMP=-55\nPOWER_SUPPLY_CAPACITY=full\nDEVTYPE=power_supply\n";
        let expected =
            PowerSupply { current_amperes: Some(-1.25), temperature_celsius: Some(-5.5), ..PowerSupply::default() };
        assert_eq!(parse(text), expected);
    }
}
