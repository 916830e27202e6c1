//! Files that are read again and again: opened once, then read from their beginning by one call.

use std::{
    fs::File,
    io::{self, ErrorKind},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use super::Error;

/// The most that is read of a file. The largest that matter (`mountinfo` of a busy container host, `stat` of a machine
/// with thousands of interrupts) stay below 1 MiB.
const LIMIT_BYTES: usize = 4 << 20;

/// The buffer that all files of a small host fit into.
const BUFFER_BYTES: usize = 8 << 10;

/// The kernel hands a list out in pages, and ends a page where the next line does not fit. A read that gives less than
/// the smallest page without the longest line has come to the end.
const SHORT_BYTES: usize = 3 << 10;

/// The most files that stay open: a machine of 500 cores has a frequency for each, and the agent's unit allows 256 files in
/// all. Those beyond are opened for each reading.
const LIMIT_OPEN: usize = 160;

/// A kernel learns to tell something by a module.
const LOOK_EVERY: Duration = Duration::from_secs(60);

static OPEN: AtomicUsize = AtomicUsize::new(0);

/// How a file says that it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// One read gives all of it, if there is room.
    OneRead,
    /// Line by line, in pages, and no line is long.
    Pages,
    /// Line by line, in pages that end where a long line does not fit: only nothing says that it was all.
    Nothing,
}

/// One file. It is opened at the first reading, and anew after one that failed.
#[derive(Debug)]
pub(super) struct Kept {
    path: PathBuf,
    end: End,
    open: Option<Open>,
    /// When there was no such file.
    missed: Option<Instant>,
}

impl Kept {
    /// A file that the kernel writes in one go: those of `/sys`, and of `/proc` those that hold one record.
    pub fn new(path: PathBuf) -> Self {
        Self { path, end: End::OneRead, open: None, missed: None }
    }

    /// A list of `/proc` that the kernel writes line by line, none of them long: `diskstats`, `net/dev`, `vmstat`.
    pub fn list(path: PathBuf) -> Self {
        Self { path, end: End::Pages, open: None, missed: None }
    }

    /// A list of `/proc` whose lines may be as long as a page: `mountinfo`, `mdstat`.
    pub fn long_list(path: PathBuf) -> Self {
        Self { path, end: End::Nothing, open: None, missed: None }
    }

    /// The open file itself, once it was read.
    pub fn file(&self) -> Option<&File> {
        self.open.as_ref().map(|open| &open.0)
    }

    /// Its text, in the buffer. What is not UTF-8 in it is replaced, so that one odd name does not hide everything else.
    pub fn read<'a>(&mut self, text: &'a mut Vec<u8>) -> Result<&'a str, Error> {
        let filled = self.fill(text);
        self.told(filled, text)
    }

    /// The same, or `None` where the kernel has no such file or has switched off what it tells. Then it is looked for
    /// again after a minute.
    pub fn read_optional<'a>(&mut self, text: &'a mut Vec<u8>) -> Result<Option<&'a str>, Error> {
        if self.missed.is_some_and(|missed| missed.elapsed() < LOOK_EVERY) {
            return Ok(None);
        }
        let filled = self.fill(text);
        self.missed = filled.as_ref().is_err_and(is_absent).then(Instant::now);
        if self.missed.is_some() { Ok(None) } else { self.told(filled, text).map(Some) }
    }

    fn told<'a>(&self, filled: io::Result<Option<usize>>, text: &'a mut Vec<u8>) -> Result<&'a str, Error> {
        match filled {
            Ok(Some(length)) => Ok(utf8(text, length)),
            Ok(None) => Err(Error::TooLarge { path: self.path.clone(), limit_bytes: LIMIT_BYTES as u64 }),
            Err(source) => Err(Error::Read { path: self.path.clone(), source }),
        }
    }

    /// The one value it holds, without the space or NUL around it. `None` if it cannot be read, or holds nothing.
    pub fn value<'a>(&mut self, text: &'a mut Vec<u8>) -> Option<&'a str> {
        let length = self.fill(text).ok()??;
        let value = utf8(text, length).trim_matches(|c: char| c == '\0' || c.is_whitespace());
        (!value.is_empty()).then_some(value)
    }

    /// The one number it holds.
    pub fn number(&mut self, text: &mut Vec<u8>) -> Option<u64> {
        self.value(text)?.parse().ok()
    }

    /// The number of thousandths or millionths that it holds: that many.
    pub fn scaled(&mut self, text: &mut Vec<u8>, per_unit: f64) -> Option<f64> {
        let number: i64 = self.value(text)?.parse().ok()?;
        Some(number as f64 / per_unit)
    }

    /// How many bytes it put into the buffer; `None` when there are too many.
    fn fill(&mut self, text: &mut Vec<u8>) -> io::Result<Option<usize>> {
        let open = match self.open.take() {
            Some(open) => open,
            None => Open::new(&self.path)?,
        };
        text.resize(text.capacity().clamp(BUFFER_BYTES, LIMIT_BYTES), 0);
        let mut length = 0;
        loop {
            if length == text.len() {
                if length == LIMIT_BYTES {
                    return Ok(None);
                }
                text.resize((2 * length).min(LIMIT_BYTES), 0);
            }
            let room = text.len() - length;
            let read = match open.0.read_at(&mut text[length..], length as u64) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                read => read?,
            };
            length += read;
            let is_short = match self.end {
                End::OneRead => read < room,
                End::Pages => read < SHORT_BYTES.min(room),
                End::Nothing => read == 0,
            };
            if is_short {
                break;
            }
        }
        if open.may_stay() {
            self.open = Some(open);
        }
        Ok(Some(length))
    }
}

