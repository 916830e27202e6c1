//! Making snapshots: sealed files are linked, because nobody ever writes them; hot files and the ledger are copied. The
//! ledger's copy lists the files that are in the snapshot, and no others.

use std::collections::{BTreeSet, HashSet};
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use duckdb::Connection;

use super::file::File;
use super::hot;
use super::instance::Access;
use super::layout::{Layout, Tier};
use super::manifest::Manifest;
use super::open::Shared;
use crate::clock::now_us;
use crate::store::disk::Disk;
use crate::store::report::SnapshotsReport;
use crate::store::snapshot::{Snapshot, SnapshotError};

/// The name under which the ledger's copy is attached.
const ALIAS: &str = "ledger_copy";
/// Half-made snapshots begin so.
const PARTIAL: &str = ".partial-";
/// The writer looks up once a second.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(10);
/// So many more than are kept by themselves may be made by hand.
const BESIDE: usize = 8;
/// A snapshot that could not be made is tried again after this.
const RETRY: Duration = Duration::from_secs(60);
/// How a snapshot is named: its time, UTC.
const NAME: &str = "%Y-%m-%dT%H-%M-%SZ";
/// Its length; a number follows where two were made in one second.
const NAME_BYTES: usize = "2026-11-23T00-00-00Z".len();

pub struct Snapshots<'a> {
    pub connection: &'a Connection,
    pub shared: &'a Shared,
    pub disk: &'a Disk,
    /// Whether it shall give up.
    pub is_stopping: &'a dyn Fn() -> bool,
}

/// Snapshots that are made by themselves.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Between two; none are made without.
    pub every: Option<Duration>,
    /// How many are kept.
    pub keep: usize,
    /// When the next is due, by the clock that nobody sets: so long after that instant.
    next: Option<(Instant, Duration)>,
}

impl Schedule {
    pub fn new(every: Option<Duration>, keep: usize) -> Self {
        Schedule { every, keep, next: None }
    }

    /// Whether one shall be made now. The first one after a start waits for what the newest there lacks in age.
    pub fn is_due(&mut self, layout: &Layout) -> bool {
        let Some(every) = self.every else {
            return false;
        };
        let (since, wait) = *self.next.get_or_insert_with(|| {
            let age = list(layout).last().and_then(|name| age(name)).unwrap_or(every);
            (Instant::now(), every.saturating_sub(age))
        });
        since.elapsed() >= wait
    }

    /// One was made, or could not be, which is not tried again at once.
    pub fn tried(&mut self, is_made: bool) {
        let every = self.every.unwrap_or(RETRY);
        self.next = Some((Instant::now(), if is_made { every } else { RETRY.min(every) }));
    }

    /// Whether one more may be made that nobody removes by himself.
    pub fn has_place(&self, layout: &Layout) -> Result<(), SnapshotError> {
        let count = list(layout).len();
        if count < self.keep + BESIDE { Ok(()) } else { Err(SnapshotError::TooMany { count }) }
    }

    /// Removes all but the newest.
    pub fn discard_old(&self, layout: &Layout) -> Result<(), SnapshotError> {
        let all = list(layout);
        all[..all.len().saturating_sub(self.keep)].iter().try_for_each(|name| discard(layout, name))
    }
}

/// Where the snapshots of a store lie.
pub fn directory(layout: &Layout) -> PathBuf {
    layout.side().join("snapshots")
}

/// The complete snapshots, oldest first, whatever the clock was when they were made: by the number of their newest file.
pub fn list(layout: &Layout) -> Vec<String> {
    let entries = std::fs::read_dir(directory(layout)).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| age(name).is_some()).collect();
    names.sort_by_cached_key(|name| (newest(&within(layout, name)), name.clone()));
    names
}

/// The number of the newest file of a store.
fn newest(layout: &Layout) -> Option<u64> {
    let hot = std::fs::read_dir(layout.tier(Tier::Hot)).into_iter().flatten().flatten();
    hot.filter_map(|entry| entry.path().file_stem()?.to_str()?.parse().ok()).max()
}

