//! The server's own metrics, shown at `GET /metrics` in Prometheus text.

use prometheus::{
    Encoder, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};

/// Upper bounds of the commit histogram, seconds.
const COMMIT_BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

#[derive(Clone)]
pub struct Telemetry {
    registry: Registry,
    pub ingested: IntCounter,
    pub stored: IntCounter,
    pub duplicates: IntCounter,
    pub lost: IntCounter,
    refused: IntCounterVec,
    pub commit_seconds: Histogram,
    pub queue_bytes: IntGauge,
    backlog: IntGaugeVec,
    pub hosts: IntGauge,
    pub restarts: IntCounterVec,
}

impl Telemetry {
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let telemetry = Telemetry {
            ingested: IntCounter::new("siskin_ingested_samples_total", "Samples decoded from accepted bodies.")?,
            stored: IntCounter::new("siskin_stored_samples_total", "Samples committed.")?,
            duplicates: IntCounter::new("siskin_duplicate_samples_total", "Samples that were stored before.")?,
            lost: IntCounter::new("siskin_lost_samples_total", "Samples that senders had dropped, by their numbers.")?,
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
            registry,
        };
        let registry = &telemetry.registry;
        registry.register(Box::new(telemetry.ingested.clone()))?;
        registry.register(Box::new(telemetry.stored.clone()))?;
        registry.register(Box::new(telemetry.duplicates.clone()))?;
        registry.register(Box::new(telemetry.lost.clone()))?;
        registry.register(Box::new(telemetry.refused.clone()))?;
        registry.register(Box::new(telemetry.commit_seconds.clone()))?;
        registry.register(Box::new(telemetry.queue_bytes.clone()))?;
        registry.register(Box::new(telemetry.backlog.clone()))?;
        registry.register(Box::new(telemetry.hosts.clone()))?;
        registry.register(Box::new(telemetry.restarts.clone()))?;
        Ok(telemetry)
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
