//! Exactly once, across restarts, removals and clones.

use super::*;

#[test]
fn a_number_is_stored_once_and_gaps_are_counted() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = open(&path);
    assert_eq!(store.push(batch(7, 1, 3)), receipt(3, 0, 0));
    assert_eq!(store.push(batch(7, 1, 3)), receipt(0, 3, 0));
    assert_eq!(store.push(batch(7, 2, 4)), receipt(2, 2, 0));
    assert_eq!(store.push(batch(7, 10, 1)), receipt(1, 0, 4));
    assert_eq!(store.entry("agent-1").samples, 6);
    drop(store);

    // Without a close, as after kill -9.
    let mut store = open(&path);
    assert_eq!(store.entry("agent-1").samples, 6);
    assert_eq!(store.push(batch(7, 9, 3)), receipt(1, 2, 0));
    assert_eq!(store.push(batch(8, 1, 1)), receipt(1, 0, 0));
    store.writer.close().unwrap();
    drop(store);

    let mut store = open(&path);
    assert_eq!(store.push(batch(7, 11, 1)), receipt(0, 1, 0));
    assert_eq!(store.entry("agent-1").samples, 8);
}

#[test]
fn one_group_sees_its_own_members() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    let group = [batch(7, 1, 2), batch(7, 1, 2), flat(1.0), flat(1.0)]
        .map(|write| Submission { writes: vec![write], origin: None });
    let receipts = store.writer.commit(&group).unwrap();
    assert_eq!(receipts, [receipt(2, 0, 0), receipt(0, 2, 0), receipt(1, 0, 0), receipt(0, 1, 0)]);
    assert_eq!(store.directory.len(), 2);
}

#[test]
fn a_clone_is_noticed_and_a_restart_is_not() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    let cloned = |store: &Store| match store.entry("agent-1").source {
        Source::Native(native) => native.cloned_us.is_some(),
        Source::Flat { .. } => panic!("a native host"),
    };
    store.push(batch(7, 1, 1));
    store.push(batch(8, 1, 1));
    assert!(!cloned(&store));
    store.push(batch(7, 2, 1));
    assert!(cloned(&store));
}

#[test]
fn a_flat_push_is_stored_once_also_after_a_restart() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = open(&path);
    assert_eq!(store.push(flat(1.0)), receipt(1, 0, 0));
    drop(store);
    let mut store = open(&path);
    assert_eq!(store.push(flat(1.0)), receipt(0, 1, 0));
    assert_eq!(store.push(flat(1.5)), receipt(1, 0, 0));
    let entry = store.entry(&flat_key("old"));
    assert_eq!((entry.samples, &*entry.details.unwrap().document), (2, r#"{"a":1}"#));
}

#[test]
fn what_was_removed_does_not_come_back_and_its_host_may() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = open(&path);
    store.push(batch(7, 1, 3));
    store.push(flat(1.0));
    let (native, old) = (store.directory.by_key("agent-1").unwrap(), store.directory.by_key("name:old").unwrap());
    assert_eq!(store.writer.remove(native, Removal::Samples).unwrap(), Removed { samples: 3, details: 0 });
    assert_eq!(store.entry("agent-1").samples, 0);
    // What is known of the host itself stays until it is removed.
    assert_eq!(store.writer.remove(native, Removal::Host).unwrap(), Removed { samples: 0, details: 1 });
    assert_eq!(store.writer.remove(old, Removal::Host).unwrap(), Removed { samples: 1, details: 1 });
    assert_eq!(store.directory.len(), 0);
    drop(store);

    let mut store = open(&path);
    assert_eq!(store.directory.len(), 0);
    assert_eq!(store.push(batch(7, 1, 4)), receipt(1, 3, 0));
    assert_eq!(store.directory.by_key("agent-1"), Some(native));
    // Removed on purpose: the same push is new again.
    assert_eq!(store.push(flat(1.0)), receipt(1, 0, 0));
}

#[test]
fn a_foreign_file_is_named_and_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("metrics.db");
    std::fs::write(&path, b"SQLite format 3\0 and more").unwrap();
    let error = Database::open(&path).err().unwrap().to_string();
    assert!(error.contains("SQLite") && error.contains("import"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"SQLite format 3\0 and more");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn a_failure_inside_a_transaction_is_rolled_back_and_the_next_commit_goes_through() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    let failed = store.writer.transaction(|connection| {
        connection.execute("INSERT INTO flat (host_id) VALUES (1)", [])?;
        connection.execute("INSERT INTO flat (host_id) VALUES ('no number')", [])
    });
    assert!(matches!(failed, Err(crate::store::StoreError::Failed(_))), "{failed:?}");
    assert_eq!(store.push(flat(1.0)), receipt(1, 0, 0));
    let rows = store
        .writer
        .transaction(|connection| connection.query_row("SELECT count(*) FROM flat", [], |row| row.get::<_, i64>(0)));
    assert_eq!(rows.unwrap(), 1);
}
