//! What keeps acknowledgements from waiting, and what becomes of what fails meanwhile.

use std::time::{Duration, Instant};

use duckdb::Connection;
use siskin_platform::model::Disk;

use super::super::file::Tables;
use super::super::ledger::{self, Change};
use super::*;
use crate::store::Origin;

/// Samples of a host with so many disks.
fn rich(first_seq: u64, samples: u64, disks: usize) -> Submission {
    let Write::Native(mut batch) = batch(7, first_seq, samples) else { panic!("an agent's") };
    for (number, sample) in batch.samples.iter_mut().enumerate() {
        let disk = |index: usize| {
            // Numbers that do not pack.
            let count = (first_seq * 1_000 + (number * index) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 12;
            Disk {
                device: format!("sd{index}"),
                reads_total: count,
                writes_total: count + 1,
                read_bytes_total: count + 2,
                written_bytes_total: count + 3,
                ..Disk::default()
            }
        };
        sample.disks = (0..disks).map(disk).collect();
    }
    let origin = Origin { received_us: now_us(), encoding: 0, body: "rich".into() };
    Submission { writes: vec![Write::Native(batch)], origin: Some(origin) }
}

fn log_bytes(file: &File) -> u64 {
    std::fs::metadata(super::super::file::log(&file.path)).map_or(0, |metadata| metadata.len())
}

#[test]
fn a_file_that_few_samples_fill_is_followed_by_another_while_nobody_waits() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    let hot = |store: &Store| store.shared.files.now().of_tier(Tier::Hot).cloned().collect::<Vec<_>>();
    let (mut next_seq, mut longest) = (1, Duration::ZERO);
    while hot(&store).len() == 1 {
        assert!(next_seq < 50_000, "no new file");
        store.writer.commit(&[rich(next_seq, 100, 100)]).unwrap();
        next_seq += 100;
        let start = Instant::now();
        store.writer.settle().unwrap();
        longest = longest.max(start.elapsed());
        // So far ahead of the pen at most.
        let waiting = &store.shared.files.now().tail;
        assert!(waiting.values() < 1_600_000, "{}", waiting.values());
    }
    store.writer.pen().unwrap();
    let first = &hot(&store)[0];
    assert!(first.facts().bytes > 0 && log_bytes(first) == 0, "all of it is in the file");
    // A quarter of a second in an optimised build; the disk of a test machine may be slow.
    assert!(longest < Duration::from_secs(1), "{longest:?}");
}

fn attached(store: &Store) -> Vec<String> {
    let connection = store.shared.instance.connect().unwrap();
    let mut statement = connection.prepare("SELECT database_name FROM duckdb_databases()").unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    names.map(Result::unwrap).collect()
}

#[test]
fn a_hot_file_that_cannot_be_made_leaves_nothing_and_is_not_tried_at_every_commit() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    store.push(batch(7, 1, 1));
    // In the way of the schema that the file would get.
    let stumble = |number: u64| {
        let path = store.shared.layout.file(Tier::Hot, number, None);
        Connection::open(&path).unwrap().execute_batch("CREATE SCHEMA numbered").unwrap();
        path
    };
    let number = store.shared.files.number();
    let path = stumble(number);
    let before = attached(&store);
    assert!(hot::create(&store.shared.instance, &store.shared.layout, number, &Tables::new()).is_err());
    assert_eq!(attached(&store), before);
    assert!(!path.exists());

    let next = store.shared.files.number() + 1;
    stumble(next);
    store.shared.rotation.ask();
    store.settle();
    // It would succeed now, and is not tried.
    store.settle();
    assert!(store.shared.rotation.is_wanted());
    assert_eq!(store.push(batch(7, 2, 1)), receipt(1, 0, 0));
    std::thread::sleep(Duration::from_millis(1_001));
    store.settle();
    assert!(!store.shared.rotation.is_wanted());
    assert_eq!(store.push(batch(7, 1, 3)), receipt(1, 2, 0));
    assert_eq!(store.shared.files.now().of_tier(Tier::Hot).count(), 2);
}

#[test]
fn what_is_published_is_published_when_only_its_checkpoint_fails() {
    let place = tempfile::tempdir().unwrap();
    let store = open(&place.path().join("s.duckdb"));
    let connect = || store.shared.instance.connect().unwrap();
    let ledger = ledger::ALIAS;
    connect().execute_batch(&format!("INSERT INTO {ledger}.marks VALUES (1, 1, 1, NULL)")).unwrap();
    let other = connect();
    other.execute_batch(&format!("BEGIN; UPDATE {ledger}.marks SET seq = 2")).unwrap();
    assert!(connect().execute_batch(&format!("CHECKPOINT {ledger}")).is_err());
    let hot = store.shared.ledger.entries().unwrap()[0].number;
    store.shared.ledger.publish(&Change { removed: vec![hot], ..Change::default() }).unwrap();
    assert!(store.shared.ledger.entries().unwrap().is_empty());
}

#[test]
fn a_host_s_document_is_written_when_it_is_new_and_when_the_store_is_closed() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = open(&path);
    let kept = |store: &mut Store| {
        let connection = store.shared.instance.connect().unwrap();
        let statement = format!("SELECT count(*) FROM {}.details", store.writer.pen().unwrap().active.alias());
        connection.query_row(&statement, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    store.push(batch(7, 1, 3));
    store.writer.tick().unwrap();
    assert_eq!(kept(&mut store), 0);
    store.writer.close().unwrap();
    assert_eq!(kept(&mut store), 1);
    store.writer.close().unwrap();
    assert_eq!(kept(&mut store), 1, "nothing new");
    drop(store);
    // After a kill it is the last that was kept, and who the host is stands elsewhere.
    let mut store = open(&path);
    assert!(store.entry("agent-1").document().unwrap().document.contains("\"seq\":3"));
    let Write::Native(mut renamed) = batch(7, 4, 1) else { panic!("an agent's") };
    renamed.host.hostname = "attic".into();
    store.push(Write::Native(renamed));
    drop(store);
    let store = open(&path);
    let entry = store.entry("agent-1");
    assert_eq!((entry.hostname.as_str(), entry.samples), ("attic", 4));
    assert!(entry.document().unwrap().document.contains("\"seq\":3"));
}
