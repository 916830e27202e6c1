//! Open files, entropy and limits: `/proc/sys/fs/file-nr`, `/proc/sys/kernel`.

use super::{Error, Roots, text};
use crate::model::Kernel;

const FILE: &str = "/proc/sys/fs/file-nr";

/// What of it the kernel tells; `None` if nothing.
pub fn read(roots: &Roots) -> Result<Option<Kernel>, Error> {
    let number = |file| text::read_number(roots.in_proc(&format!("sys/kernel/{file}")));
    let files = text::read_optional(roots.in_proc("sys/fs/file-nr"))?;
    let (open_files, open_files_limit) = files.map(|text| parse_files(&text)).transpose()?.unzip();
    let kernel = Kernel {
        open_files,
        open_files_limit: open_files_limit.flatten(),
        entropy_available_bits: number("random/entropy_avail"),
        entropy_limit_bits: number("random/poolsize"),
        tasks_limit: number("threads-max"),
        task_numbers_limit: number("pid_max"),
    };
    Ok((kernel != Kernel::default()).then_some(kernel))
}

/// The text of `/proc/sys/fs/file-nr`: allocated, of those unused, and the limit. Systemd sets the limit to the largest
/// number, which means none.
pub fn parse_files(text: &str) -> Result<(u64, Option<u64>), Error> {
    let numbers: Option<Vec<u64>> = text.split_ascii_whitespace().map(|number| number.parse().ok()).collect();
    match numbers.as_deref() {
        Some(&[allocated, unused, limit]) => {
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
