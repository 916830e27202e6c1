//! Temperatures of thermal zones: `/sys/class/thermal`, for what hwmon does not show already.

use super::{Roots, text};
use crate::model::Sensor;

/// Adds the zones that none of the sensors found so far stands for.
pub(super) fn read(roots: &Roots, sensors: &mut Vec<Sensor>) {
    let class = roots.in_sys("class/thermal");
    for zone in text::list(&class) {
        let file = |name| class.join(&zone).join(name);
        if !zone.starts_with("thermal_zone") {
            continue;
        }
        let Some(kind) = text::read_value(file("type")) else { continue };
        let chip = chip_of(&kind);
        if sensors.iter().any(|sensor| sensor.chip == chip) {
            continue;
        }
        // A zone that is switched off does not answer.
        let Some(celsius) = text::read_scaled(file("temp"), 1e3) else { continue };
        sensors.push(Sensor { sensor: zone, chip: kind, temperature_celsius: Some(celsius), ..Sensor::default() });
    }
}

/// The name under which hwmon shows zones of this type, where it does.
fn chip_of(kind: &str) -> String {
    kind.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hwmon_has_no_hyphens() {
        assert_eq!(chip_of("cpu-thermal"), "cpu_thermal");
        assert_eq!(chip_of("acpitz"), "acpitz");
    }
}
