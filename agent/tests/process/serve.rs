//! The agent's own port, with friendly and hostile clients.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::agent::{Agent, command, directory, until};
use crate::server::{Answer, Server};

fn agent(interval: &str) -> Agent {
    let mut command = command();
    command.args(["--interval", interval]);
    Agent::start(command)
}

#[test]
fn serves_health_and_system() {
    let agent = agent("10");
    let (head, body) = agent.get("/health");
    assert!(head.contains(" 200 OK") && head.contains("Content-Type: application/json"), "{head}");
    assert_eq!(body, serde_json::json!({"status": "ok"}));
    let (head, body) = agent.get("/system");
    assert!(head.contains(" 200 OK"), "{head}");
    assert_eq!(body["seq"], 2, "two readings before the first request");
    assert!(body["cpu"]["percent"].is_number());
    assert!(agent.get("/nothing").0.contains(" 404 "));
}

#[test]
fn metrics_of_ones_own_that_the_page_has_itself_are_told_of_once() {
    let files = directory("shadowed");
    let start = || {
        let mut command = command();
        command.args(["--interval", "3600", "--textfile-dir", files.to_str().unwrap()]);
        Agent::start(command)
    };
    let page = |agent: &Agent| agent.send(b"GET /metrics HTTP/1.1\r\n\r\n");
    let has = |page: &str, line: &str| page.lines().any(|one| one == line);
    let agent = start();
    let empty = page(&agent);
    assert!(has(&empty, "node_textfile_scrape_error 0"), "{empty}");
    assert!(has(&empty, "siskin_textfile_shadowed_series 0") && !agent.log().contains("textfiles"), "{empty}");

    std::fs::write(files.join("own.prom"), "node_load1{of=\"job\"} 7\nnode_load1{of=\"us\"} 7\nown 1\n").unwrap();
    let agent = start();
    for _ in 0..2 {
        let full = page(&agent);
        assert!(has(&full, "own 1") && !full.contains("of=\"job\""), "{full}");
        assert!(has(&full, "siskin_textfile_shadowed_series 2"), "{full}");
    }
    let told = "textfiles whose names the agent uses itself series=2 family=node_load1";
    until("it is told", || agent.log().contains(told).then_some(()));
    assert_eq!(agent.log().matches(told).count(), 1, "{}", agent.log());
}

