//! What is kept and for how long: `GET /storage`, retention, and a disk that fills up.

use serde_json::Value;
use siskin_platform::fleet::Machine;
use siskin_tests::{
    http::Client,
    process::{Home, Server, unix_ms},
    wait::{PATIENCE, until},
};

use crate::support::{flat_now, host, own_metrics, push, rows};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The server's word on its store.
pub fn storage(client: &mut Client) -> Value {
    let response = client.get("/storage");
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()
}

/// A tier of it.
pub fn tier(storage: &Value, name: &str) -> Value {
    let tiers = storage["tiers"].as_array().expect("tiers");
    tiers.iter().find(|tier| tier["name"] == name).unwrap_or_else(|| panic!("no {name} in {storage}")).clone()
}

/// Hours of three days that are over, and one sample of now.
pub fn push_days(client: &mut Client, machine: &mut Machine) -> i64 {
    let today = unix_ms().div_euclid(DAY_MS) * DAY_MS;
    let moments: Vec<i64> = (-72..0).map(|hour| today + hour * HOUR_MS).chain([unix_ms()]).collect();
    let samples = moments.len() as u64;
    assert_eq!(push(client, &machine.batch(moments)), (samples, 0));
    today
}

/// Waits until the days that are over have segments.
pub fn wait_sealed(client: &mut Client, days: u64) -> Value {
    until("segments of the days that are over", PATIENCE, || {
        let storage = storage(client);
        let is_sealed = tier(&storage, "raw")["files"].as_u64() >= Some(days) && storage["waiting_files"] == 0;
        // It is told after the files are there.
        (is_sealed && storage["sealing"] == false).then_some(storage)
    })
}

#[test]
fn storage_tells_of_tiers_and_disk() {
    let home = Home::new();
    let server = Server::start_with(&home, &["--seal-after", "0s", "--retention-bytes", "1G"]);
    let mut client = server.client();
    let empty = storage(&mut client);
    assert_eq!(empty["tiers"].as_array().unwrap().len(), 4);
    assert_eq!((&empty["writable"], &empty["sealing"]), (&true.into(), &false.into()));
    assert_eq!((&empty["days_until_full"], &empty["last_seal_seconds"]), (&Value::Null, &Value::Null));
    let raw = tier(&empty, "raw");
    assert_eq!((&raw["files"], &raw["bytes_per_value"], &raw["oldest"]), (&0.into(), &Value::Null, &Value::Null));
    assert_eq!(raw["retention_seconds"], 30 * 86_400);
    assert_eq!(tier(&empty, "hot")["retention_seconds"], Value::Null);

    let today = push_days(&mut client, &mut Machine::new(5, 1));
    let full = wait_sealed(&mut client, 3);
    let raw = tier(&full, "raw");
    assert!(raw["samples"].as_u64() >= Some(72) && raw["values"].as_u64() > Some(72 * 50), "{raw}");
    assert!(raw["bytes_per_value"].as_f64() > Some(0.0), "{raw}");
    assert_eq!(raw["oldest"], (today - 72 * HOUR_MS) / 1000);
    let bytes: u64 = full["tiers"].as_array().unwrap().iter().map(|tier| tier["bytes"].as_u64().unwrap()).sum();
    assert_eq!(full["bytes"], bytes);
    assert!(bytes > raw["bytes"].as_u64().unwrap() && full["max_bytes"] == 1 << 30);
    let disk = &full["disk"];
    assert!(disk["free_bytes"].as_u64() <= disk["total_bytes"].as_u64() && disk["floor_bytes"].as_u64() > Some(0));
    assert!(full["last_seal_seconds"].as_f64() > Some(0.0));
    // Three days of a few hundred kilobytes each, and a gibibyte to fill: more than 30 days, and then it grows no more.
    assert_eq!(full["days_until_full"], Value::Null);

    let page = own_metrics(&mut client);
    let value = |line: &str| page.values.get(line).copied();
    assert_eq!(value("siskin_store_files{tier=\"raw\"}"), raw["files"].as_f64());
    assert_eq!(value("siskin_store_bytes{tier=\"raw\"}"), raw["bytes"].as_f64());
    assert!(value("siskin_seals_total{result=\"ok\"}") >= Some(1.0));
    assert_eq!(value("siskin_seals_total{result=\"failed\"}"), Some(0.0));
    assert_eq!(value("siskin_disk_writable"), Some(1.0));
}

#[test]
fn days_beyond_their_age_go_and_so_do_their_counts() {
    let home = Home::new();
    let mut server = Server::start_with(&home, &["--seal-after", "0s"]);
    let mut client = server.client();
    let mut machine = Machine::new(5, 2);
    let today = push_days(&mut client, &mut machine);
    wait_sealed(&mut client, 3);
    let name = machine.host.hostname.clone();
    assert_eq!(host(&mut client, &name)["metric_count"], 73);
    server.program.terminate();

    let server = Server::start_with(&home, &["--seal-after", "0s", "--retention-raw", "1d"]);
    let mut client = server.client();
    until("two days go", PATIENCE, || {
        (tier(&storage(&mut client), "raw")["oldest"] == (today - DAY_MS) / 1000).then_some(())
    });
    assert_eq!(host(&mut client, &name)["metric_count"], 25);
    assert_eq!(rows(&mut client, &format!("?hostname={name}&timeframe=7d")).len(), 25);
}

#[test]
fn a_disk_that_is_almost_full_takes_nothing_and_answers_all_else() {
    let home = Home::new();
    let server = Server::start_with(&home, &["--min-free", "8000T"]);
    let mut client = server.client();
    let refused = client.post_json("/metrics", &flat_now("nas"));
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() >= 30);
    let error = refused.json()["error"].as_str().unwrap().to_owned();
    assert!(error.starts_with("the disk is almost full: ") && error.contains("--min-free"), "{error}");
    assert_eq!(storage(&mut client)["writable"], false);
    assert_eq!(own_metrics(&mut client).values.get("siskin_disk_writable").copied(), Some(0.0));
    assert_eq!(rows(&mut client, "").len(), 0);
    // Said once, however many ask.
    client.post_json("/metrics", &flat_now("nas"));
    assert_eq!(server.program.said().matches("almost full").count(), 1);
    drop(server);

    let server = Server::start_with(&home, &["--min-free", "0"]);
    assert_eq!(server.client().post_json("/metrics", &flat_now("nas")).status, 200);
}