/// Whether the kernel has no such file, or has switched off what it tells.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported)
}

/// The first bytes of the buffer as text.
fn utf8(text: &mut Vec<u8>, length: usize) -> &str {
    let mut length = length;
    if std::str::from_utf8(&text[..length]).is_err() {
        let replaced = String::from_utf8_lossy(&text[..length]).into_owned();
        length = replaced.len();
        *text = replaced.into_bytes();
    }
    std::str::from_utf8(&text[..length]).unwrap_or_default()
}

/// An open file, counted among all that are.
#[derive(Debug)]
struct Open(File);

impl Open {
    fn new(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        OPEN.fetch_add(1, Ordering::Relaxed);
        Ok(Self(file))
    }

    fn may_stay(&self) -> bool {
        OPEN.load(Ordering::Relaxed) <= LIMIT_OPEN
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn scratch(name: &str) -> PathBuf {
        // Beside the test's binary, so that it goes with the build.
        let directory = std::env::current_exe().unwrap().with_file_name("siskin-platform-scratch");
        fs::create_dir_all(&directory).unwrap();
        directory.join(name)
    }

    #[test]
    fn a_file_is_read_from_its_beginning_each_time() {
        let path = scratch("again");
        fs::write(&path, " 12\n\0").unwrap();
        let (mut kept, mut text) = (Kept::new(path.clone()), Vec::new());
        assert_eq!(kept.number(&mut text), Some(12));
        fs::write(&path, "-7000").unwrap();
        assert_eq!(kept.scaled(&mut text, 1e3), Some(-7.0));
        assert_eq!(kept.number(&mut text), None);
        fs::write(&path, "").unwrap();
        assert_eq!(kept.read(&mut text).unwrap(), "");
        assert_eq!(kept.value(&mut text), None);
    }

    #[test]
    fn a_list_is_read_to_its_end() {
        let path = scratch("list");
        let lines: String = (0..20_000).map(|line| format!("line {line}\n")).collect();
        fs::write(&path, &lines).unwrap();
        let mut text = Vec::new();
        assert_eq!(Kept::list(path.clone()).read(&mut text).unwrap(), lines);
        assert_eq!(Kept::new(path).read(&mut text).unwrap(), lines);
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert_eq!(Kept::list("/proc/self/mountinfo".into()).read(&mut text).unwrap(), mounts);
    }

    #[test]
    fn what_is_not_utf8_is_replaced() {
        let path = scratch("latin1");
        fs::write(&path, b"caf\xe9 5").unwrap();
        assert_eq!(Kept::new(path).read(&mut Vec::new()).unwrap(), "caf\u{fffd} 5");
    }

    #[test]
    fn a_file_without_end_is_too_large() {
        let error = Kept::new("/dev/zero".into()).read(&mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "/dev/zero is larger than 4194304 bytes");
    }

    #[test]
    fn a_file_that_is_not_there_comes_later() {
        let path = scratch("later");
        let _ = fs::remove_file(&path);
        let (mut kept, mut text) = (Kept::new(path.clone()), Vec::new());
        assert!(matches!(kept.read_optional(&mut text), Ok(None)));
        assert!(kept.read(&mut text).unwrap_err().to_string().starts_with("cannot read "));
        fs::write(&path, "1").unwrap();
        assert_eq!(kept.number(&mut text), Some(1));
        assert!(matches!(kept.read_optional(&mut text), Ok(None)), "not yet");
        kept.missed = None;
        assert!(matches!(kept.read_optional(&mut text), Ok(Some("1"))));
    }

    #[test]
    fn files_beyond_the_limit_are_read_too() {
        let path = scratch("many");
        fs::write(&path, "3").unwrap();
        let mut many: Vec<_> = (0..LIMIT_OPEN + 50).map(|_| Kept::new(path.clone())).collect();
        let mut text = Vec::new();
        assert!(many.iter_mut().all(|kept| kept.number(&mut text) == Some(3)));
        assert!(many.iter().filter(|kept| kept.open.is_some()).count() <= LIMIT_OPEN);
    }
}
