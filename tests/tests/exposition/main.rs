//! The agent's `GET /metrics`, read as a scraper reads it: the formats in all strictness, promtool where it is
//! installed, and node_exporter beside it where that is installed.
#![allow(clippy::unwrap_used)] // A test may fail at any line.

mod node_exporter;

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use siskin_tests::{
    http::{Client, Response},
    naming,
    process::{Agent, Home},
    prometheus::Page,
};

/// What Prometheus sends.
const ACCEPT: &str = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                      text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

fn get(client: &mut Client, headers: &[(&str, &str)]) -> Response {
    client.send("GET", "/metrics?collect[]=cpu", headers, b"").unwrap()
}

/// Tells of a test that could not run, past what the test runner keeps to itself.
fn skipped(what: &str, program: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}: {program} is not installed");
}

fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

#[test]
fn both_formats_are_what_they_say() {
    let home = Home::new();
    let agent = Agent::start(&home, &[]);
    let mut client = agent.client();
    let plain = get(&mut client, &[]);
    assert_eq!(plain.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let page = Page::parse(&plain.text());
    let open = get(&mut client, &[("Accept", ACCEPT)]);
    assert_eq!(open.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    let open = Page::parse_open_metrics(&open.text());

    let types = |page: &Page| {
        let types = page.types.iter().map(|(name, kind)| (name.clone(), kind.replace("untyped", "unknown")));
        types.collect::<Vec<_>>()
    };
    assert_eq!(types(&page), types(&open));
    for name in ["node_cpu_seconds_total", "node_memory_MemTotal_bytes", "node_filesystem_size_bytes", "node_load1"] {
        assert!(page.sum(name).is_some(), "{name}");
    }
    for (name, kind) in &page.types {
        assert!(name.starts_with("node_") || name.starts_with("siskin_"), "{name}");
        assert!(kind != "counter" || name.ends_with("_total"), "{name}");
        assert!(page.lines.iter().any(|line| line.name == *name), "nothing but a head: {name}");
        // A reading has one name.
        let twin = name.strip_prefix("node_").map(|rest| format!("siskin_{rest}"));
        assert!(!twin.is_some_and(|twin| page.types.contains_key(&twin)), "{name} twice");
    }
}

#[test]
fn a_page_may_travel_packed() {
    let home = Home::new();
    let agent = Agent::start(&home, &[]);
    let mut client = agent.client();
    let plain = get(&mut client, &[("Accept-Encoding", "identity")]);
    assert_eq!(plain.header("content-encoding"), None);
    let packed = get(&mut client, &[("Accept-Encoding", "gzip, deflate")]);
    let large = plain.body.len() >= 64 << 10;
    assert_eq!(packed.header("content-encoding"), large.then_some("gzip"), "{} bytes", plain.body.len());
    let text = if large { unpacked(&packed.body) } else { packed.text() };
    assert_eq!(Page::parse(&text).types, Page::parse(&plain.text()).types);
}

fn unpacked(body: &[u8]) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(body).read_to_string(&mut text).unwrap();
    text
}

/// The machine of a tree that the collectors are tested with.
fn tree(home: &Home, name: &str) -> Agent {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../platform/fixtures").join(name);
    let place = |directory: &str| tree.join(directory).display().to_string();
    Agent::start(home, &["--root", &place(""), "--proc", &place("proc"), "--sys", &place("sys")])
}

/// The pages of this machine and of those of the trees, which have what this one lacks.
fn pages() -> Vec<String> {
    let page = |agent: Agent| get(&mut agent.client(), &[]).text();
    let homes = [Home::new(), Home::new(), Home::new()];
    let agents = [Agent::start(&homes[0], &[]), tree(&homes[1], "arm-board"), tree(&homes[2], "container")];
    agents.map(page).into()
}

/// Fails where there is no promtool, too.
#[test]
fn names_of_our_own_are_as_promtool_wants_them() {
    for page in pages() {
        let page = Page::parse(&page);
        assert_eq!(naming::complaints(&page, "siskin_"), Vec::<String>::new());
        assert!(page.types.keys().filter(|name| name.starts_with("siskin_")).count() >= 10);
    }
}

/// promtool has complaints of two kinds about names that node_exporter gave (of its own page too). They are part of
/// what dashboards ask for, and stay.
#[test]
fn promtool_complains_of_names_that_are_node_exporters_alone() {
    if !is_installed("promtool") {
        return skipped("what promtool says of the page", "promtool");
    }
    pages().iter().for_each(|page| check(page));
}

fn check(page: &str) {
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut promtool = promtool.spawn().unwrap();
    promtool.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let known = |line: &&str| {
        line.starts_with("node_") && line.contains("'snake_case' not 'camelCase'")
            || line.starts_with("node_entropy_") && line.contains("base unit \"bytes\" instead of \"bits\"")
    };
    let news: Vec<&str> = said.lines().filter(|line| !line.is_empty()).filter(|line| !known(line)).collect();
    assert_eq!(news, Vec::<&str>::new());
    // 3 is its status for complaints about names; 1 is a page that cannot be read.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}", output.status);
}
