//! The pen: writes the active hot file, many groups in one transaction, and goes on in a new one. It may be away with that
//! on a thread of its own, while others are acknowledged.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use duckdb::Connection;
use tracing::warn;

use super::file::{self, File};
use super::group::{Group, Prepared, Tail};
use super::names::Names;
use super::open::Shared;
use super::transaction::{store_error, transaction};
use super::{hot, load, sql};
use crate::store::StoreError;
use crate::store::directory::HostId;

/// A hot file that has this size with its log is followed by a new one. The replay of a log after a kill runs at 25 to 55 MB/s.
const FILE_BYTES: u64 = 64 << 20;
/// Where no new file can be made, the next attempt waits so long: each costs a write to the disk.
const ROTATE_AGAIN_AFTER: Duration = Duration::from_secs(1);

pub struct Pen {
    connection: Connection,
    pub active: Arc<File>,
    shared: Arc<Shared>,
    /// Rows of each table in the active file.
    rows: HashMap<&'static str, u64>,
    /// The names that it has.
    names: Names,
    rotation_failed: Option<Instant>,
}

impl Pen {
    /// Takes over the file that was written last.
    pub fn new(connection: Connection, shared: Arc<Shared>, active: Arc<File>) -> duckdb::Result<Self> {
        connection.execute_batch(&format!("USE {}", active.alias()))?;
        let rows = load::rows(&connection, &active.lease()?.tables)?;
        let names = Names::load(&connection)?;
        let pen = Pen { connection, active, shared, rows, names, rotation_failed: None };
        pen.publish(|tail| tail.groups.clear());
        Ok(pen)
    }

    /// Lets questions see another tail.
    fn publish(&self, change: impl FnOnce(&mut Tail)) {
        self.shared.files.change(|manifest| {
            let before = &manifest.tail;
            let rows = match *before.rows == self.rows {
                true => before.rows.clone(),
                false => Arc::new(self.rows.clone()),
            };
            let mut tail = Tail { file: self.active.number, rows, groups: before.groups.clone() };
            change(&mut tail);
            manifest.tail = Arc::new(tail);
        });
    }

    /// Puts what waits into the hot file. From then on all journals below this number are in it, also when nothing waits any
    /// more.
    pub fn flush(&mut self, journal: Option<u64>) -> Result<(), StoreError> {
        let groups = self.shared.files.now().tail.groups.clone();
        if groups.is_empty() && journal.is_none() {
            return Ok(());
        }
        self.write(&groups, journal)?;
        // In one step, or questions would miss the rows or see them twice. Others may have come behind them.
        self.publish(|tail| drop(tail.groups.drain(..groups.len())));
        Ok(())
    }

    /// Writes groups that may be in no tail. Their rows count when that is published.
    fn write(&mut self, groups: &[Arc<Group>], journal: Option<u64>) -> Result<(), StoreError> {
        self.leave_suspect()?;
        let prepared = Prepared::of(groups, &self.names).map_err(|error| StoreError::Failed(error.to_string()))?;
        let rows = prepared.rows();
        let known = self.active.lease().map_err(|error| store_error(&error))?.tables;
        let (widened, names) = self.transact(|connection| {
            let widened = hot::widen(connection, &known, &prepared.columns())?;
            let names = prepared.write(connection)?;
            if let Some(number) = journal {
                connection.execute(sql::INSERT_JOURNAL, [number])?;
            }
            Ok((widened, names))
        })?;
        self.names.learn(names);
        if let Some(tables) = widened {
            self.active.set_attached(tables);
        }
        for (table, count) in rows {
            *self.rows.entry(table).or_default() += count;
        }
        for group in groups {
            group.tables.iter().for_each(|rows| self.active.note(rows.table, &rows.batch));
            self.active.remember(&group.instants_us);
            self.active.count(group.samples);
        }
        Ok(())
    }

