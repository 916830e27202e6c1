//! Sealing: every row is there once, before, while and after, also when it is cut off at any step.

use std::path::PathBuf;

use siskin_platform::model::{Core, Cpu, Disk, Modes};

use super::super::reader::{Ask, Reader};
use super::*;
use crate::series::range::Range;
use crate::store::directory::HostId;

const DAY_US: i64 = 86_400 * 1_000_000;

impl Store {
    pub fn frozen(&mut self) -> Vec<Arc<File>> {
        self.shared.rotation.ask();
        self.settle();
        let mut hot: Vec<_> = self.shared.files.now().of_tier(Tier::Hot).cloned().collect();
        hot.pop();
        hot
    }

    pub fn seal(&mut self, reached: &dyn Fn(Step) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let frozen = self.frozen();
        seal(&self.shared, &self.directory, &frozen, Day::of(now_us()), reached)
    }

    /// Instants and values of a column of all hosts, as a query sees them.
    pub fn column(&self, table: &str, dimension: Option<&str>, column: &str) -> Vec<(HostId, i64, Option<f64>)> {
        let reader = Reader::new(self.shared.instance.connect().unwrap(), self.shared.clone());
        let hosts = self.directory.ids();
        let ask = Ask {
            tier: crate::series::tier::Tier::Raw,
            table,
            dimension,
            columns: &[column],
            hosts: &hosts,
            range: Range { from_us: 0, to_us: i64::MAX / 4 },
        };
        let frames = reader.frames(&reader.manifest(), &ask).unwrap();
        frames
            .into_iter()
            .flat_map(|(host, frame)| {
                frame
                    .ts
                    .into_iter()
                    .zip(frame.columns[0].clone())
                    .map(move |(at, value)| (host, at, value))
                    .collect::<Vec<_>>()
            })
            .collect()
    }
}

/// Samples of `hosts`, an hour apart from the beginning of two days ago.
pub fn fleet(hosts: u64, stream: u64, first_seq: u64, samples: u64) -> Vec<Write> {
    let start = (Day::of(now_us()).0 as i64 - 2) * DAY_US;
    (0..hosts)
        .map(|host| {
            let sample = |i: u64| {
                let number = first_seq + i;
                let disk = Disk {
                    device: "sda".into(),
                    reads_total: number * 7,
                    read_bytes_total: number * 4096,
                    ..Disk::default()
                };
                let cpu = Cpu {
                    total: Modes { user_seconds_total: number as f64 / 100.0, ..Modes::default() },
                    cores: vec![Core { index: 0, ..Core::default() }],
                    ..Cpu::default()
                };
                Sample {
                    at: at(start + number as i64 * 3_600 * 1_000_000),
                    uptime_seconds: Some(number as f64),
                    cpu: Some(cpu),
                    disks: vec![disk],
                    ..Sample::default()
                }
            };
            Write::Native(Box::new(NativeBatch {
                agent: Agent { id: format!("agent-{host}"), version: "1".into(), boot_id: None },
                host: Host { hostname: format!("host-{host}"), ..Host::default() },
                stream,
                first_seq,
                received_us: now_us(),
                skew_seconds: 0.0,
                samples: (0..samples).map(sample).collect(),
            }))
        })
        .collect()
}

