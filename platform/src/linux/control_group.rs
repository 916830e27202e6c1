//! What a control group uses: `cpu.stat`, `memory.current`, `memory.stat`, `memory.max`, `memory.events`, `io.stat` and
//! `pids.current` of cgroup v2.

use super::{Error, Roots, hierarchy::Group, scratch::Trail};
use crate::model::Usage;

/// Devices that are always made of others: loops over files, and md.
const STACKED_MAJORS: [&str; 2] = ["7", "9"];

/// Reads what groups use.
pub(super) struct Usages {
    /// `/sys/dev/block`.
    blocks: Trail,
}

impl Usages {
    pub(super) fn new(roots: &Roots) -> Self {
        Self { blocks: Trail::new(&roots.in_sys("dev/block")) }
    }

    /// What a group uses; `None` if it is gone. Each file is absent where its controller is not switched on.
    pub(super) fn read(&mut self, group: &mut Group<'_>) -> Result<Option<Usage>, Error> {
        let Group { trail, text, .. } = group;
        let Ok(cpu) = trail.read(format_args!("/cpu.stat"), text) else { return Ok(None) };
        let mut usage = parse_cpu(&cpu)?;
        drop(cpu);
        let mut number = |file: &str| trail.read(format_args!("/{file}"), text).ok()?.trim().parse::<u64>().ok();
        usage.tasks = number("pids.current");
        usage.memory_bytes = number("memory.current");
        if let Some(memory_bytes) = usage.memory_bytes {
            // `max` stands where there is no limit.
            usage.memory_limit_bytes = number("memory.max");
            let inactive = trail.read(format_args!("/memory.stat"), text).ok();
            let inactive = inactive.and_then(|text| parse_number(&text, "inactive_file"));
            usage.memory_working_bytes = inactive.map(|inactive| memory_bytes.saturating_sub(inactive));
            let events = trail.read(format_args!("/memory.events"), text).ok();
            usage.out_of_memory_kills_total = events.and_then(|text| parse_number(&text, "oom_kill"));
        }
        if let Ok(text) = trail.read(format_args!("/io.stat"), text) {
            parse_io(&text, &mut usage, |device| is_stacked(&mut self.blocks, device))?;
        }
        Ok(Some(usage))
    }
}

/// Whether what goes to a device goes to others, where it is counted again.
fn is_stacked(blocks: &mut Trail, device: &str) -> bool {
    let major = device.split(':').next().unwrap_or_default();
    if STACKED_MAJORS.contains(&major) {
        return true;
    }
    let before = blocks.push(format_args!("/{device}/dm"));
    let is_mapped = blocks.path().exists();
    blocks.back(before);
    is_mapped
}

/// The text of `cpu.stat`: a name and a number a line. Limits are watched where the controller is switched on.
pub fn parse_cpu(text: &str) -> Result<Usage, Error> {
    let seconds = |name| parse_number(text, name).map(|microseconds| microseconds as f64 / 1e6);
    let used = seconds("usage_usec").ok_or_else(|| Error::missing("cpu.stat", "usage_usec"))?;
    Ok(Usage {
        cpu_seconds_total: Some(used),
        cpu_user_seconds_total: seconds("user_usec"),
        cpu_system_seconds_total: seconds("system_usec"),
        cpu_periods_total: parse_number(text, "nr_periods"),
        cpu_throttled_periods_total: parse_number(text, "nr_throttled"),
        cpu_throttled_seconds_total: seconds("throttled_usec"),
        ..Usage::default()
    })
}

