//! More than the server can take: it says so, tells when to come again, and takes it then.

use serde_json::json;
use siskin_tests::{
    http::Client,
    process::{Home, Server},
    wait::{PATIENCE, until},
};

use crate::support::{flat_now, hosts, own_metrics};

const BODY: usize = 32 * 1024;
/// The least that a server takes: one body as it travels, and unpacked.
const LIMIT: usize = 2 * BODY;

fn narrow_server(home: &Home) -> Server {
    let (body, limit) = (BODY.to_string(), LIMIT.to_string());
    Server::start_with(home, &["--max-body-bytes", &body, "--max-decoded-bytes", &body, "--max-inflight-bytes", &limit])
}

/// A good flat sample of this many bytes.
fn padded(hostname: &str, bytes: usize) -> Vec<u8> {
    let mut sample = flat_now(hostname);
    sample["details"] = json!({"pad": ""});
    let bare = sample.to_string().len();
    sample["details"] = json!({"pad": "x".repeat(bytes - bare)});
    sample.to_string().into_bytes()
}

/// Sends all of a body but its last bytes, and so holds what the server set aside for it.
fn hold(client: &mut Client, body: &[u8]) {
    client.begin("POST", "/metrics", &[("Content-Length", &body.len().to_string())]).unwrap();
    client.write(&body[..body.len() - 10]).unwrap();
}

#[test]
fn beyond_the_bytes_in_flight_a_push_is_told_to_come_again() {
    let home = Home::new();
    let server = narrow_server(&home);
    let big = padded("big", BODY - 1024);
    let mut slow = [server.client(), server.client()];
    slow.iter_mut().for_each(|client| hold(client, &big));
    let mut client = server.client();
    until("room set aside", PATIENCE, || {
        (own_metrics(&mut client).sum("siskin_queue_bytes")? > (LIMIT - 4096) as f64).then_some(())
    });

    let small = padded("small", 4096);
    let refused = until("a refusal", PATIENCE, || {
        let response = client.post("/metrics", &small);
        (response.status != 200).then_some(response)
    });
    assert!([429, 503].contains(&refused.status), "{} {}", refused.status, refused.text());
    let seconds: u64 = refused.header("retry-after").expect("Retry-After").parse().expect("whole seconds");
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert!(refused.json()["error"].as_str().is_some_and(|error| !error.is_empty()));
    assert_eq!(client.get("/health").status, 200, "reading goes on");
    assert!(own_metrics(&mut client).sum("siskin_refused_requests_total").unwrap() >= 1.0);
    assert!(own_metrics(&mut client).sum("siskin_queue_bytes").unwrap() > 0.0);

    // What was held is taken, and then there is room again.
    for slow in &mut slow {
        slow.write(&big[big.len() - 10..]).unwrap();
        let taken = slow.finish().unwrap();
        assert_eq!(taken.status, 200, "{}", taken.text());
    }
    until("room", PATIENCE, || (client.post("/metrics", &small).status == 200).then_some(()));
    assert_eq!(hosts(&mut client).len(), 2);
    until("an empty queue", PATIENCE, || (own_metrics(&mut client).sum("siskin_queue_bytes")? == 0.0).then_some(()));
}

#[test]
fn a_sender_that_goes_away_gives_its_room_back() {
    let home = Home::new();
    let server = narrow_server(&home);
    let big = padded("big", BODY - 1024);
    for _ in 0..20 {
        let mut gone = server.client();
        hold(&mut gone, &big);
    }
    let mut client = server.client();
    until("room", PATIENCE, || (client.post("/metrics", &padded("next", BODY)).status == 200).then_some(()));
    until("all of it", PATIENCE, || (own_metrics(&mut client).sum("siskin_queue_bytes")? == 0.0).then_some(()));
    assert_eq!(hosts(&mut client).len(), 1, "what was cut off is not there");
}

#[test]
fn a_body_that_never_fits_is_not_told_to_come_again() {
    let home = Home::new();
    let server = Server::start_with(&home, &["--max-body-bytes", "2048"]);
    let mut client = server.client();
    let refused = client.post("/metrics", &padded("big", 4096));
    assert_eq!(refused.status, 413, "{}", refused.text());
    assert!(refused.header("retry-after").is_none());
    assert!(refused.json()["error"].as_str().unwrap().contains("2048"), "{}", refused.text());
    assert_eq!(server.client().post("/metrics", &padded("small", 2048)).status, 200, "the limit itself fits");
}
