//! Batteries, adapters, UPSes: `/sys/class/power_supply`.

use std::time::{Duration, Instant};

use super::{
    Error, Roots,
    collector::{Collector, Found},
    kept::Kept,
    text,
};
use crate::model::{PowerSupply, Sample};

/// What precedes each name in `uevent`.
const PREFIX: &str = "POWER_SUPPLY_";

/// Docks and UPSes are plugged in now and then.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Each supply. Some are slow to answer: the values come from the battery's own controller.
pub(super) struct Supplies {
    roots: Roots,
    supplies: Vec<Supply>,
    looked: Option<Instant>,
}

struct Supply {
    name: String,
    kind: Option<String>,
    /// One file has all that the driver tells. A supply that was just unplugged has none.
    uevent: Kept,
}

impl Supplies {
    pub(super) fn new(roots: &Roots) -> Self {
        Self { roots: roots.clone(), supplies: Vec::new(), looked: None }
    }
}

impl Collector for Supplies {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, _: &mut Vec<Error>) -> Result<Found, Error> {
        if self.looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY) {
            self.looked = Some(Instant::now());
            let class = self.roots.in_sys("class/power_supply");
            let supply = |name: String| Supply {
                kind: text::read_value(class.join(&name).join("type")),
                uevent: Kept::new(class.join(&name).join("uevent")),
                name,
            };
            self.supplies = text::list(&class).into_iter().map(supply).collect();
        }
        sample.power_supplies.clear();
        for known in &mut self.supplies {
            let Ok(text) = known.uevent.read(text) else { continue };
            let mut supply = parse(text);
            supply.supply = known.name.clone();
            supply.kind = supply.kind.or_else(|| known.kind.clone());
            sample.power_supplies.push(supply);
        }
        Ok(if self.supplies.is_empty() { Found::Nothing } else { Found::Source })
    }
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
