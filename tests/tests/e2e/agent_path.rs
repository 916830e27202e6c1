//! Host → agent → server → `/data`, `/hosts`, `/details`: what the agent read is what the server answers.

use serde_json::{Value, json};
use siskin_tests::{
    http::Client,
    process::{Agent, Home, Program, Server, unix_seconds},
    wait::{PATIENCE, until},
};

use crate::support::{host, hosts, rows, series};

/// A server, and an agent that pushes to it each second.
struct Path {
    _agent: Agent,
    server: Server,
    system: Value,
    _homes: (Home, Home),
}

/// Starts both and waits until a sample that the agent shows has been stored.
fn start() -> Path {
    let homes = (Home::new(), Home::new());
    let server = Server::start(&homes.0);
    let url = format!("http://{}", server.address);
    let agent = Agent::start(&homes.1, &["--server", &url, "--interval", "1"]);
    let mut client = agent.client();
    let system = until("a third sample", PATIENCE, || {
        let system = client.get("/system").json();
        (system["seq"].as_u64()? >= 3).then_some(system)
    });
    let seconds = system["sample"]["at"]["unix_ms"].as_i64().unwrap() / 1000;
    let mut client = server.client();
    until("the sample in the store", PATIENCE, || (last_seen(&mut client)? >= seconds).then_some(()));
    Path { _agent: agent, server, system, _homes: homes }
}

fn last_seen(client: &mut Client) -> Option<i64> {
    hosts(client).first()?["last_seen"].as_i64()
}

#[test]
fn what_the_agent_read_is_what_the_server_answers() {
    let path = start();
    let mut client = path.server.client();
    let (system, sample) = (&path.system, &path.system["sample"]);
    let name = system["system"]["hostname"].as_str().unwrap();

    let host = host(&mut client, name);
    assert_eq!((&host["state"], &host["interval_seconds"]), (&json!("up"), &json!(1.0)));
    assert!(host["metric_count"].as_u64().unwrap() >= 3);
    assert!((host["last_seen"].as_i64().unwrap() - unix_seconds()).abs() <= 5, "{host}");
    assert!(host["skew_seconds"].as_f64().unwrap().abs() < 1.0, "one clock for both: {host}");
    assert!(host["agent_version"].is_string() && host["id"].as_str().is_some_and(|id| !id.is_empty()), "{host}");
    for value in ["cpu", "ram", "disk"] {
        assert!((0.0..=100.0).contains(&host["latest"][value].as_f64().unwrap()), "{host}");
    }

    // The predecessor's form.
    let rows = rows(&mut client, &format!("?hostname={name}&timeframe=1h"));
    let seconds = sample["at"]["unix_ms"].as_i64().unwrap() / 1000;
    let row =
        rows.iter().find(|row| row["timestamp"] == seconds).unwrap_or_else(|| panic!("no row at {seconds}: {rows:?}"));
    for (field, object) in [("ram", "memory"), ("disk", "disk")] {
        let (stored, shown) = (row[field].as_f64().unwrap(), system[object]["percent"].as_f64().unwrap());
        assert!((stored - shown).abs() <= 0.06, "{field}: {stored} stored, {shown} shown");
    }

    // The new form.
    let id = host["id"].as_str().unwrap();
    let metrics = "memory.total_bytes,memory.available_bytes,load.one,uptime_seconds,filesystem.total_bytes,cpu.user_ratio,\
                   cpu.idle_ratio,network.rx_bytes_per_s,disk.read_bytes_per_s";
    let response = client.get(&format!("/data?id={id}&metrics={metrics}&timeframe=15m&points=1000"));
    assert_eq!(response.status, 200, "{}", response.text());
    let data = response.json();
    assert_eq!(data["step_seconds"], Value::Null, "few samples come as they are");
    let at = sample["at"]["unix_ms"].as_f64().unwrap() / 1000.0;
    let times: Vec<f64> = data["ts"].as_array().unwrap().iter().map(|ts| ts.as_f64().unwrap()).collect();
    assert!(times.is_sorted());
    let index = times.iter().position(|ts| (ts - at).abs() < 0.001).unwrap_or_else(|| panic!("no {at} in {times:?}"));
    for (metric, read) in [
        ("memory.total_bytes", &sample["memory"]["total_bytes"]),
        ("memory.available_bytes", &sample["memory"]["available_bytes"]),
        ("load.one", &sample["load"]["one"]),
    ] {
        assert_eq!(series(&data, metric, &json!({}))[index].as_f64(), read.as_f64(), "{metric}");
    }
    let uptime = series(&data, "uptime_seconds", &json!({}))[index].as_f64().unwrap();
    assert!((uptime - sample["uptime_seconds"].as_f64().unwrap()).abs() < 0.01);
    for filesystem in sample["filesystems"].as_array().unwrap() {
        let stored = series(&data, "filesystem.total_bytes", &json!({"mountpoint": filesystem["mountpoint"]}));
        assert_eq!(stored[index].as_f64(), filesystem["total_bytes"].as_f64(), "{filesystem}");
    }
    for network in sample["networks"].as_array().unwrap() {
        series(&data, "network.rx_bytes_per_s", &json!({"interface": network["interface"]}));
    }
    for disk in sample["disks"].as_array().unwrap() {
        series(&data, "disk.read_bytes_per_s", &json!({"device": disk["device"]}));
    }
    let shares =
        ["cpu.user_ratio", "cpu.idle_ratio"].map(|metric| series(&data, metric, &json!({}))[index].as_f64().unwrap());
    assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)), "{shares:?}");
}

