//! What a host is called and said to be, from the agent's settings to the server's answers; and who may ask the agent.

use serde_json::{Value, json};
use siskin_tests::{
    http::Client,
    process::{Agent, Home, Program, Server, unix_ms},
    wait::{PATIENCE, until},
};

use crate::support::{hosts, push};

/// `x:s3cret-token-of-the-tests` in base64.
const BASIC_GOOD: &str = "Basic eDpzM2NyZXQtdG9rZW4tb2YtdGhlLXRlc3Rz";

fn only_host(server: &Server) -> Value {
    let mut client = server.client();
    until("a host", PATIENCE, || hosts(&mut client).first().filter(|host| host["metric_count"] != 0).cloned())
}

#[test]
fn name_and_tags_reach_the_list_of_hosts_and_survive_a_restart() {
    let (home, agent_home) = (Home::new(), Home::new());
    let mut server = Server::start(&home);
    let url = format!("http://{}", server.address);
    let args = ["--server", &url, "--interval", "1", "--hostname", "Küche 2", "--tag", "env=prod", "--tag", "role=db"];
    let mut agent = Agent::start(&agent_home, &args);
    let system = agent.client().get("/system").json();
    let tags = json!({"env": "prod", "role": "db"});
    assert_eq!((&system["host"]["tags"], &system["system"]["hostname"]), (&tags, &json!("Küche 2")));
    assert_eq!(system["host"]["hostname"], "Küche 2");

    let host = only_host(&server);
    assert_eq!((&host["hostname"], &host["tags"]), (&json!("Küche 2"), &tags), "{host}");
    let id = host["id"].as_str().unwrap();
    let details = server.client().get(&format!("/details?id={id}")).json();
    assert_eq!(details["details"]["host"]["tags"], tags, "{details}");

    agent.program.terminate();
    server.program.kill();
    let server = Server::start(&home);
    assert_eq!(only_host(&server)["tags"], tags, "stored with the host's facts");

    // Tags that were taken away are gone.
    let url = format!("http://{}", server.address);
    let _agent = Agent::start(&agent_home, &["--server", &url, "--interval", "1", "--hostname", "Küche 2"]);
    let mut client = server.client();
    until("no tags", PATIENCE, || (hosts(&mut client).first()?["tags"] == json!({})).then_some(()));
}

#[test]
fn a_host_without_tags_has_none_and_wrong_ones_are_refused() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    client.post_json("/metrics", &crate::support::flat_now("flat"));
    let mut machine = siskin_platform::fleet::Machine::new(1, 1);
    let batch = machine.batch([unix_ms()]);
    push(&mut client, &batch);
    assert!(!String::from_utf8(crate::support::body(&batch)).unwrap().contains("tags"), "as an agent of before");
    for host in hosts(&mut client) {
        assert_eq!(host["tags"], json!({}), "{host}");
    }
    let mut wrong = serde_json::to_value(&batch).unwrap();
    wrong["host"]["tags"] = json!({"a-b": "c"});
    let response = client.post_json("/metrics", &wrong);
    assert_eq!((response.status, &response.json()["field"]), (400, &json!("host.tags")), "{}", response.text());
}

#[test]
fn beyond_loopback_the_agent_asks_for_a_token_or_does_not_start() {
    let home = Home::new();
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let mut agent = Program::start(agent_on(&home, listen, &[]));
        assert_eq!(agent.wait().code(), Some(2));
        let said = agent.said();
        assert!(said.contains("--listen-token-file") && said.contains("--listen-open"), "names both ways out: {said}");
    }

    let tokens = home.join("tokens");
    std::fs::write(&tokens, "s3cret-token-of-the-tests\n").unwrap();
    let mut agent = Program::start(agent_on(&home, "0.0.0.0:0", &["--listen-token-file", tokens.to_str().unwrap()]));
    let address = agent.address();
    let ask =
        |authorization: &str, path: &str| Client::new(address).with_header("Authorization", authorization).get(path);
    assert_eq!(Client::new(address).get("/health").status, 200, "for whoever looks whether it lives");
    for path in ["/system", "/metrics", "/"] {
        let refusal = Client::new(address).get(path);
        assert_eq!(refusal.status, 401, "{path}");
        assert!(refusal.header("www-authenticate").is_some_and(|challenge| challenge.contains("Basic")));
    }
    for (authorization, status) in [
        ("Bearer s3cret-token-of-the-tests", 200),
        (BASIC_GOOD, 200),
        ("Bearer s3cret-token-of-the-test", 401),
        ("Basic !!!", 401),
    ] {
        assert_eq!(ask(authorization, "/system").status, status, "{authorization}");
    }
    std::fs::write(&tokens, "the-next-token-of-the-tests\n").unwrap();
    assert_eq!(ask(BASIC_GOOD, "/system").status, 401);
    assert_eq!(ask("Bearer the-next-token-of-the-tests", "/system").status, 200);
    assert!(agent.terminate().success());
    assert!(!agent.said().contains("s3cret"), "a token is never logged");
}

#[test]
fn a_page_of_another_name_does_not_read_the_agent() {
    let home = Home::new();
    let agent = Agent::start(&home, &[]);
    let ask = |host: &str| {
        let mut stream = std::net::TcpStream::connect(agent.address).unwrap();
        let head = format!("GET /system HTTP/1.0\r\nHost: {host}\r\n\r\n");
        std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
        let mut reply = String::new();
        std::io::Read::read_to_string(&mut stream, &mut reply).unwrap();
        reply
    };
    assert!(ask("evil.example:5001").starts_with("HTTP/1.0 403 "));
    assert!(ask("localhost:5001").starts_with("HTTP/1.0 200 "));
}

/// An agent that listens there.
fn agent_on(home: &Home, listen: &str, arguments: &[&str]) -> std::process::Command {
    let mut command = Agent::command(home, &["--listen", listen]);
    command.args(arguments);
    command
}
