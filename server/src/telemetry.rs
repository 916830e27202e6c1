//! The server's own metrics, shown at `GET /metrics` in Prometheus text.

use prometheus::{
    Encoder, Gauge, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

use crate::store::report::Report;

/// Upper bounds of the commit histogram, seconds.
const COMMIT_BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

#[derive(Clone)]
pub struct Telemetry {
    registry: Registry,
    pub ingested: IntCounter,
    pub stored: IntCounter,
    pub duplicates: IntCounter,
    pub lost: IntCounter,
    pub dropped: IntCounter,
    refused: IntCounterVec,
    pub commit_seconds: Histogram,
    pub queue_bytes: IntGauge,
    backlog: IntGaugeVec,
    pub hosts: IntGauge,
    pub restarts: IntCounterVec,
    /// By result: `ok` or `failed`.
    pub seals: IntCounterVec,
    store: Store,
}

/// What is set from the store's report when somebody asks.
#[derive(Clone)]
struct Store {
    files: IntGaugeVec,
    bytes: IntGaugeVec,
    snapshots: IntGauge,
    waiting: IntGauge,
    last_seal: Gauge,
    free: IntGauge,
    floor: IntGauge,
    writable: IntGauge,
}

impl Telemetry {
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let telemetry = Telemetry {
            ingested: IntCounter::new("siskin_ingested_samples_total", "Samples decoded from accepted bodies.")?,
            stored: IntCounter::new("siskin_stored_samples_total", "Samples committed.")?,
            duplicates: IntCounter::new("siskin_duplicate_samples_total", "Samples that were stored before.")?,
            lost: IntCounter::new("siskin_lost_samples_total", "Samples that senders had dropped, by their numbers.")?,
            dropped: IntCounter::new(
                "siskin_dropped_samples_total",
                "Samples let go when they were to be sealed: older than everything that is kept.",
            )?,
            refused: IntCounterVec::new(
                Opts::new("siskin_refused_requests_total", "Pushes refused, by reason."),
                &["reason"],
            )?,
            commit_seconds: Histogram::with_opts(
                HistogramOpts::new("siskin_commit_seconds", "Time of a commit, fsync included.")
                    .buckets(COMMIT_BUCKETS.to_vec()),
            )?,
            queue_bytes: IntGauge::new("siskin_queue_bytes", "Bytes of bodies admitted and not yet answered.")?,
            backlog: IntGaugeVec::new(
                Opts::new("siskin_actor_backlog", "Messages an actor has taken and not finished."),
                &["actor"],
            )?,
            hosts: IntGauge::new("siskin_hosts", "Hosts known.")?,
            restarts: IntCounterVec::new(
                Opts::new("siskin_actor_restarts_total", "Actors restarted by their supervisor."),
                &["actor"],
            )?,
            seals: IntCounterVec::new(
                Opts::new("siskin_seals_total", "Times that hot files were sealed, by result."),
                &["result"],
            )?,
            store: Store::new(&registry)?,
            registry,
        };
        let registry = &telemetry.registry;
        registry.register(Box::new(telemetry.ingested.clone()))?;
        registry.register(Box::new(telemetry.stored.clone()))?;
        registry.register(Box::new(telemetry.duplicates.clone()))?;
        registry.register(Box::new(telemetry.lost.clone()))?;
        registry.register(Box::new(telemetry.dropped.clone()))?;
        registry.register(Box::new(telemetry.refused.clone()))?;
        registry.register(Box::new(telemetry.commit_seconds.clone()))?;
        registry.register(Box::new(telemetry.queue_bytes.clone()))?;
        registry.register(Box::new(telemetry.backlog.clone()))?;
        registry.register(Box::new(telemetry.hosts.clone()))?;
        registry.register(Box::new(telemetry.restarts.clone()))?;
        registry.register(Box::new(telemetry.seals.clone()))?;
        for result in ["ok", "failed"] {
            telemetry.seals.with_label_values(&[result]).reset();
        }
        Ok(telemetry)
    }

    /// Takes what the store says of itself.
    pub fn store(&self, report: &Report) {
        let store = &self.store;
        for tier in &report.tiers {
            store.files.with_label_values(&[tier.name]).set(tier.files as i64);
            store.bytes.with_label_values(&[tier.name]).set(tier.bytes as i64);
        }
        store.snapshots.set(report.snapshots.bytes as i64);
        store.waiting.set(report.waiting_files as i64);
        store.last_seal.set(report.last_seal_seconds.unwrap_or(f64::NAN));
        store.free.set(report.disk.free_bytes.map_or(-1, |bytes| bytes as i64));
        store.floor.set(report.disk.floor_bytes.map_or(-1, |bytes| bytes as i64));
        store.writable.set(i64::from(report.writable));
    }

    pub fn refuse(&self, reason: &str) {
        self.refused.with_label_values(&[reason]).inc();
    }

    /// Messages the actor of this name has taken and not finished.
    pub fn backlog(&self, actor: &str) -> IntGauge {
        self.backlog.with_label_values(&[actor])
    }

    pub fn text(&self) -> prometheus::Result<Vec<u8>> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

impl Store {
    fn new(registry: &Registry) -> prometheus::Result<Self> {
        let by_tier = |name, help| IntGaugeVec::new(Opts::new(name, help), &["tier"]);
        let store = Store {
            files: by_tier("siskin_store_files", "Files of the store, by tier.")?,
            bytes: by_tier("siskin_store_bytes", "Bytes of the store's files, by tier.")?,
            snapshots: IntGauge::new(
                "siskin_store_snapshot_bytes",
                "Bytes that snapshots take beside the store's files.",
            )?,
            waiting: IntGauge::new("siskin_store_waiting_files", "Hot files that wait to be sealed.")?,
            last_seal: Gauge::new(
                "siskin_last_seal_seconds",
                "Time that the last sealing took; NaN before the first.",
            )?,
            free: IntGauge::new("siskin_disk_free_bytes", "Free bytes of the disk with the data; -1 where unknown.")?,
            floor: IntGauge::new("siskin_disk_floor_bytes", "Free bytes below which pushes are refused.")?,
            writable: IntGauge::new("siskin_disk_writable", "Whether there is room to take pushes.")?,
        };
        registry.register(Box::new(store.files.clone()))?;
        registry.register(Box::new(store.bytes.clone()))?;
        registry.register(Box::new(store.snapshots.clone()))?;
        registry.register(Box::new(store.waiting.clone()))?;
        registry.register(Box::new(store.last_seal.clone()))?;
        registry.register(Box::new(store.free.clone()))?;
        registry.register(Box::new(store.floor.clone()))?;
        registry.register(Box::new(store.writable.clone()))?;
        Ok(store)
    }
}
