//! The script behind `make run`: brings both up, says where to look, and ends them when it is told to.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::Command,
};

use siskin_tests::{
    http::Client,
    process::{Agent, Home, Program, Server},
    wait::{PATIENCE, until},
};

use crate::support::hosts;

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn script(home: &Home, server: SocketAddr, agent: SocketAddr) -> Command {
    let mut command = Command::new("env");
    for (name, value) in [
        ("SISKIN_SERVER_BIN", Server::binary().display().to_string()),
        ("SISKIN_AGENT_BIN", Agent::binary().display().to_string()),
        ("DATABASE_PATH", home.database().display().to_string()),
        ("SISKIN_LISTEN", server.to_string()),
        ("SISKIN_AGENT_LISTEN", agent.to_string()),
        ("SISKIN_AGENT_INTERVAL", "1".into()),
    ] {
        command.arg(format!("{name}={value}"));
    }
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/dev/run.sh"));
    command
}

#[test]
fn it_brings_both_up_and_ends_both() {
    for (round, signal) in ["INT", "TERM"].into_iter().enumerate() {
        let home = Home::new();
        let (server, agent) = (free_address(), free_address());
        let mut run = Program::start(script(&home, server, agent));
        until("the address of the dashboard", PATIENCE, || {
            assert!(run.is_running(), "{}", run.said());
            run.said().contains(&format!("http://{server}/dashboard")).then_some(())
        });
        assert!(
            hosts(&mut Client::new(server))[0]["metric_count"].as_u64().unwrap() >= 1,
            "a sample is stored by then"
        );
        assert_eq!(Client::new(agent).get("/health").status, 200);
        run.signal(signal);
        let status = run.wait();
        assert_eq!(status.code(), Some(0), "round {round}: {}", run.said());
        assert!(run.said().contains("server: stopped") && run.said().contains("agent: stopped"), "{}", run.said());
        for address in [server, agent] {
            assert!(TcpStream::connect(address).is_err(), "{address} still answers");
        }
    }
}

#[test]
fn a_port_in_use_is_one_line() {
    let home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for (server, agent) in [(address, free_address()), (free_address(), address)] {
        let mut run = Program::start(script(&home, server, agent));
        let status = run.wait();
        assert_eq!(status.code(), Some(1));
        assert_eq!(run.said().lines().count(), 1, "{}", run.said());
        assert!(run.said().starts_with(&format!("{address} is in use")), "{}", run.said());
    }
    assert!(!home.database().exists());
}
