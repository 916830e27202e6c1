//! Snapshots: a copy that is taken under load is a whole store, with every sample that was acknowledged before.

use std::{
    process::{Command, Output},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use siskin_platform::fleet::Machine;
use siskin_tests::{
    process::{Home, Program, Server, unix_ms},
    wait::{PATIENCE, until},
};

use crate::storage::{push_days, storage, tier, wait_sealed};
use crate::support::{host, push, rows, timestamps};

/// `siskin-server snapshot` with these arguments.
fn take(arguments: &[&str]) -> Output {
    Command::new(Server::binary()).arg("snapshot").args(arguments).env_clear().output().expect("a run")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_snapshot_under_load_restores_what_was_acknowledged() {
    let (home, restored) = (Home::new(), Home::new());
    let server = Server::start_with(&home, &["--seal-after", "0s"]);
    let url = format!("http://{}", server.address);
    let mut client = server.client();
    let mut settled = Machine::new(6, 0);
    push_days(&mut client, &mut settled);
    wait_sealed(&mut client, 3);

    let stop = AtomicBool::new(false);
    let acknowledged = Mutex::new(vec![0_u64; 3]);
    let target = restored.join("");
    let at_least = std::thread::scope(|scope| {
        for number in 0..3 {
            let (stop, acknowledged, mut client) = (&stop, &acknowledged, server.client());
            scope.spawn(move || {
                let mut machine = Machine::new(6, 1 + number as u64);
                let mut second = unix_ms() - 40_000_000;
                while !stop.load(Ordering::Relaxed) {
                    push(&mut client, &machine.batch((0..20).map(|index| second + index * 1000)));
                    second += 20_000;
                    acknowledged.lock().unwrap()[number] += 20;
                }
            });
        }
        until("a load", PATIENCE, || acknowledged.lock().unwrap().iter().all(|count| *count >= 100).then_some(()));
        let at_least = acknowledged.lock().unwrap().clone();
        let output = take(&[target.to_str().unwrap(), "--server", &url]);
        stop.store(true, Ordering::Relaxed);
        assert!(output.status.success(), "{}", said(&output));
        assert!(said(&output).contains("serve --data"), "{}", said(&output));
        at_least
    });

    // Nothing is left beside the data, and the copy is a store while the original runs.
    assert_eq!(std::fs::read_dir(home.join("siskin.duckdb.d/snapshots")).unwrap().count(), 0);
    let copy = Server::start(&restored);
    let mut copied = copy.client();
    assert_eq!(host(&mut copied, &settled.host.hostname)["metric_count"], 73);
    for (number, at_least) in at_least.iter().enumerate() {
        let name = Machine::new(6, 1 + number as u64).host.hostname;
        let rows = rows(&mut copied, &format!("?hostname={name}&timeframe=7d"));
        let mut moments = timestamps(&rows);
        assert!(moments.len() as u64 >= *at_least, "{name}: {} of {at_least}", moments.len());
        // No sample but those that came first, each once.
        let first = moments[0];
        assert!(moments.iter().enumerate().all(|(index, at)| *at == first + index as i64), "{name}");
        moments.dedup();
        assert_eq!(moments.len(), rows.len());
        assert_eq!(host(&mut copied, &name)["metric_count"], rows.len());
    }
    assert_eq!(tier(&storage(&mut copied), "raw")["files"], tier(&storage(&mut client), "raw")["files"]);
    push(&mut copied, &settled.batch([unix_ms()]));
    push(&mut client, &settled.batch([unix_ms()]));
    for home in [&restored, &home] {
        let script = home.join("siskin.duckdb.d/attach.sql");
        until("attach.sql", PATIENCE, || std::fs::read_to_string(&script).ok().filter(|text| text.contains("/raw/")));
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let (home, target) = (Home::new(), Home::new());
    std::fs::write(home.join("tokens"), "sixteen-bytes-01\n").unwrap();
    let mut server = Server::start_with(&home, &["--token-file", home.join("tokens").to_str().unwrap()]);
    let url = format!("http://{}", server.address);
    let directory = target.join("new").to_str().unwrap().to_owned();
    let fails = |arguments: &[&str], word: &str| {
        let output = take(arguments);
        assert!(!output.status.success());
        assert!(said(&output).contains(word), "{word:?} is not in {}", said(&output));
    };
    fails(&[&directory, "--server", &url], "give --token-file FILE");
    let full = home.join("").to_str().unwrap().to_owned();
    fails(&[&full, "--server", &url], "is not empty");
    fails(&[&directory, "--server", "https://x"], "TLS");
    let mut client = server.client().with_header("Authorization", "Bearer sixteen-bytes-01");
    let answer = client.send("DELETE", "/snapshots/..", &[], b"").unwrap();
    assert_eq!(answer.status, 404, "{}", answer.text());
    let answer = client.send("DELETE", "/snapshots/2026-11-23T00-00-00Z", &[], b"").unwrap();
    assert_eq!((answer.status, answer.json()["error"].as_str().unwrap().contains("no snapshot")), (404, true));
    server.program.terminate();
    fails(&[&directory, "--server", &url], "no server answers");
    assert!(!target.join("new").exists());
}

#[test]
fn snapshots_are_made_by_themselves_and_the_oldest_go() {
    let home = Home::new();
    let server = Server::start_with(&home, &["--snapshot-every", "1s", "--snapshot-keep", "2"]);
    let mut client = server.client();
    push(&mut client, &Machine::new(6, 9).batch([unix_ms()]));
    let names = || {
        let entries = std::fs::read_dir(home.join("siskin.duckdb.d/snapshots")).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
        names.sort();
        names
    };
    let first = until("two snapshots", PATIENCE, || Some(names()).filter(|names| names.len() == 2));
    let later = until("two others", PATIENCE, || {
        Some(names()).filter(|names| names.len() == 2 && !names.iter().any(|name| first.contains(name)))
    });
    assert!(first[1] < later[0], "{first:?} {later:?}");
    drop(server);

    // A scheduled snapshot is a store as any other.
    let (snapshot, restored) = (home.join("siskin.duckdb.d/snapshots").join(&later[1]), Home::new());
    for name in ["siskin.duckdb", "siskin.duckdb.d"] {
        std::fs::rename(snapshot.join(name), restored.join(name)).unwrap();
    }
    let server = Server::start(&restored);
    assert_eq!(host(&mut server.client(), &Machine::new(6, 9).host.hostname)["metric_count"], 1);
}

#[test]
fn what_is_made_by_hand_is_told_and_bounded() {
    let home = Home::new();
    let server = Server::start_with(&home, &["--snapshot-keep", "1"]);
    let mut client = server.client();
    push(&mut client, &Machine::new(6, 4).batch([unix_ms()]));
    assert_eq!(storage(&mut client)["snapshots"], serde_json::json!({"names": [], "bytes": 0}));
    let mut made = Vec::new();
    for _ in 0..9 {
        let answer = client.send("POST", "/snapshot", &[], b"").unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        made.push(answer.json()["name"].clone());
    }
    let answer = client.send("POST", "/snapshot", &[], b"").unwrap();
    assert_eq!(answer.status, 409, "{}", answer.text());
    assert!(answer.json()["error"].as_str().unwrap().contains("DELETE /snapshots/NAME"), "{}", answer.text());
    let told = storage(&mut client)["snapshots"].clone();
    assert_eq!(told["names"], serde_json::Value::Array(made.clone()), "in the order in which they were made");
    assert!(told["bytes"].as_u64() > Some(0), "{told}");
    let metrics = client.get("/metrics").text();
    assert!(metrics.contains(&format!("siskin_store_snapshot_bytes {}", told["bytes"])), "{metrics}");
    let path = format!("/snapshots/{}", made[0].as_str().unwrap());
    assert_eq!(client.send("DELETE", &path, &[], b"").unwrap().status, 200);
    assert_eq!(client.send("POST", "/snapshot", &[], b"").unwrap().status, 200);
}

/// A copy that is broken off leaves nothing beside the data.
#[test]
fn a_command_that_is_ended_takes_its_snapshot_with_it() {
    let (home, target) = (Home::new(), Home::new());
    let server = Server::start_with(&home, &["--seal-after", "0s"]);
    let mut client = server.client();
    push_days(&mut client, &mut Machine::new(6, 5));
    wait_sealed(&mut client, 3);
    let url = format!("http://{}", server.address);
    let directory = target.join("new");
    let mut command = Command::new(Server::binary());
    command.arg("snapshot").arg(&directory).args(["--server", &url]).env_clear();
    let mut running = Program::start(command);
    let snapshots = home.join("siskin.duckdb.d/snapshots");
    until("a snapshot is begun", PATIENCE, || snapshots.exists().then_some(()));
    running.terminate();
    let is_left = || std::fs::read_dir(&snapshots).into_iter().flatten().count();
    until("nothing is left", PATIENCE, || (is_left() == 0).then_some(()));
    assert_eq!(storage(&mut client)["snapshots"]["bytes"], 0);
}
