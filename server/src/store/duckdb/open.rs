//! Opening a store, and saying plainly why it cannot be opened.

use std::collections::HashMap;
use std::fs::File as OsFile;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use duckdb::Connection;
use tracing::{error, info, warn};

use super::file::{File, Tables};
use super::hot::Count;
use super::instance::{Access, Instance};
use super::layout::{Layout, Tier};
use super::ledger::{self, Entry, Ledger};
use super::manifest::{Files, Manifest};
use super::reader::Reader;
use super::rotation::Rotation;
use super::{file, hot, migrate, schema};
use crate::store::directory::HostId;

/// How DuckDB says that another process has the file.
const LOCKED: [&str; 2] = ["Could not set lock", "Conflicting lock"];
const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// What DuckDB may hold in memory; the rest goes to its scratch directory.
pub const MEMORY_BYTES: u64 = 128 << 20;

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "{path} is a SQLite database, the predecessor's: it was not touched; give another path with --data, such as \
         siskin.duckdb, and bring the old history there with `siskin-server import {path} --data siskin.duckdb`", path = .0.display()
    )]
    Sqlite(PathBuf),
    #[error("{} is in use by another process (a second server?): {detail}", .path.display())]
    Locked { path: PathBuf, detail: String },
    #[error("cannot create {}", .path.display())]
    Create { path: PathBuf, source: std::io::Error },
    #[error("cannot open {}", .path.display())]
    Open { path: PathBuf, source: duckdb::Error },
    #[error("{} was written by a later version (layout {found}, this one knows {}): update the server", .path.display(), ledger::VERSION)]
    Later { path: PathBuf, found: i32 },
    #[error(
        "{} is not there, but {} has data: put the file back (a snapshot has a copy), or move the directory away to start anew",
        .path.display(), .side.display()
    )]
    Orphaned { path: PathBuf, side: PathBuf },
    #[error("cannot change {}: {detail}", .path.display())]
    Change { path: PathBuf, detail: String },
}

/// What all parts of the open store share.
pub struct Shared {
    pub instance: Arc<Instance>,
    pub ledger: Ledger,
    pub files: Files,
    pub layout: Layout,
    pub rotation: Rotation,
}

/// The open store.
pub struct Database {
    pub shared: Arc<Shared>,
    /// The hot file to be written.
    pub active: Arc<File>,
    /// Samples of each host in the hot files, and the newest of them, microseconds since 1970; without those that are hidden.
    pub counted: HashMap<HostId, (u64, i64)>,
}

impl Database {
    /// Opens or creates a store and brings its files to this version.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        if is_sqlite(path) {
            return Err(OpenError::Sqlite(path.to_owned()));
        }
        let layout = Layout::of(path);
        let fresh = !path.exists();
        if fresh && has_data(&layout) {
            return Err(OpenError::Orphaned { path: path.to_owned(), side: layout.side().to_owned() });
        }
        make_directories(&layout)?;
        let failed = |source: duckdb::Error| {
            let (path, detail) = (path.to_owned(), source.to_string());
            // DuckDB has one kind of error for every file that cannot be opened.
            if LOCKED.iter().any(|text| detail.contains(text)) {
                OpenError::Locked { path, detail }
            } else {
                OpenError::Open { path, source }
            }
        };
        let instance = Arc::new(Instance::new(&layout.scratch(), MEMORY_BYTES).map_err(failed)?);
        instance.attach(path, ledger::ALIAS, Access::Write).map_err(failed)?;
        empty(&layout.scratch());
        let connection = instance.connect().map_err(failed)?;
        let version = Ledger::version(&connection).map_err(failed)?;
        if let Some(found) = version.filter(|found| *found > ledger::VERSION) {
            return Err(OpenError::Later { path: path.to_owned(), found });
        }
        if version == Some(1) {
            info!(path = %path.display(), "bringing the database of an earlier version to this one's layout");
            migrate::from_version_1(&instance, &layout).map_err(failed)?;
        }
        let ledger = Ledger::new(instance.connect().map_err(failed)?).map_err(failed)?;
        let manifest = manifest(&instance, &layout, &ledger).map_err(failed)?;
        remove_unlisted(&layout, &manifest);
        let counted = count(&connection, &manifest).map_err(failed)?;
        let files = Files::new(manifest);
        let shared = Shared { instance, ledger, files, layout, rotation: Rotation::default() };
        let active = shared.active().map_err(|detail| OpenError::Change { path: path.to_owned(), detail })?;
        Ok(Database { shared: Arc::new(shared), active, counted })
    }

    /// Where connections for reading come from.
    pub fn readers(&self) -> Readers {
        Readers::of(self.shared.clone())
    }
}

