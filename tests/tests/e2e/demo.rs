//! `siskin-server demo`: a made-up fleet with a history that lives on, through the server's own door.

use std::process::Command;

use serde_json::{Value, json};
use siskin_tests::{
    process::{Home, Program, Server, unix_seconds},
    wait::{PATIENCE, until},
};

use crate::support::{hosts, own_metrics, series};

const TOKEN: &str = "s3cret-token-of-the-tests";

fn demo(server: &str, arguments: &[&str]) -> Program {
    let mut command = Command::new(Server::binary());
    command.args(["demo", "--server", server]).args(arguments);
    Program::start(command)
}

fn url(server: &Server) -> String {
    format!("http://{}", server.address)
}

/// Samples of each host, in the order of their names.
fn counts(server: &Server) -> Vec<u64> {
    hosts(&mut server.client()).iter().map(|host| host["metric_count"].as_u64().unwrap()).collect()
}

#[test]
fn a_fleet_has_a_history_and_lives_on() {
    let home = Home::new();
    let server = Server::start(&home);
    let started = unix_seconds();
    let mut demo = demo(&url(&server), &["--hosts", "3", "--history", "30m", "--interval", "2s", "--seed", "5"]);
    // 900 samples of history each, and then at least two as they come.
    until("a fleet that lives", PATIENCE, || {
        let counts = counts(&server);
        (counts.len() == 3 && counts.iter().all(|count| *count >= 902)).then_some(())
    });
    let status = demo.terminate();
    assert!(status.success(), "{status}: {}", demo.said());
    let said = demo.said();
    assert!(said.contains("3 hosts of seed 5") && said.contains("history: ") && said.contains("stopped: "), "{said}");

    let mut client = server.client();
    let fleet = hosts(&mut client);
    let names: Vec<&Value> = fleet.iter().map(|host| &host["hostname"]).collect();
    assert_eq!(names, ["db-01", "web-01", "web-02"]);
    for host in &fleet {
        assert_eq!((&host["interval_seconds"], &host["cloned"]), (&json!(2.0), &json!(false)), "{host}");
        assert!(host["tags"]["role"].is_string() && host["last_seen"].as_i64().unwrap() >= started, "{host}");
    }
    let id = fleet[0]["id"].as_str().unwrap();
    let metrics = "cpu.busy_ratio,filesystem.free_bytes,sensor.temperature_celsius,network.rx_bytes_per_s";
    let data = client.get(&format!("/data?id={id}&metrics={metrics}&timeframe=15m&points=400")).json();
    let numbers = |metric: &str, labels: Value| {
        let values: Vec<f64> = series(&data, metric, &labels).iter().filter_map(Value::as_f64).collect();
        assert!(values.len() > 150, "{metric}: {} values", values.len());
        values
    };
    assert!(numbers("cpu.busy_ratio", json!({})).iter().all(|share| (0.0..=1.0).contains(share)));
    assert!(numbers("network.rx_bytes_per_s", json!({"interface": "eth0"})).iter().all(|rate| *rate >= 0.0));
    numbers("filesystem.free_bytes", json!({"mountpoint": "/var/lib/postgresql"}));
    numbers("sensor.temperature_celsius", json!({"sensor": "coretemp.0/temp1"}));
    assert_eq!(own_metrics(&mut client).sum("siskin_lost_samples_total").unwrap_or(0.0), 0.0);
}

#[test]
fn a_second_run_goes_on_where_the_first_ended_and_doubles_nothing() {
    let home = Home::new();
    let server = Server::start(&home);
    let arguments = ["--hosts", "2", "--history", "10m", "--interval", "1s", "--no-live"];
    let began = unix_seconds();
    let mut first = demo(&url(&server), &arguments);
    assert!(first.wait().success(), "{}", first.said());
    let before = counts(&server);
    assert!(before.iter().all(|count| (599..=620).contains(count)), "{before:?}");

    let mut second = demo(&url(&server), &["--hosts", "3", "--history", "10m", "--interval", "1s", "--no-live"]);
    assert!(second.wait().success(), "{}", second.said());
    let after = counts(&server);
    let most = 600 + u64::try_from(unix_seconds() - began).unwrap() + 1;
    assert!(after.len() == 3 && after.iter().all(|count| (599..=most).contains(count)), "{after:?}, at most {most}");

    // No two samples of a host lie closer together than its schedule allows.
    let mut client = server.client();
    for host in hosts(&mut client) {
        let name = host["hostname"].as_str().unwrap();
        let rows = crate::support::rows(&mut client, &format!("?hostname={name}&timeframe=1h"));
        let mut times = crate::support::timestamps(&rows);
        assert_eq!(times.len() as u64, host["metric_count"].as_u64().unwrap());
        times.dedup();
        // The schedule is late by milliseconds, which may put two samples into one second of the answer.
        assert!(times.len() + 8 >= rows.len(), "{name}: {} moments of {} samples", times.len(), rows.len());
        assert_eq!(host["cloned"], false, "{host}");
    }
    assert_eq!(own_metrics(&mut client).sum("siskin_duplicate_samples_total").unwrap_or(0.0), 0.0);
}

#[test]
fn what_is_wrong_is_said() {
    let home = Home::new();
    let tokens = home.join("tokens");
    std::fs::write(&tokens, format!("# for the tests\n{TOKEN}\n")).unwrap();
    let server = Server::start_with(&home, &["--token-file", tokens.to_str().unwrap()]);
    let other = home.join("other");
    std::fs::write(&other, "another-token-of-the-tests\n").unwrap();
    let quick = ["--hosts", "1", "--history", "1m", "--no-live"];
    let with = |address: &str, more: &[&str]| {
        let mut demo = demo(address, &[&quick, more].concat());
        (demo.wait().code(), demo.said())
    };
    let url = url(&server);
    for (address, more, words) in [
        ("http://127.0.0.1:1", &[][..], "siskin-server serve"),
        ("https://127.0.0.1:5050", &[], "no TLS"),
        (&url, &[], "--token-file FILE"),
        (&url, &["--token-file", other.to_str().unwrap()], "does not know the token"),
        (&url, &["--token-file", "/nowhere/tokens"], "/nowhere/tokens"),
    ] {
        let (code, said) = with(address, more);
        assert!(code == Some(1) && said.contains(words), "{code:?}: {said}");
    }
    let (code, said) = with(&url, &["--token-file", tokens.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains(TOKEN), "a token is never shown: {said}");
    for (argument, value, words) in
        [("--interval", "5h", "1h"), ("--history", "long", "24h"), ("--hosts", "0", "1..=1000")]
    {
        let mut demo = demo(&url, &[argument, value]);
        assert_eq!(demo.wait().code(), Some(2));
        assert!(demo.said().contains(words), "{}", demo.said());
    }
}
