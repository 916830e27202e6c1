//! What others see of the store: `attach.sql`, in a DuckDB that knows nothing of the server, and snapshots.

use std::time::Duration;

use duckdb::Connection;

use super::super::attach::Attach;
use super::super::layout::Tier;
use super::super::snapshot::{self, Schedule, Snapshots};
use super::keeping::DAY;
use super::sealing::fleet;
use super::*;
use crate::store::disk::Disk;
use crate::store::snapshot::{Snapshot, SnapshotError};

/// A DuckDB of its own, as people start it.
fn stock(script: &Path) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    let script = std::fs::read_to_string(script).unwrap();
    connection.execute_batch(&script).unwrap();
    // Read again in the same session.
    connection.execute_batch(&script).unwrap();
    connection
}

fn count(connection: &Connection, from: &str) -> i64 {
    connection.query_row(&format!("SELECT count(*) FROM {from}"), [], |row| row.get(0)).unwrap()
}

#[test]
fn any_duckdb_reads_the_sealed_history_beside_the_server() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("it's here");
    let path = directory.join("s.duckdb");
    let mut store = open(&path);
    let mut keeper = store.keeper(1_000_000 * DAY, None, 0);
    keeper.round();
    let script = directory.join("s.duckdb.d/attach.sql");
    let empty = stock(&script);
    assert_eq!((count(&empty, "host"), count(&empty, "hosts"), count(&empty, "gpu")), (0, 0, 0));
    empty.execute_batch("SELECT ts, cpu_user_seconds_total FROM host").unwrap();

    for write in fleet(3, 1, 1, 40) {
        store.push(write);
    }
    store.push(flat(1.5));
    store.keep(&mut keeper);
    let history = stock(&script);
    assert_eq!((count(&history, "host"), count(&history, "disk"), count(&history, "flat")), (120, 120, 1));
    assert_eq!((count(&history, "gpu"), count(&history, "hosts")), (0, 4));
    let read: i64 = history
        .query_row(
            "SELECT max(read_bytes_total) FROM disk JOIN hosts USING (host_id) WHERE id = 'agent-2' AND hostname = 'host-2'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(read, 40 * 4096);

    let host = store.directory.by_key("agent-2").unwrap();
    store.writer.remove(host, Removal::Host).unwrap();
    keeper.round();
    let history = stock(&script);
    assert_eq!((count(&history, "host"), count(&history, "disk"), count(&history, "hosts")), (80, 80, 3));
    // Who reads while files go keeps what it has.
    drop(keeper);
    store.keeper(DAY, Some(0), 0).round();
    assert_eq!((count(&history, "host"), count(&stock(&script), "host")), (80, 0));
}

impl Store {
    /// A snapshot, while the writer does what it does between commits.
    pub fn snapshot(&mut self, min_free: u64) -> Result<Snapshot, SnapshotError> {
        let disk = Disk::new(self.shared.layout.side(), Some(min_free));
        let shared = self.shared.clone();
        std::thread::scope(|scope| {
            let taken = scope.spawn(|| {
                let connection = shared.instance.connect().unwrap();
                Snapshots { connection: &connection, shared: &shared, disk: &disk, is_stopping: &|| false }.take()
            });
            while !taken.is_finished() {
                self.settle();
                std::thread::sleep(Duration::from_millis(5));
            }
            taken.join().unwrap()
        })
    }
}

#[test]
fn a_snapshot_is_a_store_of_its_own() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = open(&path);
    for write in fleet(3, 1, 1, 40) {
        store.push(write);
    }
    store.seal(&|_| Ok(())).unwrap();
    let gone = store.directory.by_key("agent-2").unwrap();
    store.writer.remove(gone, Removal::Samples).unwrap();
    // Sealed rows, rows that are hot, and a host that is hidden.
    for write in fleet(2, 1, 41, 5) {
        store.push(write);
    }
    let before = store.column("disk", Some("device"), "reads_total");
    assert_eq!(before.len(), 90);
    let snapshot = store.snapshot(0).unwrap();
    assert_eq!(snapshot::list(&store.shared.layout), std::slice::from_ref(&snapshot.name));
    assert!(snapshot::age(&snapshot.name).unwrap() < Duration::from_secs(60));
    assert!(snapshot.bytes > 0 && snapshot.path.starts_with(place.path()));

    // The original goes on, the copy stays.
    store.push(fleet(1, 1, 46, 1).remove(0));
    store.seal(&|_| Ok(())).unwrap();
    let mut copy = open(&snapshot.data);
    assert_eq!(copy.column("disk", Some("device"), "reads_total"), before);
    assert_eq!((copy.entry("agent-0").samples, copy.entry("agent-2").samples), (45, 0));
    // It knows what it has, and goes on by itself.
    assert_eq!(copy.push(fleet(1, 1, 40, 7).remove(0)), receipt(1, 6, 0));
    copy.seal(&|_| Ok(())).unwrap();
    assert_eq!(copy.entry("agent-0").samples, 46);
    assert_eq!(store.column("disk", Some("device"), "reads_total").len(), 91);
    copy.writer.close().unwrap();
    drop(copy);
    // Every file of it can be opened by itself.
    for tier in [Tier::Hot, Tier::Raw] {
        for entry in std::fs::read_dir(super::super::layout::Layout::of(&snapshot.data).tier(tier)).unwrap() {
            let file = Connection::open(entry.unwrap().path()).unwrap();
            assert!(count(&file, "contents") > 0);
        }
    }

    assert!(matches!(snapshot::discard(&store.shared.layout, "../s.duckdb.d"), Err(SnapshotError::Unknown(_))));
    snapshot::discard(&store.shared.layout, &snapshot.name).unwrap();
    assert!(!snapshot.path.exists());
    assert_eq!(store.column("disk", Some("device"), "reads_total").len(), 91);
}

