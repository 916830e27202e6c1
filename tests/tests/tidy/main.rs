//! The rules of the house, checked on its sources: who may name whom, what lies where, how a file begins.
//! Each rule is also shown a breach, so that none of them can sleep.
#![allow(clippy::unwrap_used)] // A test may fail at any line.

mod house;
mod rules;

use house::{House, Source};

fn clean(breaches: Vec<String>) {
    assert!(breaches.is_empty(), "{} breaches:\n{}", breaches.len(), breaches.join("\n"));
}

#[test]
fn nothing_names_a_floor_above_it() {
    clean(House::read().sources.iter().flat_map(rules::floors).collect());
}

#[test]
fn crates_depend_on_what_their_floor_allows() {
    clean(House::read().manifests.iter().flat_map(rules::dependencies).collect());
}

#[test]
fn the_top_of_the_house_holds_what_it_should() {
    clean(rules::top(&House::read().top));
}

#[test]
fn every_source_file_says_what_lives_in_it() {
    clean(House::read().sources.iter().flat_map(rules::opening).collect());
}

#[test]
fn a_file_is_one_noun() {
    clean(House::read().sources.iter().flat_map(rules::length).collect());
}

#[test]
fn unsafe_code_is_explained() {
    clean(House::read().sources.iter().flat_map(rules::unsafe_code).collect());
}

#[test]
fn operating_systems_are_told_apart_in_one_place() {
    clean(House::read().sources.iter().flat_map(rules::fences).collect());
}

#[test]
fn the_changelog_tells_of_this_version() {
    let house = House::read();
    let version =
        house.manifests[0].1.lines().find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"')).unwrap();
    let changelog = std::fs::read_to_string(house.root.join("CHANGELOG.md")).expect("CHANGELOG.md");
    assert!(changelog.contains(version), "CHANGELOG.md does not name {version}");
}

#[test]
fn the_whole_house_is_seen() {
    let house = House::read();
    for room in ["platform/src/model/", "agent/src/", "server/src/http/", "server/src/store/", "tests/src/"] {
        assert!(house.sources.iter().any(|source| source.path.starts_with(room)), "no source in {room}");
    }
    assert_eq!(house.manifests.len(), 5);
}

#[test]
fn each_rule_sees_a_breach() {
    let source = |path: &str, text: &str| Source { path: path.into(), text: text.into() };
    for (path, text) in [
        ("server/src/store/a.rs", "use axum::Json;"),
        ("server/src/ingest/a.rs", "fn f() -> axum::Json<u8> {}"),
        ("server/src/http/a.rs", "use duckdb::Connection;"),
        ("server/src/cli/a.rs", "fn f(c: &duckdb::Connection) {}"),
        ("server/src/ingest/a.rs", "use crate::http::Thing;"),
        ("server/src/store/a.rs", "use crate::{ingest::Rows, x};"),
        ("server/src/query/a.rs", "use crate::ingest::Rows;"),
        ("server/src/series/a.rs", "use crate::{frame, store::directory::HostId};"),
        ("platform/src/model/cpu.rs", "use crate::linux::cpu;"),
        ("platform/src/linux/cpu.rs", "use tiny_http::Server;"),
        ("agent/src/main.rs", "use tokio::time;"),
        ("agent/src/main.rs", "use siskin_server::store;"),
    ] {
        assert_eq!(rules::floors(&source(path, text)).len(), 1, "{path}: {text}");
    }
    for (path, text) in [
        ("server/src/http/a.rs", "use axum::Json;\nuse crate::{ingest, query, store};"),
        ("server/src/store/a.rs", "//! axum is not named here, nor crate::http\nuse duckdb::Connection;"),
        ("server/src/ingest/a.rs", "use crate::store::Rows; // not crate::http"),
        ("server/src/cli/a.rs", "use crate::store::duckdb::Writer;"),
    ] {
        assert_eq!(rules::floors(&source(path, text)), Vec::<String>::new());
    }
    let manifest = |path: &str, line: &str| rules::dependencies(&(path.into(), format!("[dependencies]\n{line}\n")));
    assert_eq!(manifest("agent/Cargo.toml", "tokio = \"1\"").len(), 1);
    assert_eq!(manifest("agent/Cargo.toml", "siskin-server.workspace = true").len(), 1);
    assert_eq!(manifest("platform/Cargo.toml", "libc = \"1\"").len(), 1);
    assert_eq!(manifest("platform/Cargo.toml", "libc = { version = \"1\", optional = true }").len(), 0);
    assert_eq!(manifest("server/Cargo.toml", "siskin-platform = { features = [\"collect\"] }").len(), 1);
    assert_eq!(
        rules::top(&["README.md".into(), "notes.txt".into()]).iter().filter(|b| b.contains("notes.txt")).count(),
        1
    );
    assert!(rules::top(&[]).iter().any(|breach| breach.contains("CHANGELOG.md")));
    assert_eq!(rules::opening(&source("a.rs", "use std::fs;")).len(), 1);
    assert_eq!(rules::length(&source("server/src/a.rs", &"x\n".repeat(401))).len(), 1);
    assert_eq!(rules::length(&source("server/src/a.rs", &format!("x\n#[cfg(test)]\n{}", "x\n".repeat(401)))).len(), 0);
    assert_eq!(rules::unsafe_code(&source("a.rs", "let x = unsafe { y() };")).len(), 1);
    assert_eq!(rules::unsafe_code(&source("a.rs", "// SAFETY: fine\nlet x = unsafe { y() };")).len(), 0);
    assert_eq!(rules::fences(&source("platform/src/linux/a.rs", "#[cfg(target_os = \"linux\")]")).len(), 1);
}
