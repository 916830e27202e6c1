//! Names: hot files have a number for each, and nobody who reads them sees it.

use duckdb::Connection;
use siskin_platform::model::{Custom, Disk, Sensor};

use super::super::names::MAX_NAMES;
use super::super::reader::{Ask, Reader};
use super::*;
use crate::series::range::Range;
use crate::store::StoreError;

/// What two tables have of one host: the dimension, and the values by time.
type Seen = Vec<(Option<String>, Vec<Option<f64>>)>;

/// When samples begin, microseconds since 1970.
const START_US: i64 = 1_700_000_000_000_000;

/// Samples a second apart; each has these disks, and sensors of the same names.
fn disks(first_seq: u64, samples: u64, names: &[&str]) -> Write {
    let Write::Native(mut native) = batch(7, first_seq, samples) else { panic!("a native batch") };
    for (sample, number) in native.samples.iter_mut().zip(first_seq..) {
        sample.at = at(START_US + number as i64 * 1_000_000);
        let disk = |(place, name): (usize, &&str)| Disk {
            device: (*name).into(),
            reads_total: number * 100 + place as u64,
            ..Disk::default()
        };
        sample.disks = names.iter().enumerate().map(disk).collect();
        sample.sensors = names
            .iter()
            .map(|name| Sensor {
                sensor: format!("{name} temp1"),
                chip: "drivetemp".into(),
                label: (*name != "sda").then(|| (*name).to_owned()),
                ..Sensor::default()
            })
            .collect();
    }
    Write::Native(native)
}

fn seen(store: &Store, table: &str, dimension: &str, column: &str) -> Seen {
    let reader = Reader::new(store.shared.instance.connect().unwrap(), store.shared.clone());
    let hosts = store.directory.ids();
    let ask = Ask {
        tier: crate::series::tier::Tier::Raw,
        table,
        dimension: Some(dimension),
        columns: &[column],
        hosts: &hosts,
        range: Range { from_us: 0, to_us: i64::MAX / 4 },
    };
    let frames = reader.frames(&reader.manifest(), &ask).unwrap();
    frames.into_iter().map(|(_, frame)| (frame.dimension, frame.columns[0].clone())).collect()
}

fn reads(store: &Store) -> Seen {
    seen(store, "disk", "device", "reads_total")
}

fn expected(of: &[(&str, &[u64])]) -> Seen {
    of.iter()
        .map(|(name, values)| (Some((*name).to_owned()), values.iter().map(|value| Some(*value as f64)).collect()))
        .collect()
}

