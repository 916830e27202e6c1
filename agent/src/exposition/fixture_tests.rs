//! Each collector has a tree in `platform/fixtures` that makes it speak, in `/system` and in `/metrics`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use siskin_platform::collect::{self, Reader, Roots, Selection, Setup};
use siskin_platform::model::system::{Document, system};

use super::*;

/// What is known of a sample before anything is read, and what only samples of the past have.
const NOT_READ: [&str; 3] = ["/at/", "/collectors", "/interval_seconds"];

fn trees() -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../platform/fixtures");
    fixtures.read_dir().unwrap().map(|tree| tree.unwrap().path()).collect()
}

/// What the agent answers of a tree: `/system` and `/metrics`.
fn answers(root: &Path, collectors: Selection) -> (Value, String) {
    shown(root, &reading(root, collectors))
}

fn reading(root: &Path, collectors: Selection) -> Sample {
    let roots = Roots { proc: root.join("proc"), sys: root.join("sys"), root: root.to_owned() };
    let textfile_dir = Some(root.join("var/lib/prometheus/node-exporter")).filter(|directory| directory.exists());
    Reader::new(&Setup { roots, textfile_dir, collectors, ..Setup::default() }).reading(Some(10.0)).sample
}

/// What it answers of these readings.
fn shown(root: &Path, sample: &Sample) -> (Value, String) {
    let host = collect::host(&Roots { proc: root.join("proc"), sys: root.join("sys"), root: root.to_owned() }, "/");
    let (agent, mut page) = (Agent::default(), Vec::new());
    let document =
        Document { system: system(&host, None, sample), agent: &agent, host: &host, stream: 7, seq: 1, sample };
    let document = serde_json::to_value(&document).unwrap();
    let written = Page { agent: &agent, stream: 7, host: &host, sample, interval_seconds: Some(10.0) };
    written.write(Format::Prometheus, &mut page);
    (document, String::from_utf8(page).unwrap())
}

/// Each value's path. The rows of a list share theirs.
fn paths(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| paths(field, &format!("{path}/{name}"), found));
        }
        Value::Array(rows) => rows.iter().for_each(|row| paths(row, path, found)),
        Value::Null => {}
        _ => drop(found.insert(path.to_owned())),
    }
}

/// The paths of the sample in a document that are read.
fn read(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    paths(&document["sample"], "", &mut found);
    found.retain(|path| !NOT_READ.iter().any(|other| path.starts_with(other)));
    found
}

fn names(page: &str) -> BTreeSet<&str> {
    page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect()
}

#[test]
fn each_collector_speaks_in_some_tree() {
    let trees: Vec<_> = trees().into_iter().map(|tree| (shown(&tree, &Sample::default()), tree)).collect();
    let silent = |((document, _), _): &((Value, String), PathBuf)| read(document).is_empty();
    assert!(trees.iter().all(silent), "without a reading there is no value");
    for (name, _) in collect::collectors() {
        let (mut in_system, mut in_metrics) = (false, false);
        for ((_, without), tree) in &trees {
            let (document, page) = answers(tree, Selection::only(name).unwrap());
            in_system |= !read(&document).is_empty();
            let own = |family: &&&str| !family.starts_with("node_scrape_collector_");
            in_metrics |= names(&page).difference(&names(without)).filter(own).count() > 0;
        }
        assert!(in_system, "no tree gives a value of the collector {name} in /system");
        assert!(in_metrics, "no tree gives a value of the collector {name} in /metrics");
    }
}
