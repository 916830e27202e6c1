//! Sensors. node_exporter has three places for them: hwmon chips, thermal zones, and the energy counters of RAPL.

use siskin_platform::model::Sensor;

use super::labels::Labels;
use super::place::{Place, node};
use super::writer::{Head, Kind, Writer};

const ZONE: &str = "thermal_zone";

/// `chip="platform_coretemp_0",sensor="temp1"`. False for what is no input of a hwmon chip.
pub fn labels(sensor: &Sensor, labels: &mut Labels) -> bool {
    match input(sensor) {
        Some((device, input)) => {
            chip(sensor, device, labels);
            labels.add("sensor", input);
            true
        }
        None => {
            labels.add("chip", &sensor.chip);
            labels.add("sensor", &sensor.sensor);
            false
        }
    }
}

/// A metric of a sensor.
pub fn place(metric: &str) -> Place {
    match metric {
        "chip" => Place::Told(&["node_hwmon_chip_names", "node_thermal_zone_temp", "node_rapl_package_joules_total"]),
        "label" => Place::Told(&["node_hwmon_sensor_label", "node_rapl_package_joules_total"]),
        "temperature_celsius" => node("node_hwmon_temp_celsius"),
        "temperature_max_celsius" => node("node_hwmon_temp_max_celsius"),
        "temperature_critical_celsius" => node("node_hwmon_temp_crit_celsius"),
        "fan_revolutions_per_minute" => node("node_hwmon_fan_rpm"),
        "voltage_volts" => node("node_hwmon_in_volts"),
        "current_amperes" => node("node_hwmon_curr_amps"),
        "power_watts" => node("node_hwmon_power_watt"),
        "energy_joules_total" => node("node_hwmon_energy_joule_total"),
        "humidity_ratio" => node("node_hwmon_humidity"),
        _ => Place::Own,
    }
}

/// The names of chips and inputs, the thermal zones, and RAPL.
pub fn others(writer: &mut Writer, sensors: &[Sensor]) {
    names(writer, sensors);
    zones(writer, sensors);
    energy(writer, sensors);
}

/// Device and input of what hwmon shows.
fn input(sensor: &Sensor) -> Option<(&str, &str)> {
    sensor.sensor.rsplit_once('/')
}

/// The chip as node_exporter calls it: what its device hangs on, and the device.
fn chip(sensor: &Sensor, device: &str, labels: &mut Labels) {
    let bus = sensor.bus.as_deref().unwrap_or_default();
    let line = if clean(bus).next().is_some() { "_" } else { "" };
    labels.add_chars("chip", clean(bus).chain(line.chars()).chain(clean(device)));
}

/// In small letters, with a line for everything that is no letter or digit of ASCII, and none at the ends.
fn clean(name: &str) -> impl Iterator<Item = char> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == ':';
    let inner = name.trim_matches(move |letter| !is_plain(letter));
    inner.chars().map(move |letter| if is_plain(letter) { letter.to_ascii_lowercase() } else { '_' })
}

fn names(writer: &mut Writer, sensors: &[Sensor]) {
    let mut text = Labels::default();
    let head = Head::gauge("node_hwmon_chip_names", "the kind of each chip");
    let mut last = None;
    for (sensor, (device, _)) in sensors.iter().filter_map(|sensor| Some((sensor, input(sensor)?))) {
        // The inputs of a chip follow each other.
        if last.replace(device) != Some(device) {
            text.clear();
            chip(sensor, device, &mut text);
            text.add("chip_name", &sensor.chip);
            writer.line(head, text.text(), None, true);
        }
    }
    let head = Head::gauge("node_hwmon_sensor_label", "what an input measures, in the chip's words");
    for sensor in sensors.iter().filter(|sensor| sensor.label.is_some()) {
        text.clear();
        if labels(sensor, &mut text) {
            text.add_known("label", sensor.label.as_deref());
            writer.line(head, text.text(), None, true);
        }
    }
}

/// Zones that hwmon shows too are told again: those who look for zones look here. Their type is as hwmon spells it.
fn zones(writer: &mut Writer, sensors: &[Sensor]) {
    let head = Head::gauge("node_thermal_zone_temp", "temperature of a thermal zone, degrees Celsius");
    let mut text = Labels::default();
    for sensor in sensors {
        let device = input(sensor).map_or(sensor.sensor.as_str(), |(device, _)| device);
        if let (Some(zone), Some(celsius)) = (device.strip_prefix(ZONE), sensor.temperature_celsius) {
            text.clear();
            text.add("type", &sensor.chip);
            text.add("zone", zone);
            writer.line(head, text.text(), None, celsius);
        }
    }
}

/// One family for each name: `package-0` and `package-1` are the first two of `node_rapl_package_joules_total`.
fn energy(writer: &mut Writer, sensors: &[Sensor]) {
    let counters = || {
        let rapl = sensors.iter().filter(|sensor| sensor.chip == "rapl" && input(sensor).is_none());
        rapl.filter_map(|sensor| Some((sensor, kind_of(sensor)?, sensor.energy_joules_total?)))
    };
    let mut text = Labels::default();
    for (number, (_, (kind, _), _)) in counters().enumerate() {
        if counters().take(number).any(|(_, (other, _), _)| other == kind) {
            continue;
        }
        let name: String = "node_rapl_".chars().chain(clean(kind)).chain("_joules_total".chars()).collect();
        let head = Head { name: &name, kind: Kind::Counter, noun: "", help: "energy used, as RAPL counts it, joules" };
        for (count, (sensor, (_, index), joules)) in counters().filter(|(_, (other, _), _)| *other == kind).enumerate()
        {
            text.clear();
            // Parts of packages bear no number: they are counted.
            text.add_number("index", index.unwrap_or(count as u64));
            text.add_chars("path", "/sys/class/powercap/".chars().chain(sensor.sensor.chars()));
            writer.line(head, text.text(), None, joules);
        }
    }
}

/// `package-0` is number 0 of the packages.
fn kind_of(sensor: &Sensor) -> Option<(&str, Option<u64>)> {
    let label = sensor.label.as_deref().filter(|label| clean(label).next().is_some())?;
    let numbered = label.split_once('-').and_then(|(kind, index)| Some((kind, Some(index.parse().ok()?))));
    Some(numbered.unwrap_or((label, None)))
}
