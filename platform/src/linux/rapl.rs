//! Energy used by the processor and the memory (RAPL): `/sys/class/powercap`. Since Linux 5.10 only root may read it;
//! for others there is none.

use super::{Roots, text};
use crate::model::Sensor;

/// Adds the energy counters of each package and of its parts. They start again at 0 after `max_energy_range_uj`.
pub(super) fn read(roots: &Roots, sensors: &mut Vec<Sensor>) {
    let class = roots.in_sys("class/powercap");
    for zone in text::list(&class) {
        // The other entries are the control types, and a second view of the packages by memory-mapped registers.
        if !zone.starts_with("intel-rapl:") {
            continue;
        }
        let file = |name| class.join(&zone).join(name);
        let Some(joules) = text::read_scaled(file("energy_uj"), 1e6) else { continue };
        sensors.push(Sensor {
            label: text::read_value(file("name")),
            sensor: zone,
            chip: "rapl".to_owned(),
            energy_joules_total: Some(joules),
            ..Sensor::default()
        });
    }
}
