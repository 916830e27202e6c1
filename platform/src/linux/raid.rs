//! Software RAID: `/proc/mdstat`.

use super::{
    Error, Roots,
    collector::{Collector, Found},
    kept::Kept,
};
use crate::model::{Raid, Sample};

const FILE: &str = "/proc/mdstat";

/// Each array. The list is empty, too, where the kernel could have some and has none.
pub(super) struct Arrays(Kept);

impl Arrays {
    pub(super) fn new(roots: &Roots) -> Self {
        Self(Kept::long_list(roots.in_proc("mdstat")))
    }
}

impl Collector for Arrays {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, _: &mut Vec<Error>) -> Result<Found, Error> {
        let Some(text) = self.0.read_optional(text)? else { return Ok(Found::Nothing) };
        sample.raids = parse(text)?;
        Ok(Found::Source)
    }
}

/// The text of `/proc/mdstat`: for each array a line that begins with its name, and indented lines about it.
pub fn parse(text: &str) -> Result<Vec<Raid>, Error> {
    let mut raids: Vec<Raid> = Vec::new();
    for line in text.lines() {
        if line.starts_with("Personalities") || line.starts_with("unused devices") || line.trim().is_empty() {
            continue;
        }
        if line.starts_with(' ') || line.starts_with('\t') {
            if let Some(raid) = raids.last_mut() {
                detail(raid, line);
            }
        } else {
            raids.push(array(line).ok_or_else(|| Error::line(FILE, line))?);
        }
    }
    Ok(raids)
}

/// `md0 : active (auto-read-only) raid1 sdb1[1](F) sda1[0]`.
fn array(line: &str) -> Option<Raid> {
    let (device, rest) = line.split_once(" : ")?;
    let mut words = rest.split_ascii_whitespace();
    let active = words.next()? == "active";
    let mut words = words.filter(|word| !word.starts_with('(')).peekable();
    let level = words.next_if(|word| !word.contains('[')).map(str::to_owned);
    let mut raid = Raid { device: device.trim().to_owned(), active, level, ..Raid::default() };
    for disk in words {
        raid.disks_failed += u64::from(disk.contains("(F)"));
        raid.disks_spare += u64::from(disk.contains("(S)"));
    }
    Some(raid)
}

/// `7813774336 blocks super 1.2 level 5 [3/2] [UU_]`, or `[=>....]  recovery = 12.6% (1/8) finish=1min`, or
/// `resync=DELAYED`.
fn detail(raid: &mut Raid, line: &str) {
    if let Some((blocks, rest)) = line.trim().split_once(" blocks") {
        raid.size_bytes = blocks.parse().ok().and_then(|blocks: u64| blocks.checked_mul(1024));
        let counts = rest.split_ascii_whitespace().find_map(|word| {
            let (wanted, working) = word.strip_prefix('[')?.strip_suffix(']')?.split_once('/')?;
            Some((wanted.parse().ok()?, working.parse().ok()?))
        });
        (raid.disks_wanted, raid.disks_working) = counts.unzip();
        return;
    }
    for action in ["resync", "recovery", "check", "reshape"] {
        let Some((_, rest)) = line.split_once(action) else { continue };
        let Some(progress) = rest.trim_start().strip_prefix('=') else { continue };
        raid.action = Some(action.to_owned());
        let percent = progress.split_once('%').and_then(|(percent, _)| percent.trim().parse().ok());
        raid.action_ratio =
            percent.filter(|percent| (0.0..=100.0).contains(percent)).map(|percent: f64| percent / 100.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_that_waits_or_rests() {
        let text = "Personalities : [raid0]\nmd3 : active (auto-read-only) raid1 sdb1[1](S) sda1[0]\n      \
                    8 blocks super 1.2 [2/1] [U_]\n      \tresync=PENDING\n\nmd4 : inactive sde1[0](S)\n      5 blocks\n\
                    md5 : active raid0 sdf[0] sdg[1]\n      6 blocks 512k chunks\n\nunused devices: <none>\n";
        let [waiting, inactive, striped] = &parse(text).unwrap()[..] else { panic!() };
        assert_eq!((waiting.level.as_deref(), waiting.disks_spare), (Some("raid1"), 1));
        assert_eq!((waiting.disks_wanted, waiting.disks_working), (Some(2), Some(1)));
        assert_eq!((waiting.action.as_deref(), waiting.action_ratio), (Some("resync"), None));
        assert_eq!((inactive.active, &inactive.level, inactive.disks_spare), (false, &None, 1));
        assert_eq!((striped.size_bytes, striped.disks_wanted, &striped.action), (Some(6144), None, &None));
    }

    #[test]
    fn the_error_names_the_line() {
        assert_eq!(parse("md0 active\n").unwrap_err().to_string(), "malformed /proc/mdstat: `md0 active`");
        assert_eq!(parse(" 12 blocks\n").unwrap(), []);
    }
}