/// The store that a snapshot is.
fn within(layout: &Layout, name: &str) -> Layout {
    Layout::of(&directory(layout).join(name).join(layout.ledger().file_name().unwrap_or_default()))
}

/// How long ago a snapshot was made by its name, none at all for a time to come; none for a name that tells no time.
pub fn age(name: &str) -> Option<Duration> {
    let (text, number) = name.split_at_checked(NAME_BYTES)?;
    let is_own = number.is_empty() || number.strip_prefix('-').is_some_and(|number| number.parse::<u32>().is_ok());
    if !is_own {
        return None;
    }
    let made = jiff::civil::DateTime::strptime(NAME, text).ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    let passed_us = now_us().saturating_sub(made.timestamp().as_microsecond());
    Some(Duration::from_micros(u64::try_from(passed_us).unwrap_or(0)))
}

/// The snapshots, and what they take beside the store.
pub fn report(layout: &Layout) -> SnapshotsReport {
    let names = list(layout);
    SnapshotsReport { bytes: own_bytes(layout, &names), names }
}

/// Bytes of these snapshots that are not the store's: what a file of theirs shares with it is there anyway.
fn own_bytes(layout: &Layout, names: &[String]) -> u64 {
    let files = |layout: &Layout| -> Vec<Metadata> {
        let tiers = Tier::ALL.into_iter().filter_map(|tier| std::fs::read_dir(layout.tier(tier)).ok());
        let sealed = tiers.flatten().flatten().filter_map(|entry| entry.metadata().ok());
        sealed.chain(std::fs::metadata(layout.ledger())).collect()
    };
    let identity = |file: &Metadata| (file.dev(), file.ino());
    if names.is_empty() {
        return 0;
    }
    let mut counted: HashSet<(u64, u64)> = files(layout).iter().map(identity).collect();
    let theirs = names.iter().flat_map(|name| files(&within(layout, name)));
    theirs.filter(|file| counted.insert(identity(file))).map(|file| file.len()).sum()
}

/// Removes a snapshot.
pub fn discard(layout: &Layout, name: &str) -> Result<(), SnapshotError> {
    if !list(layout).iter().any(|known| known == name) {
        return Err(SnapshotError::Unknown(name.to_owned()));
    }
    std::fs::remove_dir_all(directory(layout).join(name)).map_err(|error| failed(&error))
}

/// Removes what was left half-made.
pub fn clear(layout: &Layout) {
    for entry in std::fs::read_dir(directory(layout)).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(PARTIAL)
            && let Err(error) = std::fs::remove_dir_all(entry.path())
        {
            tracing::warn!(%error, path = %entry.path().display(), "cannot remove a half-made snapshot");
        }
    }
}

