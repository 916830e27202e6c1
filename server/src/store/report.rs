//! What the store says of itself: its files by tier, the disk, and how long that goes on well.

use serde::Serialize;

/// The answer to `GET /storage`. Bytes and seconds are plain numbers, times Unix seconds; null is unknown.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub tiers: Vec<TierReport>,
    /// All files of the tiers together, without snapshots.
    pub bytes: u64,
    /// The limit of them that was chosen.
    pub max_bytes: Option<u64>,
    pub disk: DiskReport,
    pub snapshots: SnapshotsReport,
    /// Whether samples are taken as far as the disk goes.
    pub writable: bool,
    /// Hot files that are no longer written and not yet sealed.
    pub waiting_files: usize,
    pub sealing: bool,
    /// How long the last sealing took.
    pub last_seal_seconds: Option<f64>,
    /// Null while nothing is known of a day's growth, and when what is kept does not grow any more.
    pub days_until_full: Option<f64>,
}

#[derive(Clone, Debug, Serialize)]
pub struct TierReport {
    pub name: &'static str,
    pub files: usize,
    pub bytes: u64,
    pub samples: u64,
    pub values: Option<u64>,
    pub bytes_per_value: Option<f64>,
    pub oldest: Option<i64>,
    pub newest: Option<i64>,
    pub retention_seconds: Option<u64>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct DiskReport {
    pub free_bytes: Option<u64>,
    pub total_bytes: Option<u64>,
    pub floor_bytes: Option<u64>,
}

#[derive(Clone, Debug, Serialize)]
pub struct SnapshotsReport {
    /// Oldest first.
    pub names: Vec<String>,
    /// What they take beside the store, whose sealed files they share while it has them.
    pub bytes: u64,
}

/// A store that can be asked about itself. The answer takes a look at the disk, and no database.
pub trait Inspect: Send + Sync {
    fn report(&self) -> Report;
}