#[test]
fn what_is_sealed_reads_as_it_was() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = open(&path);
    for write in fleet(3, 1, 1, 40) {
        store.push(write);
    }
    store.push(flat(1.5));
    let read = |store: &Store| {
        [
            ("host", None, "cpu_user_seconds_total"),
            ("disk", Some("device"), "read_bytes_total"),
            ("flat", None, "cpu"),
            ("host", None, "memory_total_bytes"),
        ]
        .map(|(table, dimension, column)| store.column(table, dimension, column))
    };
    let hot = read(&store);
    assert_eq!((hot[0].len(), hot[1].len(), hot[2].len()), (120, 120, 1));
    store.seal(&|_| Ok(())).unwrap();
    assert_eq!(read(&store), hot);
    let manifest = store.shared.files.now();
    assert_eq!(manifest.of_tier(Tier::Hot).count(), 1);
    assert_eq!(manifest.of_tier(Tier::Raw).count(), 3, "two days, and that of the flat push");
    drop(manifest);
    assert_eq!(store.entry("agent-1").samples, 40);
    drop(store);

    let mut store = open(&path);
    assert_eq!(read(&store), hot);
    assert_eq!(store.entry("agent-1").samples, 40);
    assert_eq!(store.entry(&flat_key("old")).samples, 1);
    // Marks and the pushes of the last minutes have moved to the ledger.
    for write in fleet(3, 1, 1, 40) {
        assert_eq!(store.push(write), Receipt { stored: 0, duplicates: 40, lost: 0 });
    }
    assert_eq!(store.push(flat(1.5)), Receipt { stored: 0, duplicates: 1, lost: 0 });
    // Late rows make another generation of the same days.
    for write in fleet(3, 2, 1, 3) {
        store.push(write);
    }
    store.push(fleet(1, 1, 41, 5).remove(0));
    let hot = read(&store);
    store.seal(&|_| Ok(())).unwrap();
    assert_eq!(read(&store), hot);
    assert_eq!(store.shared.files.now().of_tier(Tier::Raw).count(), 3);
    assert_eq!(
        std::fs::read_dir(store.shared.layout.tier(Tier::Raw)).unwrap().count(),
        3,
        "older generations are gone"
    );
}

#[test]
fn a_cut_at_any_step_loses_and_doubles_nothing() {
    for step in [Step::Written, Step::Named, Step::Published] {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("s.duckdb");
        let mut store = open(&path);
        for round in 0..3 {
            for write in fleet(2, 1, 1 + round * 30, 30) {
                store.push(write);
            }
            let before = store.column("disk", Some("device"), "reads_total");
            assert_eq!(before.len() as u64, 2 * 30 * (round + 1), "{step:?}");
            let cut = store.seal(&|at| if at == step { Err(StoreError::Failed("cut".into())) } else { Ok(()) });
            assert!(cut.is_err());
            drop(store);
            store = open(&path);
            assert_eq!(store.column("disk", Some("device"), "reads_total"), before, "{step:?}");
            assert_eq!(store.entry("agent-0").samples, 30 * (round + 1));
            store.seal(&|_| Ok(())).unwrap();
            assert_eq!(store.column("disk", Some("device"), "reads_total"), before, "{step:?}");
        }
        let listed = store.shared.files.now().files.len();
        let there: usize = Tier::ALL
            .into_iter()
            .flat_map(|tier| std::fs::read_dir(store.shared.layout.tier(tier)).unwrap())
            .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == "duckdb"))
            .count();
        assert_eq!(listed, there, "{step:?}: nothing lies about");
    }
}

#[test]
fn a_sealing_that_fails_anywhere_leaves_nothing_and_is_done_again() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    let there = |store: &Store| {
        let tiers = [Tier::Raw, Tier::Minute, Tier::Hour].map(|tier| store.shared.layout.tier(tier));
        let files = |place: PathBuf| std::fs::read_dir(place).unwrap().count();
        tiers.into_iter().chain([store.shared.layout.scratch()]).map(files).sum::<usize>()
    };
    for write in fleet(2, 1, 1, 30) {
        store.push(write);
    }
    // Late rows make another generation of the same days.
    for round in [1, 2] {
        let before = store.column("disk", Some("device"), "reads_total");
        let files = there(&store);
        let mut failures = 0_u32;
        loop {
            let left = std::cell::Cell::new(failures);
            let fail = |step| match left.get() {
                0 if step != Step::Published => Err(StoreError::Failed("no space".into())),
                _ => {
                    left.set(left.get().saturating_sub(1));
                    Ok(())
                }
            };
            match store.seal(&fail) {
                Ok(()) => break,
                Err(_) => failures += 1,
            }
            assert_eq!(store.column("disk", Some("device"), "reads_total"), before);
            assert_eq!(there(&store), files, "after failure {failures}");
        }
        // Segment written, named, minutes, of two days; hours of their one or two months.
        assert!((7..=8).contains(&failures), "{failures}");
        assert_eq!(store.column("disk", Some("device"), "reads_total"), before);
        for write in fleet(2, 1 + round, 1, 30) {
            store.push(write);
        }
    }
}

