//! What can go wrong between the kernel's files and the model.

use std::{io, path::PathBuf};

/// The longest piece of a malformed line that an error carries, in characters.
const EXCERPT_CHARS: usize = 80;

/// Why a reading is missing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be opened or read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is larger than any that is meant to be read whole.
    #[error("{} is larger than {limit_bytes} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read, bytes.
        limit_bytes: u64,
    },
    /// A file does not say what the kernel documents.
    #[error("malformed {file}: {found}")]
    Malformed {
        /// The file under its usual name.
        file: &'static str,
        /// What stands there, or what is missing.
        found: String,
    },
    /// `statvfs` has not returned. It is not called again until it has.
    #[error("no answer in time from the filesystem at {}", path.display())]
    Hangs {
        /// Where it is mounted, as this process sees it.
        path: PathBuf,
    },
    /// Another filesystem has used up the time for all of them. It is asked for the next sample.
    #[error("no time left to ask the filesystem at {}", path.display())]
    NotAsked {
        /// Where it is mounted, as this process sees it.
        path: PathBuf,
    },
    /// A collector has not returned. It is not started again until it has.
    #[error("no answer within {limit_seconds} s")]
    Overrun {
        /// The time it had.
        limit_seconds: u64,
    },
    /// There is no thread for a collector that may take long.
    #[error("cannot start a thread")]
    Thread {
        /// What the system said.
        source: io::Error,
    },
    /// There is more of something than is read.
    #[error("more than {limit} {what}: the others are left out")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many are read.
        limit: usize,
    },
    /// A file of people's own metrics, or a part of it, was not taken.
    #[error("{place}: {found}")]
    Textfile {
        /// The file, and the line if there is one.
        place: String,
        /// What is wrong with it.
        found: String,
    },
    /// The library of NVIDIA's driver, or a GPU of it, does not answer.
    #[error("NVIDIA: {found}")]
    Nvidia {
        /// What it says.
        found: String,
    },
    /// The disk path is on a network filesystem.
    #[error("{mountpoint} is a network filesystem ({kind}), which is not asked for its space")]
    Network {
        /// Where it is mounted.
        mountpoint: String,
        /// Its type.
        kind: String,
    },
}

impl Error {
    /// A line that cannot be understood.
    pub(super) fn line(file: &'static str, line: &str) -> Self {
        Self::Malformed { file, found: format!("`{}`", line.chars().take(EXCERPT_CHARS).collect::<String>()) }
    }

    /// The same error, for one more reading with the same fault.
    pub(super) fn again(&self) -> Self {
        match self {
            Self::Read { path, source } => Self::Read { path: path.clone(), source: same(source) },
            Self::TooLarge { path, limit_bytes } => Self::TooLarge { path: path.clone(), limit_bytes: *limit_bytes },
            Self::Malformed { file, found } => Self::Malformed { file, found: found.clone() },
            Self::Hangs { path } => Self::Hangs { path: path.clone() },
            Self::Textfile { place, found } => Self::Textfile { place: place.clone(), found: found.clone() },
            Self::Nvidia { found } => Self::Nvidia { found: found.clone() },
            Self::Network { mountpoint, kind } => Self::Network { mountpoint: mountpoint.clone(), kind: kind.clone() },
            Self::NotAsked { path } => Self::NotAsked { path: path.clone() },
            Self::Overrun { limit_seconds } => Self::Overrun { limit_seconds: *limit_seconds },
            Self::Thread { source } => Self::Thread { source: same(source) },
            Self::TooMany { what, limit } => Self::TooMany { what, limit: *limit },
        }
    }

    /// A line that should be there and is not.
    pub(super) fn missing(file: &'static str, name: &str) -> Self {
        Self::Malformed { file, found: format!("no line `{name}`") }
    }
}

fn same(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

/// Takes note of the first line of a list that cannot be understood. One odd line does not hide the others.
pub(super) fn note(odd: &mut Vec<Error>, file: &'static str, line: &str) {
    if odd.is_empty() {
        odd.push(Error::line(file, line));
    }
}

/// A collector that had nothing to give, or not all.
#[derive(Debug)]
pub struct Failure {
    /// Its noun, such as `cpu`.
    pub collector: &'static str,
    /// Why.
    pub error: Error,
}