/// The names of the file that is written, by number.
fn names(store: &mut Store) -> Vec<(i32, String)> {
    let connection = store.shared.instance.connect().unwrap();
    let statement = format!("SELECT id, name FROM {}.names ORDER BY ALL", store.writer.pen().unwrap().active.alias());
    let mut statement = connection.prepare(&statement).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn assert_unique(names: &[(i32, String)]) {
    let numbers: std::collections::BTreeSet<i32> = names.iter().map(|(number, _)| *number).collect();
    let texts: std::collections::BTreeSet<&str> = names.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!((numbers.len(), texts.len()), (names.len(), names.len()), "{names:?}");
}

/// The texts that are no dimension, by device, as any DuckDB shows them.
fn labels(connection: &Connection, from: &str) -> Vec<(String, Option<String>, Option<String>)> {
    let statement = format!("SELECT DISTINCT sensor, chip, label FROM {from} ORDER BY ALL");
    let mut statement = connection.prepare(&statement).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn names_are_what_they_were_hot_and_waiting_and_after_a_kill_and_sealed() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = open(&path);
    store.push(disks(1, 2, &["sda", "sdb"]));
    let first = names(&mut store);
    // What is stored already is not written again.
    store.push(disks(3, 1, &["sdb", "sda"]));
    assert_eq!(names(&mut store), first);
    assert_unique(&first);
    let connection = store.shared.instance.connect().unwrap();
    let kind =
        format!("SELECT typeof(device) FROM {}.numbered.disk LIMIT 1", store.writer.pen().unwrap().active.alias());
    assert_eq!(connection.query_row(&kind, [], |row| row.get::<_, String>(0)).unwrap(), "INTEGER");
    // As kill -9 leaves it: with what is in the log only.
    let copy = tempfile::tempdir().unwrap();
    copy_store(place.path(), copy.path());
    let mut store = open(&copy.path().join("s.duckdb"));
    assert_eq!(reads(&store), expected(&[("sda", &[100, 200, 301]), ("sdb", &[101, 201, 300])]));
    store.push(disks(4, 1, &["sdc", "sda"]));
    let second = names(&mut store);
    assert_eq!(second[..first.len()], first);
    assert_eq!(second.len(), first.len() + 2);
    assert_unique(&second);
    let all = expected(&[("sda", &[100, 200, 301, 401]), ("sdb", &[101, 201, 300]), ("sdc", &[400])]);
    assert_eq!(reads(&store), all);
    store.frozen();
    assert_eq!(names(&mut store), []);
    store.push(disks(5, 1, &["sdb"]));
    let all = expected(&[("sda", &[100, 200, 301, 401]), ("sdb", &[101, 201, 300, 500]), ("sdc", &[400])]);
    assert_eq!(reads(&store), all);
    // Waiting: not in any file.
    let origin = crate::store::Origin { received_us: now_us(), encoding: 0, body: "{}".into() };
    store.writer.commit(&[Submission { writes: vec![disks(6, 1, &["sdb"])], origin: Some(origin) }]).unwrap();
    assert_eq!(store.shared.files.now().tail.samples(), 1);
    let all = expected(&[("sda", &[100, 200, 301, 401]), ("sdb", &[101, 201, 300, 500, 600]), ("sdc", &[400])]);
    assert_eq!(reads(&store), all);
    store.seal(&|_| Ok(())).unwrap();
    assert_eq!(reads(&store), all);
    let file = store.shared.files.now().of_tier(Tier::Raw).next().unwrap().clone();
    let _lease = file.lease().unwrap();
    let connection = store.shared.instance.connect().unwrap();
    let texts = labels(&connection, &format!("{}.sensor", file.alias()));
    let label = |name: &str| (format!("{name} temp1"), Some("drivetemp".to_owned()), Some(name.to_owned()));
    assert_eq!(texts, [(label("sda").0, label("sda").1, None), label("sdb"), label("sdc")]);
}

fn copy_store(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_store(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_transaction_that_failed_gave_no_number() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    store.push(disks(1, 1, &["sda"]));
    let active = store.writer.pen().unwrap().active.alias();
    let change = |statement: &str| {
        store.shared.instance.connect().unwrap().execute_batch(&format!("USE {active}; {statement}")).unwrap();
    };
    // Marks are written after names and rows.
    change("ALTER TABLE marks RENAME TO away");
    let submission = |write| [Submission { writes: vec![write], origin: None }];
    let failed = store.writer.commit(&submission(disks(2, 1, &["sdb", "sda"])));
    assert!(matches!(failed, Err(StoreError::Failed(_))), "{failed:?}");
    change("ALTER TABLE away RENAME TO marks");
    store.push(disks(2, 1, &["sdc"]));
    store.push(disks(3, 1, &["sdb"]));
    assert_unique(&names(&mut store));
    assert_eq!(reads(&store), expected(&[("sda", &[100]), ("sdb", &[300]), ("sdc", &[200])]));
}

#[test]
fn a_file_with_too_many_names_is_followed_by_another() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    let mut push = |first_seq: u64, series: std::ops::Range<usize>| {
        let Write::Native(mut native) = batch(7, first_seq, 1) else { panic!("a native batch") };
        let custom =
            |number| Custom { series: format!("series_{number}"), value: Some(number as f64), ..Custom::default() };
        *native.samples[0].custom.renew() = series.map(custom).collect();
        store.push(Write::Native(native));
        store.settle();
        store.shared.files.now().of_tier(Tier::Hot).count()
    };
    assert_eq!(push(1, 0..MAX_NAMES), 1);
    assert_eq!(push(2, 0..10), 1);
    assert_eq!(push(3, MAX_NAMES..MAX_NAMES + 1), 2);
    assert_eq!(push(4, 5..6), 2);
    assert_eq!(names(&mut store), [(0, "series_5".to_owned())]);
    let five =
        seen(&store, "custom", "series", "value").into_iter().find(|(name, _)| name.as_deref() == Some("series_5"));
    assert_eq!(five.unwrap().1, [Some(5.0); 3]);
}

#[test]
fn a_hot_file_with_texts_in_its_rows_is_read_and_sealed_and_written_no_more() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let store = open(&path);
    let file = earlier_file(
        &store.shared,
        "INSERT INTO hosts VALUES (0, 'agent-1', 'nas', '{\"id\":\"agent-1\",\"version\":\"1\"}', '{\"hostname\":\"nas\"}', now()::TIMESTAMP, false);
         INSERT INTO marks VALUES (0, 7, 2, now()::TIMESTAMP);
         INSERT INTO host (host_id, ts) SELECT 0, TIMESTAMP '2023-11-14 22:00:00' + INTERVAL 1 SECOND * range FROM range(2);
         INSERT INTO disk BY NAME SELECT host_id, ts, 'sda' AS device, 7 AS reads_total FROM host;
         INSERT INTO disk BY NAME SELECT host_id, ts, 'sdb' AS device, 8 AS reads_total FROM host",
    );
    store.shared.ledger.begin_hot(file.number, None).unwrap();
    let number = file.number;
    drop((store, file));
    let mut store = open(&path);
    assert!(store.writer.pen().unwrap().active.number > number);
    assert_eq!(store.push(disks(1, 3, &["sdb"])), receipt(1, 2, 0));
    let all = expected(&[("sda", &[7, 7]), ("sdb", &[8, 8, 300])]);
    assert_eq!(reads(&store), all);
    store.seal(&|_| Ok(())).unwrap();
    assert_eq!(store.shared.files.now().of_tier(Tier::Hot).count(), 1);
    assert_eq!(reads(&store), all);
    assert_eq!(store.entry("agent-1").samples, 3);
}

#[test]
fn the_hot_files_of_a_snapshot_show_names_to_any_duckdb() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    store.push(disks(1, 2, &["sda", "sdb"]));
    let taken = store.snapshot(0).unwrap();
    let hot = super::super::layout::Layout::of(&taken.data).tier(Tier::Hot);
    let path = std::fs::read_dir(hot).unwrap().next().unwrap().unwrap().path();
    let file = Connection::open(path).unwrap();
    let label = |name: &str| (format!("{name} temp1"), Some("drivetemp".to_owned()), Some(name.to_owned()));
    assert_eq!(labels(&file, "sensor"), [(label("sda").0, label("sda").1, None), label("sdb")]);
    let reads: i64 =
        file.query_row("SELECT sum(reads_total) FROM disk WHERE device = 'sdb'", [], |row| row.get(0)).unwrap();
    assert_eq!(reads, 101 + 201);
}
