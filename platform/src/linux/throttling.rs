//! Throttling of a Raspberry Pi: what its firmware says.

use std::path::{Path, PathBuf};

use super::{
    Error, Roots,
    collector::{Collector, Found},
    kept::Kept,
    text,
};
use crate::model::{Sample, Throttling};

const FILE: &str = "get_throttled";

/// What the board does against a weak supply and heat, where there is such a thing.
pub(super) struct Firmware(Kept);

impl Firmware {
    pub(super) fn new(roots: &Roots) -> Self {
        let devices = roots.in_sys("devices/platform");
        // The device tree names the chip `soc`, later ones with its address: `soc@107c000000`.
        let chips = text::list(&devices).into_iter().filter(|name| name.starts_with("soc"));
        let file = chips.map(|chip| file(&devices, &chip)).find(|file| text::exists(file));
        // Where it would be if the driver came later.
        Self(Kept::new(file.unwrap_or_else(|| self::file(&devices, "soc"))))
    }
}

fn file(devices: &Path, chip: &str) -> PathBuf {
    devices.join(format!("{chip}/{chip}:firmware/{FILE}"))
}

impl Collector for Firmware {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, _: &mut Vec<Error>) -> Result<Found, Error> {
        let Some(text) = self.0.read_optional(text)? else { return Ok(Found::Nothing) };
        sample.throttling = Some(parse(text)?);
        Ok(Found::Source)
    }
}

/// A number in hexadecimal, with `0x` or without.
pub fn parse(text: &str) -> Result<Throttling, Error> {
    let digits = text.trim();
    let bits = u32::from_str_radix(digits.strip_prefix("0x").unwrap_or(digits), 16);
    let bits = bits.map_err(|_| Error::line(FILE, digits))?;
    let is_set = |bit: u32| bits & (1 << bit) != 0;
    Ok(Throttling {
        under_voltage: is_set(0),
        frequency_capped: is_set(1),
        throttled: is_set(2),
        temperature_limited: is_set(3),
        under_voltage_since_boot: is_set(16),
        frequency_capped_since_boot: is_set(17),
        throttled_since_boot: is_set(18),
        temperature_limited_since_boot: is_set(19),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_boards_have_their_address_in_the_name() {
        let sys = std::env::current_exe().unwrap().with_file_name("siskin-platform-scratch").join("board");
        let firmware = sys.join("devices/platform/soc@107c000000/soc@107c000000:firmware");
        std::fs::create_dir_all(&firmware).unwrap();
        std::fs::write(firmware.join(FILE), "50000\n").unwrap();
        let mut sample = Sample::default();
        let mut board = Firmware::new(&Roots { sys, ..Roots::default() });
        assert_eq!(board.read(&mut sample, &mut Vec::new(), &mut Vec::new()).unwrap(), Found::Source);
        assert!(sample.throttling.unwrap().throttled_since_boot);
    }

    #[test]
    fn each_bit() {
        assert_eq!(parse("0\n").unwrap(), Throttling::default());
        let all = Throttling {
            under_voltage: true,
            frequency_capped: true,
            throttled: true,
            temperature_limited: true,
            under_voltage_since_boot: true,
            frequency_capped_since_boot: true,
            throttled_since_boot: true,
            temperature_limited_since_boot: true,
        };
        assert_eq!(parse("0xf000f\n").unwrap(), all);
        let seen = parse("80002").unwrap();
        assert!(seen.frequency_capped && seen.temperature_limited_since_boot && !seen.throttled);
    }

    #[test]
    fn the_error_shows_the_line() {
        assert_eq!(parse("yes\n").unwrap_err().to_string(), "malformed get_throttled: `yes`");
        assert!(parse("").is_err());
    }
}
