//! AMD and Intel: the files of the kernel's drivers below `/sys/class/drm/cardN`.

use std::{
    io,
    path::{Path, PathBuf},
    time::Instant,
};

use super::{super::text, LIMIT, LOOK_EVERY, empty};
use crate::{
    linux::{
        Error, Roots,
        rows::{Rows, set, set_optional},
        scratch,
    },
    model::Gpu,
};

/// A reading that several files may give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Utilization,
    Idle,
    MemoryBusy,
    MemoryTotal,
    MemoryUsed,
    Temperature,
    Power,
    Energy,
    Frequency,
    MemoryFrequency,
    FanSpeed,
    Fan,
    Throttled,
    Errors,
    Replays,
}

/// How a file says it.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// A whole number, of which so many make one of ours.
    Per(f64),
    /// A whole number of millions.
    Mega,
    /// The table of levels of a clock.
    Levels,
    /// Two counts.
    Errors,
}

use Field::*;
use Form::{Errors as TwoCounts, Levels, Mega, Per};

/// Below the card's directory; `hwmon/` is the card's chip there. Of the files of one reading the first that answers
/// counts. Of a GPU in several parts it is the first part, which draws and computes.
const FILES: [(Field, &str, Form); 26] = [
    (Utilization, "device/gpu_busy_percent", Per(100.0)),
    (Idle, "gt/gt0/rc6_residency_ms", Per(1e3)),
    (Idle, "device/tile0/gt0/gtidle/idle_residency_ms", Per(1e3)),
    (Idle, "power/rc6_residency_ms", Per(1e3)),
    (MemoryBusy, "device/mem_busy_percent", Per(100.0)),
    (MemoryTotal, "device/mem_info_vram_total", Per(1.0)),
    (MemoryUsed, "device/mem_info_vram_used", Per(1.0)),
    (Temperature, "hwmon/temp1_input", Per(1e3)),
    (Temperature, "hwmon/temp2_input", Per(1e3)),
    (Power, "hwmon/power1_average", Per(1e6)),
    (Power, "hwmon/power1_input", Per(1e6)),
    (Energy, "hwmon/energy1_input", Per(1e6)),
    (Energy, "hwmon/energy2_input", Per(1e6)),
    (Frequency, "hwmon/freq1_input", Per(1.0)),
    (Frequency, "device/pp_dpm_sclk", Levels),
    (Frequency, "gt/gt0/rps_act_freq_mhz", Mega),
    (Frequency, "device/tile0/gt0/freq0/act_freq", Mega),
    (Frequency, "gt_act_freq_mhz", Mega),
    (MemoryFrequency, "hwmon/freq2_input", Per(1.0)),
    (MemoryFrequency, "device/pp_dpm_mclk", Levels),
    (FanSpeed, "hwmon/fan1_input", Per(1.0)),
    (Fan, "hwmon/pwm1", Per(255.0)),
    (Throttled, "gt/gt0/throttle_reason_status", Per(1.0)),
    (Throttled, "device/tile0/gt0/freq0/throttle/status", Per(1.0)),
    (Errors, "device/ras/umc_err_count", TwoCounts),
    (Replays, "device/pcie_replay_count", Per(1.0)),
];

/// The cards, as they were found at the last look.
pub(super) struct Drm {
    class: PathBuf,
    cards: Vec<Card>,
    looked: Option<Instant>,
}

struct Card {
    gpu: String,
    name: Option<String>,
    vendor: Option<String>,
    driver: Option<String>,
    runtime_status: PathBuf,
    sources: Vec<(Field, PathBuf, Form)>,
}

impl Drm {
    pub(super) fn new(roots: &Roots) -> Self {
        Self { class: roots.in_sys("class/drm"), cards: Vec::new(), looked: None }
    }

