//! One file of the store: attached when somebody needs it, detached when nobody does, and unlinked once it is obsolete and
//! its last reader has gone.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use duckdb::Connection;
use duckdb::arrow::record_batch::RecordBatch;
use tracing::warn;

use super::hot;
use super::instance::{Access, Instance};
use super::layout::{Day, Tier};
use super::survey::Survey;
use crate::store::directory::HostId;

/// What is known of a file without opening it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    pub bytes: u64,
    pub samples: u64,
    pub values: u64,
    /// Microseconds since 1970; none in an empty file.
    pub oldest_us: Option<i64>,
    pub newest_us: Option<i64>,
}

/// What a raw segment has of one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostFacts {
    pub samples: u64,
    pub newest_us: i64,
}

/// The columns of each table that the file has.
pub type Tables = HashMap<String, BTreeSet<String>>;

/// What the values of each table have in common.
pub type Surveys = HashMap<String, Survey>;

pub struct File {
    pub number: u64,
    pub tier: Tier,
    /// The first day of what it holds; none for a hot file.
    pub period: Option<Day>,
    pub path: PathBuf,
    /// What it has of each host; raw segments only.
    pub hosts: HashMap<HostId, HostFacts>,
    facts: Mutex<Facts>,
    /// Days of which a hot file has rows.
    days: Mutex<BTreeSet<Day>>,
    /// What its tables' values have in common; none where it was written in an earlier run.
    surveys: Mutex<Option<Surveys>>,
    attached: Mutex<Option<Attached>>,
    obsolete: AtomicBool,
    /// What DuckDB has of it in memory may not be what is in its log.
    suspect: AtomicBool,
    freezing: Mutex<()>,
    instance: Arc<Instance>,
}

struct Attached {
    tables: Arc<Tables>,
    /// Each lease has one of it.
    leases: Arc<()>,
    used: Instant,
}

impl Attached {
    fn is_read(&self) -> bool {
        Arc::strong_count(&self.leases) > 1
    }
}

/// The right to read a file: it stays attached for as long.
pub struct Lease {
    pub file: Arc<File>,
    pub tables: Arc<Tables>,
    _counted: Arc<()>,
}

impl File {
    pub fn new(
        instance: Arc<Instance>,
        (tier, number, period): (Tier, u64, Option<Day>),
        path: PathBuf,
        facts: Facts,
        hosts: HashMap<HostId, HostFacts>,
    ) -> Self {
        File {
            number,
            tier,
            period,
            path,
            hosts,
            facts: Mutex::new(facts),
            days: Mutex::default(),
            surveys: Mutex::default(),
            attached: Mutex::default(),
            obsolete: AtomicBool::new(false),
            suspect: AtomicBool::new(false),
            freezing: Mutex::default(),
            instance,
        }
    }

    /// The name under which it is attached.
    pub fn alias(&self) -> String {
        alias(self.number)
    }

    pub fn facts(&self) -> Facts {
        lock(&self.facts).clone()
    }

    pub fn set_facts(&self, facts: Facts) {
        *lock(&self.facts) = facts;
    }

    /// The days of which it has rows; a sealed file has those of its period.
    pub fn days(&self) -> BTreeSet<Day> {
        match self.period {
            Some(first) => (first.0..self.tier.period_end(first).0).map(Day).collect(),
            None => lock(&self.days).clone(),
        }
    }

    pub fn has_day(&self, day: Day) -> bool {
        match self.period {
            Some(_) => self.period == Some(self.tier.period_of(day)),
            None => lock(&self.days).contains(&day),
        }
    }

    /// Whether what it has may lie in this range, both ends included.
    pub fn meets(&self, from_us: i64, to_us: i64) -> bool {
        let facts = self.facts();
        let span = facts.oldest_us.zip(facts.newest_us);
        span.is_some_and(|(oldest, newest)| oldest <= to_us && newest >= from_us)
    }

    /// A hot file is about to get rows of these instants.
    pub fn remember(&self, instants_us: &[i64]) {
        let (mut facts, mut days) = (lock(&self.facts), lock(&self.days));
        for at in instants_us {
            facts.oldest_us = Some(facts.oldest_us.map_or(*at, |oldest| oldest.min(*at)));
            facts.newest_us = facts.newest_us.max(Some(*at));
            days.insert(Day::of(*at));
        }
    }

    /// A hot file has got so many more samples.
    pub fn count(&self, samples: u64) {
        lock(&self.facts).samples += samples;
    }

    /// It has what these were noted of, and gets nothing else without a note.
    pub fn set_surveys(&self, surveys: Surveys) {
        *lock(&self.surveys) = Some(surveys);
    }

    /// It has got these rows of a table.
    pub fn note(&self, table: &str, rows: &RecordBatch) {
        if let Some(surveys) = lock(&self.surveys).as_mut() {
            surveys.entry(table.to_owned()).or_default().note(rows);
        }
    }

