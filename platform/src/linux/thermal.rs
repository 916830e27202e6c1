//! Temperatures of thermal zones: `/sys/class/thermal`, for what hwmon does not show already.

use super::{
    Roots,
    kept::Kept,
    sensor::{Input, Kind},
    text,
};
use crate::model::Sensor;

/// Adds the zones that none of the inputs found so far stands for. One that is switched off does not answer.
pub(super) fn look(roots: &Roots, inputs: &mut Vec<Input>) {
    let class = roots.in_sys("class/thermal");
    for zone in text::list(&class) {
        let file = |name| class.join(&zone).join(name);
        if !zone.starts_with("thermal_zone") {
            continue;
        }
        let Some(kind) = text::read_value(file("type")) else { continue };
        let chip = chip_of(&kind);
        if inputs.iter().any(|input| input.sensor.chip == chip) {
            continue;
        }
        let file = Kept::new(file("temp"));
        let sensor = Sensor { sensor: zone, chip: kind, ..Sensor::default() };
        inputs.push(Input { sensor, kind: Kind::Temperature, file });
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
