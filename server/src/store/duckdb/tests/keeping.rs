//! The keeper: what is too old goes, with its counts; who was removed is taken out of the files.

use std::time::Duration;

use super::super::layout::{Day, Tier};
use super::super::{Keeper, Retention, Schedule, Settings};
use super::sealing::fleet;
use super::*;
use crate::store::disk::Disk;
use crate::store::report::Inspect;
use crate::telemetry::Telemetry;

pub const DAY: Duration = Duration::from_secs(86_400);

impl Store {
    pub fn keeper(&self, raw: Duration, bytes: Option<u64>, min_free: u64) -> Keeper {
        let settings = Settings {
            seal_after: Duration::ZERO,
            retention: Retention { raw, minute: 180 * DAY, hour: 1800 * DAY, bytes },
            snapshots: Schedule::new(None, 1),
        };
        let disk = Arc::new(Disk::new(self.shared.layout.side(), Some(min_free)));
        let telemetry = Telemetry::new().unwrap();
        Keeper::new(self.shared.clone(), self.directory.clone(), disk, telemetry, settings).unwrap()
    }

    /// Rounds until what waited is sealed.
    pub fn keep(&mut self, keeper: &mut Keeper) {
        keeper.round();
        self.settle();
        keeper.round();
    }

    /// The days of which there are segments, counted from today.
    pub fn segments(&self) -> Vec<i32> {
        let today = Day::of(now_us());
        let mut days: Vec<i32> =
            self.shared.files.now().of_tier(Tier::Raw).filter_map(|file| Some(file.period?.0 - today.0)).collect();
        days.sort_unstable();
        days
    }
}

/// Three hosts with 23 samples of the day before yesterday and 17 of yesterday.
pub fn two_days(path: &Path) -> Store {
    let mut store = open(path);
    for write in fleet(3, 1, 1, 40) {
        store.push(write);
    }
    store
}

/// The same, and a push of today.
pub fn three_days(path: &Path) -> Store {
    let mut store = two_days(path);
    let Write::Flat(sample) = flat(1.5) else { panic!("a flat push") };
    store.push(Write::Flat(FlatSample { hostname: "new".into(), timestamp: now_us() / 1_000_000, ..sample }));
    store
}

#[test]
fn days_that_are_too_old_go_with_their_counts() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = three_days(&path);
    let mut keeper = store.keeper(30 * DAY, None, 0);
    store.keep(&mut keeper);
    assert_eq!(store.segments(), [-2, -1, 0]);
    assert_eq!(store.entry("agent-1").samples, 40);
    let files = || std::fs::read_dir(place.path().join("s.duckdb.d/raw")).unwrap().count();
    assert_eq!(files(), 3);

    store.keeper(DAY, None, 0).round();
    assert_eq!((store.segments(), files()), (vec![-1, 0], 2));
    assert_eq!(store.entry("agent-1").samples, 17);
    assert_eq!(store.column("host", None, "uptime_seconds").len(), 3 * 17);
    drop(keeper);
    drop(store);
    let store = open(&path);
    assert_eq!(store.entry("agent-1").samples, 17);
    // Its newest sample stays what was heard of it.
    store.keeper(30 * DAY, Some(0), 0).round();
    assert_eq!((store.segments(), files(), store.entry("agent-1").samples), (vec![0], 1, 0));
}

#[test]
fn after_a_leap_of_the_clock_everything_stays() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    // The newest that is known is two years old: either the server slept, or its clock is wrong.
    store.push(flat(1.5));
    let mut keeper = store.keeper(DAY, None, 0);
    store.keep(&mut keeper);
    assert_eq!((store.segments().len(), store.entry("name:old").samples), (1, 1));
}

#[test]
fn a_full_disk_stops_sealing_and_not_retention() {
    let place = tempfile::tempdir().unwrap();
    let mut store = three_days(&place.path().join("s.duckdb"));
    let mut keeper = store.keeper(30 * DAY, None, u64::MAX);
    store.keep(&mut keeper);
    assert_eq!(store.segments(), [0; 0]);
    assert!(!keeper.inspector().report().writable);
    let mut keeper = store.keeper(30 * DAY, None, 0);
    store.keep(&mut keeper);
    assert_eq!(store.segments(), [-2, -1, 0]);
    store.keeper(DAY, None, u64::MAX).round();
    assert_eq!(store.segments(), [-1, 0]);
}

#[test]
fn who_was_removed_is_taken_out_of_the_files() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = two_days(&path);
    store.push(flat(1.5));
    let mut keeper = store.keeper(1_000_000 * DAY, None, 0);
    store.keep(&mut keeper);
    let before = keeper.inspector().report();
    let (host, old) = (store.directory.by_key("agent-0").unwrap(), store.directory.by_key("name:old").unwrap());
    let others = store.column("disk", Some("device"), "read_bytes_total").into_iter().filter(|(of, ..)| *of != host);
    let others: Vec<_> = others.collect();
    store.writer.remove(host, Removal::Host).unwrap();
    store.writer.remove(old, Removal::Host).unwrap();
    // Removals wait for company.
    keeper.round();
    assert_eq!(store.shared.files.now().tombstones.len(), 2);
    drop(keeper);
    drop(store);

    let mut store = open(&path);
    let mut keeper = store.keeper(1_000_000 * DAY, None, 0);
    store.shared.rotation.ask();
    store.settle();
    store.seal(&|_| Ok(())).unwrap();
    keeper.round();
    let manifest = store.shared.files.now();
    assert!(manifest.tombstones.is_empty(), "forgotten: {:?}", manifest.tombstones);
    assert!(store.shared.ledger.tombstones().unwrap().is_empty());
    let segments: Vec<_> = manifest.of_tier(Tier::Raw).cloned().collect();
    assert_eq!(segments.len(), 2, "the day of the flat push had nobody else");
    let connection = store.shared.instance.connect().unwrap();
    for file in &segments {
        let lease = file.lease().unwrap();
        for table in lease.tables.keys().map(String::as_str).chain(["hosts"]) {
            let hosts: String = connection
                .query_row(
                    &format!("SELECT string_agg(DISTINCT host_id, ',' ORDER BY host_id) FROM {}.{table}", file.alias()),
                    [],
                    |row| row.get(0),
                )
                .unwrap();
            assert_eq!(hosts, "1,2", "{table}");
        }
        assert!(!file.hosts.contains_key(&host));
    }
    let report = keeper.inspector().report();
    let raw = |report: &crate::store::report::Report| (report.tiers[1].samples, report.tiers[1].values.unwrap());
    let (samples, values) = raw(&before);
    // The flat push had three values.
    assert_eq!(raw(&report), (80, (values - 3) / 3 * 2));
    assert_eq!(samples, 121);
    assert_eq!(store.column("disk", Some("device"), "read_bytes_total"), others);
    drop((segments, manifest, connection, keeper));
    drop(store);
    let store = open(&path);
    assert_eq!(store.column("disk", Some("device"), "read_bytes_total"), others);
}
