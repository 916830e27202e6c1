//! Who may ask: beyond loopback only with a token, or loudly without.

use siskin_tests::{
    http::Client,
    process::{Home, Program, Server},
};

use crate::support::flat_now;

/// `x:s3cret-token-of-the-tests` and `admin:wrong-but-long-enough-to-be-one` in base64.
const BASIC_GOOD: &str = "Basic eDpzM2NyZXQtdG9rZW4tb2YtdGhlLXRlc3Rz";
const BASIC_WRONG: &str = "Basic YWRtaW46d3JvbmctYnV0LWxvbmctZW5vdWdoLXRvLWJlLW9uZQ==";

fn with_token(home: &Home, contents: &str) -> Server {
    let file = home.join("token");
    std::fs::write(&file, contents).unwrap();
    Server::start_with(home, &["--token-file", file.to_str().unwrap()])
}

#[test]
fn beyond_loopback_it_does_not_start_without_a_token() {
    let home = Home::new();
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let mut server = Program::start(Server::command(&home, &["--listen", listen]));
        let status = server.wait();
        assert!(!status.success(), "{listen}");
        let said = server.said();
        assert!(said.contains("--token-file") && said.contains("--insecure"), "names both ways out: {said}");
        assert!(!home.database().exists(), "and does nothing first");
    }
}

#[test]
fn insecure_is_loud() {
    let home = Home::new();
    let server = Server::start_with(&home, &["--listen", "0.0.0.0:0", "--insecure"]);
    let said = server.program.said();
    assert!(said.contains("WARN") && said.contains("INSECURE"), "{said}");
}

#[test]
fn with_a_token_nothing_is_open_but_health() {
    let home = Home::new();
    let server = with_token(&home, "s3cret-token-of-the-tests\n");
    let mut client = server.client();
    assert_eq!(client.get("/health").status, 200);
    for (method, path) in [
        ("POST", "/metrics"),
        ("GET", "/metrics"),
        ("GET", "/data"),
        ("GET", "/hosts"),
        ("GET", "/details?hostname=pi"),
        ("POST", "/hosts/pi/clean"),
        ("DELETE", "/hosts/pi"),
        ("GET", "/dashboard"),
        ("GET", "/"),
    ] {
        let response = client.send(method, path, &[], b"").unwrap();
        assert_eq!(response.status, 401, "{method} {path}: {}", response.text());
        let challenge = response.header("www-authenticate").unwrap_or_default();
        assert!(challenge.contains("Basic"), "so that a browser asks: {challenge:?}");
    }
}

#[test]
fn the_token_opens_as_bearer_and_as_password() {
    let home = Home::new();
    let server = with_token(&home, "s3cret-token-of-the-tests\n");
    for (authorization, status) in [
        ("Bearer s3cret-token-of-the-tests", 200),
        ("bearer s3cret-token-of-the-tests", 200),
        (BASIC_GOOD, 200),
        ("Bearer s3cret-token-of-the-test", 401),
        ("Bearer s3cret-token-of-the-tests2", 401),
        ("Bearer ", 401),
        (BASIC_WRONG, 401),
        ("Basic !!!", 401),
        ("s3cret-token-of-the-tests", 401),
    ] {
        let mut client = Client::new(server.address).with_header("Authorization", authorization);
        assert_eq!(client.post_json("/metrics", &flat_now("pi")).status, status, "{authorization}");
        assert_eq!(client.get("/data").status, status, "{authorization}");
    }
    assert!(!server.program.said().contains("s3cret"), "a token is never logged");
}

#[test]
fn a_token_file_without_a_good_token_is_refused() {
    let home = Home::new();
    let file = home.join("token");
    for contents in [Some("\n"), Some("short\n"), None] {
        let _ = std::fs::remove_file(&file);
        if let Some(contents) = contents {
            std::fs::write(&file, contents).unwrap();
        }
        let mut server = Program::start(Server::command(&home, &["--token-file", file.to_str().unwrap()]));
        assert!(!server.wait().success());
        assert!(server.said().contains(file.to_str().unwrap()), "{}", server.said());
    }
}