    /// What is known of the values of a table; none if that must be asked.
    pub fn survey(&self, table: &str) -> Option<Survey> {
        lock(&self.surveys).as_ref().map(|surveys| surveys.get(table).cloned().unwrap_or_default())
    }

    /// Attaches it if it is not.
    pub fn lease(self: &Arc<Self>) -> duckdb::Result<Lease> {
        let mut attached = lock(&self.attached);
        let (tables, counted) = match attached.as_mut() {
            Some(attached) => {
                attached.used = Instant::now();
                (attached.tables.clone(), attached.leases.clone())
            }
            None => {
                // A hot file may have a log to be replayed.
                let access = if self.tier == Tier::Hot { Access::Append } else { Access::Read };
                self.instance.attach(&self.path, &self.alias(), access)?;
                let tables = self.instance.connect().and_then(|connection| contents(&connection, &self.alias()));
                let tables = Arc::new(tables.inspect_err(|_| drop(self.instance.detach(&self.alias())))?);
                let counted = Arc::new(());
                let leases = counted.clone();
                *attached = Some(Attached { tables: tables.clone(), leases, used: Instant::now() });
                (tables, counted)
            }
        };
        Ok(Lease { file: self.clone(), tables, _counted: counted })
    }

    /// It was attached by its maker, or its writer has added to it.
    pub fn set_attached(&self, tables: Tables) {
        let mut attached = lock(&self.attached);
        // Who has a lease still has it.
        let leases = attached.take().map(|attached| attached.leases).unwrap_or_default();
        *attached = Some(Attached { tables: Arc::new(tables), leases, used: Instant::now() });
    }

    pub fn is_attached(&self) -> bool {
        lock(&self.attached).is_some()
    }

    /// Detaches it if nobody used it for so long and nobody has a lease.
    pub fn rest(&self, unused: Duration) {
        let mut attached = lock(&self.attached);
        if self.is_suspect() {
            return;
        }
        let idle = |it: &Attached| !it.is_read() && it.used.elapsed() >= unused;
        if attached.as_ref().is_some_and(idle) {
            self.detach(attached.take());
        }
    }

    /// Its rows are elsewhere, or not wanted any more: unlinked when its last reader goes.
    pub fn retire(&self) {
        self.obsolete.store(true, Ordering::Relaxed);
    }

    /// A transaction or a checkpoint failed in it. DuckDB 2.0 may then have rows in some columns that it has not in others;
    /// the log has what was committed. Nothing more is written into it.
    pub fn suspect(&self) {
        // Its log may have rows of which nobody was told.
        *lock(&self.surveys) = None;
        self.suspect.store(true, Ordering::Relaxed);
    }

    pub fn is_suspect(&self) -> bool {
        self.suspect.load(Ordering::Relaxed)
    }

    /// Forgets what DuckDB has of a suspect file in memory: its next reader reads its log. False while somebody reads it.
    pub fn forget(&self) -> bool {
        let mut attached = lock(&self.attached);
        if attached.as_ref().is_some_and(Attached::is_read) {
            return false;
        }
        if attached.is_some()
            && let Err(error) = self.instance.abandon(&self.alias())
        {
            warn!(%error, path = %self.path.display(), "cannot detach a file");
            return false;
        }
        *attached = None;
        self.suspect.store(false, Ordering::Relaxed);
        true
    }

    /// Held while its log goes into it: one at a time.
    pub fn freezing(&self) -> MutexGuard<'_, ()> {
        lock(&self.freezing)
    }

    fn detach(&self, attached: Option<Attached>) {
        if attached.is_some()
            && let Err(error) = self.instance.detach(&self.alias())
        {
            warn!(%error, path = %self.path.display(), "cannot detach a file");
        }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if !self.obsolete.load(Ordering::Relaxed) {
            return;
        }
        let attached = lock(&self.attached).take();
        self.detach(attached);
        remove(&self.path);
    }
}

/// Unlinks a file and what DuckDB may have left beside it.
pub fn remove(path: &Path) {
    for path in [path.to_owned(), log(path)] {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                warn!(%error, path = %path.display(), "cannot remove a file");
            }
            _ => {}
        }
    }
}

/// Where DuckDB keeps the log of a file.
pub fn log(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push(".wal");
    log.into()
}

/// Gives a file that is written its name, durably: both, or neither.
pub fn install(scratch: &Path, path: &Path) -> std::io::Result<()> {
    std::fs::File::open(scratch)?.sync_all()?;
    std::fs::rename(scratch, path)?;
    if let Some(directory) = path.parent() {
        hot::sync_directory(directory);
    }
    Ok(())
}

pub fn alias(number: u64) -> String {
    format!("f{number}")
}

/// What a file says it contains.
fn contents(connection: &Connection, alias: &str) -> duckdb::Result<Tables> {
    let mut tables = Tables::new();
    let mut statement = connection.prepare(&format!("SELECT table_name, column_name FROM {alias}.contents"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        tables.entry(row.get(0)?).or_default().insert(row.get(1)?);
    }
    Ok(tables)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
