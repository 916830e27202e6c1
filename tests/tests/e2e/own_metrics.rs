//! `GET /metrics`: what the server says about itself, in Prometheus' text format.

use siskin_platform::fleet::Machine;
use siskin_tests::{
    process::{Home, Server, unix_seconds},
    wait::{PATIENCE, until},
};

use crate::support::{flat_now, own_metrics, push};

#[test]
fn the_page_counts_what_came_in() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let now = unix_seconds() * 1000;
    let batch = Machine::new(1, 1).batch([now - 2000, now - 1000, now]);
    push(&mut client, &batch);
    push(&mut client, &batch);
    assert_eq!(client.post_json("/metrics", &flat_now("pi")).status, 200);
    assert_eq!(client.post("/metrics", b"{").status, 400);

    let page = own_metrics(&mut client);
    for (name, kind) in [
        ("siskin_ingested_samples_total", "counter"),
        ("siskin_stored_samples_total", "counter"),
        ("siskin_duplicate_samples_total", "counter"),
        ("siskin_refused_requests_total", "counter"),
        ("siskin_lost_samples_total", "counter"),
        ("siskin_commit_seconds", "histogram"),
        ("siskin_queue_bytes", "gauge"),
        ("siskin_actor_backlog", "gauge"),
    ] {
        assert_eq!(page.types.get(name).map(String::as_str), Some(kind), "{name}");
    }
    assert_eq!(page.sum("siskin_ingested_samples_total"), Some(7.0));
    assert_eq!(page.sum("siskin_stored_samples_total"), Some(4.0));
    assert_eq!(page.sum("siskin_duplicate_samples_total"), Some(3.0));
    assert_eq!(page.sum("siskin_refused_requests_total"), Some(1.0));
    until("an empty queue", PATIENCE, || (own_metrics(&mut client).sum("siskin_queue_bytes")? == 0.0).then_some(()));
    let commits = page.sum("siskin_commit_seconds_count").unwrap();
    assert!((1.0..=3.0).contains(&commits), "{commits} commits");
    assert!(page.sum("siskin_commit_seconds_sum").unwrap() > 0.0);
    assert!(page.values.keys().any(|key| key.starts_with("siskin_refused_requests_total{reason=")));
    assert!(page.values.keys().any(|key| key.starts_with("siskin_actor_backlog{actor=")));
}

#[test]
fn the_page_says_what_it_is() {
    let home = Home::new();
    let server = Server::start(&home);
    let response = server.client().get("/metrics");
    assert_eq!(response.status, 200);
    assert!(response.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    assert!(response.text().lines().any(|line| line.starts_with("# HELP siskin_")));
}
