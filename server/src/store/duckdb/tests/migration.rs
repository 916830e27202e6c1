//! Stores of earlier versions open, with all that is in them.

use duckdb::Connection;

use super::sealing::fleet;
use super::*;

/// The tables of version 0.1 before there were hot files and segments: rows, marks and hosts in one file, and few columns.
const VERSION_1: &str = "
CREATE TABLE hosts (host_id INTEGER, key VARCHAR, hostname VARCHAR, agent JSON, facts JSON, first_seen TIMESTAMP, deleted BOOLEAN);
CREATE TABLE details (host_id INTEGER, document JSON, updated_at TIMESTAMP);
CREATE TABLE marks (host_id INTEGER, stream UBIGINT, seq UBIGINT, updated_at TIMESTAMP);
CREATE TABLE flat (host_id INTEGER, ts TIMESTAMP, cpu DOUBLE, ram DOUBLE, disk DOUBLE, disk_read DOUBLE, disk_write DOUBLE, received_at TIMESTAMP);
CREATE TABLE host (host_id INTEGER, ts TIMESTAMP, interval_seconds DOUBLE, uptime_seconds DOUBLE);
CREATE TABLE disk (host_id INTEGER, ts TIMESTAMP, device VARCHAR);
INSERT INTO hosts VALUES
    (0, 'agent-1', 'nas', '{\"id\":\"agent-1\",\"version\":\"1\"}', '{\"hostname\":\"nas\"}', now()::TIMESTAMP, false),
    (1, 'name:old', 'old', NULL, NULL, now()::TIMESTAMP, false),
    (2, 'name:gone', 'gone', NULL, NULL, now()::TIMESTAMP, true);
INSERT INTO marks SELECT 0, 7, range, now()::TIMESTAMP FROM range(1, 4);
INSERT INTO host SELECT 0, now()::TIMESTAMP - INTERVAL 1 DAY + INTERVAL 10 SECOND * range, 10, range FROM range(3);
INSERT INTO disk SELECT 0, ts, 'sda' FROM host;
INSERT INTO flat VALUES (1, TIMESTAMP '2023-11-14 22:13:20', 1, 2, 3, NULL, NULL, now()::TIMESTAMP);
INSERT INTO details VALUES (1, '{\"a\":1}', now()::TIMESTAMP);
";

fn version_1(path: &Path) {
    let old = Connection::open_in_memory().unwrap();
    old.execute_batch(&format!("ATTACH '{}' AS hot (STORAGE_VERSION 'v1.5.0'); USE hot;", path.display())).unwrap();
    old.execute_batch(VERSION_1).unwrap();
}

fn check(store: &mut Store) {
    assert_eq!(store.entry("agent-1").samples, 3);
    assert_eq!(&*store.entry("name:old").details.unwrap().document, r#"{"a":1}"#);
    assert_eq!(store.directory.by_key("name:gone"), None);
    assert_eq!(store.push(batch(7, 2, 2)), receipt(0, 2, 0));
    assert_eq!(store.push(flat(1.0)), receipt(0, 1, 0));
}

#[test]
fn version_1_becomes_a_ledger_and_a_hot_file() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    version_1(&path);
    let mut store = open(&path);
    check(&mut store);
    // Its columns are fewer than what is written now: it is followed by a new file, or has been given them.
    assert_eq!(store.push(batch(7, 4, 1)), receipt(1, 0, 0));
    drop(store);
    let mut store = open(&path);
    assert_eq!(store.entry("agent-1").samples, 4);
    assert_eq!(store.push(batch(7, 4, 1)), receipt(0, 1, 0));
}

#[test]
fn a_migration_that_was_cut_off_is_done_again() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    version_1(&path);
    let hot = place.path().join("s.duckdb.d/hot");
    std::fs::create_dir_all(&hot).unwrap();
    std::fs::write(hot.join("1.duckdb"), b"half of a file").unwrap();
    check(&mut open(&path));
}

#[test]
fn a_hot_file_of_an_earlier_version_gets_what_it_lacks() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = open(&path);
    store.push(batch(7, 1, 3));
    drop(store);
    let earlier = Connection::open(place.path().join("s.duckdb.d/hot/1.duckdb")).unwrap();
    earlier
        .execute_batch(
            "DROP VIEW disk; DROP TABLE numbered.disk; DELETE FROM contents WHERE table_name = 'disk';
             ALTER TABLE host DROP COLUMN uptime_seconds; DELETE FROM contents WHERE column_name = 'uptime_seconds'",
        )
        .unwrap();
    drop(earlier);
    let mut store = open(&path);
    assert_eq!(store.entry("agent-1").samples, 3);
    let uptimes = |store: &Store| {
        store.column("host", None, "uptime_seconds").into_iter().map(|(.., value)| value).collect::<Vec<_>>()
    };
    assert_eq!(uptimes(&store), [None; 3]);
    assert_eq!(store.push(batch(7, 1, 4)), receipt(1, 3, 0));
    for write in fleet(1, 7, 5, 1) {
        store.push(write);
    }
    let seen = (uptimes(&store).len(), store.column("disk", Some("device"), "reads_total").len());
    assert_eq!(seen, (5, 1));
    store.seal(&|_| Ok(())).unwrap();
    assert_eq!((uptimes(&store).len(), store.column("disk", Some("device"), "reads_total").len()), seen);
}

#[test]
fn version_2_opens_and_is_3_from_then_on_and_4_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = open(&path);
    store.push(batch(7, 1, 3));
    drop(store);
    let versions = |statement: &str| {
        let ledger = Connection::open(&path).unwrap();
        ledger.execute_batch(statement).unwrap();
        ledger.query_row("SELECT max(version) FROM version", [], |row| row.get::<_, i32>(0)).unwrap()
    };
    assert_eq!(versions("UPDATE version SET version = 2"), 2);
    let store = open(&path);
    assert_eq!(store.entry("agent-1").samples, 3);
    drop(store);
    assert_eq!(versions("SELECT 1"), 3);
    versions("INSERT INTO version VALUES (4)");
    let error = Database::open(&path).err().unwrap().to_string();
    assert!(error.contains("layout 4, this one knows 3"), "{error}");
}

#[test]
fn a_later_version_s_store_is_refused_and_a_lost_ledger_too() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = open(&path);
    store.push(batch(7, 1, 3));
    drop(store);
    let ledger = Connection::open(&path).unwrap();
    ledger.execute_batch("INSERT INTO version VALUES (99)").unwrap();
    drop(ledger);
    let error = Database::open(&path).err().unwrap().to_string();
    assert!(error.contains("later version") && error.contains("99"), "{error}");
    std::fs::remove_file(&path).unwrap();
    let error = Database::open(&path).err().unwrap().to_string();
    assert!(error.contains("put the file back"), "{error}");
    assert!(place.path().join("s.duckdb.d/hot/1.duckdb").exists(), "nothing was removed");
}