impl Snapshots<'_> {
    /// Makes one of all that is committed at this moment.
    pub fn take(&self) -> Result<Snapshot, SnapshotError> {
        let asked = Instant::now();
        let manifest = self.rotated(asked)?;
        for file in hot::frozen(&manifest) {
            let freeze =
                || hot::freeze(self.connection, &file).map_err(|error| SnapshotError::Failed(error.to_string()));
            self.until(asked, freeze, &format!("{} was read all the time", file.path.display()))?;
        }
        let written = manifest.of_tier(Tier::Hot).last().map(|file| file.number);
        let files: Vec<&Arc<File>> = manifest.files.values().filter(|file| Some(file.number) != written).collect();
        let copied: u64 = files.iter().filter(|file| file.tier == Tier::Hot).map(|file| size(&file.path)).sum();
        let bytes = copied + size(self.shared.layout.ledger());
        if !self.disk.has_room(bytes) {
            return Err(SnapshotError::NoRoom { bytes });
        }
        clear(&self.shared.layout);
        let name = self.free_name();
        let all = directory(&self.shared.layout);
        let partial = all.join(format!("{PARTIAL}{name}"));
        let result = self.fill(&partial, &files).and_then(|bytes| {
            let path = all.join(&name);
            std::fs::rename(&partial, &path).map_err(|error| failed(&error))?;
            hot::sync_directory(&all);
            let path = std::path::absolute(path).map_err(|error| failed(&error))?;
            let data = path.join(self.shared.layout.ledger().file_name().unwrap_or_default());
            Ok(Snapshot { name, path, data, files: files.len() as u64 + 1, bytes })
        });
        if result.is_err() {
            clear(&self.shared.layout);
        }
        result
    }

    /// Has the writer go on in a new file, and gives the list of files with it.
    fn rotated(&self, asked: Instant) -> Result<Arc<Manifest>, SnapshotError> {
        let order = self.shared.rotation.ask();
        self.until(asked, || Ok(self.shared.rotation.is_done(order)), "the writer began no new file")?;
        Ok(self.shared.files.now())
    }

    /// Waits until something is so; `failure` says what was not.
    fn until(
        &self,
        asked: Instant,
        is_so: impl Fn() -> Result<bool, SnapshotError>,
        failure: &str,
    ) -> Result<(), SnapshotError> {
        while !is_so()? {
            if (self.is_stopping)() {
                return Err(SnapshotError::Closed);
            }
            if asked.elapsed() >= PATIENCE {
                return Err(SnapshotError::Failed(format!("{failure} for {} s", PATIENCE.as_secs())));
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    fn free_name(&self) -> String {
        let now = jiff::Timestamp::from_microsecond(now_us()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let name = now.strftime(NAME).to_string();
        let taken: BTreeSet<String> = list(&self.shared.layout).into_iter().collect();
        let names = std::iter::once(name.clone()).chain((2..).map(|n| format!("{name}-{n}")));
        names.into_iter().find(|name| !taken.contains(name)).unwrap_or(name)
    }

    /// Puts everything into a new directory; gives its bytes.
    fn fill(&self, directory: &Path, files: &[&Arc<File>]) -> Result<u64, SnapshotError> {
        let ledger = directory.join(self.shared.layout.ledger().file_name().unwrap_or_default());
        let layout = Layout::of(&ledger);
        for tier in Tier::ALL {
            std::fs::create_dir_all(layout.tier(tier)).map_err(|error| failed(&error))?;
        }
        let mut bytes = 0;
        for file in files {
            if (self.is_stopping)() {
                return Err(SnapshotError::Closed);
            }
            let copy = layout.file(file.tier, file.number, file.period);
            // A store that is started on the snapshot goes on in its newest hot file: that must be its own.
            let put = if file.tier == Tier::Hot { copy_file(&file.path, &copy) } else { link(&file.path, &copy) };
            put.map_err(|error| SnapshotError::Failed(format!("{}: {error}", file.path.display())))?;
            bytes += size(&copy);
        }
        Tier::ALL.into_iter().for_each(|tier| hot::sync_directory(&layout.tier(tier)));
        let numbers: Vec<String> = files.iter().map(|file| file.number.to_string()).collect();
        self.ledger(&ledger, &numbers).map_err(|error| SnapshotError::Failed(error.to_string()))?;
        std::fs::File::open(&ledger).and_then(|copy| copy.sync_all()).map_err(|error| failed(&error))?;
        hot::sync_directory(directory);
        Ok(bytes + size(&ledger))
    }

    /// Copies the ledger, and takes from the copy what is not in the snapshot.
    fn ledger(&self, path: &Path, numbers: &[String]) -> duckdb::Result<()> {
        self.shared.instance.attach(path, ALIAS, Access::Write)?;
        let listed = if numbers.is_empty() { "-1".to_owned() } else { numbers.join(",") };
        let copied = self.shared.ledger.copy_to(ALIAS).and_then(|()| {
            self.connection.execute_batch(&format!(
                "DELETE FROM {ALIAS}.files WHERE number NOT IN ({listed});
                 DELETE FROM {ALIAS}.file_hosts WHERE number NOT IN ({listed});
                 CHECKPOINT {ALIAS}"
            ))
        });
        copied.and(self.shared.instance.detach(ALIAS))
    }
}

fn link(from: &Path, to: &Path) -> io::Result<()> {
    // Not every filesystem has hard links.
    std::fs::hard_link(from, to).or_else(|_| copy_file(from, to))
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::copy(from, to)?;
    std::fs::File::open(to)?.sync_all()
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

fn failed(error: &io::Error) -> SnapshotError {
    SnapshotError::Failed(error.to_string())
}
