//! One file: when it is read, and what is kept of it.

use std::{
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use super::{
    Stamp, parse,
    target::{Place, Target},
};
use crate::{
    linux::{Error, rows::set},
    model::{Custom, Textfile},
};

/// The most bytes of a file: some five thousand lines.
const LIMIT_BYTES: u64 = 512 << 10;

/// Instead of what a file says that lies elsewhere too.
const NOT_SHOWN: &str =
    "is refused; what stands there is not shown, as the file has another name or lies out of the directory";

/// Instead of reading a file.
const FORBIDDEN: &str = "is a link out of the directory: it is followed only where nobody but the directory's owner may \
                         write there, and to that owner's files; write the file itself to the directory";

/// A file, and what it said when it was read last.
pub(super) struct File {
    path: PathBuf,
    /// The path as a text.
    name: String,
    stamp: Option<Stamp>,
    place: Place,
    /// Whether what was read is all that was written at the time of the stamp.
    pub(super) settled: bool,
    /// In the order of the file.
    pub(super) series: Vec<Custom>,
    /// How many of them were taken.
    pub(super) taken: usize,
    fault: Option<Error>,
    /// What was not taken because of the other files.
    pub(super) refused: Option<String>,
}

impl File {
    pub(super) fn new(path: PathBuf) -> Self {
        let name = path.to_string_lossy().into_owned();
        Self {
            path,
            name,
            stamp: None,
            place: Place::Inside,
            settled: false,
            series: Vec::new(),
            taken: 0,
            fault: None,
            refused: None,
        }
    }

    pub(super) fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Whether somebody took it away since the directory was listed.
    pub(super) fn is_gone(&self) -> bool {
        self.stamp.is_none() && self.fault.is_none()
    }

    /// Reads the file if it has changed. Whether it says something else now.
    pub(super) fn refresh(&mut self, directory: &Path, text: &mut Vec<u8>) -> bool {
        let target = match Target::find(directory, &self.path) {
            Ok(target) => target,
            Err(error) if error.kind() == ErrorKind::NotFound => return self.keep(None, Ok(Vec::new())),
            Err(source) => return self.keep(None, Err(Error::Read { path: self.path.clone(), source })),
        };
        self.place = target.place;
        if !target.metadata.is_file() {
            return self.keep(None, Err(self.fault("is no file")));
        }
        if target.place == Place::Forbidden {
            return self.keep(None, Err(self.fault(FORBIDDEN)));
        }
        let stamp = Stamp::of(&target.metadata);
        if self.settled && self.stamp == Some(stamp) {
            return false;
        }
        self.settled = stamp.is_settled();
        let read = self.read(&target, text);
        self.keep(Some(stamp), read)
    }

    fn read(&self, target: &Target, text: &mut Vec<u8>) -> Result<Vec<Custom>, Error> {
        let path = || self.path.clone();
        text.clear();
        let read = target.open().and_then(|file| file.take(LIMIT_BYTES + 1).read_to_end(text));
        read.map_err(|source| Error::Read { path: path(), source })?;
        if text.len() as u64 > LIMIT_BYTES {
            return Err(Error::TooLarge { path: path(), limit_bytes: LIMIT_BYTES });
        }
        let text = str::from_utf8(text).map_err(|error| {
            let line = 1 + text[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            Error::Textfile { place: format!("{}:{line}", self.name), found: "is not UTF-8".to_owned() }
        })?;
        parse(text).map_err(|fault| Error::Textfile {
            place: format!("{}:{}", self.name, fault.line),
            found: self.shown(&fault.found).to_owned(),
        })
    }

    /// Words that may quote the file.
    fn shown<'a>(&self, found: &'a str) -> &'a str {
        if self.place == Place::Inside { found } else { NOT_SHOWN }
    }

    fn keep(&mut self, stamp: Option<Stamp>, read: Result<Vec<Custom>, Error>) -> bool {
        self.stamp = stamp;
        let (series, fault) = match read {
            Ok(series) => (series, None),
            Err(fault) => (Vec::new(), Some(fault)),
        };
        self.fault = fault;
        // NaN is never the same as NaN: a file with one counts as changed, which costs no more than time.
        let has_changed = self.series != series;
        self.series = series;
        has_changed
    }

    fn fault(&self, found: &str) -> Error {
        Error::Textfile { place: self.name.clone(), found: found.to_owned() }
    }

    /// Writes what is known about the file itself.
    pub(super) fn set(&self, row: &mut Textfile) {
        set(&mut row.file, &self.name);
        row.modified_seconds = self.stamp.as_ref().map(Stamp::modified_seconds);
        row.series = self.taken as u64;
        row.failed = self.fault.is_some() || self.refused.is_some();
    }

    /// What went wrong with it.
    pub(super) fn errors(&self) -> impl Iterator<Item = Error> {
        let refused = self.refused.as_deref().map(|refused| self.fault(self.shown(refused)));
        self.fault.as_ref().map(Error::again).into_iter().chain(refused)
    }
}
