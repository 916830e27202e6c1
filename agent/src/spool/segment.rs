//! One file of the spool: its name, its records appended whole or not at all, its end. Knows nothing of other files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::age::{Age, Now};
use super::record::FILE_HEADER;

/// Another format gets another ending: files of another version are left alone.
const ENDING: &str = ".spool1";
const DIGITS: usize = 16;

/// A file of records.
pub struct Segment {
    /// Older files have smaller numbers.
    pub number: u64,
    /// Its length.
    pub bytes: u64,
    /// Of its newest record.
    pub age: Age,
    path: PathBuf,
    /// While records are being added.
    writer: Option<Arc<File>>,
}

impl Segment {
    /// The files of a directory, oldest first.
    pub fn list(dir: &Path, now: Now) -> io::Result<Vec<Self>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let Some(number) = entry.file_name().to_str().and_then(number) else { continue };
            let facts = entry.metadata()?;
            let age = Age::found(facts.modified().map_or(0, unix_ms), now);
            found.push(Self { number, bytes: facts.len(), age, path: entry.path(), writer: None });
        }
        found.sort_unstable_by_key(|segment| segment.number);
        Ok(found)
    }

    /// A new file with its header.
    pub fn create(dir: &Path, number: u64, now: Now) -> io::Result<Self> {
        let path = dir.join(format!("{number:0DIGITS$x}{ENDING}"));
        let file = OpenOptions::new().append(true).create_new(true).open(&path)?;
        let mut segment = Self { number, bytes: 0, age: Age::written(now), path, writer: Some(Arc::new(file)) };
        match segment.append(&FILE_HEADER, now) {
            Ok(()) => Ok(segment),
            Err(error) => {
                let _ = segment.remove();
                Err(error)
            }
        }
    }

    /// Adds bytes at the end. After an error the file is as it was, or takes no more.
    pub fn append(&mut self, bytes: &[u8], now: Now) -> io::Result<()> {
        let Some(writer) = &self.writer else { return Err(io::ErrorKind::Unsupported.into()) };
        let mut file: &File = writer;
        if let Err(error) = file.write_all(bytes) {
            if file.set_len(self.bytes).is_err() {
                self.writer = None;
            }
            return Err(error);
        }
        self.bytes += bytes.len() as u64;
        self.age = Age::written(now);
        Ok(())
    }

    /// The file to be made durable, while records are being added.
    pub fn writer(&self) -> Option<&Arc<File>> {
        self.writer.as_ref()
    }

    /// No more records are added.
    pub fn seal(&mut self) {
        self.writer = None;
    }

    /// Everything in it.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        fs::read(&self.path)
    }

    /// Deletes the file.
    pub fn remove(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    /// Its name, for the log.
    pub fn name(&self) -> std::path::Display<'_> {
        self.path.display()
    }
}

fn number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(ENDING)?;
    if digits.len() != DIGITS || digits.contains('+') {
        return None;
    }
    u64::from_str_radix(digits, 16).ok().filter(|number| *number < u64::MAX)
}

/// Milliseconds since 1970. A time before that is 0.
fn unix_ms(time: SystemTime) -> i64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_numbers_and_others_are_left_alone() {
        assert_eq!(number("00000000000000ff.spool1"), Some(255));
        for name in
            ["state", "ff.spool1", "+0000000000000ff.spool1", "00000000000000ff.spool2", "ffffffffffffffff.spool1"]
        {
            assert_eq!(number(name), None, "{name}");
        }
    }
}
