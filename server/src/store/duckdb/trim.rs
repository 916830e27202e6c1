//! Letting go: sealed files that are not kept any longer are taken off the list and unlinked, and the hosts' counts of
//! samples go down with them.

use std::collections::BTreeSet;
use std::sync::Arc;

use duckdb::Connection;
use tracing::info;

use super::file::File;
use super::layout::{Day, Tier};
use super::ledger::Change;
use super::manifest::Manifest;
use super::open::Shared;
use super::seal::of_day;
use super::transaction::store_error;
use super::{pack, schema, sql};
use crate::store::StoreError;
use crate::store::directory::{Directory, HostId};

/// Samples of a host in a file.
pub type Count = (Arc<File>, HostId, u64);

pub struct Trim<'a> {
    pub connection: &'a Connection,
    pub shared: &'a Shared,
    pub directory: &'a Directory,
}

impl Trim<'_> {
    /// Removes the sealed files of these numbers.
    pub fn remove(&self, gone: Vec<u64>) -> Result<(), StoreError> {
        if gone.is_empty() {
            return Ok(());
        }
        let manifest = self.shared.files.now();
        let files: Vec<&Arc<File>> = gone.iter().filter_map(|number| manifest.files.get(number)).collect();
        self.shared.ledger.publish(&Change { removed: gone.clone(), ..Change::default() })?;
        let count = |file: &Arc<File>| {
            let file = file.clone();
            let hosts: Vec<Count> =
                file.hosts.iter().map(|(host, facts)| (file.clone(), *host, facts.samples)).collect();
            hosts
        };
        self.take_out(&gone, files.iter().flat_map(|file| count(file)).collect());
        for file in files {
            file.retire();
            info!(path = %file.path.display(), bytes = file.facts().bytes, "removed what is not kept any longer");
        }
        Ok(())
    }

    /// Takes files off the list, and samples off the hosts' counts. Whoever is removed meanwhile has none left.
    pub fn take_out(&self, gone: &[u64], counts: Vec<Count>) {
        self.shared.files.change(|manifest| {
            for (file, host, samples) in counts {
                if !manifest.hides(host, &file) {
                    self.directory.lessen(host, samples);
                }
            }
            gone.iter().for_each(|number| drop(manifest.files.remove(number)));
        });
    }

    /// Days of hot files whose samples are not kept: those before `keep_from`, and those that were let go already. What comes
    /// late of them would take the place of rollups that were made of the whole day.
    pub fn dropped(&self, hot: &[Arc<File>], keep_from: Day) -> Result<BTreeSet<Day>, StoreError> {
        let manifest = self.shared.files.now();
        let days: BTreeSet<Day> = hot.iter().flat_map(|file| file.days()).collect();
        let mut dropped = BTreeSet::new();
        for day in days {
            if day < keep_from || self.was_let_go(&manifest, day).map_err(|error| store_error(&error))? {
                dropped.insert(day);
            }
        }
        Ok(dropped)
    }

    /// Whether a day has rollups and no samples.
    fn was_let_go(&self, manifest: &Manifest, day: Day) -> duckdb::Result<bool> {
        if manifest.of_day(Tier::Raw, day).is_some() {
            return Ok(false);
        }
        if manifest.of_day(Tier::Minute, day).is_some() {
            return Ok(true);
        }
        // A month has its hours in one file, also those of other days alone.
        let Some(month) = manifest.of_day(Tier::Hour, day) else { return Ok(false) };
        let lease = month.lease()?;
        for table in schema::OF_SAMPLES.into_iter().filter(|table| lease.tables.contains_key(*table)) {
            if pack::has_rows(self.connection, &format!("{}.{table}", month.alias()), &of_day(day))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What hot files have of these days.
    pub fn samples_of(&self, hot: &[Arc<File>], days: &BTreeSet<Day>) -> Result<Vec<Count>, StoreError> {
        let of_days = days.iter().map(|day| of_day(*day)).collect::<Vec<_>>().join(" OR ");
        let mut counts = Vec::new();
        for file in hot.iter().filter(|file| days.iter().any(|day| file.has_day(*day))) {
            let read = || {
                let lease = file.lease()?;
                let mut statement = self.connection.prepare(&sql::count_where(&lease.file.alias(), &of_days))?;
                let rows = statement.query_map([], |row| Ok((HostId(row.get(0)?), row.get(1)?)))?;
                rows.collect::<duckdb::Result<Vec<(HostId, i64)>>>()
            };
            let of_file = read().map_err(|error| store_error(&error))?;
            counts.extend(of_file.into_iter().map(|(host, samples)| (file.clone(), host, samples as u64)));
        }
        Ok(counts)
    }
}
