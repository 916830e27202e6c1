//! Many small files read again and again in the same memory: a path that is built anew for each, and one buffer.

use std::{
    borrow::Cow,
    ffi::OsStr,
    fmt,
    fs::File,
    io::{self, Read, Write},
    os::unix::ffi::OsStrExt,
    path::Path,
};

use super::ffi;

/// Holds what the kernel tells of one process or control group, and a good part of a directory.
const BUFFER_BYTES: usize = 4096;

/// The most that is read of a file. `io.stat` has a line of 100 bytes for each disk.
const LIMIT_BYTES: usize = 1 << 20;

/// Where the name begins in an entry of a directory: after inode, offset, length and kind.
const ENTRY_NAME: usize = 19;

/// A path in memory that is used again.
pub(super) struct Trail(Vec<u8>);

impl Trail {
    /// Begins with a directory.
    pub(super) fn new(directory: &Path) -> Self {
        Self(directory.as_os_str().as_bytes().to_vec())
    }

    /// Goes further, and tells how long the path was before.
    pub(super) fn push(&mut self, further: fmt::Arguments<'_>) -> usize {
        let before = self.0.len();
        // Writing to memory cannot fail.
        let _ = self.0.write_fmt(further);
        before
    }

    /// Goes back to what it was when it was so long.
    pub(super) fn back(&mut self, length: usize) {
        self.0.truncate(length);
    }

    /// The path from that length on, if it is UTF-8.
    pub(super) fn from(&self, start: usize) -> Option<&str> {
        std::str::from_utf8(self.0.get(start..)?).ok()
    }

    /// The whole path.
    pub(super) fn path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0))
    }

    /// The text of a file further on. What is not UTF-8 in it is replaced.
    pub(super) fn read<'a>(&mut self, file: fmt::Arguments<'_>, buffer: &'a mut Vec<u8>) -> io::Result<Cow<'a, str>> {
        let before = self.push(file);
        let length = read(self.path(), buffer);
        self.back(before);
        Ok(String::from_utf8_lossy(&buffer[..length?]))
    }
}

/// Reads a file of the kernel's, which writes each of those that are read here in one go: what does not fill the buffer
/// is all there is.
fn read(path: &Path, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let mut file = File::open(path)?;
    let mut length = 0;
    loop {
        if buffer.len() < length + BUFFER_BYTES {
            buffer.resize(length + BUFFER_BYTES, 0);
        }
        let read = file.read(&mut buffer[length..])?;
        length += read;
        if length < buffer.len() || read == 0 {
            return Ok(length);
        }
        if length >= LIMIT_BYTES {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
    }
}

/// The value that a file holds, without the space around it.
pub(super) fn value<'a>(path: &Path, buffer: &'a mut Vec<u8>) -> io::Result<&'a str> {
    let length = read(path, buffer)?;
    let text = std::str::from_utf8(&buffer[..length]);
    text.map(str::trim).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Shows each name in a directory until one is not taken. Names that are no UTF-8 are left out, and files where the
/// filesystem tells what they are.
pub(super) fn directories(path: &Path, buffer: &mut Vec<u8>, mut take: impl FnMut(&str) -> bool) -> io::Result<()> {
    let directory = File::open(path)?;
    if buffer.len() < BUFFER_BYTES {
        buffer.resize(BUFFER_BYTES, 0);
    }
    loop {
        let length = ffi::directory_entries(&directory, buffer)?;
        let mut entries = buffer.get(..length).unwrap_or_default();
        if entries.is_empty() {
            return Ok(());
        }
        while let Some((name, is_directory, rest)) = entry(entries) {
            entries = rest;
            if is_directory && name != "." && name != ".." && !take(name) {
                return Ok(());
            }
        }
    }
}

/// The first entry of some, whether it may be a directory, and the others.
fn entry(entries: &[u8]) -> Option<(&str, bool, &[u8])> {
    let length = u16::from_ne_bytes([*entries.get(16)?, *entries.get(17)?]);
    let (entry, rest) = entries.split_at_checked(length.into())?;
    let kind = *entry.get(ENTRY_NAME - 1)?;
    let name = entry.get(ENTRY_NAME..)?.split(|byte| *byte == 0).next()?;
    let name = std::str::from_utf8(name).ok();
    Some((name.unwrap_or("."), kind == libc::DT_DIR || kind == libc::DT_UNKNOWN, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_leads_to_files_and_back() {
        let mut trail = Trail::new(Path::new("/proc"));
        let start = trail.push(format_args!("/{}", "self"));
        let mut buffer = Vec::new();
        assert!(trail.read(format_args!("/stat"), &mut buffer).unwrap().ends_with('\n'));
        assert_eq!((trail.path(), trail.from(start)), (Path::new("/proc/self"), Some("/self")));
        assert_eq!(trail.read(format_args!("/no"), &mut buffer).unwrap_err().kind(), io::ErrorKind::NotFound);
        trail.back(start);
        assert_eq!(trail.path(), Path::new("/proc"));
    }

    #[test]
    fn a_file_longer_than_the_buffer_is_read_whole() {
        let path = std::env::temp_dir().join(format!("siskin-scratch-{}", std::process::id()));
        let text = "long ".repeat(3000);
        std::fs::write(&path, &text).unwrap();
        let mut buffer = vec![1; 10];
        let length = read(&path, &mut buffer).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(&buffer[..length], text.as_bytes());
    }

    #[test]
    fn directories_and_no_files() {
        let mut buffer = Vec::new();
        let mut names = Vec::new();
        let mut take = |name: &str| {
            names.push(name.to_owned());
            true
        };
        directories(Path::new("/proc"), &mut buffer, &mut take).unwrap();
        let own = std::process::id().to_string();
        assert!(names.contains(&own) && names.contains(&"sys".to_owned()), "{names:?}");
        assert!(!names.contains(&"stat".to_owned()) && !names.contains(&".".to_owned()), "{names:?}");
        let mut count = 0;
        let mut first = |_: &str| {
            count += 1;
            false
        };
        directories(Path::new("/proc"), &mut buffer, &mut first).unwrap();
        assert_eq!(count, 1);
        assert!(directories(Path::new("/proc/stat"), &mut buffer, |_| true).is_err());
    }
}
