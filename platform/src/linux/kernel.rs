//! Open files, entropy and limits: `/proc/sys/fs/file-nr`, `/proc/sys/kernel`.

use std::time::{Duration, Instant};

use super::{
    Error, Roots,
    collector::{Collector, Found},
    kept::Kept,
};
use crate::model::{Kernel, Sample};

const FILE: &str = "/proc/sys/fs/file-nr";

/// The limits change at the hands of people.
const LIMITS_EVERY: Duration = Duration::from_secs(60);

/// What of it the kernel tells.
pub(super) struct Stocks {
    file_nr: Kept,
    entropy: Kept,
    limits: [Kept; 3],
    /// Entropy, tasks, task numbers.
    told: [Option<u64>; 3],
    told_at: Option<Instant>,
}

impl Stocks {
    pub(super) fn new(roots: &Roots) -> Self {
        let file = |file| Kept::new(roots.in_proc(&format!("sys/kernel/{file}")));
        Self {
            file_nr: Kept::new(roots.in_proc("sys/fs/file-nr")),
            entropy: file("random/entropy_avail"),
            limits: ["random/poolsize", "threads-max", "pid_max"].map(file),
            told: [None; 3],
            told_at: None,
        }
    }
}

impl Collector for Stocks {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, _: &mut Vec<Error>) -> Result<Found, Error> {
        if self.told_at.is_none_or(|at| at.elapsed() >= LIMITS_EVERY) {
            self.told_at = Some(Instant::now());
            self.told = self.limits.each_mut().map(|limit| limit.number(text));
        }
        let [entropy_limit_bits, tasks_limit, task_numbers_limit] = self.told;
        let files = self.file_nr.read_optional(text)?.map(parse_files).transpose()?;
        let (open_files, open_files_limit) = files.unzip();
        let kernel = Kernel {
            open_files,
            open_files_limit: open_files_limit.flatten(),
            entropy_available_bits: self.entropy.number(text),
            entropy_limit_bits,
            tasks_limit,
            task_numbers_limit,
        };
        if kernel == Kernel::default() {
            return Ok(Found::Nothing);
        }
        sample.kernel = Some(kernel);
        Ok(Found::Source)
    }
}

/// The text of `/proc/sys/fs/file-nr`: allocated, of those unused, and the limit. Systemd sets the limit to the largest
/// number, which means none.
pub fn parse_files(text: &str) -> Result<(u64, Option<u64>), Error> {
    let mut numbers = text.split_ascii_whitespace().map(|number| number.parse::<u64>().ok());
    match [numbers.next(), numbers.next(), numbers.next(), numbers.next()] {
        [Some(Some(allocated)), Some(Some(unused)), Some(Some(limit)), None] => {
            Ok((allocated.saturating_sub(unused), (limit < i64::MAX as u64).then_some(limit)))
        }
        _ => Err(Error::line(FILE, text.trim_end())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unused_files_are_not_open() {
        assert_eq!(parse_files("518\t18\t2466177\n").unwrap(), (500, Some(2_466_177)));
    }

    #[test]
    fn the_largest_number_is_no_limit() {
        assert_eq!(parse_files("518\t0\t9223372036854775807\n").unwrap(), (518, None));
    }

    #[test]
    fn the_error_shows_the_line() {
        assert_eq!(parse_files("518 0\n").unwrap_err().to_string(), "malformed /proc/sys/fs/file-nr: `518 0`");
        assert!(parse_files("a b c").is_err());
    }
}