#[test]
fn serves_metrics_as_they_are_asked_for() {
    let agent = agent("3600");
    let ask = |method: &str, accept: &str| {
        let reply = agent.send(format!("{method} /metrics?x=y HTTP/1.1\r\nAccept: {accept}\r\n\r\n").as_bytes());
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    };
    let (head, body) = ask("GET", "*/*");
    assert!(
        head.contains(" 200 OK") && head.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8"),
        "{head}"
    );
    assert!(body.contains("\nnode_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} "), "{body}");
    assert!(body.contains("\nsiskin_agent_interval_seconds 3600\n"), "{body}");
    let (head, body) = ask("GET", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
    assert!(head.contains("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8"), "{head}");
    assert!(body.ends_with("\n# EOF\n"), "{body}");
    let (head, body) = ask("HEAD", "*/*");
    assert!(head.contains(" 200 OK") && body.is_empty(), "{head}");
    assert!(ask("POST", "*/*").0.contains(" 405 "));

    assert!(!body.contains("textfile_scrape_error") && !body.contains("shadowed"), "no directory: {body}");

    // Each scrape has a reading of its own, while the schedule waits.
    let time = || {
        let body = ask("GET", "*/*").1;
        body.lines().find(|line| line.starts_with("node_time_seconds ")).unwrap().to_owned()
    };
    let first = time();
    until("a later reading", || (time() != first).then_some(()));
}

#[test]
fn a_token_that_everyone_can_read_is_told_and_asked_for() {
    use std::os::unix::fs::PermissionsExt;
    let tokens = directory("serve-token").join("tokens");
    std::fs::write(&tokens, "a-token-of-the-tests\n").unwrap();
    std::fs::set_permissions(&tokens, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut command = command();
    command.env("SISKIN_AGENT_LISTEN", "0.0.0.0:0").env("SISKIN_AGENT_LISTEN_TOKEN_FILE", &tokens);
    let agent = Agent::start(command);
    assert!(agent.get("/system").0.contains(" 401 ") && agent.get("/health").0.contains(" 200 "));
    let request = b"GET /system HTTP/1.1\r\nHost: pi.example\r\nAuthorization: Bearer a-token-of-the-tests\r\n\r\n";
    assert!(agent.send(request).starts_with("HTTP/1.0 200 "));
    let log = agent.log();
    assert!(log.contains("chmod o-r") && !log.contains("anyone who reaches") && !log.contains("a-token-of"), "{log}");
}

#[test]
fn open_is_open_and_says_so() {
    let mut command = command();
    command.env("SISKIN_AGENT_LISTEN", "0.0.0.0:0").env("SISKIN_AGENT_LISTEN_OPEN", "true");
    let agent = Agent::start(command);
    assert!(agent.send(b"GET /system HTTP/1.1\r\nHost: pi.example\r\n\r\n").starts_with("HTTP/1.0 200 "));
    assert!(agent.log().contains("WARN anyone who reaches this address"), "{}", agent.log());
}

#[test]
fn the_reading_is_fresh_and_the_numbered_sample_stays() {
    let agent = agent("3600");
    let sampled = agent.get("/system").1;
    let read = until("a reading later than the sample", || {
        let read = agent.get("/system").1;
        (read["collected_at"] != sampled["collected_at"]).then_some(read)
    });
    assert_eq!((&read["seq"], &read["sample"]), (&sampled["seq"], &sampled["sample"]));
    assert!(
        read["uptime"]["seconds"].as_u64()
            > sampled["uptime"]["seconds"].as_u64().map(|seconds| seconds.saturating_sub(1))
    );
}

#[test]
fn samples_go_on_by_the_schedule() {
    let agent = agent("0.1");
    let first = agent.get("/system").1;
    let later = until("five more samples", || {
        let later = agent.get("/system").1;
        (later["seq"].as_u64() >= Some(first["seq"].as_u64()? + 5)).then_some(later)
    });
    assert_eq!(first["stream"], later["stream"]);
    assert_eq!(later["sample"]["interval_seconds"], 0.1);
}

#[test]
fn hostile_requests_are_refused_and_the_agent_lives() {
    let agent = agent("10");
    let endless = format!("GET /system HTTP/1.1\r\nA: {}", "x".repeat(100_000));
    let many = format!("GET /system HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(1000));
    for (request, status) in [
        ("GET /health HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n", "200"),
        ("GET /health HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", "200"),
        ("POST /system HTTP/1.1\r\nContent-Length: 9000000000000000000\r\n\r\n{}", "405"),
        ("\0\0\0\0\r\n\r\n", "400"),
        (&endless, "431"),
        (&many, "431"),
    ] {
        let reply = agent.send(request.as_bytes());
        assert!(reply.starts_with(&format!("HTTP/1.0 {status} ")), "{status}: {reply}");
    }
    assert!(agent.get("/health").0.contains(" 200 "));
}

#[test]
fn clients_that_stall_hold_up_nobody_and_are_ended() {
    let agent = agent("10");
    let stall = || {
        let mut stream = TcpStream::connect(agent.address()).unwrap();
        stream.write_all(b"GET /system HT").unwrap();
        stream
    };
    let few: Vec<_> = (0..8).map(|_| stall()).collect();
    let asked = Instant::now();
    assert!(agent.get("/health").0.contains(" 200 "));
    assert!(asked.elapsed() < Duration::from_secs(4), "answered beside them");

    let many: Vec<_> = (0..100).map(|_| stall()).collect();
    until("the warning", || agent.log().contains("too many connections").then_some(()));
    for mut stream in few.into_iter().chain(many) {
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let ended = stream.read(&mut [0]);
        assert!(!matches!(&ended, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock), "{ended:?}");
    }
    until("room again", || agent.send(b"GET /health HTTP/1.1\r\n\r\n").contains(" 200 ").then_some(()));
}

/// A client that sends a byte now and then, and never all of its request: how long it was let.
fn drip(address: SocketAddr) -> JoinHandle<Duration> {
    let mut stream = TcpStream::connect(address).unwrap();
    let connected = Instant::now();
    thread::spawn(move || {
        stream.write_all(b"GET /system HTTP/1.1\r\nA: ").unwrap();
        while stream.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(100));
        }
        connected.elapsed()
    })
}

#[test]
fn clients_that_drip_hold_up_neither_samples_nor_pushes_and_go_after_5_s() {
    let server = Server::start(|_| Answer::Stored);
    let mut command = command();
    command.args(["--server", &server.url(), "--interval", "0.1"]);
    let agent = Agent::start(command);
    let address = agent.address();
    until("pushes", || (server.stored().len() >= 5).then_some(()));

    let (started, stored) = (Instant::now(), server.stored().len());
    let dripping: Vec<_> = (0..40).map(|_| drip(address)).collect();
    until("the limit is reached", || agent.log().contains("too many connections").then_some(()));
    assert_eq!(agent.send(b"GET /health HTTP/1.1\r\n\r\n"), "", "no room");
    until("samples are taken and pushed meanwhile", || (server.stored().len() >= stored + 10).then_some(()));
    let meanwhile = started.elapsed();
    assert!(meanwhile < Duration::from_secs(5), "{meanwhile:?}: the machine is too busy to tell");
    until("a further client gets in", || agent.send(b"GET /health HTTP/1.1\r\n\r\n").contains(" 200 ").then_some(()));
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    let let_for: Vec<_> = dripping.into_iter().map(|client| client.join().unwrap()).collect();
    let held = let_for.iter().filter(|time| **time >= Duration::from_secs(4)).count();
    assert!((1..=16).contains(&held) && let_for.iter().all(|time| *time < Duration::from_secs(15)), "{let_for:?}");
}

#[test]
fn clients_that_never_read_their_reply_hold_up_nobody() {
    let agent = agent("0.1");
    let address = agent.address();
    let seq = agent.get("/system").1["seq"].as_u64().unwrap();
    let silent: Vec<_> = (0..200)
        .map(|_| {
            let mut stream = TcpStream::connect(address).unwrap();
            let _ = stream.write_all(b"GET /system HTTP/1.1\r\n\r\n");
            stream
        })
        .collect();
    let later = until("a further client gets in, and samples go on", || {
        let reply = agent.send(b"GET /system HTTP/1.1\r\n\r\n");
        let document: serde_json::Value = serde_json::from_str(reply.split_once("\r\n\r\n")?.1).ok()?;
        document["seq"].as_u64().filter(|found| *found > seq + 5)
    });
    assert!(later > seq);
    drop(silent);
}
