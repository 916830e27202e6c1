//! The predecessor's file, opened to be read and nothing else, also while the predecessor writes to it. It is read in
//! small pieces: a long reading would hold the predecessor's writes up.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::layout::{Layout, LayoutError, VALUES};

/// The predecessor's commits and checkpoints take less than this.
const BUSY: Duration = Duration::from_secs(30);
/// How a SQLite file begins, and the byte that says whether it has a log beside it (`2`).
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const READ_VERSION: usize = 19;
const WITH_LOG: u8 = 2;

#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("cannot read {}", .path.display())]
    Open { path: PathBuf, source: std::io::Error },
    #[error("{} is no SQLite database; the predecessor's file is expected, which its DATABASE_PATH names", .0.display())]
    NotSqlite(PathBuf),
    #[error("{} cannot be imported", .path.display())]
    Layout { path: PathBuf, source: LayoutError },
    #[error("{} is locked by another process for {} s: stop what holds it, and try again", .0.display(), BUSY.as_secs())]
    Busy(PathBuf),
    #[error(
        "{} was left in the middle of a write, which only its owner may undo: start the predecessor once, or open a copy \
         of the file and of what lies beside it with sqlite3, and import that", .0.display()
    )]
    Unfinished(PathBuf),
    #[error("the predecessor was started on {} while it was read: run the import again", .0.display())]
    Started(PathBuf),
    #[error("cannot read {}", .path.display())]
    Read { path: PathBuf, source: rusqlite::Error },
}

pub struct Source {
    path: PathBuf,
    connection: Connection,
    layout: Layout,
    /// The log that must not come to be while the file is read as one that nobody changes.
    absent_log: Option<PathBuf>,
}

impl Source {
    /// Opens the file and looks at its tables.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let absent_log = absent_log(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let place = if absent_log.is_some() { uri(path) } else { path.to_owned() };
        let failed = |error| failure(path, error);
        let connection = Connection::open_with_flags(place, flags).map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        let layout = Layout::of(&connection)
            .map_err(failed)?
            .map_err(|source| SourceError::Layout { path: path.to_owned(), source })?;
        Ok(Source { path: path.to_owned(), connection, layout, absent_log })
    }

    /// Counts up to `limit` rows of samples after that number; answers how many, and the number of the last.
    pub fn count(&self, after: i64, limit: usize) -> Result<(u64, Option<i64>), SourceError> {
        self.still_unchanged()?;
        let mut statement = self.connection.prepare(&self.layout.count).map_err(|error| self.failure(error))?;
        let counted = statement.query_row((after, limit as i64), |row| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?)));
        counted.map_err(|error| self.failure(error))
    }

    /// Gives up to `limit` rows of samples after that number to `take`; answers the number of the last.
    pub fn samples(
        &self,
        after: i64,
        limit: usize,
        take: impl FnMut(i64, &[ValueRef<'_>; VALUES]),
    ) -> Result<Option<i64>, SourceError> {
        self.rows(&self.layout.samples, after, limit, take)
    }

    /// Gives up to `limit` rows of details after that number to `take`; answers the number of the last.
    pub fn details(
        &self,
        after: i64,
        limit: usize,
        take: impl FnMut(i64, &[ValueRef<'_>; 3]),
    ) -> Result<Option<i64>, SourceError> {
        match &self.layout.details {
            Some(sql) => self.rows(sql, after, limit, take),
            None => Ok(None),
        }
    }

    fn rows<const N: usize>(
        &self,
        sql: &str,
        after: i64,
        limit: usize,
        mut take: impl FnMut(i64, &[ValueRef<'_>; N]),
    ) -> Result<Option<i64>, SourceError> {
        let mut read = || -> rusqlite::Result<Option<i64>> {
            let mut statement = self.connection.prepare(sql)?;
            let mut rows = statement.query((after, limit as i64))?;
            let mut last = None;
            while let Some(row) = rows.next()? {
                let mut values = [ValueRef::Null; N];
                for (at, value) in values.iter_mut().enumerate() {
                    *value = row.get_ref(at + 1)?;
                }
                let number = row.get(0)?;
                take(number, &values);
                last = Some(number);
            }
            Ok(last)
        };
        let last = read().map_err(|error| self.failure(error))?;
        // After the reading, before what was read is stored.
        self.still_unchanged()?;
        Ok(last)
    }

    fn still_unchanged(&self) -> Result<(), SourceError> {
        match &self.absent_log {
            Some(log) if log.exists() => Err(SourceError::Started(self.path.clone())),
            _ => Ok(()),
        }
    }

    fn failure(&self, error: rusqlite::Error) -> SourceError {
        failure(&self.path, error)
    }
}

/// A file that is written through a log, and has none now, belongs to nobody: to read it in the usual way would leave a
/// log beside it. Answers where that log would be.
fn absent_log(path: &Path) -> Result<Option<PathBuf>, SourceError> {
    let mut head = [0; READ_VERSION + 1];
    let file = File::open(path).map_err(|source| SourceError::Open { path: path.to_owned(), source })?;
    let mut begin = Vec::new();
    file.take(head.len() as u64)
        .read_to_end(&mut begin)
        .map_err(|source| SourceError::Open { path: path.to_owned(), source })?;
    if begin.len() < head.len() || !begin.starts_with(MAGIC) {
        return Err(SourceError::NotSqlite(path.to_owned()));
    }
    head.copy_from_slice(&begin);
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let log = PathBuf::from(log);
    Ok((head[READ_VERSION] == WITH_LOG && !log.exists()).then_some(log))
}

/// The file as one that nobody changes.
fn uri(path: &Path) -> PathBuf {
    let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{path}?immutable=1").into()
}

fn failure(path: &Path, error: rusqlite::Error) -> SourceError {
    let path = path.to_owned();
    let code = error.sqlite_error().map(|error| (error.code, error.extended_code));
    match code {
        Some((ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _)) => SourceError::Busy(path),
        Some((_, rusqlite::ffi::SQLITE_READONLY_ROLLBACK | rusqlite::ffi::SQLITE_READONLY_RECOVERY)) => {
            SourceError::Unfinished(path)
        }
        Some((ErrorCode::NotADatabase, _)) => SourceError::NotSqlite(path),
        _ => SourceError::Read { path, source: error },
    }
}
