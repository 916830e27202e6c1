//! Temperatures, fans, voltages, currents, power, energy and humidity: `/sys/class/hwmon`. The order of its numbers
//! changes from boot to boot, so chips are named by their devices.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::{
    Error, Roots,
    collector::{Collector, Found},
    kept::Kept,
    rapl,
    rows::{Rows, set_optional, take},
    text, thermal,
};
use crate::model::{Sample, Sensor};

/// The most that are listed. A server with a sensor for each core has a few hundred.
const LIMIT: usize = 2048;

/// Chips come with modules and disks.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// All sensors: those of the hwmon chips, thermal zones that are not among them, and the energy counters of RAPL.
/// A sensor that does not answer just now (a disk asleep, a fan unplugged) is left out.
pub(super) struct Sensors {
    roots: Roots,
    inputs: Vec<Input>,
    looked: Option<Instant>,
}

/// One thing that can be read.
pub(super) struct Input {
    /// Its names and limits, without the reading.
    pub sensor: Sensor,
    pub kind: Kind,
    pub file: Kept,
}

impl Sensors {
    pub(super) fn new(roots: &Roots) -> Self {
        Self { roots: roots.clone(), inputs: Vec::new(), looked: None }
    }

    fn look(&mut self) {
        self.inputs.clear();
        let class = self.roots.in_sys("class/hwmon");
        for entry in text::list(&class) {
            chip(&class.join(entry), &mut self.inputs);
        }
        thermal::look(&self.roots, &mut self.inputs);
        rapl::look(&self.roots, &mut self.inputs);
        self.inputs.truncate(LIMIT);
    }
}

impl Collector for Sensors {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, _: &mut Vec<Error>) -> Result<Found, Error> {
        if self.looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY) {
            self.looked = Some(Instant::now());
            self.look();
        }
        let mut rows = Rows::over(&mut sample.sensors);
        for input in &mut self.inputs {
            if let Some(value) = input.file.scaled(text, input.kind.per_unit()) {
                input.write(value, rows.next());
            }
        }
        Ok(if self.inputs.is_empty() { Found::Nothing } else { Found::Source })
    }
}

impl Input {
    fn write(&self, value: f64, row: &mut Sensor) {
        set_optional(&mut row.bus, self.sensor.bus.as_deref());
        set_optional(&mut row.label, self.sensor.label.as_deref());
        *row = Sensor {
            sensor: take(&mut row.sensor, &self.sensor.sensor),
            bus: row.bus.take(),
            chip: take(&mut row.chip, &self.sensor.chip),
            label: row.label.take(),
            temperature_max_celsius: self.sensor.temperature_max_celsius,
            temperature_critical_celsius: self.sensor.temperature_critical_celsius,
            ..Sensor::default()
        };
        *self.kind.slot(row) = Some(value);
    }
}

fn chip(directory: &Path, inputs: &mut Vec<Input>) {
    let directory_link = directory.read_link().ok();
    let device = directory.join("device");
    // Old drivers keep their files with the device.
    let is_old = !text::exists(&directory.join("name"));
    let directory = if is_old { &device } else { directory };
    let Some(chip) = text::read_value(directory.join("name")) else { return };
    let target = device.read_link().ok();
    let target = target.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let mut device = target.unwrap_or_else(|| chip.clone());
    // Chips without a device of their own may bear the same name.
    let prefix = format!("{device}/");
    if inputs.iter().any(|input| input.sensor.sensor.starts_with(&prefix)) {
        let number = directory.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        device = format!("{device}#{number}");
    }

    let bus = directory_link.as_deref().and_then(|link| bus(link, &device)).map(str::to_owned);
    let files = text::list(directory);
    for (input, kind) in files.iter().filter_map(|file| parse_input(file)) {
        let path = |suffix: &str| directory.join(format!("{input}_{suffix}"));
        let is_average = !files.iter().any(|file| file.strip_prefix(input) == Some("_input"));
        let limit =
            |suffix| (kind == Kind::Temperature).then(|| text::read_scaled(path(suffix), kind.per_unit())).flatten();
        let sensor = Sensor {
            sensor: format!("{device}/{input}"),
            bus: bus.clone(),
            chip: chip.clone(),
            label: text::read_value(path("label")),
            temperature_max_celsius: limit("max"),
            temperature_critical_celsius: limit("crit"),
            ..Sensor::default()
        };
        let file = Kept::new(path(if is_average { "average" } else { "input" }));
        // Power that comes both ways has two files.
        if inputs.iter().all(|input| input.sensor.sensor != sensor.sensor) {
            inputs.push(Input { sensor, kind, file });
        }
    }
}

/// The directory above a chip's device, from where its entry of `/sys/class/hwmon` leads:
/// `../../devices/platform/coretemp.0/hwmon/hwmon0`.
pub fn bus<'a>(link: &'a Path, device: &str) -> Option<&'a str> {
    let device = link.ancestors().find(|path| path.file_name().is_some_and(|name| name == device))?;
    device.parent()?.file_name()?.to_str()
}

/// What an input measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `tempN`.
    Temperature,
    /// `fanN`.
    Fan,
    /// `inN`.
    Voltage,
    /// `currN`.
    Current,
    /// `powerN`.
    Power,
    /// `energyN`.
    Energy,
    /// `humidityN`.
    Humidity,
}

