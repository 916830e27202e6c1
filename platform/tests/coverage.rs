//! Nothing is declared that no fixture gives: every column of the catalog has a value in some tree.
#![cfg(target_os = "linux")]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use siskin_platform::{
    collect::{self, Reader, Roots, Setup},
    model::{
        Sample,
        catalog::{self, Table, Visitor},
    },
};

/// What only NVIDIA's library tells. The test beside `linux/gpu/nvidia.rs` gives it, by a library made for it.
const ELSEWHERE: [&str; 2] = ["gpu: decoder_ratio", "gpu: encoder_ratio"];

struct Silent<'a> {
    samples: &'a [Sample],
    columns: BTreeSet<String>,
}

impl Visitor for Silent<'_> {
    fn table<T: 'static>(&mut self, table: &'static Table<T>) {
        for metric in table.dimension.iter().chain(table.metrics) {
            if !self.samples.iter().flat_map(|sample| (table.rows)(sample)).any(|row| metric.read.is_known(row)) {
                self.columns.insert(format!("{}: {}", table.name, metric.name));
            }
        }
    }
}

#[test]
fn every_metric_has_a_fixture_that_gives_it() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let trees = std::fs::read_dir(fixtures).unwrap().map(|tree| tree.unwrap().path());
    let sample = |root: PathBuf| {
        let textfile_dir = Some(root.join("var/lib/prometheus/node-exporter")).filter(|directory| directory.exists());
        let roots = Roots { proc: root.join("proc"), sys: root.join("sys"), root };
        Reader::new(&Setup { roots, textfile_dir, ..Setup::default() }).reading(Some(10.0)).sample
    };
    let samples: Vec<_> = trees.map(sample).collect();
    let mut silent = Silent { samples: &samples, columns: BTreeSet::new() };
    catalog::visit(&mut silent);
    assert_eq!(silent.columns, BTreeSet::from(ELSEWHERE.map(str::to_owned)));
}

#[test]
fn a_machine_without_any_source_is_silent() {
    let empty = Path::new(env!("CARGO_MANIFEST_DIR")).join("no/such/tree");
    let roots = Roots { proc: empty.join("proc"), sys: empty.join("sys"), root: empty };
    let failed: Vec<_> = collect::sample(&roots, None).failures.into_iter().map(|failure| failure.collector).collect();
    // What every Linux has. All else may be absent.
    assert_eq!(failed, ["uptime", "cpu", "load", "memory", "disk", "network", "filesystem"]);
}
