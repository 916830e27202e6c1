//! Letting go: sealed files that are not kept any longer are taken off the list and unlinked, and the hosts' counts of
//! samples go down with them.

use std::sync::Arc;

use duckdb::Connection;
use tracing::info;

use super::file::File;
use super::layout::Day;
use super::ledger::Change;
use super::open::Shared;
use super::sql;
use super::transaction::store_error;
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

    /// What hot files have of days before this one.
    pub fn samples_before(&self, hot: &[Arc<File>], day: Day) -> Result<Vec<Count>, StoreError> {
        let mut counts = Vec::new();
        for file in hot.iter().filter(|file| file.days().first().is_some_and(|first| *first < day)) {
            let read = || {
                let lease = file.lease()?;
                let mut statement = self.connection.prepare(&sql::count_before(&lease.file.alias()))?;
                let rows = statement.query_map([day.start_us()], |row| Ok((HostId(row.get(0)?), row.get(1)?)))?;
                rows.collect::<duckdb::Result<Vec<(HostId, i64)>>>()
            };
            let of_file = read().map_err(|error| store_error(&error))?;
            counts.extend(of_file.into_iter().map(|(host, samples)| (file.clone(), host, samples as u64)));
        }
        Ok(counts)
    }
}
