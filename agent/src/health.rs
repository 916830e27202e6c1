//! How the agent itself fares: samples that wait, samples that were given up, pushes. The queue and the push thread write
//! it, `/metrics` reads it. No lock: a disk that hangs holds up the queue, and no scrape.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

/// The running agent's. Not set where no server is: nothing waits there.
static AGENT: OnceLock<Arc<Health>> = OnceLock::new();

/// Counts since the start, and what waits now.
#[derive(Debug, Default)]
pub struct Health {
    /// Samples that wait in memory.
    pub queue_samples: Number,
    /// Bytes of the spool's files.
    pub spool_bytes: Number,
    /// Samples given up unsent: for want of room, for their age, or as one was larger than the spool.
    pub dropped: Number,
    /// Samples that the server will never take.
    pub refused: Number,
    /// Batches that the server has stored.
    pub pushes: Number,
    /// Attempts after which a batch had to wait.
    pub push_failures: Number,
    /// When the server last stored a batch, milliseconds since 1970; 0 before the first.
    last_push_ms: Number,
}

impl Health {
    /// The running agent's, from now on on its `/metrics`.
    pub fn begin() -> Arc<Self> {
        Arc::clone(AGENT.get_or_init(Arc::default))
    }

    /// The running agent's, where there is a server.
    pub fn of_agent() -> Option<Arc<Self>> {
        AGENT.get().cloned()
    }

    /// The server has stored a batch.
    pub fn pushed(&self) {
        self.pushes.add(1);
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.last_push_ms.set(since_1970.as_millis() as u64);
    }

    /// When the server last stored a batch, seconds since 1970.
    pub fn last_push_seconds(&self) -> Option<f64> {
        Some(self.last_push_ms.get()).filter(|ms| *ms > 0).map(|ms| ms as f64 / 1000.0)
    }
}

/// One number. Each stands for itself, so no order is kept between them.
#[derive(Debug, Default)]
pub struct Number(AtomicU64);

impl Number {
    /// The number.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Replaces it.
    pub fn set(&self, number: u64) {
        self.0.store(number, Ordering::Relaxed);
    }

    /// Counts on.
    pub fn add(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }
}