    /// Does some work in one transaction in the active file.
    pub fn transact<R>(&mut self, work: impl FnOnce(&Connection) -> duckdb::Result<R>) -> Result<R, StoreError> {
        self.leave_suspect()?;
        transaction(&self.connection, work).inspect_err(|_| self.active.suspect())
    }

    /// Goes on in a new file if nothing more may be written into this one.
    fn leave_suspect(&mut self) -> Result<(), StoreError> {
        if self.active.is_suspect() { self.go_on(None) } else { Ok(()) }
    }

    /// Writes a group at once, with no journal.
    pub fn store(&mut self, group: &Arc<Group>) -> Result<(), StoreError> {
        self.write(std::slice::from_ref(group), None)?;
        self.publish(|_| {});
        Ok(())
    }

    /// Whether it shall go on in a new file.
    pub fn is_full(&self) -> bool {
        (self.shared.rotation.is_wanted() || self.names.are_many() || self.bytes() >= FILE_BYTES)
            && self.rotation_failed.is_none_or(|at| at.elapsed() >= ROTATE_AGAIN_AFTER)
    }

    /// Goes on in a new file if that is due, and freezes the one before: its memory is wanted. What cannot be done now is
    /// tried again, by the pen or by the keeper.
    pub fn rotate_if_full(&mut self) {
        if !self.is_full() {
            return;
        }
        let before = self.active.clone();
        if let Err(error) = self.rotate(None) {
            warn!(%error, "cannot make a new hot file");
        } else if let Err(error) = hot::freeze(&self.connection, &before) {
            warn!(%error, path = %before.path.display(), "cannot freeze a hot file");
        } else {
            // In a flood the keeper is sealing for minutes, and an attached file takes some 15 MB.
            before.rest(Duration::ZERO);
        }
    }

    /// Goes on in a new hot file, once what waits is in the one before; a tombstone hides what was written before.
    pub fn rotate(&mut self, removed: Option<HostId>) -> Result<(), StoreError> {
        let order = self.shared.rotation.asked();
        // Under no new number: what waits may be in a journal that is still written.
        let rotated = self.flush(None).and_then(|()| self.go_on(removed));
        self.rotation_failed = rotated.is_err().then(Instant::now);
        rotated.inspect(|()| self.shared.rotation.done(order))
    }

    fn go_on(&mut self, removed: Option<HostId>) -> Result<(), StoreError> {
        let shared = self.shared.clone();
        let _order = shared.files.in_order();
        let tombstone = removed.map(|host| (host, shared.files.number()));
        let number = shared.files.number();
        let columns = self.active.lease().map_err(|error| store_error(&error))?.tables;
        let next =
            hot::create(&shared.instance, &shared.layout, number, &columns).map_err(|error| store_error(&error))?;
        let go_on_in = |file: &File| {
            let used = self.connection.execute_batch(&format!("USE {}", file.alias()));
            used.map_err(|error| store_error(&error))
        };
        if let Err(error) = go_on_in(&next).and_then(|()| shared.ledger.begin_hot(number, tombstone)) {
            next.retire();
            go_on_in(&self.active)?;
            return Err(error);
        }
        shared.files.change(|manifest| {
            let groups = manifest.tail.groups.clone();
            groups.iter().for_each(|group| next.remember(&group.instants_us));
            manifest.tombstones.extend(tombstone);
            manifest.files.insert(number, next.clone());
            manifest.tail = Arc::new(Tail { file: number, rows: Arc::default(), groups });
        });
        self.active = next;
        self.rows.clear();
        self.names = Names::default();
        Ok(())
    }

    /// Brings the log of the active file into it, unless that is for the next start to read.
    pub fn checkpoint(&self) -> Result<(), StoreError> {
        if self.active.is_suspect() {
            return Ok(());
        }
        hot::checkpoint(&self.connection, &self.active).map_err(|error| store_error(&error))
    }

    fn bytes(&self) -> u64 {
        let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        bytes(&self.active.path) + bytes(&file::log(&self.active.path))
    }
}
