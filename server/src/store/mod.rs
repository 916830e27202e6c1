//! What the server asks of a store: commit groups of submissions, count and remove hosts. How that is kept is
//! `duckdb/`'s business; who waits for whom is `committer`'s.

pub mod actor;
pub mod committer;
pub mod directory;
pub mod disk;
pub mod duckdb;
mod journal;
pub mod report;
pub mod snapshot;
pub mod status;

use siskin_platform::model::{Agent, Host, Sample};

/// One request body: stored whole or not at all.
#[derive(Debug, Default)]
pub struct Submission {
    pub writes: Vec<Write>,
    /// What it was made of. With it, it waits in the journal for others to be stored with; without, it is stored at once.
    pub origin: Option<Origin>,
}

/// A body as it came: the same submission can be made of it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Microseconds since 1970.
    pub received_us: i64,
    /// How it is encoded, as its reader numbers that.
    pub encoding: u8,
    pub body: bytes::Bytes,
}

impl Submission {
    /// How many samples it carries.
    pub fn samples(&self) -> usize {
        self.writes.iter().map(Write::samples).sum()
    }

    /// What it costs to store, about: a write without samples still has a host.
    pub fn weight(&self) -> usize {
        self.samples() + self.writes.len()
    }
}

#[derive(Debug)]
pub enum Write {
    Native(Box<NativeBatch>),
    Flat(FlatSample),
    History(History),
}

impl Write {
    /// How many samples it carries.
    pub fn samples(&self) -> usize {
        match self {
            Write::Native(batch) => batch.samples.len(),
            Write::Flat(_) => 1,
            Write::History(history) => history.samples(),
        }
    }
}

/// A run of samples of one agent. `samples[i]` has the number `first_seq + i` in `stream`.
#[derive(Debug)]
pub struct NativeBatch {
    pub agent: Agent,
    pub host: Host,
    pub stream: u64,
    pub first_seq: u64,
    /// When the server received it, microseconds since 1970.
    pub received_us: i64,
    /// How far the agent's wall clock runs ahead of the server's, seconds.
    pub skew_seconds: f64,
    /// Each says by the server's clock when it was taken: it is stored under that time.
    pub samples: Vec<Sample>,
}

/// A push in the predecessor's form.
#[derive(Clone, Debug, PartialEq)]
pub struct FlatSample {
    pub hostname: String,
    /// Unix seconds.
    pub timestamp: i64,
    pub values: FlatValues,
    /// The host's `/system` document, JSON.
    pub details: Option<String>,
    /// When the server received it, microseconds since 1970.
    pub received_us: i64,
}

/// What the predecessor measured: percentages, and MiB/s.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FlatValues {
    pub cpu: f64,
    pub ram: f64,
    pub disk: f64,
    pub disk_read: Option<f64>,
    pub disk_write: Option<f64>,
}

/// What the predecessor kept of one host, out of its own file.
#[derive(Debug)]
pub struct History {
    pub hostname: String,
    /// Tells this part of this file from every other. Its mark is never forgotten.
    pub stream: u64,
    pub past: Past,
}

#[derive(Debug)]
pub enum Past {
    /// By their numbers, ascending.
    Rows(Vec<PastRow>),
    /// Numbered by the time of its last change; a receipt counts it as one sample.
    Details(directory::Details),
}

#[derive(Debug)]
pub struct PastRow {
    /// Its number in the stream.
    pub seq: u64,
    /// Unix seconds.
    pub timestamp: i64,
    pub values: FlatValues,
}

impl History {
    /// How many samples it carries.
    pub fn samples(&self) -> usize {
        match &self.past {
            Past::Rows(rows) => rows.len(),
            Past::Details(_) => 0,
        }
    }
}

/// What became of a submission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Samples stored now.
    pub stored: u64,
    /// Samples that were stored before.
    pub duplicates: u64,
    /// Samples whose numbers were skipped: the sender had dropped them.
    pub lost: u64,
}

impl Receipt {
    pub fn plus(self, other: Receipt) -> Receipt {
        Receipt {
            stored: self.stored + other.stored,
            duplicates: self.duplicates + other.duplicates,
            lost: self.lost.saturating_add(other.lost),
        }
    }
}

/// What a removal removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    pub samples: u64,
    pub details: u64,
}

/// What to remove of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// Its samples.
    Samples,
    /// Its samples, its details and its name.
    Host,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// This write failed; the store goes on. The sender should try again.
    #[error("cannot store: {0}")]
    Failed(String),
    /// The store cannot go on.
    #[error("the store is broken: {0}")]
    Fatal(String),
    #[error("the server is shutting down")]
    Closed,
}

/// A place that keeps samples. Called from one thread.
pub trait Backend: Send + 'static {
    /// Stores the group in one transaction, durable on return. On an error nothing of it is stored.
    fn commit(&mut self, group: &[Submission]) -> Result<Vec<Receipt>, StoreError>;
    /// Removes a host's data.
    fn remove(&mut self, host: directory::HostId, what: Removal) -> Result<Removed, StoreError>;
    /// Called after the answers to a commit are out: what would have kept them waiting.
    fn settle(&mut self) -> Result<(), StoreError>;
    /// Housekeeping, called about once a second.
    fn tick(&mut self) -> Result<(), StoreError>;
    /// Leaves everything in good order for the next start.
    fn close(&mut self) -> Result<(), StoreError>;
}
