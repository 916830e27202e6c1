//! Samples that the server will never take, set aside for a person to look at: JSON lines, bounded.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

/// What there is.
const NAME: &str = "refused.jsonl";
/// What there was before; the next one replaces it.
const OLD_NAME: &str = "refused.old.jsonl";
/// Of each of the two files: some dozens of samples, enough to see what is wrong with them.
const MAX_BYTES: u64 = 256 << 10;

/// One line.
#[derive(Serialize)]
struct Line<'a> {
    stream: u64,
    seq: u64,
    error: &'a str,
}

/// The files in the spool's directory.
pub struct Refused {
    dir: PathBuf,
}

impl Refused {
    /// In this directory. Writes nothing yet.
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Sets one sample, as JSON, aside with the server's words. One that is larger than the bound leaves only its number.
    pub fn add(&self, stream: u64, seq: u64, error: &str, sample: &str) -> io::Result<()> {
        let mut line = serde_json::to_vec(&Line { stream, seq, error })?;
        line.pop();
        line.extend(b",\"sample\":");
        line.extend(sample.as_bytes());
        line.push(b'}');
        if line.len() as u64 >= MAX_BYTES {
            line = serde_json::to_vec(&Line { stream, seq, error: "too large to keep" })?;
        }
        line.push(b'\n');
        let path = self.dir.join(NAME);
        let full = fs::metadata(&path).is_ok_and(|facts| facts.len() + line.len() as u64 > MAX_BYTES);
        if full {
            fs::rename(&path, self.dir.join(OLD_NAME))?;
        }
        OpenOptions::new().append(true).create(true).open(&path)?.write_all(&line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_json_and_the_files_are_bounded() {
        let dir = crate::scratch::dir("refused");
        let refused = Refused::new(&dir);
        let error = "no".repeat(500);
        for seq in 1..=1_000 {
            refused.add(7, seq, &error, "{}").unwrap();
        }
        refused.add(7, 1_001, &"x".repeat(MAX_BYTES as usize), "{}").unwrap();
        let text = fs::read_to_string(dir.join(NAME)).unwrap();
        let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!((&last["seq"], &last["error"]), (&1_001.into(), &"too large to keep".into()));
        for name in [NAME, OLD_NAME] {
            assert!(fs::metadata(dir.join(name)).unwrap().len() <= MAX_BYTES);
        }
        assert_eq!(fs::read_dir(dir).unwrap().count(), 2);
    }
}
