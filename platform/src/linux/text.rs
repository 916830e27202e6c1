//! Small files as text.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use super::Error;

/// The most that is read of a file. The largest that matter (`mountinfo` of a busy container host, `stat` of a machine
/// with thousands of interrupts) stay below 1 MiB; only routing tables can exceed it.
const LIMIT_BYTES: u64 = 4 << 20;

/// The most names that are read of a directory. A chip has a few dozen files; the server takes as many rows.
const LIMIT_ENTRIES: usize = 4096;

/// A whole file. What is not UTF-8 in it is replaced, so that one odd name does not hide everything else.
pub(super) fn read(path: PathBuf) -> Result<String, Error> {
    let mut bytes = Vec::with_capacity(4096);
    match File::open(&path).and_then(|file| file.take(LIMIT_BYTES + 1).read_to_end(&mut bytes)) {
        Ok(length) if length as u64 > LIMIT_BYTES => Err(Error::TooLarge { path, limit_bytes: LIMIT_BYTES }),
        Ok(_) => {
            Ok(String::from_utf8(bytes)
                .unwrap_or_else(|invalid| String::from_utf8_lossy(invalid.as_bytes()).into_owned()))
        }
        Err(source) => Err(Error::Read { path, source }),
    }
}

/// A file that holds one value, without the space or NUL around it. `None` if there is no file, or nothing in it.
pub(super) fn read_value(path: PathBuf) -> Option<String> {
    let text = read(path).ok()?;
    let value = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    (!value.is_empty()).then(|| value.to_owned())
}

/// A file that holds one whole number of thousandths or millionths: that many. `None` if it cannot be read, or says
/// something else.
pub(super) fn read_scaled(path: PathBuf, per_unit: f64) -> Option<f64> {
    let number: i64 = read_value(path)?.parse().ok()?;
    Some(number as f64 / per_unit)
}

/// The whole numbers of a line's fields, without a list to hold them, and how many there are. Those beyond `N`, which a
/// later kernel may append, are passed over. `None` if a field is no such number.
pub(super) fn counts<'a, const N: usize>(fields: impl Iterator<Item = &'a str>) -> Option<([u64; N], usize)> {
    let (mut counts, mut found) = ([0; N], 0);
    for field in fields {
        let count = field.parse().ok()?;
        if let Some(slot) = counts.get_mut(found) {
            *slot = count;
            found += 1;
        }
    }
    Some((counts, found))
}

/// The names in a directory, `hwmon2` before `hwmon10`. None if there is no such directory.
pub(super) fn list(path: &Path) -> Vec<String> {
    let entries = path.read_dir().into_iter().flatten().flatten().take(LIMIT_ENTRIES);
    let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
    names
}

/// A file that holds one number. `None` if it cannot be read, or says something else.
pub(super) fn read_number(path: PathBuf) -> Option<u64> {
    read_value(path)?.parse().ok()
}

/// Whether there is such a file or directory.
pub(super) fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
