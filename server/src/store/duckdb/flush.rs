//! From the tail into the hot file: many groups in one transaction, with a new journal behind it.

use std::path::Path;
use std::sync::Arc;

use super::group::{Prepared, Tail};
use super::transaction::{store_error, transaction};
use super::writer::Writer;
use super::{hot, sql};
use crate::store::StoreError;
use crate::store::journal::Journal;

impl Writer {
    /// Lets questions see another tail.
    pub(super) fn publish(&self, change: impl FnOnce(&mut Tail)) {
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

    /// Puts what waits into the hot file, and begins a new journal.
    pub(super) fn flush(&mut self) -> Result<(), StoreError> {
        if self.shared.files.now().tail.groups.is_empty() {
            return Ok(());
        }
        let next = begin(&self.shared.layout.journal(), self.journal.number() + 1)?;
        self.flush_as(Some(next.number()))?;
        std::mem::replace(&mut self.journal, next).remove();
        Ok(())
    }

    /// Puts what waits into the hot file; from then on all journals below this number are in it.
    pub(super) fn flush_as(&mut self, journal: Option<u64>) -> Result<(), StoreError> {
        let tail = self.shared.files.now().tail.clone();
        let prepared =
            Prepared::of(&tail.groups, &self.names).map_err(|error| StoreError::Failed(error.to_string()))?;
        self.write(prepared, journal)?;
        self.waiting = None;
        // In one step, or questions would miss the rows or see them twice.
        self.publish(|tail| tail.groups.clear());
        Ok(())
    }

    pub(super) fn write(&mut self, prepared: Prepared<'_>, journal: Option<u64>) -> Result<(), StoreError> {
        let rows = prepared.rows();
        let known = self.active.lease().map_err(|error| store_error(&error))?.tables;
        let (widened, names) = transaction(&self.connection, |connection| {
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
        Ok(())
    }
}

/// An empty journal.
pub fn begin(directory: &Path, number: u64) -> Result<Journal, StoreError> {
    Journal::begin(directory, number).map_err(|error| StoreError::Failed(format!("cannot begin a journal: {error}")))
}
