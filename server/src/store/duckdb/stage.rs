//! One transaction in the making: rows, marks and hosts that count only once it is committed.

use std::collections::HashMap;

use duckdb::arrow::error::ArrowError;
use siskin_platform::model::{Agent, Host};

use super::group::Group;
use super::marks::{FlatKey, HISTORY, Mark};
use super::memory::{Known, Memory};
use super::rows::{self, Rows};
use crate::clock::now_us;
use crate::store::directory::{Details, Heard, HostId, Native, Recent, Source, flat_key};
use crate::store::{FlatSample, History, NativeBatch, Past, PastRow, Receipt, Write};

pub struct Stage<'a> {
    memory: &'a Memory,
    next_host: i32,
    rows: Rows,
    flat: Vec<(HostId, FlatSample)>,
    /// Hosts that are new or have changed.
    hosts: HashMap<String, Known>,
    marks: HashMap<(HostId, u64), Mark>,
    retries: HashMap<FlatKey, i64>,
    details: HashMap<HostId, Details>,
    heard: Vec<Heard>,
}

/// A group, and what memory knows once it is durable.
pub struct Pending {
    pub group: Group,
    pub next_host: i32,
    pub retries: HashMap<FlatKey, i64>,
    pub heard: Vec<Heard>,
}

impl<'a> Stage<'a> {
    /// For about so many samples.
    pub fn new(memory: &'a Memory, samples: usize) -> Self {
        Stage {
            memory,
            next_host: memory.next_host,
            rows: Rows::new(samples),
            flat: Vec::new(),
            hosts: HashMap::new(),
            marks: HashMap::new(),
            retries: HashMap::new(),
            details: HashMap::new(),
            heard: Vec::new(),
        }
    }

    pub fn write(&mut self, write: &Write) -> Receipt {
        match write {
            Write::Native(batch) => self.native(batch),
            Write::Flat(sample) => self.flat(sample),
            Write::History(history) => self.history(history),
        }
    }

    pub fn finish(self, samples: u64) -> Result<Pending, ArrowError> {
        let Stage { next_host, mut rows, flat, hosts, marks, retries, details, heard, .. } = self;
        let mut instants_us = std::mem::take(&mut rows.instants_us);
        instants_us.extend(flat.iter().map(|(_, sample)| sample.timestamp * 1_000_000));
        let mut tables = rows.finish()?;
        tables.extend(rows::flat(&flat)?);
        let group = Group { tables, hosts, marks, details, samples, instants_us };
        Ok(Pending { group, next_host, retries, heard })
    }

    fn native(&mut self, batch: &NativeBatch) -> Receipt {
        let host =
            self.host(&batch.agent.id, &batch.host.hostname, Some((&batch.agent, &batch.host)), batch.received_us);
        let key = (host, batch.stream);
        let stored_to = self.stored_to(key);
        let end = batch.first_seq + batch.samples.len() as u64;
        // A stream that was never seen may begin late: what came before was dropped by its agent and is counted.
        let lost = batch.first_seq.saturating_sub(stored_to + 1);
        let skip = (stored_to + 1).saturating_sub(batch.first_seq).min(batch.samples.len() as u64);
        let fresh = &batch.samples[skip as usize..];
        for sample in fresh {
            self.rows.push(host, sample);
        }
        let cloned = self.memory.marks.goes_back(host, batch.stream);
        // A batch without samples is a sign of life: it moves no mark and opens no stream.
        if !batch.samples.is_empty() {
            let seq = stored_to.max(end - 1);
            self.marks.insert(key, Mark { seq, updated_us: batch.received_us });
        }
        let recent = fresh.last().map(|last| Recent {
            previous: fresh.len().checked_sub(2).map(|before| fresh[before].clone()),
            current: last.clone(),
            stream: batch.stream,
            seq: end - 1,
        });
        self.heard.push(Heard {
            host,
            key: batch.agent.id.clone(),
            hostname: batch.host.hostname.clone(),
            stored: fresh.len() as u64,
            newest_us: fresh.iter().map(|sample| sample.at.unix_ms * 1_000).max(),
            heard_us: batch.received_us,
            details: None,
            source: Source::Native(Box::new(Native {
                agent: batch.agent.clone(),
                host: batch.host.clone(),
                skew_seconds: Some(batch.skew_seconds),
                recent,
                cloned_us: cloned.then_some(batch.received_us),
            })),
        });
        let lost = if fresh.is_empty() { 0 } else { lost };
        Receipt { stored: fresh.len() as u64, duplicates: skip, lost }
    }

