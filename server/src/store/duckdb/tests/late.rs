//! What comes late: of days whose samples are let go, or of which nothing is kept, or while other rows are sealed.

use std::time::{Duration, Instant};

use super::super::keeper::Keeper;
use super::super::layout::{Day, Tier};
use super::super::reader::Reader;
use super::super::{file, inspect};
use super::keeping::{DAY, three_days, two_days};
use super::sealing::fleet;
use super::*;
use crate::series::range::Range;
use crate::series::rollup::KEPT;
use crate::series::tier;

/// Instant, samples, mean, least and greatest.
type Rolled = (i64, i64, Option<f64>, Option<f64>, Option<f64>);

impl Store {
    /// What a rollup tier has of a column, by time.
    fn rolled(&self, tier: Tier, table: &str, column: &str) -> Vec<Rolled> {
        let connection = self.shared.instance.connect().unwrap();
        let manifest = self.shared.files.now();
        let of_file = |file: &Arc<File>| {
            let lease = file.lease().unwrap();
            // What no bucket has is not in the file.
            let kept: Vec<String> = KEPT
                .iter()
                .map(|kept| format!("{column}_{kept}"))
                .map(|name| if lease.tables[table].contains(&name) { name } else { "NULL::DOUBLE".to_owned() })
                .collect();
            let statement = format!(
                "SELECT epoch_us(ts), n, {} FROM {}.{table} ORDER BY ts, host_id",
                kept.join(", "),
                lease.file.alias()
            );
            let mut statement = connection.prepare(&statement).unwrap();
            let rows = statement
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
                .unwrap();
            rows.collect::<Result<Vec<_>, _>>().unwrap()
        };
        let has = |file: &&Arc<File>| file.lease().unwrap().tables.contains_key(table);
        let mut all: Vec<_> = manifest.of_tier(tier).filter(has).flat_map(of_file).collect();
        all.sort_by_key(|row| row.0);
        all
    }

    fn samples_of_hours(&self) -> i64 {
        self.rolled(Tier::Hour, "host", "cpu_busy_ratio").iter().map(|row| row.1).sum()
    }
}

/// Samples of one host, twenty seconds apart from an hour of the day before yesterday on.
fn dense(first_seq: u64, samples: u64) -> Write {
    let Write::Native(mut native) = fleet(1, 1, first_seq, samples).remove(0) else { panic!("a native batch") };
    let start_us = Day(Day::of(now_us()).0 - 2).start_us() + 3_600_000_000;
    for (sample, number) in native.samples.iter_mut().zip(first_seq as i64..) {
        sample.at = at(start_us + number * 20_000_000);
        sample.interval_seconds = Some(20.0);
        sample.uptime_seconds = Some(1e6 + number as f64 * 20.0);
        let total = &mut sample.cpu.as_mut().unwrap().total;
        (total.user_seconds_total, total.idle_seconds_total) = ((number * number) as f64 / 100.0, number as f64 * 20.0);
    }
    Write::Native(native)
}

#[test]
fn samples_that_were_too_old_when_they_came_are_in_rollups() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = three_days(&path);
    store.push(flat(1.5));
    let mut keeper = store.keeper(DAY, None, 0);
    store.keep(&mut keeper);
    assert_eq!(store.segments(), [-1, 0]);
    assert_eq!((store.entry("agent-1").samples, store.entry("name:old").samples), (17, 0));
    assert_eq!(store.samples_of_hours(), 3 * 40);
    assert_eq!(store.rolled(Tier::Minute, "host", "cpu_busy_ratio").len(), 3 * 40);
    // Three years are longer than minutes are kept.
    assert_eq!(store.rolled(Tier::Minute, "flat", "cpu").len(), 0);
    assert_eq!(store.rolled(Tier::Hour, "flat", "cpu").len(), 1, "that of 2023: today is not over");
    assert_eq!(std::fs::read_dir(store.shared.layout.tier(Tier::Raw)).unwrap().count(), 2);
    drop(keeper);
    drop(store);
    let store = open(&path);
    assert_eq!((store.entry("agent-1").samples, store.entry("name:old").samples), (17, 0));
}