#[test]
fn a_removed_host_stays_removed_whatever_is_sealed_when() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s.duckdb");
    let mut store = open(&path);
    let count = |store: &Store, host: HostId| {
        store.column("host", None, "uptime_seconds").into_iter().filter(|(of, ..)| *of == host).count()
    };
    for write in fleet(2, 1, 1, 20) {
        store.push(write);
    }
    store.seal(&|_| Ok(())).unwrap();
    for write in fleet(2, 1, 21, 10) {
        store.push(write);
    }
    let host = store.directory.by_key("agent-0").unwrap();
    assert_eq!(store.writer.remove(host, Removal::Samples).unwrap(), Removed { samples: 30, details: 0 });
    let other = store.directory.by_key("agent-1").unwrap();
    assert_eq!((count(&store, host), count(&store, other)), (0, 30));
    // What comes afterwards is new, in the same days.
    store.push(fleet(1, 1, 31, 4).remove(0));
    assert_eq!(count(&store, host), 4);
    drop(store);
    let mut store = open(&path);
    assert_eq!((count(&store, host), count(&store, other)), (4, 30));
    assert_eq!(store.entry("agent-0").samples, 4);
    store.seal(&|_| Ok(())).unwrap();
    assert_eq!((count(&store, host), count(&store, other)), (4, 30));
    let manifest = store.shared.files.now();
    let segments: u64 = manifest.of_tier(Tier::Raw).map(|file| file.facts().samples).sum();
    assert_eq!(segments, 34, "its rows are not in the new segments");
}

#[test]
fn a_host_that_is_removed_while_its_rows_are_sealed_is_in_no_rollup() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    for write in fleet(2, 1, 1, 30) {
        store.push(write);
    }
    let host = store.directory.by_key("agent-0").unwrap();
    let frozen = store.frozen();
    let writer = std::cell::RefCell::new(&mut store.writer);
    let remove = |step| {
        if step == Step::Written {
            writer.borrow_mut().remove(host, Removal::Samples)?;
        }
        Ok(())
    };
    seal(&store.shared, &store.directory, &frozen, Day::of(now_us()), &remove).unwrap();
    let manifest = store.shared.files.now();
    let sealed: Vec<_> = manifest.files.values().filter(|file| file.tier != Tier::Hot).collect();
    assert!(sealed.iter().any(|file| file.tier == Tier::Minute));
    assert!(sealed.iter().all(|file| manifest.hides(host, file)), "what was made of its rows hides them");
    assert_eq!(store.column("host", None, "uptime_seconds").len(), 30);
}

#[test]
fn who_reads_while_files_change_goes_on_with_what_there_was() {
    let place = tempfile::tempdir().unwrap();
    let mut store = open(&place.path().join("s.duckdb"));
    for write in fleet(2, 1, 1, 30) {
        store.push(write);
    }
    let reader = Reader::new(store.shared.instance.connect().unwrap(), store.shared.clone());
    let before = reader.manifest();
    store.seal(&|_| Ok(())).unwrap();
    let hosts = store.directory.ids();
    let ask = Ask {
        tier: crate::series::tier::Tier::Raw,
        table: "host",
        dimension: None,
        columns: &["uptime_seconds"],
        hosts: &hosts,
        range: Range { from_us: 0, to_us: i64::MAX / 4 },
    };
    let rows =
        |manifest: &_| reader.frames(manifest, &ask).unwrap().iter().map(|(_, frame)| frame.ts.len()).sum::<usize>();
    assert_eq!((rows(&before), rows(&reader.manifest())), (60, 60));
    let old: Vec<_> = before.of_tier(Tier::Hot).map(|file| file.path.clone()).collect();
    assert!(old[0].exists());
    drop(before);
    assert!(!old[0].exists(), "unlinked with its last reader");
}