    fn flat(&mut self, sample: &FlatSample) -> Receipt {
        let key = flat_key(&sample.hostname);
        let host = self.host(&key, &sample.hostname, None, sample.received_us);
        let retry = FlatKey::of(host, sample);
        let duplicate = self.retries.contains_key(&retry) || self.memory.retries.contains(&retry, sample.received_us);
        let details = sample
            .details
            .clone()
            .map(|document| Details { document: document.into(), updated_us: sample.received_us });
        if let Some(details) = details.clone() {
            self.details.insert(host, details);
        }
        if !duplicate {
            self.flat.push((host, sample.clone()));
            self.retries.insert(retry, sample.received_us);
        }
        self.heard.push(Heard {
            host,
            key,
            hostname: sample.hostname.clone(),
            stored: u64::from(!duplicate),
            newest_us: Some(sample.timestamp * 1_000_000),
            heard_us: sample.received_us,
            details,
            source: Source::Flat { last: Some(sample.values) },
        });
        Receipt { stored: u64::from(!duplicate), duplicates: u64::from(duplicate), lost: 0 }
    }

    /// Rows of the predecessor's file are known by their numbers, as native samples are. What holds nothing new leaves its
    /// host alone, also one that was removed since.
    fn history(&mut self, history: &History) -> Receipt {
        let key = (HISTORY, history.stream);
        let stored_to = self.stored_to(key);
        let (stored, all, seq) = match &history.past {
            Past::Rows(rows) => {
                let fresh = &rows[rows.partition_point(|row| row.seq <= stored_to)..];
                self.past_rows(&history.hostname, fresh);
                (fresh.len() as u64, rows.len() as u64, rows.last().map_or(0, |row| row.seq))
            }
            Past::Details(details) => {
                let seq = details.updated_us.max(0) as u64;
                if seq > stored_to {
                    let host = self.host(&flat_key(&history.hostname), &history.hostname, None, details.updated_us);
                    self.details.insert(host, details.clone());
                    self.past_heard(host, &history.hostname, &[], Some(details.clone()));
                }
                (u64::from(seq > stored_to), 1, seq)
            }
        };
        if seq > stored_to {
            self.marks.insert(key, Mark { seq, updated_us: now_us() });
        }
        Receipt { stored, duplicates: all - stored, lost: 0 }
    }

    fn past_rows(&mut self, hostname: &str, rows: &[PastRow]) {
        let Some(first) = rows.first() else { return };
        let host = self.host(&flat_key(hostname), hostname, None, first.timestamp * 1_000_000);
        self.flat.extend(rows.iter().map(|row| {
            let sample = FlatSample {
                hostname: hostname.to_owned(),
                timestamp: row.timestamp,
                values: row.values,
                details: None,
                // Then it was pushed, to the predecessor.
                received_us: row.timestamp * 1_000_000,
            };
            (host, sample)
        }));
        self.past_heard(host, hostname, rows, None);
    }

    fn past_heard(&mut self, host: HostId, hostname: &str, rows: &[PastRow], details: Option<Details>) {
        let newest = rows.iter().max_by_key(|row| row.timestamp);
        let newest_us = newest.map(|row| row.timestamp * 1_000_000);
        self.heard.push(Heard {
            host,
            key: flat_key(hostname),
            hostname: hostname.to_owned(),
            stored: rows.len() as u64,
            newest_us,
            heard_us: newest_us.or(details.as_ref().map(|details| details.updated_us)).unwrap_or_default(),
            details,
            source: Source::Flat { last: newest.map(|row| row.values) },
        });
    }

    /// The highest number that is stored of a stream, 0 for none.
    fn stored_to(&self, (host, stream): (HostId, u64)) -> u64 {
        let mark = self.marks.get(&(host, stream)).copied().or_else(|| self.memory.marks.get(host, stream));
        mark.map_or(0, |mark| mark.seq)
    }

    /// The host's number; a new or changed host is staged.
    fn host(&mut self, key: &str, hostname: &str, native: Option<(&Agent, &Host)>, now_us: i64) -> HostId {
        let known = self.hosts.get(key).or_else(|| self.memory.hosts.get(key));
        if let Some(known) = known.filter(|known| !known.differs(hostname, native)) {
            return known.id;
        }
        let (id, first_seen_us) = match known {
            Some(known) => (known.id, known.first_seen_us),
            None => {
                let id = HostId(self.next_host);
                self.next_host += 1;
                (id, now_us)
            }
        };
        let native = native.map(|(agent, host)| (agent.clone(), host.clone()));
        let known = Known { id, hostname: hostname.to_owned(), native, first_seen_us, deleted: false };
        self.hosts.insert(key.to_owned(), known);
        id
    }
}