const KINDS: [(&str, Kind); 7] = [
    ("temp", Kind::Temperature),
    ("fan", Kind::Fan),
    ("in", Kind::Voltage),
    ("curr", Kind::Current),
    ("power", Kind::Power),
    ("energy", Kind::Energy),
    ("humidity", Kind::Humidity),
];

/// The input that a file of a chip's directory is the reading of, and what it measures: `temp1_input` is `temp1`.
/// Power comes as an average too, which stands for it where there is nothing else.
pub fn parse_input(file: &str) -> Option<(&str, Kind)> {
    let (input, suffix) = file.split_once('_')?;
    let name = input.trim_end_matches(|c: char| c.is_ascii_digit());
    let kind = KINDS.iter().find(|(known, _)| *known == name && input.len() > name.len())?.1;
    (suffix == "input" || suffix == "average" && kind == Kind::Power).then_some((input, kind))
}

impl Kind {
    /// How many of the kernel's units make one of ours.
    fn per_unit(self) -> f64 {
        match self {
            Kind::Fan => 1.0,
            Kind::Temperature | Kind::Voltage | Kind::Current => 1e3,
            Kind::Humidity => 1e5,
            Kind::Power | Kind::Energy => 1e6,
        }
    }

    fn slot(self, sensor: &mut Sensor) -> &mut Option<f64> {
        match self {
            Kind::Temperature => &mut sensor.temperature_celsius,
            Kind::Fan => &mut sensor.fan_revolutions_per_minute,
            Kind::Voltage => &mut sensor.voltage_volts,
            Kind::Current => &mut sensor.current_amperes,
            Kind::Power => &mut sensor.power_watts,
            Kind::Energy => &mut sensor.energy_joules_total,
            Kind::Humidity => &mut sensor.humidity_ratio,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_by_the_names_of_their_files() {
        assert_eq!(parse_input("temp12_input"), Some(("temp12", Kind::Temperature)));
        assert_eq!(parse_input("in0_input"), Some(("in0", Kind::Voltage)));
        assert_eq!(parse_input("power1_average"), Some(("power1", Kind::Power)));
        for other in ["temp1_max", "temp_input", "intrusion0_alarm", "in0_average", "pwm1", "name", "input", "_input"] {
            assert_eq!(parse_input(other), None, "{other}");
        }
    }

    #[test]
    fn a_chip_comes_with_its_module_and_goes_with_its_disk() {
        let root = std::env::current_exe().unwrap().with_file_name("siskin-platform-sensors");
        let _ = std::fs::remove_dir_all(&root);
        let write = |file: &str, text: &str| {
            let path = root.join("class/hwmon").join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let mut sensors = Sensors::new(&Roots { sys: root.clone(), ..Roots::default() });
        let mut sample = Sample::default();
        let mut read = |sensors: &mut Sensors, minute_is_over: bool| {
            if minute_is_over {
                sensors.looked = None;
            }
            let found = sensors.read(&mut sample, &mut Vec::new(), &mut Vec::new()).unwrap();
            let seen = sample.sensors.iter().map(|one| (one.sensor.clone(), one.temperature_celsius.unwrap()));
            (found, seen.collect::<Vec<_>>())
        };
        assert_eq!(read(&mut sensors, true), (Found::Nothing, vec![]));
        write("hwmon0/name", "nvme\n");
        write("hwmon0/temp1_input", "38850\n");
        assert_eq!(read(&mut sensors, false).1, vec![], "not looked for yet");
        let nvme = |celsius| ("nvme/temp1".to_owned(), celsius);
        assert_eq!(read(&mut sensors, true), (Found::Source, vec![nvme(38.85)]));
        write("hwmon1/name", "drivetemp\n");
        write("hwmon1/temp1_input", "-1000\n");
        let drive = ("drivetemp/temp1".to_owned(), -1.0);
        assert_eq!(read(&mut sensors, true).1, vec![nvme(38.85), drive.clone()]);
        // A disk that was pulled out: its file stays open and gives nothing, until its chip is gone.
        write("hwmon0/temp1_input", "");
        assert_eq!(read(&mut sensors, false).1, vec![drive.clone()]);
        std::fs::remove_dir_all(root.join("class/hwmon/hwmon0")).unwrap();
        assert_eq!(read(&mut sensors, true), (Found::Source, vec![drive]));
        std::fs::remove_dir_all(root.join("class/hwmon/hwmon1")).unwrap();
        assert_eq!(read(&mut sensors, true), (Found::Nothing, vec![]));
    }

    #[test]
    fn a_bus_is_the_directory_above_the_device() {
        let bus = |link: &str, device| bus(Path::new(link), device).map(str::to_owned);
        assert_eq!(bus("../../devices/platform/coretemp.0/hwmon/hwmon3", "coretemp.0").as_deref(), Some("platform"));
        let zone = "../../devices/virtual/thermal/thermal_zone0/hwmon0";
        assert_eq!(bus(zone, "thermal_zone0").as_deref(), Some("thermal"));
        assert_eq!(bus("../../devices/pci0000:00/0000:00:1d.0/nvme/nvme0/hwmon1", "nvme0").as_deref(), Some("nvme"));
        assert_eq!(bus("../../devices/virtual/hwmon/hwmon2", "acpitz"), None);
        assert_eq!(bus("nvme0", "nvme0"), None);
    }
}