    /// Adds a row for each card that tells anything. Whether there is one.
    pub(super) fn read(&mut self, rows: &mut Rows<'_, Gpu>, scratch: &mut Vec<u8>, odd: &mut Vec<Error>) -> bool {
        if self.looked.is_none_or(|looked| looked.elapsed() >= LOOK_EVERY) {
            self.looked = Some(Instant::now());
            self.cards.clear();
            let names = text::list(&self.class);
            self.cards.extend(names.iter().filter_map(|name| card(&self.class, name)).take(LIMIT));
        }
        for card in &self.cards {
            let row = rows.next();
            empty(row);
            set(&mut row.gpu, &card.gpu);
            set_optional(&mut row.name, card.name.as_deref());
            set_optional(&mut row.vendor, card.vendor.as_deref());
            set_optional(&mut row.driver, card.driver.as_deref());
            if let Err((path, source)) = card.read(row, scratch) {
                rows.drop_last();
                odd.push(Error::Read { path: path.to_owned(), source });
                // It may be gone, and another may be there.
                self.looked = None;
            }
        }
        !self.cards.is_empty()
    }
}

impl Card {
    /// Fails when not one of its files can be read: it was unplugged, or its driver has given up.
    fn read(&self, row: &mut Gpu, scratch: &mut Vec<u8>) -> Result<(), (&Path, io::Error)> {
        row.asleep = match scratch::value(&self.runtime_status, scratch) {
            Ok("suspended" | "suspending") => Some(true),
            Ok("active" | "resuming") => Some(false),
            _ => None,
        };
        // Most of the files wake it up.
        if row.asleep == Some(true) {
            return Ok(());
        }
        let mut fault = None;
        let mut has_read = false;
        for (field, path, form) in &self.sources {
            if is_set(row, *field) {
                continue;
            }
            match scratch::value(path, scratch) {
                Ok(text) => {
                    has_read = true;
                    put_reading(row, *field, *form, text);
                }
                Err(error) => fault = fault.or(Some((path.as_path(), error))),
            }
        }
        fault.filter(|_| !has_read).map_or(Ok(()), Err)
    }
}

/// A card, if it has any of the files: screens without a processor of their own have none. NVIDIA's are read otherwise.
fn card(class: &Path, name: &str) -> Option<Card> {
    name.strip_prefix("card")?.parse::<u32>().ok()?;
    // Without links, each reading has a shorter way.
    let directory = class.join(name).canonicalize().ok()?;
    let link = directory.join("device");
    let device = link.canonicalize().ok()?;
    let target = |link: &Path| Some(link.read_link().ok()?.file_name()?.to_string_lossy().into_owned());
    let driver = target(&device.join("driver"));
    if driver.as_deref() == Some("nvidia") {
        return None;
    }
    let chips = device.join("hwmon");
    let chip = text::list(&chips).first().map(|chip| chips.join(chip));
    let path = |file: &str| match file.split_once('/') {
        Some(("hwmon", input)) => Some(chip.as_ref()?.join(input)),
        Some(("device", file)) => Some(device.join(file)),
        _ => Some(directory.join(file)),
    };
    let sources: Vec<_> = FILES
        .iter()
        .filter_map(|(field, file, form)| Some((*field, path(file).filter(|path| text::exists(path))?, *form)))
        .collect();
    if sources.is_empty() {
        return None;
    }
    let number = |file: &str| Some(text::read_value(device.join(file))?.trim_start_matches("0x").to_owned());
    let (vendor, model) = (number("vendor"), number("device"));
    let numbers = vendor.as_ref().zip(model).map(|(vendor, model)| format!("{vendor}:{model}"));
    Some(Card {
        gpu: target(&link).unwrap_or_else(|| name.to_owned()),
        name: text::read_value(device.join("product_name")).or(numbers),
        vendor: vendor.map(vendor_name),
        driver,
        runtime_status: device.join("power/runtime_status"),
        sources,
    })
}

fn vendor_name(number: String) -> String {
    match number.as_str() {
        "1002" | "1022" => "amd".to_owned(),
        "8086" => "intel".to_owned(),
        "10de" => "nvidia".to_owned(),
        _ => number,
    }
}

