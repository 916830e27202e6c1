//! What the agent sends, and what it makes of the replies.

use std::collections::BTreeSet;

use crate::agent::{Agent, command, until};
use crate::server::{Answer, Push, Server};

fn agent(server: &Server, args: &[&str]) -> Agent {
    let mut command = command();
    command.args(["--server", &server.url(), "--interval", "0.1", "--log-level", "debug"]).args(args);
    Agent::start(command)
}

fn wait_for_stored(server: &Server, samples: usize) -> Vec<u64> {
    until("samples are stored", || Some(server.stored()).filter(|stored| stored.len() >= samples))
}

fn from_1(seqs: &[u64]) -> bool {
    seqs.iter().copied().eq(1..=seqs.len() as u64)
}

#[test]
fn every_sample_arrives_once_and_in_order() {
    let server = Server::start(|_| Answer::Stored);
    let mut agent = agent(&server, &["--id", "board-7"]);
    wait_for_stored(&server, 5);
    agent.signal("TERM");
    assert_eq!(agent.wait().code(), Some(0));
    assert!(from_1(&server.stored()), "{:?}", server.stored());

    let push = &server.pushes()[0];
    assert!(push.head.starts_with("POST /metrics HTTP/1.1\r\n"), "{}", push.head);
    assert_eq!(push.header("content-type"), Some("application/json"));
    assert_eq!(push.header("authorization"), None);
    assert_eq!(push.batch["agent"]["id"], "board-7");
    assert_eq!(push.batch["samples"][0]["interval_seconds"], 0.5, "the second sample follows the first soon");
    assert!(push.batch["sent_at"]["unix_ms"].as_u64() >= push.batch["samples"][0]["at"]["unix_ms"].as_u64());
    let streams: BTreeSet<_> = server.pushes().iter().map(|push| push.batch["stream"].as_u64()).collect();
    assert_eq!(streams.len(), 1);
}

#[test]
fn refusals_for_now_and_broken_connections_lose_and_double_nothing() {
    let server = Server::start(|push| match push.attempt {
        0 => Answer::Status("503 Busy\r\nRetry-After: 1"),
        1 => Answer::HangUp,
        3 => Answer::Status("500 Broken"),
        4 => Answer::Status("408 Slow"),
        6 => Answer::Status("429 Too Many Requests\r\nRetry-After: 0"),
        n if n % 3 == 1 => Answer::HangUp,
        _ => Answer::Stored,
    });
    let mut agent = agent(&server, &[]);
    let stored = wait_for_stored(&server, 30);
    assert!(from_1(&stored), "{stored:?}");
    until("the log says so", || agent.log().contains("the server takes samples again").then_some(()));
    agent.signal("TERM");
    assert_eq!(agent.wait().code(), Some(0));
}

#[test]
fn a_server_that_asks_for_no_pause_is_not_asked_without_one() {
    let server = Server::start(|_| Answer::Status("429 Too Many Requests\r\nRetry-After: 0"));
    let agent = agent(&server, &[]);
    until("a second of samples", || agent.get("/system").1["seq"].as_u64().filter(|seq| *seq > 12));
    // After half a second at the least, then a second, then two.
    let attempts = server.pushes().len();
    assert!((1..=4).contains(&attempts), "{attempts} attempts");
}

#[test]
fn an_unreachable_server_costs_nothing_but_time() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = command();
    command.args(["--server", &format!("http://{unused}"), "--interval", "0.1"]);
    let mut agent = Agent::start(command);
    until("the log says so", || agent.log().contains("WARN cannot push").then_some(()));
    assert!(agent.get("/system").0.contains(" 200 "));
    agent.signal("TERM");
    assert_eq!(agent.wait().code(), Some(0));
    assert!(agent.log().contains("could not be pushed"), "{}", agent.log());
}

#[test]
fn a_batch_that_is_too_large_is_halved() {
    let server = Server::start(|push| match push.seqs().len() {
        1 if push.attempt < 2 => Answer::Status("503 Busy\r\nRetry-After: 1"),
        1..3 => Answer::Stored,
        _ => Answer::Status("413 Content Too Large\r\n\r\n{\"error\":\"too large\"}"),
    });
    let agent = agent(&server, &[]);
    let stored = wait_for_stored(&server, 12);
    assert!(from_1(&stored), "{stored:?}");
    assert!(agent.log().contains("halving"), "{}", agent.log());
}

/// What `/metrics` says of the agent.
fn health(agent: &Agent, name: &str) -> Option<f64> {
    let page = agent.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    page.lines().find_map(|line| line.strip_prefix(&format!("siskin_agent_{name} "))?.parse().ok())
}

#[test]
fn an_agent_tells_how_its_pushes_fare() {
    let server = Server::start(|push| match push.seqs() {
        seqs if push.attempt < 2 && !seqs.is_empty() => Answer::Status("503 Busy\r\nRetry-After: 1"),
        seqs if seqs.contains(&5) => REFUSAL,
        _ => Answer::Stored,
    });
    let agent = agent(&server, &[]);
    until("a failure", || health(&agent, "push_failures_total").filter(|failures| *failures > 0.0));
    until("samples that wait", || health(&agent, "queue_samples").filter(|waiting| *waiting > 0.0));
    assert_eq!(health(&agent, "last_push_time_seconds"), None);
    until("a refusal", || health(&agent, "samples_refused_total").filter(|refused| *refused == 1.0));
    until("pushes", || health(&agent, "pushes_total").filter(|pushes| *pushes > 3.0));
    assert!(health(&agent, "last_push_time_seconds").is_some_and(|time| time > 1.7e9));
    assert_eq!((health(&agent, "samples_dropped_total"), health(&agent, "spool_bytes")), (Some(0.0), Some(0.0)));

    let alone = Agent::start(command());
    assert_eq!(health(&alone, "queue_samples"), None, "nothing waits where there is no server");
}

