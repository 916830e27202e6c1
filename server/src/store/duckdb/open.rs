//! Opening the database file, and saying plainly why it cannot be opened.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use duckdb::Connection;

use super::{HOT, schema};

/// The WAL is checkpointed into the file beyond this size: a checkpoint holds commits up, so not often; replay after a
/// kill runs at 25 to 55 MB/s, so not too seldom.
const CHECKPOINT_THRESHOLD: &str = "128MB";
const MEMORY_LIMIT: &str = "1GB";
/// Files are written so that DuckDB 1.5 and later can read them.
const STORAGE_VERSION: &str = "v1.5.0";
/// How DuckDB says that another process has the file.
const LOCKED: [&str; 2] = ["Could not set lock", "Conflicting lock"];
const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";

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
}

/// The open database. Every other connection is cloned from its owner's.
pub struct Database {
    owner: Connection,
}

impl Database {
    /// Opens or creates the file and brings its tables to this version.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        if is_sqlite(path) {
            return Err(OpenError::Sqlite(path.to_owned()));
        }
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent).map_err(|source| OpenError::Create { path: parent.to_owned(), source })?;
        }
        let scratch = side_directory(path).join("tmp");
        std::fs::create_dir_all(&scratch).map_err(|source| OpenError::Create { path: scratch.clone(), source })?;
        let failed = |source: duckdb::Error| {
            let (path, detail) = (path.to_owned(), source.to_string());
            // DuckDB has one kind of error for every file that cannot be opened.
            if LOCKED.iter().any(|text| detail.contains(text)) {
                OpenError::Locked { path, detail }
            } else {
                OpenError::Open { path, source }
            }
        };
        let owner = Connection::open_in_memory().map_err(failed)?;
        owner
            .execute_batch(&format!(
                "SET checkpoint_threshold = '{CHECKPOINT_THRESHOLD}'; SET memory_limit = '{MEMORY_LIMIT}';
                 SET autoinstall_known_extensions = false; SET temp_directory = {};
                 ATTACH {} AS {HOT} (STORAGE_VERSION '{STORAGE_VERSION}'); USE {HOT};",
                quoted(&scratch),
                quoted(path),
            ))
            .map_err(failed)?;
        schema::migrate(&owner).map_err(failed)?;
        Ok(Database { owner })
    }

    /// Where connections for reading come from.
    pub fn readers(&self) -> duckdb::Result<Readers> {
        Ok(Readers(Mutex::new(self.owner.try_clone()?)))
    }

    /// The owner's connection, for the writer.
    pub fn into_owner(self) -> Connection {
        self.owner
    }
}

/// Makes connections for reading, for as long as the database is open.
pub struct Readers(Mutex<Connection>);

impl Readers {
    pub fn connect(&self) -> duckdb::Result<Connection> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner).try_clone()?;
        connection.execute_batch(&format!("USE {HOT}"))?;
        Ok(connection)
    }
}

/// Everything beside the hot file lies in this directory.
fn side_directory(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".d");
    PathBuf::from(name)
}

fn is_sqlite(path: &Path) -> bool {
    let mut magic = [0; 16];
    File::open(path).is_ok_and(|mut file| file.read_exact(&mut magic).is_ok() && &magic == SQLITE_MAGIC)
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', "''"))
}
