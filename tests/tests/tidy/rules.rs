//! The rules. Each gives the breaches it finds, one line each.

use crate::house::Source;

/// Past this it is two nouns.
const LINES_MAX: usize = 400;

/// What the model may need: what it is written with, and a small crate without needs of its own that formats dates.
const MODEL_NEEDS: &[&str] = &["serde", "humantime"];

/// Where: what must not be named there.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("platform/src/model/", &["crate::linux", "crate::macos", "crate::collect", "libc::", "procfs::"]),
    ("platform/src/", &["tiny_http", "axum", "duckdb", "tokio", "siskin_agent", "siskin_server"]),
    ("agent/src/", &["tokio", "axum", "duckdb", "siskin_server", "ractor"]),
    ("server/src/http/", &["duckdb::", "rusqlite::", "crate::cli", "crate::import"]),
    (
        "server/src/auth/",
        &["axum", "duckdb::", "crate::http", "crate::cli", "crate::ingest", "crate::query", "crate::store"],
    ),
    (
        "server/src/ingest/",
        &[
            "axum",
            "duckdb::",
            "rusqlite::",
            "crate::http",
            "crate::cli",
            "crate::import",
            "crate::query",
            "crate::collect",
        ],
    ),
    ("server/src/import/", &["axum", "duckdb::", "crate::http", "crate::cli", "crate::query", "crate::collect"]),
    ("server/src/collect/", &["axum", "duckdb::", "crate::http", "crate::cli", "crate::query"]),
    (
        "server/src/query/",
        &["axum", "rusqlite::", "crate::http", "crate::cli", "crate::ingest", "crate::import", "crate::collect"],
    ),
    (
        "server/src/store/",
        &[
            "axum",
            "rusqlite::",
            "crate::http",
            "crate::cli",
            "crate::ingest",
            "crate::import",
            "crate::query",
            "crate::collect",
        ],
    ),
    (
        "server/src/series/",
        &[
            "axum",
            "duckdb::",
            "rusqlite::",
            "crate::http",
            "crate::cli",
            "crate::ingest",
            "crate::query",
            "crate::store",
            "crate::collect",
        ],
    ),
    ("server/src/cli/", &["axum", "duckdb::", "rusqlite::"]),
    ("server/src/main.rs", &["axum", "duckdb::", "rusqlite::"]),
    ("tests/src/", &["siskin_server", "siskin_agent", "duckdb::"]),
];

const TOP: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "Makefile",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    "cross.toml",
    "rust-toolchain.toml",
    "platform",
    "agent",
    "server",
    "dashboard",
    "deploy",
    "tests",
];

/// The floors: nothing names what lies above it, and a library is named in its own room only.
pub fn floors(source: &Source) -> Vec<String> {
    let code = in_full(&without_comments(&source.text));
    let rooms = FORBIDDEN.iter().filter(|(room, _)| source.path.starts_with(room));
    let words: std::collections::BTreeSet<&str> = rooms.flat_map(|(_, words)| words.iter().copied()).collect();
    let named = words.into_iter().filter(|word| names(&code, word));
    named.map(|word| format!("{} names {word}", source.path)).collect()
}

/// The floors again, in what the crates ask Cargo for.
pub fn dependencies((path, text): &(String, String)) -> Vec<String> {
    let forbidden: &[&str] = match path.as_str() {
        "agent/Cargo.toml" => &["tokio", "axum", "duckdb", "ractor", "hyper", "reqwest", "siskin-server"],
        "platform/Cargo.toml" => &["tokio", "axum", "duckdb", "tiny_http", "siskin-agent", "siskin-server"],
        "server/Cargo.toml" => &["siskin-agent", "tiny_http", "procfs"],
        "tests/Cargo.toml" => &["siskin-agent", "siskin-server", "duckdb"],
        _ => return Vec::new(),
    };
    let mut section = "";
    let mut breaches = Vec::new();
    for line in text.lines() {
        if line.starts_with('[') {
            section = line;
        }
        let Some(name) = line.split(['.', ' ', '=']).next().filter(|name| !name.is_empty()) else { continue };
        if section.contains("dependencies") && forbidden.contains(&name) {
            breaches.push(format!("{path} depends on {name}"));
        }
        if section != "[dependencies]" || line == section {
            continue;
        }
        if path == "platform/Cargo.toml" && !MODEL_NEEDS.contains(&name) && !line.contains("optional = true") {
            breaches.push(format!("{path}: the model does not need {name}, so it must be optional"));
        }
        if path == "server/Cargo.toml" && name == "siskin-platform" && line.contains("collect") {
            breaches.push(format!("{path}: the server needs the model, not the collectors"));
        }
    }
    breaches
}