const REFUSAL: Answer = Answer::Status("400 Bad Request\r\n\r\n{\"error\":\"Invalid field types\"}");

#[test]
fn a_refused_sample_is_found_and_does_not_stop_the_others() {
    let server = Server::start(|push| match push.seqs() {
        seqs if push.attempt < 2 && !seqs.is_empty() => Answer::Status("503 Busy\r\nRetry-After: 1"),
        seqs if seqs.contains(&5) => REFUSAL,
        _ => Answer::Stored,
    });
    let agent = agent(&server, &[]);
    let stored = wait_for_stored(&server, 20);
    assert!(stored.iter().copied().eq((1..=stored.len() as u64 + 1).filter(|seq| *seq != 5)), "{stored:?}");
    let log = agent.log();
    assert!(log.contains("seq=5 status=400 error=\"Invalid field types\" refused_total=1"), "{log}");
}

#[test]
fn where_the_server_refuses_even_an_empty_batch_no_sample_is_given_up() {
    let server = Server::start(|_| REFUSAL);
    let mut agent = agent(&server, &[]);
    until("the log says so", || agent.log().contains("the server takes nothing from this agent").then_some(()));
    until("more samples", || agent.get("/system").1["seq"].as_u64().filter(|seq| *seq > 5));
    agent.signal("TERM");
    assert_eq!(agent.wait().code(), Some(0));
    assert!(!agent.log().contains("set it aside"), "{}", agent.log());
}

#[test]
fn large_batches_are_packed_unless_the_server_cannot_unpack() {
    for packing in [true, false] {
        let server = Server::start(move |push| match push.header("content-encoding") {
            _ if push.attempt < 2 => Answer::Status("503 Busy\r\nRetry-After: 1"),
            Some("gzip") if !packing => Answer::Status("415 Unsupported Media Type"),
            _ => Answer::Stored,
        });
        let _agent = agent(&server, &["--interval", "0.1"]);
        assert!(from_1(&wait_for_stored(&server, 20)));
        let pushes = server.pushes();
        let packed = |push: &&Push| push.header("content-encoding") == Some("gzip");
        let first = pushes.iter().find(packed).expect("a large batch");
        let length: usize = first.header("content-length").unwrap().parse().unwrap();
        assert!(length * 4 < first.batch.to_string().len(), "{length}");
        if !packing {
            assert!(pushes.iter().filter(packed).count() <= 3, "asked once more after each refusal at most");
        }
    }
}

#[test]
fn a_wrong_token_is_loud_loses_nothing_and_can_be_replaced() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("token");
    std::fs::write(&file, "old\n").unwrap();
    let server = Server::start(|push| match push.header("authorization") {
        Some("Bearer new") => Answer::Stored,
        _ => Answer::Status("401 Unauthorized\r\n\r\n{\"error\":\"token required\"}"),
    });
    let mut agent = agent(&server, &["--token-file", file.to_str().unwrap()]);
    until("the log says so", || agent.log().contains("error=\"token required\"").then_some(()));
    let taken = until("more samples", || agent.get("/system").1["seq"].as_u64().filter(|seq| *seq > 5));
    assert!(server.stored().is_empty());

    std::fs::write(&file, "new\n").unwrap();
    agent.signal("TERM");
    assert_eq!(agent.wait().code(), Some(0));
    let stored = server.stored();
    assert!(from_1(&stored) && stored.len() as u64 >= taken, "{stored:?}, {taken}");
}

#[test]
fn a_page_that_is_no_servers_answer_loses_nothing() {
    let server = Server::start(|push| match push.attempt {
        0 => Answer::Status("200 OK\r\n\r\n<html>login</html>"),
        _ => Answer::Stored,
    });
    let mut agent = agent(&server, &[]);
    until("the log says so", || agent.log().contains("error=<html>login</html>").then_some(()));
    agent.signal("TERM");
    assert_eq!(agent.wait().code(), Some(0));
    assert!(!server.stored().is_empty() && from_1(&server.stored()), "{:?}", server.stored());
}

#[test]
fn the_user_of_the_url_becomes_basic() {
    let server = Server::start(|_| Answer::Stored);
    let url = server.url().replace("http://", "http://x:token@");
    let mut command = command();
    command.env("MONITORING_SERVER_METRICS_URL", format!("{url}/metrics"));
    let _agent = Agent::start(command);
    wait_for_stored(&server, 2);
    let push = &server.pushes()[0];
    assert_eq!(push.header("authorization"), Some("Basic eDp0b2tlbg=="));
    assert!(!push.head.contains("token@"), "{}", push.head);
}

#[test]
fn a_server_that_never_answers_does_not_hold_up_the_end() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = command();
    command.args(["--server", &format!("http://{}", silent.local_addr().unwrap())]);
    let mut agent = Agent::start(command);
    let _connection = silent.accept().unwrap();
    let asked = std::time::Instant::now();
    agent.signal("TERM");
    assert_eq!(agent.wait().code(), Some(0));
    assert!(asked.elapsed() < std::time::Duration::from_secs(10));
}
