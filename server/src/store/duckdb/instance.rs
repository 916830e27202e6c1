//! The one DuckDB of the process: files are attached to it and detached from it, everybody else has a clone of its
//! connection.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use duckdb::Connection;

/// Who asks DuckDB works himself: with helpers a sealing takes a quarter more time of processors, in which they wait for one
/// another, and ends no sooner.
const THREADS: u32 = 1;
/// No commit checkpoints: the keeper does that with files that nobody writes any more.
const NO_CHECKPOINT: &str = "1TB";
/// Files are written so that DuckDB 1.5 and later can read them.
const STORAGE_VERSION: &str = "v1.5.0";
/// Rows in a row group of a sealed file, which wait in memory until they are as many: twice as many would be 1 % denser.
const SEALED_GROUP_ROWS: u32 = 122_880;
/// Rows in one of a hot file, the fewest that DuckDB has. When a transaction has as many of a table, all that it has of it goes into
/// the file packed when it is committed, and neither into its log nor into memory.
const HOT_GROUP_ROWS: u32 = 2_048;
/// Bytes in a block of a new file. A column takes whole blocks: a quarter of the usual size wastes less in small files, and
/// packs a full day a tenth denser. Below this size DuckDB 2.0 does not pack numbers at all.
const BLOCK_BYTES: u32 = 64 << 10;

const CHECKPOINT_WHEN_DETACHED: &str = "SET checkpoint_on_detach = 'ENABLED'";

/// How a file is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A hot file: rows as they come, transaction by transaction.
    Append,
    /// Any other, to be made or changed.
    Write,
    Read,
}

pub struct Instance {
    connection: Mutex<Connection>,
    memory_bytes: u64,
}

impl Instance {
    /// A DuckDB without any file. What does not fit in `memory_bytes` it puts into `scratch`.
    pub fn new(scratch: &Path, memory_bytes: u64) -> duckdb::Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(&format!(
            "SET threads = {THREADS}; SET checkpoint_threshold = '{NO_CHECKPOINT}'; SET autoinstall_known_extensions = false;
             SET temp_directory = {};",
            quoted(scratch),
        ))?;
        // What is written is checkpointed by who detaches it or ends the store in good order: never at the end of all, when a file may
        // be one of which memory is not to be trusted. That would go for detaching too, if it were not said.
        connection.execute_batch(&format!("PRAGMA disable_checkpoint_on_shutdown; {CHECKPOINT_WHEN_DETACHED}"))?;
        let instance = Instance { connection: Mutex::new(connection), memory_bytes };
        instance.grant(1)?;
        Ok(instance)
    }

    /// From now on it may take so many times the memory that it was made with.
    pub fn grant(&self, times: u64) -> duckdb::Result<()> {
        self.lock().execute_batch(&format!("SET memory_limit = '{}B'", times * self.memory_bytes))
    }

    /// A connection of one's own.
    pub fn connect(&self) -> duckdb::Result<Connection> {
        self.lock().try_clone()
    }

    pub fn attach(&self, path: &Path, alias: &str, access: Access) -> duckdb::Result<()> {
        let written = |group_rows: u32| {
            // A file that is there keeps the size of its blocks.
            let blocks = if path.exists() { String::new() } else { format!(", BLOCK_SIZE {BLOCK_BYTES}") };
            format!("STORAGE_VERSION '{STORAGE_VERSION}', ROW_GROUP_SIZE {group_rows}{blocks}")
        };
        let options = match access {
            Access::Append => written(HOT_GROUP_ROWS),
            Access::Write => written(SEALED_GROUP_ROWS),
            Access::Read => "READ_ONLY".to_owned(),
        };
        self.lock().execute_batch(&format!("ATTACH {} AS {alias} ({options})", quoted(path)))
    }

    /// A database without a file. What does not fit in memory goes where all goes that does not.
    pub fn attach_memory(&self, alias: &str) -> duckdb::Result<()> {
        self.lock().execute_batch(&format!("ATTACH ':memory:' AS {alias}"))
    }

    /// Who still reads the file goes on with it; a file that was written is checkpointed when it is closed.
    pub fn detach(&self, alias: &str) -> duckdb::Result<()> {
        self.lock().execute_batch(&format!("DETACH {alias}"))
    }

    /// Detaches a file that is made: all of it is in it.
    pub fn complete(&self, alias: &str) -> duckdb::Result<()> {
        self.lock().execute_batch(&format!("CHECKPOINT {alias}; DETACH {alias}"))
    }

    /// Detaches what nobody reads, and leaves its log as it is: what DuckDB has of it in memory goes nowhere.
    pub fn abandon(&self, alias: &str) -> duckdb::Result<()> {
        let connection = self.lock();
        connection.execute_batch("SET checkpoint_on_detach = 'DISABLED'")?;
        let detached = connection.execute_batch(&format!("DETACH {alias}"));
        detached.and(connection.execute_batch(CHECKPOINT_WHEN_DETACHED))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A path as a literal.
pub fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', "''"))
}