fn is_set(row: &Gpu, field: Field) -> bool {
    match field {
        Utilization => row.utilization_ratio.is_some(),
        Idle => row.idle_seconds_total.is_some(),
        MemoryBusy => row.memory_busy_ratio.is_some(),
        MemoryTotal => row.memory_total_bytes.is_some(),
        MemoryUsed => row.memory_used_bytes.is_some(),
        Temperature => row.temperature_celsius.is_some(),
        Power => row.power_watts.is_some(),
        Energy => row.energy_joules_total.is_some(),
        Frequency => row.frequency_hertz.is_some(),
        MemoryFrequency => row.memory_frequency_hertz.is_some(),
        FanSpeed => row.fan_revolutions_per_minute.is_some(),
        Fan => row.fan_ratio.is_some(),
        Throttled => row.throttled.is_some(),
        Errors => row.corrected_errors_total.is_some(),
        Replays => row.pcie_replays_total.is_some(),
    }
}

fn put_reading(row: &mut Gpu, field: Field, form: Form, text: &str) {
    if field == Errors {
        (row.corrected_errors_total, row.uncorrected_errors_total) = parse_errors(text);
        return;
    }
    let number = match form {
        Per(per_unit) => text.parse::<i64>().ok().map(|number| number as f64 / per_unit),
        Mega => text.parse::<u32>().ok().map(|number| f64::from(number) * 1e6),
        Levels => parse_level(text).map(|hertz| hertz as f64),
        TwoCounts => None,
    };
    // Below 2^53 a real number counts as well as a whole one.
    let count = number.filter(|number| *number >= 0.0).map(|number| number as u64);
    match field {
        Utilization => row.utilization_ratio = number,
        Idle => row.idle_seconds_total = number,
        MemoryBusy => row.memory_busy_ratio = number,
        MemoryTotal => row.memory_total_bytes = count,
        MemoryUsed => row.memory_used_bytes = count,
        Temperature => row.temperature_celsius = number,
        Power => row.power_watts = number,
        Energy => row.energy_joules_total = number,
        Frequency => row.frequency_hertz = count,
        MemoryFrequency => row.memory_frequency_hertz = count,
        FanSpeed => row.fan_revolutions_per_minute = number,
        Fan => row.fan_ratio = number,
        Throttled => row.throttled = number.map(|number| number > 0.0),
        Replays => row.pcie_replays_total = count,
        Errors => {}
    }
}

/// The level of a clock that is in use, hertz: the line with a star of `pp_dpm_sclk`, such as `1: 800Mhz *`.
pub fn parse_level(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.trim_end().strip_suffix('*'))?;
    let value = line.split_once(':')?.1.trim();
    let digits = value.len() - value.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let (number, unit) = value.split_at(digits);
    unit.eq_ignore_ascii_case("mhz").then_some(number)?.parse::<u64>().ok()?.checked_mul(1_000_000)
}

/// Errors put right and errors not, of lines `ue: 0` and `ce: 3`.
pub fn parse_errors(text: &str) -> (Option<u64>, Option<u64>) {
    let count = |name| {
        let mut lines = text.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(found, _)| *found == name)?.1.trim().parse().ok()
    };
    (count("ce"), count("ue"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_with_the_star() {
        assert_eq!(parse_level("0: 500Mhz\n1: 800Mhz *\n2: 2575Mhz\n"), Some(800_000_000));
        assert_eq!(parse_level("S: 19Mhz *\n0: 615Mhz\n"), Some(19_000_000));
        for text in ["", "0: 500Mhz\n", "*", ": *", "0: Mhz *", "0: 5GT/s, x16 *", "0: 99999999999999999Mhz *"] {
            assert_eq!(parse_level(text), None, "{text}");
        }
    }

    #[test]
    fn both_counts_of_errors() {
        assert_eq!(parse_errors("ue: 1\nce: 23\n"), (Some(23), Some(1)));
        assert_eq!(parse_errors("ue: -1\nde: 7\n"), (None, None));
    }

    #[test]
    fn a_reading_that_is_odd_is_none() {
        let mut row = Gpu::default();
        put_reading(&mut row, Utilization, Per(100.0), "busy");
        put_reading(&mut row, MemoryTotal, Per(1.0), "-1");
        assert_eq!(row, Gpu::default());
    }
}
