//! From the file to the store, a transaction at a time. Between two transactions it may be ended in any way.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::record;
use super::refusals::Refusals;
use super::source::{Source, SourceError};
use super::stream;
use crate::clock::now_us;
use crate::store::directory::{Directory, flat_key};
use crate::store::{Backend, History, Past, PastRow, Receipt, StoreError, Submission, Write};

/// Rows of samples in one transaction.
const ROWS: usize = 5_000;
/// Documents in one transaction: each may take 256 KiB.
const DOCUMENTS: usize = 100;
/// Rows that are counted at once: the predecessor's writes wait that long.
const COUNTED: usize = 100_000;
/// Before the first row, whatever its number.
const START: i64 = i64::MIN;
/// The store wants to do its housekeeping about so often.
const TICK: Duration = Duration::from_secs(60);

#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of the file's rows.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The stream of each host's rows: as many hosts as the file has samples of.
    streams: HashMap<String, u64>,
    pub samples: Receipt,
    pub details: Receipt,
    pub refusals: Refusals,
    pub refused_details: Refusals,
    /// It was told to stop.
    pub interrupted: bool,
}

impl Outcome {
    /// The names of the hosts that the file has samples of.
    pub fn hosts(&self) -> impl ExactSizeIterator<Item = &str> {
        self.streams.keys().map(String::as_str)
    }

    /// Rows of samples that were looked at.
    pub fn rows(&self) -> u64 {
        self.samples.stored + self.samples.duplicates + self.refusals.count()
    }
}

/// A file, and where it goes.
pub struct Transfer<'a> {
    pub source: &'a Source,
    /// None reads and checks, and stores nothing.
    pub store: Option<&'a mut dyn Backend>,
    pub directory: &'a Directory,
    pub stop: &'a AtomicBool,
}

impl Transfer<'_> {
    /// How many rows of samples there are now.
    pub fn count(&self) -> Result<u64, SourceError> {
        let (mut all, mut after) = (0, START);
        while !self.stopped() {
            let (rows, last) = self.source.count(after, COUNTED)?;
            let Some(last) = last else { break };
            all += rows;
            after = last;
        }
        Ok(all)
    }

    /// Brings everything over; calls `progress` after each transaction. What was done until an error is in `outcome`.
    pub fn run(&mut self, outcome: &mut Outcome, mut progress: impl FnMut(&Outcome)) -> Result<(), TransferError> {
        let (mut after, mut last_tick) = (START, Instant::now());
        while let Some(last) = self.samples(after, outcome)? {
            after = last;
            progress(outcome);
            if let Some(store) = self.store.as_mut().filter(|_| last_tick.elapsed() >= TICK) {
                store.tick()?;
                last_tick = Instant::now();
            }
        }
        let mut after = START;
        while let Some(last) = self.details(after, outcome)? {
            after = last;
        }
        outcome.interrupted = self.stopped();
        // It has written many marks.
        self.store.as_mut().map_or(Ok(()), |store| store.tick())?;
        Ok(())
    }

    /// One transaction of samples; answers the number of its last row, none at the end.
    fn samples(&mut self, after: i64, outcome: &mut Outcome) -> Result<Option<i64>, TransferError> {
        if self.stopped() {
            return Ok(None);
        }
        let now_us = now_us();
        let mut hosts: BTreeMap<String, Vec<PastRow>> = BTreeMap::new();
        let last = self.source.samples(after, ROWS, |number, row| {
            let hostname = match record::hostname(row) {
                Ok(hostname) => hostname,
                Err(fault) => return outcome.refusals.add(number, fault),
            };
            // The first row counts, also one that is refused.
            if !outcome.streams.contains_key(hostname) {
                outcome.streams.insert(hostname.to_owned(), stream::of_rows(row));
            }
            match record::sample(row, now_us) {
                Ok((timestamp, values)) => {
                    let row = PastRow { seq: stream::seq(number), timestamp, values };
                    match hosts.get_mut(hostname) {
                        Some(rows) => rows.push(row),
                        None => drop(hosts.insert(hostname.to_owned(), vec![row])),
                    }
                }
                Err(fault) => outcome.refusals.add(number, fault),
            }
        })?;
        let writes = hosts.into_iter().map(|(hostname, rows)| {
            let stream = outcome.streams[&hostname];
            Write::History(History { hostname, stream, past: Past::Rows(rows) })
        });
        let receipt = self.store(writes.collect())?;
        outcome.samples = outcome.samples.plus(receipt);
        Ok(last)
    }

    /// One transaction of documents, of those that are newer than what their hosts have.
    fn details(&mut self, after: i64, outcome: &mut Outcome) -> Result<Option<i64>, TransferError> {
        if self.stopped() {
            return Ok(None);
        }
        let (now_us, mut writes) = (now_us(), Vec::new());
        let last = self.source.details(after, DOCUMENTS, |number, row| {
            let (hostname, details) = match record::details(row, now_us) {
                Ok(read) => read,
                Err(fault) => return outcome.refused_details.add(number, fault),
            };
            let known = self.directory.by_key(&flat_key(&hostname)).and_then(|host| self.directory.get(host)?.details);
            if known.is_some_and(|known| known.updated_us >= details.updated_us) {
                outcome.details.duplicates += 1;
                return;
            }
            let stream = stream::of_details(&hostname);
            writes.push(Write::History(History { hostname, stream, past: Past::Details(details) }));
        })?;
        let receipt = self.store(writes)?;
        outcome.details = outcome.details.plus(receipt);
        Ok(last)
    }

    /// Without a store everything counts as stored.
    fn store(&mut self, writes: Vec<Write>) -> Result<Receipt, StoreError> {
        let submission = Submission { writes, origin: None };
        if submission.writes.is_empty() {
            return Ok(Receipt::default());
        }
        let Some(store) = &mut self.store else {
            let documents = |write: &&Write| matches!(write, Write::History(History { past: Past::Details(_), .. }));
            let documents = submission.writes.iter().filter(documents).count();
            return Ok(Receipt { stored: (submission.samples() + documents) as u64, ..Receipt::default() });
        };
        let receipts = store.commit(&[submission])?;
        store.settle()?;
        Ok(receipts.into_iter().fold(Receipt::default(), Receipt::plus))
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