/// What lies at the top, all of it and nothing else.
pub fn top(names: &[String]) -> Vec<String> {
    let strange = names
        .iter()
        .filter(|name| !TOP.contains(&name.as_str()))
        .map(|name| format!("{name} does not belong at the top"));
    let missing = TOP.iter().filter(|name| !names.iter().any(|n| n == *name)).map(|name| format!("{name} is missing"));
    strange.chain(missing).collect()
}

/// A file opens with `//!`.
pub fn opening(source: &Source) -> Vec<String> {
    let opens = source.text.starts_with("//! ");
    (!opens).then(|| format!("{} does not open with //!", source.path)).into_iter().collect()
}

/// A file is not longer than a noun takes; tests are not counted.
pub fn length(source: &Source) -> Vec<String> {
    let is_test = source.path.contains("/tests/") || source.path.ends_with("/tests.rs");
    let code = source.text.split("\n#[cfg(test)]\n").next().unwrap_or_default();
    let lines = code.lines().count();
    (!is_test && lines > LINES_MAX).then(|| format!("{} has {lines} lines", source.path)).into_iter().collect()
}

/// `unsafe` says why it is sound.
pub fn unsafe_code(source: &Source) -> Vec<String> {
    let lines: Vec<&str> = source.text.lines().collect();
    let is_unsafe = |line: &str| {
        line.split("//").next().is_some_and(|code| code.contains("unsafe {") || code.contains("unsafe impl"))
    };
    let explained = |at: usize| lines[at.saturating_sub(4)..=at].iter().any(|line| line.contains("// SAFETY:"));
    let breaches =
        lines.iter().enumerate().filter(|(at, line)| is_unsafe(line) && !line.contains('"') && !explained(*at));
    breaches.map(|(at, _)| format!("{}:{} is unsafe without SAFETY", source.path, at + 1)).collect()
}

/// Systems are told apart in `platform/src/lib.rs` alone.
pub fn fences(source: &Source) -> Vec<String> {
    let free = !source.path.starts_with("platform/src/") || source.path == "platform/src/lib.rs";
    let code = without_comments(&source.text);
    let fenced = ["target_os", "cfg(unix)", "cfg(windows)", "target_family"].iter().any(|word| code.contains(word));
    (!free && fenced).then(|| format!("{} tells systems apart", source.path)).into_iter().collect()
}

fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// `use crate::{a, b::{c, d}}` also names `crate::a` and `crate::b`: spells those out at the end of the text.
fn in_full(code: &str) -> String {
    let mut all = code.to_owned();
    for rest in code.split("crate::{").skip(1) {
        let mut depth = 0;
        let mut start = true;
        for letter in rest.chars() {
            match letter {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                letter if letter.is_whitespace() => {}
                letter => {
                    if start && depth == 0 {
                        all.push_str("\ncrate::");
                        start = false;
                    }
                    all.push(letter);
                }
            }
        }
    }
    all
}

/// Whether the code has this word, as a whole and not as the end of a longer path.
fn names(code: &str, word: &str) -> bool {
    let part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back().is_some_and(part);
        let after =
            code[at + word.len()..].chars().next().is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        let after = after && !word.ends_with(':');
        !before && !after
    })
}
