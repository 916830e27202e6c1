//! What waits in the journal: it is there for questions, after a kill, and once.

use super::super::reader::{Ask, Reader};
use super::*;
use crate::series::range::Range;
use crate::series::tier::Tier as Read;
use crate::store::Origin;
use crate::store::journal::numbers;

/// A body that says which batch it is: stream, first number, samples.
fn body(stream: u64, first_seq: u64, samples: u64) -> Submission {
    let text = format!("{stream} {first_seq} {samples}");
    let origin = Origin { received_us: now_us(), encoding: 0, body: text.into() };
    Submission { writes: vec![batch(stream, first_seq, samples)], origin: Some(origin) }
}

fn push_body(cpu: f64) -> Submission {
    let Write::Flat(sample) = flat(cpu) else { panic!("a flat push") };
    let origin = Origin { received_us: sample.received_us, encoding: 1, body: cpu.to_string().into() };
    Submission { writes: vec![Write::Flat(sample)], origin: Some(origin) }
}

fn again(origin: &Origin) -> Option<Submission> {
    let text = std::str::from_utf8(&origin.body).unwrap();
    if origin.encoding == 1 {
        let Write::Flat(sample) = flat(text.parse().unwrap()) else { panic!("a flat push") };
        let sample = FlatSample { received_us: origin.received_us, ..sample };
        return Some(Submission { writes: vec![Write::Flat(sample)], origin: None });
    }
    let numbers: Vec<u64> = text.split(' ').map(|number| number.parse().unwrap()).collect();
    Some(Submission { writes: vec![batch(numbers[0], numbers[1], numbers[2])], origin: None })
}

fn journaled(path: &Path) -> Store {
    let directory = Arc::new(Directory::default());
    let database = Database::open(path).unwrap();
    let shared = database.shared.clone();
    let writer = Writer::new(database, directory.clone(), &again).unwrap();
    Store { shared, writer, directory }
}

impl Store {
    fn take(&mut self, submission: Submission) -> Receipt {
        self.writer.commit(&[submission]).unwrap()[0]
    }

    fn waiting(&self) -> u64 {
        self.shared.files.now().tail.samples()
    }

    fn uptimes(&self) -> Vec<f64> {
        self.column("host", None, "uptime_seconds").into_iter().filter_map(|(.., value)| value).collect()
    }
}

fn to(last: u64) -> Vec<f64> {
    (1..=last).map(|number| number as f64).collect()
}

#[test]
fn what_is_answered_is_seen_at_once_and_after_a_kill_and_once() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = journaled(&path);
    for round in 0..4 {
        let first = round * 10 + 1;
        assert_eq!(store.take(body(7, first, 6)), receipt(6, 0, 0));
        assert_eq!(store.take(body(7, first + 4, 6)), receipt(4, 2, 0));
        assert_eq!(store.take(push_body(first as f64)), receipt(1, 0, 0));
        assert_eq!(store.waiting(), 11);
        let seen = |store: &Store| (store.uptimes(), store.column("flat", None, "cpu").len() as u64);
        assert_eq!(seen(&store), (to(first + 9), round + 1));
        // Dropped without a word, as by kill -9.
        drop(store);
        store = journaled(&path);
        assert_eq!(store.waiting(), 0, "it went into the hot file");
        assert_eq!(seen(&store), (to(first + 9), round + 1));
        assert_eq!(store.take(body(7, first, 10)), receipt(0, 10, 0));
        assert_eq!(store.take(push_body(first as f64)), receipt(0, 1, 0));
        assert_eq!(store.entry("agent-1").samples, first + 9);
    }
    assert_eq!(numbers(&store.shared.layout.journal()).len(), 1);
}

#[test]
fn a_question_that_has_begun_sees_a_row_once_while_it_moves_into_the_file() {
    let place = tempfile::tempdir().unwrap();
    let mut store = journaled(&place.path().join("s.duckdb"));
    let reader = Reader::new(store.shared.instance.connect().unwrap(), store.shared.clone());
    store.take(body(7, 1, 5));
    let hosts = store.directory.ids();
    let range = Range { from_us: 0, to_us: i64::MAX / 4 };
    let ask =
        Ask { tier: Read::Raw, table: "host", dimension: None, columns: &["uptime_seconds"], hosts: &hosts, range };
    let rows =
        |manifest: &_| reader.frames(manifest, &ask).unwrap().iter().map(|(_, frame)| frame.ts.len()).sum::<usize>();
    let before = reader.manifest();
    store.writer.flush().unwrap();
    let between = reader.manifest();
    store.take(body(7, 6, 5));
    store.writer.flush().unwrap();
    assert_eq!((rows(&before), rows(&between), rows(&reader.manifest())), (5, 5, 10));
    store.shared.rotation.ask();
    store.take(body(7, 11, 2));
    store.settle();
    assert_eq!((rows(&before), rows(&between), rows(&reader.manifest())), (5, 5, 12));
}

