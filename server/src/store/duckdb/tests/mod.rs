//! The store against real files.

mod calm;
mod copies;
mod journal;
mod keeping;
mod late;
mod migration;
mod naming;
mod once;
mod sealing;

use std::path::Path;
use std::sync::Arc;

use siskin_platform::model::{Agent, Clock, Host, Sample};

use super::fate::Kept;
use super::file::{Facts, File, alias};
use super::instance::Access;
use super::layout::{Day, Tier};
use super::open::Shared;
use super::seal::{Sealing, Step};
use super::{Database, Readers, Writer, hot, schema};
use crate::clock::now_us;
use crate::store::directory::{Directory, HostEntry, Source, flat_key};
use crate::store::{
    Backend, FlatSample, FlatValues, NativeBatch, Receipt, Removal, Removed, StoreError, Submission, Write,
};

struct Store {
    shared: Arc<Shared>,
    writer: Writer,
    directory: Arc<Directory>,
}

fn open(path: &Path) -> Store {
    let directory = Arc::new(Directory::default());
    let database = Database::open(path).unwrap();
    let shared = database.shared.clone();
    let writer = Writer::new(database, directory.clone(), &|_| None).unwrap();
    Store { shared, writer, directory }
}

impl Store {
    fn push(&mut self, write: Write) -> Receipt {
        self.writer.commit(&[Submission { writes: vec![write], origin: None }]).unwrap()[0]
    }

    /// What is due is done when this returns.
    fn settle(&mut self) {
        self.writer.settle().unwrap();
        self.writer.pen().unwrap();
    }

    fn entry(&self, key: &str) -> HostEntry {
        self.directory.get(self.directory.by_key(key).unwrap()).unwrap()
    }
}

/// Microseconds since 1970, as an agent tells them.
fn at(us: i64) -> Clock {
    Clock { unix_ms: us / 1_000, boottime_ms: None }
}

fn batch(stream: u64, first_seq: u64, samples: u64) -> Write {
    let start = now_us();
    let sample = |i: u64| Sample {
        at: at(start + (first_seq + i) as i64 * 1_000_000),
        uptime_seconds: Some((first_seq + i) as f64),
        ..Sample::default()
    };
    Write::Native(Box::new(NativeBatch {
        agent: Agent { id: "agent-1".into(), version: "1".into(), boot_id: None },
        host: Host { hostname: "nas".into(), ..Host::default() },
        stream,
        first_seq,
        received_us: start,
        skew_seconds: 0.0,
        samples: (0..samples).map(sample).collect(),
    }))
}

fn flat(cpu: f64) -> Write {
    Write::Flat(FlatSample {
        hostname: "old".into(),
        timestamp: 1_700_000_000,
        values: FlatValues { cpu, ram: 2.0, disk: 3.0, ..FlatValues::default() },
        details: Some(r#"{"a":1}"#.into()),
        received_us: now_us(),
    })
}

fn receipt(stored: u64, duplicates: u64, lost: u64) -> Receipt {
    Receipt { stored, duplicates, lost }
}

/// Seals these files; days before `today` are over.
fn seal(
    shared: &Arc<Shared>,
    directory: &Directory,
    frozen: &[Arc<File>],
    today: Day,
    reached: &dyn Fn(Step) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let connection = &shared.instance.connect().unwrap();
    let days = frozen.iter().flat_map(|file| file.days()).collect();
    let fates = Kept::ALL.fates(connection, &shared.files.now(), days).unwrap();
    Sealing { connection, shared, directory, minutes_from: Kept::ALL.minute, today, reached, is_stopping: &|| false }
        .seal(frozen, &fates)
}

/// A hot file of an earlier version, with texts in the rows that these statements write.
fn earlier_file(shared: &Shared, rows: &str) -> Arc<File> {
    let number = shared.files.number();
    let path = shared.layout.file(Tier::Hot, number, None);
    shared.instance.attach(&path, &alias(number), Access::Write).unwrap();
    let connection = shared.instance.connect().unwrap();
    connection.execute_batch(&format!("USE {}", alias(number))).unwrap();
    let tables = schema::create_with_texts(&connection).unwrap();
    connection.execute_batch(&format!("{rows}; USE memory")).unwrap();
    let file =
        File::new(shared.instance.clone(), (Tier::Hot, number, None), path, Facts::default(), Default::default());
    file.set_attached(tables);
    hot::survey(&connection, &file).unwrap();
    Arc::new(file)
}

/// A store with the rows that these statements write, sealed and rolled up as if all their days were over.
pub fn archive(path: &Path, rows: &str) -> Readers {
    let Database { shared, .. } = Database::open(path).unwrap();
    let file = earlier_file(&shared, rows);
    shared.files.change(|manifest| drop(manifest.files.insert(file.number, file.clone())));
    seal(&shared, &Directory::default(), &[file], Day(i32::MAX), &|_| Ok(())).unwrap();
    assert_eq!(shared.files.now().of_tier(Tier::Hot).count(), 1);
    Readers::of(shared)
}
