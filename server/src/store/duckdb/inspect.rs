//! The store's report: what the list of files, the disk and the keeper know, put together.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::file::{self, Facts, File};
use super::layout::{Day, Tier};
use super::manifest::Manifest;
use super::open::Shared;
use super::outlook::{Growth, days_until_full};
use super::retention::{Held, Retention};
use super::snapshot;
use crate::clock::now_us;
use crate::store::disk::Disk;
use crate::store::report::{DiskReport, Inspect, Report, TierReport};

/// A day's growth is the mean of so many days that are over.
const GROWTH_DAYS: i32 = 7;
const SECONDS_PER_DAY: f64 = 86_400.0;

/// What the keeper is at.
#[derive(Default)]
pub struct Notes {
    pub sealing: AtomicBool,
    last_seal: Mutex<Option<Duration>>,
}

impl Notes {
    pub fn sealed(&self, took: Duration) {
        *self.last_seal.lock().unwrap_or_else(PoisonError::into_inner) = Some(took);
    }
}

pub struct Inspector {
    pub shared: Arc<Shared>,
    pub disk: Arc<Disk>,
    pub notes: Arc<Notes>,
    pub retention: Retention,
}

impl Inspect for Inspector {
    fn report(&self) -> Report {
        let manifest = self.shared.files.now();
        let tiers: Vec<TierReport> = Tier::ALL.into_iter().map(|tier| self.tier(&manifest, tier)).collect();
        let bytes = tiers.iter().map(|tier| tier.bytes).sum();
        let space = self.disk.space();
        Report {
            tiers,
            bytes,
            max_bytes: self.retention.bytes,
            disk: DiskReport {
                free_bytes: space.free_bytes,
                total_bytes: space.total_bytes,
                floor_bytes: space.floor_bytes,
            },
            snapshots: snapshot::report(&self.shared.layout),
            writable: self.disk.is_full().is_none(),
            waiting_files: manifest.of_tier(Tier::Hot).count().saturating_sub(1),
            sealing: self.notes.sealing.load(Ordering::Relaxed),
            last_seal_seconds: self
                .notes
                .last_seal
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .map(|took| took.as_secs_f64()),
            days_until_full: self.outlook(&manifest, bytes),
        }
    }
}

impl Inspector {
    fn tier(&self, manifest: &Manifest, tier: Tier) -> TierReport {
        let facts: Vec<Facts> = manifest.of_tier(tier).map(|file| file.facts()).collect();
        let waiting = if tier == Tier::Hot { manifest.tail.samples() } else { 0 };
        let (values, bytes) = match tier {
            // Nobody counts what is still being written.
            Tier::Hot => (None, hot_bytes(&self.shared)),
            _ => {
                (Some(facts.iter().map(|facts| facts.values).sum::<u64>()), facts.iter().map(|facts| facts.bytes).sum())
            }
        };
        TierReport {
            name: tier.name(),
            files: facts.len(),
            bytes,
            samples: waiting + facts.iter().map(|facts| facts.samples).sum::<u64>(),
            values,
            bytes_per_value: values.filter(|values| *values > 0).map(|values| bytes as f64 / values as f64),
            oldest: facts.iter().filter_map(|facts| facts.oldest_us).min().map(seconds),
            newest: facts.iter().filter_map(|facts| facts.newest_us).max().map(seconds),
            retention_seconds: self.retention.age(tier).map(|age| age.as_secs()),
        }
    }

    fn outlook(&self, manifest: &Manifest, bytes: u64) -> Option<f64> {
        let today = Day::of(now_us());
        let growths: Vec<Growth> = [Tier::Raw, Tier::Minute, Tier::Hour]
            .into_iter()
            .filter_map(|tier| self.growth(manifest, tier, today))
            .collect();
        let per_day: f64 = growths.iter().map(|growth| growth.bytes_per_day).sum();
        let space = self.disk.space();
        let disk = space.free_bytes.zip(space.floor_bytes).map(|(free, floor)| free as f64 - floor as f64);
        // Who has less than a day's growth left of the bytes that were chosen is held there by retention.
        let chosen = self.retention.bytes.map(|limit| limit as f64 - bytes as f64);
        if chosen.is_some_and(|room| room < per_day && disk.is_none_or(|disk| disk > per_day)) {
            return None;
        }
        let room = [disk, chosen].into_iter().flatten().min_by(f64::total_cmp)?;
        days_until_full(room, &growths)
    }

    /// How a tier grows, by its files of the last days; none if it has none.
    fn growth(&self, manifest: &Manifest, tier: Tier, today: Day) -> Option<Growth> {
        let oldest = manifest.of_tier(tier).filter_map(|file| file.period).min()?;
        let begun = today.0 - GROWTH_DAYS;
        let recent: Vec<(u64, i32)> = manifest
            .of_tier(tier)
            .filter_map(|file| Some((file.facts().bytes, days_until(file, today)?, tier.period_end(file.period?))))
            .filter(|(_, days, end)| *days > 0 && end.0 > begun)
            .map(|(bytes, days, _)| (bytes, days))
            .collect();
        let days: i32 = recent.iter().map(|(_, days)| days).sum();
        if days == 0 {
            return None;
        }
        let bytes: u64 = recent.iter().map(|(bytes, _)| bytes).sum();
        let kept_days = self.retention.age(tier)?.as_secs_f64() / SECONDS_PER_DAY;
        let held_days = f64::from(today.0 - oldest.0);
        Some(Growth { bytes_per_day: bytes as f64 / f64::from(days), days_left: (kept_days - held_days).max(0.0) })
    }
}

/// Days of a file's period that are over; a period that is a single day counts when it is over.
fn days_until(file: &File, today: Day) -> Option<i32> {
    let first = file.period?;
    Some(file.tier.period_end(first).0.min(today.0) - first.0)
}

/// The sealed files as retention wants to see them.
pub fn held(manifest: &Manifest) -> Vec<Held> {
    let held = |file: &Arc<File>| {
        Some(Held { number: file.number, tier: file.tier, period: file.period?, bytes: file.facts().bytes })
    };
    manifest.files.values().filter(|file| file.tier != Tier::Hot).filter_map(held).collect()
}

/// All bytes of the store.
pub fn all_bytes(shared: &Shared) -> u64 {
    held(&shared.files.now()).iter().map(|held| held.bytes).sum::<u64>() + hot_bytes(shared)
}

/// What is hot, with logs, and the ledger.
pub fn hot_bytes(shared: &Shared) -> u64 {
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let ledger = shared.layout.ledger();
    let hot = std::fs::read_dir(shared.layout.tier(Tier::Hot)).into_iter().flatten().flatten();
    hot.map(|entry| size(&entry.path())).sum::<u64>() + size(ledger) + size(&file::log(ledger))
}

fn seconds(us: i64) -> i64 {
    us.div_euclid(1_000_000)
}