/// The number of that name in a text of names and numbers (`memory.stat`, `memory.events`).
pub fn parse_number(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

/// The text of `io.stat`: a line for each device, such as `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6`. A
/// device that was never used may be there without numbers. Stacked ones do not count: the disks below them are there
/// too.
pub fn parse_io(text: &str, usage: &mut Usage, mut is_stacked: impl FnMut(&str) -> bool) -> Result<(), Error> {
    let mut sums = [0_u64; 4];
    for line in text.lines() {
        let mut fields = line.split_ascii_whitespace();
        let Some(device) = fields.next() else { continue };
        if !device.contains(':') {
            return Err(Error::line("io.stat", line));
        }
        if is_stacked(device) {
            continue;
        }
        for field in fields {
            let Some((name, number)) = field.split_once('=') else { continue };
            let Some(at) = ["rbytes", "wbytes", "rios", "wios"].iter().position(|known| *known == name) else {
                continue;
            };
            let number: u64 = number.parse().map_err(|_| Error::line("io.stat", line))?;
            sums[at] = sums[at].saturating_add(number);
        }
    }
    [usage.read_bytes_total, usage.written_bytes_total, usage.reads_total, usage.writes_total] = sums.map(Some);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_with_and_without_a_limit() {
        let text = "usage_usec 3500000\nuser_usec 2000000\nsystem_usec 1500000\nnice_usec 0\ncore_sched.force_idle_usec 0\n\
                    nr_periods 40\nnr_throttled 4\nthrottled_usec 250000\nnr_bursts 0\nburst_usec 0\n";
        let usage = parse_cpu(text).unwrap();
        let expected = Usage {
            cpu_seconds_total: Some(3.5),
            cpu_user_seconds_total: Some(2.0),
            cpu_system_seconds_total: Some(1.5),
            cpu_periods_total: Some(40),
            cpu_throttled_periods_total: Some(4),
            cpu_throttled_seconds_total: Some(0.25),
            ..Usage::default()
        };
        assert_eq!(usage, expected);
        let usage = parse_cpu("usage_usec 1\nuser_usec 1\nsystem_usec 0\n").unwrap();
        assert_eq!((usage.cpu_seconds_total, usage.cpu_periods_total), (Some(0.000_001), None));
        let message = parse_cpu("user_usec 1\n").unwrap_err().to_string();
        assert_eq!(message, "malformed cpu.stat: no line `usage_usec`");
    }

    #[test]
    fn a_number_by_its_whole_name() {
        let text = "oom 3\noom_kill 2\noom_group_kill 1\n";
        assert_eq!(parse_number(text, "oom_kill"), Some(2));
        assert_eq!(parse_number(text, "oom_k"), None);
        assert_eq!(parse_number("inactive_file x\n", "inactive_file"), None);
    }

    #[test]
    fn disks_are_summed_and_what_lies_on_them_is_not() {
        let text = "8:0 rbytes=100 wbytes=200 rios=3 wios=4 dbytes=5 dios=6\n254:0 rbytes=90 wbytes=80 rios=7 wios=6\n\
                    259:1 \n259:0 rbytes=1 wbytes=2 rios=3 wios=4 cost.usage=5\n";
        let mut usage = Usage::default();
        parse_io(text, &mut usage, |device| device.starts_with("254:")).unwrap();
        assert_eq!((usage.read_bytes_total, usage.written_bytes_total), (Some(101), Some(202)));
        assert_eq!((usage.reads_total, usage.writes_total), (Some(6), Some(8)));
        // Nothing read and nothing written is a reading too.
        parse_io("", &mut usage, |_| false).unwrap();
        assert_eq!(usage.reads_total, Some(0));
        let message = |text| parse_io(text, &mut Usage::default(), |_| false).unwrap_err().to_string();
        assert_eq!(message("8:0 rbytes=x\n"), "malformed io.stat: `8:0 rbytes=x`");
        assert_eq!(message("odd\n"), "malformed io.stat: `odd`");
    }

    #[test]
    fn loops_and_md_are_stacked_and_mapped_devices() {
        let directory = std::env::temp_dir().join(format!("siskin-blocks-{}", std::process::id()));
        std::fs::create_dir_all(directory.join("253:0/dm")).unwrap();
        std::fs::create_dir_all(directory.join("8:0")).unwrap();
        let mut blocks = Trail::new(&directory);
        let stacked = ["7:1", "9:127", "253:0", "8:0", "259:0"].map(|device| is_stacked(&mut blocks, device));
        std::fs::remove_dir_all(&directory).unwrap();
        assert_eq!(stacked, [true, true, true, false, false]);
    }
}
