//! How a server begins and ends: SIGTERM, a second server on the same data, the predecessor's database, a port in use.

use std::{
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use siskin_platform::fleet::Machine;
use siskin_tests::{
    process::{Home, Program, Server, unix_seconds},
    wait::{PATIENCE, until},
};

use crate::support::{body, flat_now, push, rows, timestamps};

#[test]
fn sigterm_under_load_loses_nothing_and_exits_with_zero() {
    let home = Home::new();
    let mut server = Server::start(&home);
    let stop = Arc::new(AtomicBool::default());
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let senders: Vec<_> = (0..3)
        .map(|number| {
            let (stop, acknowledged, mut client) = (Arc::clone(&stop), Arc::clone(&acknowledged), server.client());
            std::thread::spawn(move || {
                let mut machine = Machine::with_cores(5, number, 1);
                let mut second = unix_seconds() - 86_400;
                while !stop.load(Ordering::Relaxed) {
                    let batch = machine.batch([second * 1000]);
                    let headers = [("Content-Type", "application/json")];
                    match client.send("POST", "/metrics", &headers, &body(&batch)) {
                        Ok(response) if response.status == 200 => acknowledged.lock().unwrap().push((number, second)),
                        Ok(response) => assert_eq!(response.status, 503, "{}", response.text()),
                        Err(_) => return,
                    }
                    second += 1;
                }
            })
        })
        .collect();
    until("some acknowledgements", PATIENCE, || (acknowledged.lock().unwrap().len() > 100).then_some(()));
    let status = server.program.terminate();
    stop.store(true, Ordering::Relaxed);
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    assert_eq!(status.code(), Some(0), "{}", server.program.said());

    let server = Server::start(&home);
    let mut client = server.client();
    for number in 0..3 {
        let stored = timestamps(&rows(&mut client, &format!("?hostname=machine-{number:04}&timeframe=7d")));
        let acknowledged = acknowledged.lock().unwrap();
        let expected: Vec<i64> =
            acknowledged.iter().filter(|(host, _)| *host == number).map(|(_, second)| *second).collect();
        assert!(expected.iter().all(|second| stored.contains(second)), "an acknowledged sample is gone");
        assert!(stored.len() <= expected.len() + 1, "at most the one whose answer was cut off");
    }
}

#[test]
fn an_idle_connection_does_not_hold_the_server_up() {
    let home = Home::new();
    let mut server = Server::start(&home);
    let mut idle = server.client();
    assert_eq!(idle.get("/health").status, 200);
    let mut half = server.client();
    half.begin("POST", "/metrics", &[("Content-Length", "100")]).unwrap();
    let status = server.program.terminate();
    assert_eq!(status.code(), Some(0), "{}", server.program.said());
}

#[test]
fn sigint_ends_it_as_cleanly() {
    let home = Home::new();
    let mut server = Server::start(&home);
    push(&mut server.client(), &Machine::new(1, 1).batch([unix_seconds() * 1000]));
    server.program.signal("INT");
    assert_eq!(server.program.wait().code(), Some(0), "{}", server.program.said());
    assert_eq!(rows(&mut Server::start(&home).client(), "").len(), 1);
}

#[test]
fn a_second_server_on_the_same_data_is_told_so() {
    let home = Home::new();
    let server = Server::start(&home);
    server.client().post_json("/metrics", &flat_now("pi"));
    let mut second = Program::start(Server::command(&home, &[]));
    let status = second.wait();
    assert!(!status.success(), "two servers on one database");
    let said = second.said();
    assert!(said.contains(&home.database().display().to_string()), "names the file: {said}");
    assert!(said.contains("another") || said.contains("in use") || said.contains("lock"), "says why: {said}");
    assert_eq!(rows(&mut server.client(), "").len(), 1, "the first goes on");
}

#[test]
fn the_predecessors_database_is_left_alone() {
    let home = Home::new();
    let mut sqlite = b"SQLite format 3\0".to_vec();
    sqlite.resize(8192, 7);
    std::fs::write(home.database(), &sqlite).unwrap();
    let mut server = Program::start(Server::command(&home, &[]));
    let status = server.wait();
    assert!(!status.success());
    let said = server.said();
    assert!(said.contains("SQLite") && said.contains("import"), "names the way out: {said}");
    assert_eq!(std::fs::read(home.database()).unwrap(), sqlite, "not a byte is changed");
    let left: Vec<_> =
        std::fs::read_dir(home.database().parent().unwrap()).unwrap().flatten().map(|e| e.file_name()).collect();
    assert_eq!(left, ["siskin.duckdb"], "nothing is put beside it");
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let home = Home::new();
    std::fs::write(home.database(), b"my shopping list\n").unwrap();
    let mut server = Program::start(Server::command(&home, &[]));
    let status = server.wait();
    assert!(!status.success());
    assert!(server.said().contains(&home.database().display().to_string()), "{}", server.said());
    assert_eq!(std::fs::read(home.database()).unwrap(), b"my shopping list\n");
}

#[test]
fn a_port_in_use_is_one_clear_line() {
    let home = Home::new();
    let other = Home::new();
    let server = Server::start(&home);
    let address = server.address.to_string();
    let mut second = Program::start(Server::command(&other, &["--listen", &address]));
    let status = second.wait();
    assert!(!status.success());
    assert!(second.said().contains(&address), "{}", second.said());
    assert!(!second.said().contains("panicked"), "{}", second.said());
}

#[test]
fn the_predecessors_settings_go_on_working() {
    let home = Home::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    // `Program::start` clears what the environment has, so the settings are set after it.
    let mut command = Command::new("env");
    command.args(["DATABASE_PATH=old/kept.duckdb".into(), format!("MONITOR_PORT={port}")]).arg(Server::binary());
    command.arg("serve").current_dir(home.database().parent().unwrap());
    let mut server = Program::start(command);
    let address = server.address();
    assert_eq!((address.port(), address.ip().is_loopback()), (port, true));
    assert!(home.join("old/kept.duckdb").exists());
}
