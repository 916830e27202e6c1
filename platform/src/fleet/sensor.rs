//! The temperatures and the fan of a made-up machine: they follow what its processors do.

use super::{Random, pace::Busy};
use crate::model::Sensor;

/// How long a package takes to warm up, seconds.
const WARM_SECONDS: f64 = 60.0;

/// What one machine's chips feel.
#[derive(Clone, Debug)]
pub struct Heat {
    room_celsius: f64,
    package_celsius: f64,
}

impl Heat {
    /// That of a machine in some room.
    pub fn draw(random: &mut Random) -> Self {
        let room_celsius = random.between(19.0, 27.0);
        Self { room_celsius, package_celsius: room_celsius + 10.0 }
    }

    /// What is felt after a step. Chips tell whole degrees.
    pub fn advance(&mut self, busy: Busy, random: &mut Random) -> Vec<Sensor> {
        let due = self.room_celsius + 12.0 + 48.0 * busy.cpu;
        self.package_celsius += (due - self.package_celsius) * (1.0 - (-busy.seconds / WARM_SECONDS).exp());
        let package = (self.package_celsius + 0.4 * random.normal()).round();
        let disk = (self.room_celsius + 11.0 + 9.0 * busy.burst + 0.3 * random.normal()).round();
        let fan = 900.0 + 35.0 * (package - 40.0).max(0.0) + 8.0 * random.normal();
        vec![
            Sensor {
                sensor: "coretemp.0/temp1".into(),
                chip: "coretemp".into(),
                label: Some("Package id 0".into()),
                temperature_celsius: Some(package),
                temperature_max_celsius: Some(80.0),
                temperature_critical_celsius: Some(100.0),
                ..Sensor::default()
            },
            Sensor {
                sensor: "nvme0/temp1".into(),
                chip: "nvme".into(),
                label: Some("Composite".into()),
                temperature_celsius: Some(disk),
                temperature_max_celsius: Some(82.0),
                ..Sensor::default()
            },
            Sensor {
                sensor: "nct6775.656/fan1".into(),
                chip: "nct6775".into(),
                fan_revolutions_per_minute: Some(fan.round()),
                ..Sensor::default()
            },
        ]
    }
}
