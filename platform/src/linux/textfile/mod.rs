//! People's own metrics: the files `*.prom` of a directory, as other exporters take them too. A file is read when it has
//! changed, and what it said is kept until then.

mod file;
mod merge;
mod parse;
mod target;

use std::{
    fs, io,
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use super::{
    Error,
    collector::{Collector, Found},
    rows::{Rows, set},
};
use crate::model::Sample;
use file::File;
use merge::Merged;
pub use parse::{Fault, parse};

/// The most files. Each is a job or an application of the host.
const LIMIT_FILES: usize = 256;

/// The directory is listed again at least this often, whatever its time of change says.
const LIST_EVERY: Duration = Duration::from_secs(60);

/// What was changed within this may change again and bear the same time: filesystems count in ticks, some in seconds.
const SETTLES: Duration = Duration::from_secs(3);

/// The directory's files.
pub(super) struct Textfiles {
    directory: Option<PathBuf>,
    /// In the order of their names.
    files: Vec<File>,
    merged: Merged,
    too_many: bool,
    listed: Option<(Stamp, Instant)>,
}

impl Textfiles {
    /// The directory is as the agent sees it; without one there is nothing.
    pub(super) fn new(directory: Option<PathBuf>) -> Self {
        Self { directory, files: Vec::new(), merged: Merged::default(), too_many: false, listed: None }
    }

    /// Lists the directory, if it has changed. What is known of a file that is still there is kept.
    fn list(&mut self, directory: &Path) -> io::Result<bool> {
        let stamp = Stamp::of(&fs::metadata(directory)?);
        let is_known = |(listed, at): &(Stamp, Instant)| *listed == stamp && at.elapsed() < LIST_EVERY;
        if stamp.is_settled() && self.listed.as_ref().is_some_and(is_known) {
            return Ok(false);
        }
        let mut paths = Vec::new();
        self.too_many = false;
        for entry in directory.read_dir()? {
            let path = entry?.path();
            if !path.as_os_str().as_bytes().ends_with(b".prom") {
                continue;
            }
            if paths.len() == LIMIT_FILES {
                self.too_many = true;
                break;
            }
            paths.push(path);
        }
        paths.sort_unstable();
        self.listed = Some((stamp, Instant::now()));
        if self.files.iter().map(File::path).eq(&paths) {
            return Ok(false);
        }
        let mut known = std::mem::take(&mut self.files).into_iter().peekable();
        for path in paths {
            while known.next_if(|file| *file.path() < path).is_some() {}
            self.files.push(known.next_if(|file| *file.path() == path).unwrap_or_else(|| File::new(path)));
        }
        Ok(true)
    }
}

impl Collector for Textfiles {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, odd: &mut Vec<Error>) -> Result<Found, Error> {
        let Some(directory) = self.directory.take() else { return Ok(Found::Nothing) };
        let listed = self.list(&directory);
        let mut has_changed = match listed {
            Ok(has_changed) => has_changed,
            Err(source) => {
                self.directory = Some(directory.clone());
                sample.custom.renew().clear();
                sample.textfiles.renew().clear();
                return Err(Error::Read { path: directory, source });
            }
        };
        if self.too_many {
            let found = format!("more than {LIMIT_FILES} files *.prom, the others are not read");
            odd.push(Error::Textfile { place: directory.display().to_string(), found });
        }
        for file in &mut self.files {
            has_changed |= file.refresh(&directory, text);
        }
        self.directory = Some(directory);
        if has_changed {
            self.merged = merge::merge(&mut self.files);
        }

        let mut rows = Rows::over(sample.textfiles.renew());
        for file in self.files.iter().filter(|file| !file.is_gone()) {
            file.set(rows.next());
            odd.extend(file.errors());
        }
        drop(rows);
        let mut rows = Rows::over(sample.custom.renew());
        for (series, family) in self.merged.series(&self.files) {
            let row = rows.next();
            set(&mut row.series, &series.series);
            (row.value, row.value_total) = (series.value, series.value_total);
            row.family = Some(Arc::clone(family));
        }
        Ok(Found::Source)
    }
}

/// What tells that a file, or a directory's list of files, is another than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &fs::Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    fn modified_seconds(&self) -> f64 {
        self.modified.0 as f64 + self.modified.1 as f64 / 1e9
    }

    /// Whether what is changed from now on will bear another time. A time in the future never settles.
    fn is_settled(&self) -> bool {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.changed.0.saturating_add(SETTLES.as_secs() as i64) < now.as_secs() as i64
    }
}

#[cfg(test)]
mod tests;
