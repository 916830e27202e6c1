//! Energy used by the processor and the memory (RAPL): `/sys/class/powercap`. Since Linux 5.10 only root may read it;
//! for others there is none.

use super::{
    Roots,
    kept::Kept,
    sensor::{Input, Kind},
    text,
};
use crate::model::Sensor;

/// Adds the energy counters of each package and of its parts. They start again at 0 after `max_energy_range_uj`.
pub(super) fn look(roots: &Roots, inputs: &mut Vec<Input>) {
    let class = roots.in_sys("class/powercap");
    for zone in text::list(&class) {
        // The other entries are the control types, and a second view of the packages by memory-mapped registers.
        if !zone.starts_with("intel-rapl:") {
            continue;
        }
        let file = |name| class.join(&zone).join(name);
        let (label, file) = (text::read_value(file("name")), Kept::new(file("energy_uj")));
        let sensor = Sensor { sensor: zone, chip: "rapl".to_owned(), label, ..Sensor::default() };
        inputs.push(Input { sensor, kind: Kind::Energy, file });
    }
}