impl Shared {
    /// The newest hot file, or a new one: the first, or because an earlier version wrote texts into its rows.
    fn active(&self) -> Result<Arc<File>, String> {
        if let Some(newest) = self.files.now().of_tier(Tier::Hot).last()
            && newest.lease().map_err(|error| error.to_string())?.tables.contains_key(schema::NAMES)
        {
            return Ok(newest.clone());
        }
        let number = self.files.number();
        let file =
            hot::create(&self.instance, &self.layout, number, &Tables::new()).map_err(|error| error.to_string())?;
        self.ledger.begin_hot(number, None).map_err(|error| error.to_string())?;
        self.files.change(|manifest| drop(manifest.files.insert(number, file.clone())));
        Ok(file)
    }
}

/// Makes readers, for as long as the store is open.
pub struct Readers(Arc<Shared>);

impl Readers {
    pub fn of(shared: Arc<Shared>) -> Self {
        Readers(shared)
    }

    pub fn connect(&self) -> duckdb::Result<Reader> {
        Ok(Reader::new(self.0.instance.connect()?, self.0.clone()))
    }
}

/// The files that the ledger lists and that are there.
fn manifest(instance: &Arc<Instance>, layout: &Layout, ledger: &Ledger) -> duckdb::Result<Manifest> {
    let mut manifest = Manifest { tombstones: ledger.tombstones()?.into_iter().collect(), ..Manifest::default() };
    for Entry { number, tier, period, facts, hosts } in ledger.entries()? {
        let path = layout.file(tier, number, period);
        if !path.exists() {
            error!(path = %path.display(), "a file of the store is missing: its rows are lost");
            continue;
        }
        let hosts = hosts.into_iter().collect();
        let file = File::new(instance.clone(), (tier, number, period), path, facts, hosts);
        manifest.files.insert(number, Arc::new(file));
    }
    Ok(manifest)
}

/// Goes through the rows of the hot files, once.
fn count(connection: &Connection, manifest: &Manifest) -> duckdb::Result<HashMap<HostId, (u64, i64)>> {
    let mut counted = HashMap::new();
    for file in manifest.of_tier(Tier::Hot) {
        let _lease = file.lease()?;
        for Count { host, samples, newest_us } in hot::survey(connection, file)? {
            if !manifest.hides(host, file) {
                let (all, newest) = counted.entry(host).or_insert((0, newest_us));
                *all += samples;
                *newest = newest_us.max(*newest);
            }
        }
    }
    Ok(counted)
}

/// Half-made files, and files whose rows are elsewhere: the ledger does not list them.
fn remove_unlisted(layout: &Layout, manifest: &Manifest) {
    let listed: std::collections::HashSet<&Path> = manifest.files.values().map(|file| file.path.as_path()).collect();
    for path in Tier::ALL.into_iter().flat_map(|tier| databases(&layout.tier(tier))) {
        if !listed.contains(path.as_path()) {
            warn!(path = %path.display(), "removing a file that was left half-made or is no longer needed");
            file::remove(&path);
        }
    }
}

fn has_data(layout: &Layout) -> bool {
    Tier::ALL.into_iter().any(|tier| !databases(&layout.tier(tier)).is_empty())
}

fn databases(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "duckdb")).collect()
}

fn make_directories(layout: &Layout) -> Result<(), OpenError> {
    let parent = layout.ledger().parent().filter(|parent| !parent.as_os_str().is_empty()).map(Path::to_owned);
    let tiers = Tier::ALL.into_iter().map(|tier| layout.tier(tier));
    for path in parent.into_iter().chain([layout.scratch(), layout.journal()]).chain(tiers) {
        std::fs::create_dir_all(&path).map_err(|source| OpenError::Create { path: path.clone(), source })?;
    }
    Ok(())
}

fn empty(directory: &Path) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        if let Err(error) = removed {
            warn!(%error, path = %path.display(), "cannot remove a scratch file");
        }
    }
}

fn is_sqlite(path: &Path) -> bool {
    let mut magic = [0; 16];
    OsFile::open(path).is_ok_and(|mut file| file.read_exact(&mut magic).is_ok() && &magic == SQLITE_MAGIC)
}