#[test]
fn what_comes_late_joins_the_rollups_of_its_day() {
    let rolled = |batches: &[(u64, u64)]| {
        let place = tempfile::tempdir().unwrap();
        let mut store = open(&place.path().join("s.duckdb"));
        // The clock is believed: something is of now.
        store.push(batch(9, 1, 1));
        let mut keeper = store.keeper(DAY, None, 0);
        for (first, samples) in batches {
            store.push(dense(*first, *samples));
            store.keep(&mut keeper);
            keeper.hurry();
        }
        [Tier::Minute, Tier::Hour].map(|tier| store.rolled(tier, "host", "cpu_busy_ratio"))
    };
    let at_once = rolled(&[(1, 200)]);
    let in_parts = rolled(&[(1, 70), (71, 60), (131, 70)]);
    for (one, other) in at_once.iter().zip(&in_parts) {
        assert_eq!(one.len(), other.len());
        for (one, other) in one.iter().zip(other) {
            assert_eq!((one.0, one.1), (other.0, other.1), "bucket and samples");
            // A part's first sample has no rate: its busy time is not known.
            let near = |a: Option<f64>, b: Option<f64>, by: f64| match (a, b) {
                (Some(a), Some(b)) => assert!((a - b).abs() <= by, "{one:?} {other:?}"),
                (a, b) => assert_eq!(a, b, "{one:?} {other:?}"),
            };
            near(one.2, other.2, 0.02);
            near(one.3, other.3, 0.02);
            near(one.4, other.4, 0.02);
        }
    }
    let grains = in_parts.iter().flatten().filter_map(|row| row.2).map(|mean| mean * 1e4);
    assert!(grains.into_iter().all(|grains| (grains - grains.round()).abs() < 1e-6), "as fine as others are kept");
}

#[test]
fn what_is_older_than_everything_that_is_kept_is_counted() {
    let place = tempfile::tempdir().unwrap();
    let mut store = three_days(&place.path().join("s.duckdb"));
    store.push(flat(1.5));
    let mut keeper = store.keeper(DAY, None, 0);
    keeper.settings.retention.minute = DAY;
    keeper.settings.retention.hour = 70 * DAY;
    store.keep(&mut keeper);
    assert_eq!(keeper.telemetry.dropped.get(), 1);
    assert_eq!(store.entry("name:old").samples, 0);
    assert_eq!(store.samples_of_hours(), 3 * 40);
}

#[test]
fn rollups_are_read_while_late_rows_wait() {
    let place = tempfile::tempdir().unwrap();
    let mut store = three_days(&place.path().join("s.duckdb"));
    let mut keeper = store.keeper(30 * DAY, None, 0);
    store.keep(&mut keeper);
    store.keeper(DAY, None, 0).round();
    assert_eq!(store.segments(), [-1, 0]);
    store.push(fleet(1, 2, 1, 5).remove(0));
    let reader = Reader::new(store.shared.instance.connect().unwrap(), store.shared.clone());
    let manifest = reader.manifest();
    let today = Day::of(now_us());
    let tiers = |manifest: &_, day: i32| {
        let day = Day(today.0 + day);
        let parts = reader.parts(manifest, Range { from_us: day.start_us(), to_us: day.end_us() - 1 }, 3_600_000_000);
        parts.into_iter().map(|part| part.tier).collect::<Vec<_>>()
    };
    assert_eq!(tiers(&manifest, -2), [tier::Tier::Hour]);
    assert_eq!(tiers(&manifest, -1), [tier::Tier::Hour]);
    assert_eq!(tiers(&manifest, 0), [tier::Tier::Raw]);
    // Minutes gone as well: the month's file tells whether the day is in it.
    let mut hours = super::super::manifest::Manifest::clone(&manifest);
    hours.files.retain(|_, file| file.tier != Tier::Minute);
    assert_eq!(tiers(&hours, -2), [tier::Tier::Hour]);
    assert_eq!(tiers(&hours, 0), [tier::Tier::Raw]);
}

#[test]
fn late_rows_that_keep_coming_do_not_keep_a_day_from_being_sealed() {
    let place = tempfile::tempdir().unwrap();
    let mut store = two_days(&place.path().join("s.duckdb"));
    let mut keeper = store.keeper(1_000 * DAY, None, 0);
    for round in 0..4 {
        keeper.round();
        store.push(fleet(1, 5, 1 + round * 2, 2).remove(0));
        store.settle();
    }
    assert_eq!(store.segments(), [-2, -1]);
}

