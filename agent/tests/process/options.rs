//! How the agent starts and ends.

use std::net::TcpListener;
use std::process::Output;

use crate::agent::{Agent, command};

fn run(args: &[&str]) -> Output {
    command().args(args).output().unwrap()
}

#[test]
fn a_wrong_option_is_told_in_one_line_with_status_2() {
    for (args, word) in [
        (&["--interval", "soon"][..], "--interval"),
        (&["--sever", "http://host"], "--sever"),
        (&["--tls-ca", "/nonexistent"], "--tls-ca"),
        (&["--listen", "0.0.0.0:0"], "--listen-token-file FILE, or let everyone read this host with --listen-open"),
        (&["--listen"], "--listen"),
        (&["--disk-path", "/no/such/path"], "--disk-path"),
        (&["--collectors", ","], "--collectors: no collector is named; there are uptime, cpu, "),
        (&["--collectors", "cpu", "--no-collectors", "cpu"], "--no-collectors: no collector is left"),
    ] {
        let output = run(args);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.starts_with("siskin-agent: ") && text.contains(word) && text.lines().count() == 1, "{text}");
    }
}

#[test]
fn help_and_version_go_to_standard_output() {
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    assert!(help.contains("SISKIN_AGENT_INTERVAL") && help.lines().all(|line| line.len() <= 120), "{help}");
    assert!(help.contains("Collectors, for --collectors") && help.ends_with('\n'), "{help}");
    let version = String::from_utf8(run(&["--version"]).stdout).unwrap();
    assert_eq!(version, format!("siskin-agent {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_port_in_use_is_status_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let output = run(&["--listen", &taken.local_addr().unwrap().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("cannot listen"));
}

#[test]
fn both_signals_end_it_with_status_0() {
    for name in ["TERM", "INT"] {
        let mut agent = Agent::start(command());
        agent.address();
        agent.signal(name);
        assert_eq!(agent.wait().code(), Some(0), "{}", agent.log());
    }
}

#[test]
fn the_predecessors_variables_open_the_port_with_a_warning() {
    let mut command = command();
    command.env_remove("SISKIN_AGENT_LISTEN").env("SYSTEM_STATS_HOST", "0.0.0.0").env("SYSTEM_STATS_PORT", "0");
    let agent = Agent::start(command);
    assert!(agent.get("/health").0.contains(" 200 "));
    // As its forwarder comes, by the name of a container.
    assert!(agent.send(b"GET /system HTTP/1.1\r\nHost: system-stats:5001\r\n\r\n").starts_with("HTTP/1.0 200 "));
    let log = agent.log();
    assert!(log.contains("WARN anyone who reaches this address") && log.contains("--listen-token-file"), "{log}");
}