#[test]
fn a_removed_host_takes_with_it_what_waits_and_what_comes_later_is_new() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = journaled(&path);
    store.take(body(7, 1, 5));
    let host = store.directory.by_key("agent-1").unwrap();
    assert_eq!(store.writer.remove(host, Removal::Samples).unwrap().samples, 5);
    assert_eq!(store.uptimes(), [0.0; 0]);
    store.take(body(7, 6, 1));
    drop(store);
    assert_eq!(journaled(&path).uptimes(), [6.0]);
}

#[test]
fn what_cannot_be_read_again_is_left_out_and_half_a_record_was_never_answered() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = journaled(&path);
    store.take(body(7, 1, 2));
    store.take(body(7, 3, 2));
    let journals = store.shared.layout.journal();
    let number = numbers(&journals)[0];
    drop(store);
    let file = journals.join(format!("{number}.journal"));
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.truncate(bytes.len() - 1);
    std::fs::write(&file, bytes).unwrap();
    let mut store = journaled(&path);
    assert_eq!(store.uptimes(), to(2));
    assert_eq!(store.take(body(7, 3, 2)), receipt(2, 0, 0));
    drop(store);
    // A version that does not know the bodies any more says so, and starts.
    let store = open(&path);
    assert_eq!(store.uptimes(), to(2));
}

#[test]
fn many_bodies_go_into_the_file_as_one_and_sealing_takes_the_journal_s_number_along() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = journaled(&path);
    for round in 0..300 {
        store.take(body(7, round * 50 + 1, 50));
        store.settle();
    }
    assert!(store.waiting() < 10_000, "{}", store.waiting());
    store.seal(&|_| Ok(())).unwrap();
    assert_eq!(store.uptimes().len(), 15_000);
    store.take(body(7, 15_001, 1));
    drop(store);
    let mut store = journaled(&path);
    assert_eq!(store.uptimes().len(), 15_001);
    assert_eq!(store.take(body(7, 1, 15_001)), receipt(0, 15_001, 0));
}

#[test]
fn what_came_while_a_full_file_was_written_is_in_it_before_the_next_one_begins() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = journaled(&path);
    store.take(body(7, 1, 5));
    store.take(push_body(1.0));
    let first = store.writer.pen().unwrap().active.clone();
    let order = store.shared.rotation.ask();
    // As the pen does while it is away.
    store.writer.pen().unwrap().rotate(None).unwrap();
    assert!(store.shared.rotation.is_done(order) && !store.shared.rotation.is_wanted());
    assert_eq!((store.waiting(), first.facts().samples), (0, 6));
    let seen = |store: &Store| (store.uptimes(), store.column("flat", None, "cpu").len());
    assert_eq!(seen(&store), (to(5), 1));
    // No journal is marked yet: what is read again is known.
    drop(store);
    let mut store = journaled(&path);
    assert_eq!(seen(&store), (to(5), 1));
    store.take(body(7, 6, 1));
    store.writer.pen().unwrap().rotate(None).unwrap();
    // Nothing waits any more, and the journal is marked all the same.
    store.writer.flush().unwrap();
    assert_eq!(numbers(&store.shared.layout.journal()).len(), 1);
    drop(store);
    let store = journaled(&path);
    assert_eq!(seen(&store), (to(6), 1));
}

#[test]
fn while_the_hot_file_takes_nothing_no_journals_pile_up_and_nothing_is_lost() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = journaled(&path);
    store.take(body(7, 1, 5));
    let journals = |store: &Store| numbers(&store.shared.layout.journal()).len();
    let active = store.writer.pen().unwrap().active.alias();
    let connection = store.shared.instance.connect().unwrap();
    connection.execute_batch(&format!("USE {active}; ALTER TABLE marks RENAME TO away")).unwrap();
    store.writer.flush().unwrap_err();
    // Nor can another be made in its place.
    let hot = store.shared.layout.tier(Tier::Hot);
    let elsewhere = place.path().join("elsewhere");
    std::fs::rename(&hot, &elsewhere).unwrap();
    for _ in 0..3 {
        store.writer.flush().unwrap_err();
        assert_eq!(journals(&store), 2);
        assert_eq!((store.uptimes(), store.waiting()), (to(5), 5));
    }
    std::fs::rename(&elsewhere, &hot).unwrap();
    connection.execute_batch("ALTER TABLE away RENAME TO marks").unwrap();
    store.writer.flush().unwrap();
    assert_eq!((journals(&store), store.waiting()), (1, 0));
    store.take(body(7, 6, 1));
    drop(store);
    assert_eq!(journaled(&path).uptimes(), to(6));
}