#[test]
fn the_last_day_of_a_fleet_that_fell_silent_is_rolled_up() {
    let place = tempfile::tempdir().unwrap();
    let mut store = two_days(&place.path().join("s.duckdb"));
    let frozen = store.frozen();
    // Sealed while they were not over.
    seal(&store.shared, &store.directory, &frozen, Day(i32::MIN), &|_| Ok(())).unwrap();
    drop(frozen);
    assert_eq!((store.segments(), store.shared.files.now().of_tier(Tier::Minute).count()), (vec![-2, -1], 0));
    let segments = |store: &Store| store.shared.files.now().of_tier(Tier::Raw).map(|f| f.number).collect::<Vec<_>>();
    let before = segments(&store);
    let mut keeper = store.keeper(30 * DAY, None, 0);
    keeper.round();
    assert_eq!((segments(&store), store.samples_of_hours()), (before, 3 * 40));
    let listed = store.shared.files.now().files.len();
    keeper.hurry();
    keeper.round();
    assert_eq!(store.shared.files.now().files.len(), listed);
}

/// Rounds until only the second day has a segment, and nothing waits.
fn seal_around_the_first_day(store: &mut Store, keeper: &mut Keeper) {
    let waited = Instant::now();
    while store.shared.files.now().of_tier(Tier::Hot).count() > 1 || store.segments() != [-1] {
        assert!(waited.elapsed() < Duration::from_secs(60), "never sealed: {:?}", store.segments());
        keeper.hurry();
        store.keep(keeper);
    }
}

#[test]
fn a_damaged_segment_is_set_aside_and_does_not_stop_sealing() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = two_days(&path);
    let mut keeper = store.keeper(30 * DAY, None, 0);
    store.keep(&mut keeper);
    let first = store.shared.files.now().of_tier(Tier::Raw).next().unwrap().path.clone();
    drop(keeper);
    drop(store);
    let mut bytes = std::fs::read(&first).unwrap();
    // The first kilobytes are DuckDB's headers, which it reads first of all.
    let end = bytes.len();
    bytes[16_384..end].fill(0x5a);
    std::fs::write(&first, bytes).unwrap();

    let mut store = open(&path);
    for write in fleet(3, 2, 1, 40) {
        store.push(write);
    }
    let mut keeper = store.keeper(30 * DAY, None, 0);
    seal_around_the_first_day(&mut store, &mut keeper);
    assert!(!first.exists() && first.with_extension("damaged").exists());
    // Of the first day there are rollups of what was damaged and of what came late; the second has both, of which those
    // of one instant count once.
    assert_eq!((store.samples_of_hours(), store.entry("agent-1").samples), (3 * (2 * 23 + 17), 34));
    drop(keeper);
    drop(store);
    assert_eq!(open(&path).segments(), [-1]);
}

#[test]
fn a_segment_that_is_gone_does_not_stop_sealing() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = two_days(&path);
    let mut keeper = store.keeper(30 * DAY, None, 0);
    store.keep(&mut keeper);
    let first = store.shared.files.now().of_tier(Tier::Raw).next().unwrap().path.clone();
    drop(keeper);
    drop(store);
    std::fs::remove_file(&first).unwrap();

    let mut store = open(&path);
    for write in fleet(3, 2, 1, 40) {
        store.push(write);
    }
    let mut keeper = store.keeper(30 * DAY, None, 0);
    seal_around_the_first_day(&mut store, &mut keeper);
}

#[test]
fn more_files_than_there_is_memory_for_are_sealed_in_parts() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    for number in 0..10 {
        for write in fleet(3, number + 1, 1, 40) {
            store.push(write);
        }
        store.frozen();
    }
    let manifest = store.shared.files.now();
    assert_eq!(manifest.of_tier(Tier::Hot).count(), 11);
    let mut keeper = store.keeper(30 * DAY, None, 0);
    keeper.freeze_all().unwrap();
    manifest.of_tier(Tier::Hot).for_each(|file| file.rest(Duration::ZERO));
    drop(manifest);
    // Too little at first for all of them, and perhaps for one.
    let mut limits_mib = 4..64;
    while store.shared.files.now().of_tier(Tier::Hot).count() > 1 {
        let limit = format!("SET memory_limit = '{}MiB'", limits_mib.next().expect("this is enough for any"));
        store.shared.instance.connect().unwrap().execute_batch(&limit).unwrap();
        keeper.be_modest();
        keeper.hurry();
        keeper.round();
    }
    let seals = |result| keeper.telemetry.seals.with_label_values(&[result]).get();
    assert!(seals("failed") > 0 && seals("ok") > 1, "{} failed, {} did not", seals("failed"), seals("ok"));
    assert_eq!(store.segments(), [-2, -1]);
    let sealed: u64 = store.shared.files.now().of_tier(Tier::Raw).map(|file| file.facts().samples).sum();
    assert_eq!(sealed, 10 * 3 * 40);
}