#[test]
fn a_snapshot_without_room_or_half_made_is_none() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    store.push(flat(1.5));
    assert!(matches!(store.snapshot(u64::MAX), Err(SnapshotError::NoRoom { .. })));
    let partial = snapshot::directory(&store.shared.layout).join(".partial-2026-11-23T00-00-00Z");
    std::fs::create_dir_all(partial.join("x")).unwrap();
    assert_eq!(snapshot::list(&store.shared.layout).len(), 0);
    let (one, two) = (store.snapshot(0).unwrap(), store.snapshot(0).unwrap());
    assert!(!partial.exists() && one.name != two.name);
    assert_eq!(snapshot::list(&store.shared.layout).len(), 2);
}

#[test]
fn snapshots_are_in_order_and_on_time_whatever_the_clock_says() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    let layout = store.shared.layout.clone();
    let (old, all) = (store.snapshot(0).unwrap(), snapshot::directory(&layout));
    // Made when the clock was ahead; and something of somebody else's.
    let early = "2999-01-01T00-00-00Z";
    std::fs::rename(all.join(&old.name), all.join(early)).unwrap();
    let foreign = ["notes".to_owned(), format!("{}-before-upgrade", early)];
    foreign.iter().for_each(|name| std::fs::create_dir(all.join(name)).unwrap());
    assert_eq!((snapshot::age("notes"), snapshot::age(early)), (None, Some(Duration::ZERO)));
    let new = store.snapshot(0).unwrap();
    assert_eq!(snapshot::list(&layout), [early, &new.name]);
    let mut schedule = Schedule::new(Some(Duration::from_secs(3_600)), 1);
    assert!(!schedule.is_due(&layout), "one was made just now");
    schedule.discard_old(&layout).unwrap();
    assert_eq!(snapshot::list(&layout), [new.name]);
    assert!(foreign.iter().all(|name| all.join(name).exists()));
    let mut hasty = Schedule::new(Some(Duration::ZERO), 1);
    assert!(hasty.is_due(&layout));
    schedule.tried(true);
    assert!(!schedule.is_due(&layout));
}

#[test]
fn what_snapshots_take_beside_the_store_is_told_and_bounded() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    let layout = store.shared.layout.clone();
    for write in fleet(3, 1, 1, 400) {
        store.push(write);
    }
    store.seal(&|_| Ok(())).unwrap();
    assert_eq!(snapshot::report(&layout).bytes, 0);
    let taken = store.snapshot(0).unwrap();
    let sealed: u64 = store.shared.files.now().of_tier(Tier::Raw).map(|file| file.facts().bytes).sum();
    let own = snapshot::report(&layout).bytes;
    assert!(own < taken.bytes - sealed + 1, "{own} of {} with {sealed}", taken.bytes);
    let twice = store.snapshot(0).map(|_| snapshot::report(&layout).bytes).unwrap();
    // What the store lets go stays in them, once.
    store.keeper(DAY, Some(0), 0).round();
    let after = snapshot::report(&layout).bytes;
    assert!(twice < after && after - twice < 2 * sealed, "{own} {twice} {after} {sealed}");
    assert!(Schedule::new(None, 1).has_place(&layout).is_ok());
    for number in 1..8 {
        std::fs::create_dir(snapshot::directory(&layout).join(format!("2026-11-23T00-00-0{number}Z"))).unwrap();
    }
    let refused = Schedule::new(None, 1).has_place(&layout).unwrap_err();
    assert!(refused.to_string().contains("there are 9 snapshots"), "{refused}");
}

#[test]
fn a_snapshot_waits_for_a_file_that_is_suspect_and_read() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    store.push(batch(7, 1, 5));
    let first = store.writer.pen().unwrap().active.clone();
    let lease = first.lease().unwrap();
    first.suspect();
    store.push(batch(7, 6, 1));
    let reader = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        drop(lease);
    });
    let taken = store.snapshot(0).unwrap();
    reader.join().unwrap();
    assert_eq!(open(&taken.data).entry("agent-1").samples, 6);
}

#[test]
fn a_snapshot_that_nobody_waits_for_any_more_is_removed() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    store.push(flat(1.5));
    let (shared, keeper) = (store.shared.clone(), store.keeper(DAY, None, 0));
    let (reply, answer) = tokio::sync::oneshot::channel();
    std::thread::scope(|scope| {
        let taken = scope.spawn(move || keeper.snapshot_for(reply));
        while !shared.rotation.is_wanted() {
            std::thread::sleep(Duration::from_millis(1));
        }
        // It is at it, and waits for the writer.
        drop(answer);
        while !taken.is_finished() {
            store.settle();
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let there = std::fs::read_dir(snapshot::directory(&store.shared.layout)).expect("it was made");
    assert_eq!(there.count(), 0);
}

#[test]
fn writing_attach_sql_leaves_files_as_attached_as_they_were() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = open(&path);
    for write in fleet(3, 1, 1, 40) {
        store.push(write);
    }
    store.seal(&|_| Ok(())).unwrap();
    drop(store);
    let store = open(&path);
    let segments: Vec<_> = store.shared.files.now().of_tier(Tier::Raw).cloned().collect();
    segments.iter().for_each(|file| file.rest(Duration::ZERO));
    drop(segments[0].lease().unwrap());
    Attach::default().update(&store.shared).unwrap();
    let attached: Vec<bool> = segments.iter().map(|file| file.is_attached()).collect();
    assert_eq!(attached, [true, false]);
}
