//! Letting go: sealed files that are not kept any longer are taken off the list and unlinked, and the hosts' counts of
//! samples go down with them.

use std::collections::BTreeSet;
use std::sync::Arc;

use duckdb::Connection;
use tracing::{error, info};

use super::file::File;
use super::layout::Day;
use super::ledger::Change;
use super::open::Shared;
use super::seal::of_day;
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
        self.take_out(&gone, files.iter().flat_map(|file| counts_of(file)).collect());
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

    /// Takes a sealed file that cannot be read off the list. It stays beside the others, under another name.
    pub fn set_aside(&self, file: &Arc<File>, reason: &str) -> Result<(), StoreError> {
        let aside = file.path.with_extension("damaged");
        error!(
            path = %file.path.display(),
            aside = %aside.display(),
            reason,
            "a sealed file cannot be read: it is set aside, and its rows are missing until it is restored"
        );
        self.shared.ledger.publish(&Change { removed: vec![file.number], ..Change::default() })?;
        self.take_out(&[file.number], counts_of(file));
        let renamed = std::fs::rename(&file.path, &aside);
        renamed.map_err(|error| StoreError::Failed(format!("cannot rename it to {}: {error}", aside.display())))
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

fn counts_of(file: &Arc<File>) -> Vec<Count> {
    file.hosts.iter().map(|(host, facts)| (file.clone(), *host, facts.samples)).collect()
}