#[test]
fn sealing_that_lacks_memory_takes_more_and_gives_it_back() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    for write in fleet(3, 1, 1, 40) {
        store.push(write);
    }
    store.frozen();
    let connection = store.shared.instance.connect().unwrap();
    let limit =
        || -> String { connection.query_row("SELECT current_setting('memory_limit')", [], |row| row.get(0)).unwrap() };
    let (usual, mut keeper) = (limit(), store.keeper(30 * DAY, None, 0));
    keeper.freeze_all().unwrap();
    connection.execute_batch("SET memory_limit = '2MiB'").unwrap();
    keeper.seal_what_is_due().unwrap();
    let seals = |result| keeper.telemetry.seals.with_label_values(&[result]).get();
    assert_eq!((seals("failed"), seals("ok")), (1, 1));
    assert_eq!(limit(), usual);
}

#[test]
fn what_is_sealed_goes_for_a_backlog_only_when_the_disk_is_full() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    for write in fleet(3, 1, 1, 40) {
        store.push(write);
    }
    store.seal(&|_| Ok(())).unwrap();
    for number in 0..10 {
        store.push(fleet(1, number + 2, 1, 3).remove(0));
        store.frozen();
    }
    let segments = store.segments();
    let sealed: u64 = inspect::held(&store.shared.files.now()).iter().map(|held| held.bytes).sum();
    let hot = inspect::hot_bytes(&store.shared);
    assert!(!segments.is_empty() && hot > sealed);
    // All of it is more than that; a quarter of it is for what waits.
    let limit = sealed * 4 / 3 + 4;
    assert!(hot + sealed > limit);
    store.keeper(1_000 * DAY, Some(limit), 0).let_go().unwrap();
    assert_eq!(store.segments(), segments, "the backlog will be sealed");
    // On a full disk nothing is sealed: there it must give room.
    store.keeper(1_000 * DAY, Some(limit), u64::MAX).let_go().unwrap();
    assert_ne!(store.segments(), segments);
}

/// As after a transaction that failed for want of memory, which DuckDB 2.0 may be left half done by.
#[test]
fn what_a_failure_may_have_spoilt_in_memory_is_read_from_the_log() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = open(&path);
    store.push(fleet(1, 1, 1, 30).remove(0));
    let limit = |store: &Store, limit: &str| {
        store.shared.instance.connect().unwrap().execute_batch(&format!("SET memory_limit = '{limit}'")).unwrap();
    };
    let first = store.writer.pen().unwrap().active.clone();
    limit(&store, "1MiB");
    let big = || fleet(1, 1, 31, 4_000).remove(0);
    let refused = store.writer.commit(&[Submission { writes: vec![big()], origin: None }]);
    assert!(matches!(refused, Err(StoreError::Failed(_))), "{refused:?}");
    assert!(first.is_suspect());
    limit(&store, "128MiB");
    // Somebody still reads it.
    let lease = first.lease().unwrap();
    assert_eq!(store.push(big()), receipt(4_000, 0, 0));
    assert_ne!(store.writer.pen().unwrap().active.number, first.number);
    let mut keeper = store.keeper(1_000 * DAY, None, 0);
    keeper.freeze_all().unwrap();
    assert!(first.is_suspect());
    drop(lease);
    let log = file::log(&first.path);
    let before = std::fs::read(&log).unwrap();
    assert!(first.forget() && !before.is_empty());
    assert_eq!(std::fs::read(&log).unwrap(), before, "what is in memory goes nowhere");
    keeper.freeze_all().unwrap();
    assert!(!first.is_suspect() && first.facts().bytes > 0);
    let uptimes = |store: &Store| store.column("host", None, "uptime_seconds").len();
    assert_eq!(uptimes(&store), 4_030);
    store.seal(&|_| Ok(())).unwrap();
    assert_eq!(uptimes(&store), 4_030);
}