#[test]
fn details_are_the_system_document() {
    let path = start();
    let mut client = path.server.client();
    let name = path.system["system"]["hostname"].as_str().unwrap();
    let by_name = client.get(&format!("/details?hostname={name}"));
    assert_eq!(by_name.status, 200, "{}", by_name.text());
    let document = by_name.json();
    assert_eq!(document["hostname"], name);
    // Slow facts agree; the rest is of another moment.
    for (object, field) in [("system", "hostname"), ("system", "os_release"), ("memory", "total"), ("disk", "mount")] {
        assert_eq!(document["details"][object][field], path.system[object][field], "{object}.{field}");
    }
    let id = host(&mut client, name)["id"].as_str().unwrap().to_owned();
    assert_eq!(client.get(&format!("/details?id={id}")).json()["hostname"], name);
}

#[test]
fn once_prints_one_document() {
    let home = Home::new();
    let mut command = Agent::command(&home, &["--once"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(document["cpu"]["percent"].is_number() && document["sample"]["memory"]["total_bytes"].is_u64());
}

#[test]
fn an_agent_that_cannot_reach_its_server_hands_over_later() {
    let homes = (Home::new(), Home::new());
    let mut server = Server::start(&homes.0);
    let address = server.address.to_string();
    let agent = Agent::start(&homes.1, &["--server", &format!("http://{address}"), "--interval", "1"]);
    until("a first sample", PATIENCE, || last_seen(&mut server.client()));
    server.program.kill();
    let mut asked = agent.client();
    let seq = asked.get("/system").json()["seq"].as_u64().unwrap();
    until("three samples without a server", PATIENCE, || {
        (asked.get("/system").json()["seq"].as_u64()? >= seq + 3).then_some(())
    });
    let before = unix_seconds();
    let server = Server::start_with(&homes.0, &["--listen", &address]);
    let mut client = server.client();
    until("samples again", PATIENCE, || (last_seen(&mut client)? > before).then_some(()));
    let stored = rows(&mut client, "");
    let times = crate::support::timestamps(&stored);
    let holes = times.windows(2).filter(|pair| pair[1] - pair[0] > 2).count();
    assert_eq!(holes, 0, "no sample is missing: {times:?}");
}

#[test]
fn sigterm_ends_the_agent_cleanly() {
    let home = Home::new();
    let mut agent = Agent::start(&home, &["--interval", "1"]);
    let status = agent.program.terminate();
    assert_eq!(status.code(), Some(0), "{}", agent.program.said());
}

#[test]
fn a_second_agent_on_the_same_port_says_so() {
    let home = Home::new();
    let agent = Agent::start(&home, &[]);
    let address = agent.address.to_string();
    let mut second = Program::start({
        let mut command = Agent::command(&home, &[]);
        command.args(["--listen", &address]);
        command
    });
    let status = second.wait();
    assert!(!status.success(), "{}", second.said());
    assert!(second.said().contains(&address), "{}", second.said());
}
