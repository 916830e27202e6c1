//! Native pushes: batches, lines, compression; and the numbers that make every sample count once.

use serde_json::json;
use siskin_platform::{fleet::Machine, model::Clock};
use siskin_tests::{
    http::Client,
    process::{Home, Server, unix_ms, unix_seconds},
    squeeze::{gzip, zstd},
};

use crate::support::{body, flat, flat_now, host, hosts, own_metrics, push, rows, timestamps};

/// Moments a second apart, the last of them `age` seconds ago.
fn moments(count: i64, age: i64) -> impl Iterator<Item = i64> {
    let last = (unix_seconds() - age) * 1000;
    (0..count).map(move |number| last - (count - 1 - number) * 1000)
}

fn stored(client: &mut Client, machine: &Machine) -> Vec<i64> {
    timestamps(&rows(client, &format!("?hostname={}", machine.host.hostname)))
}

#[test]
fn a_batch_is_stored_whole_and_answers_in_both_forms() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let mut machine = Machine::new(1, 1);
    let batch = machine.batch(moments(5, 10));
    let expected: Vec<i64> = batch.samples.iter().map(|sample| sample.at.unix_ms / 1000).collect();
    assert_eq!(push(&mut client, &batch), (5, 0));
    assert_eq!(stored(&mut client, &machine), expected);
    let known = host(&mut client, &machine.host.hostname);
    assert_eq!(known["metric_count"], 5);
    assert_eq!(known["agent_version"], machine.agent.version);
    assert_eq!(known["interval_seconds"], 10.0);
    // Memory is half a percent exact in the predecessor's form.
    let last = rows(&mut client, "").pop().unwrap();
    let memory = batch.samples[4].memory.as_deref().unwrap();
    let used = 100.0 * (memory.total_bytes - memory.available_bytes) as f64 / memory.total_bytes as f64;
    assert!((last["ram"].as_f64().unwrap() - used).abs() <= 0.01, "{last}");
}

#[test]
fn one_sample_is_a_batch_too() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let mut machine = Machine::new(1, 1);
    for moment in moments(3, 1) {
        assert_eq!(push(&mut client, &machine.batch([moment])), (1, 0));
    }
    assert_eq!(stored(&mut client, &machine).len(), 3);
}

#[test]
fn a_batch_sent_again_is_stored_once() {
    let home = Home::new();
    let mut server = Server::start(&home);
    let mut client = server.client();
    let mut machine = Machine::new(1, 1);
    let batch = machine.batch(moments(5, 10));
    assert_eq!(push(&mut client, &batch), (5, 0));
    assert_eq!(push(&mut client, &batch), (0, 5));
    // A retry that has grown: what is new is stored, the rest is not.
    let mut grown = batch.clone();
    grown.samples.extend(machine.batch(moments(2, 1)).samples);
    assert_eq!(push(&mut client, &grown), (2, 5));
    assert_eq!(stored(&mut client, &machine).len(), 7);
    // The marks outlive the server.
    server.program.kill();
    let server = Server::start(&home);
    let mut client = server.client();
    assert_eq!(push(&mut client, &grown), (0, 7));
    assert_eq!(stored(&mut client, &machine).len(), 7);
    assert_eq!(own_metrics(&mut client).sum("siskin_duplicate_samples_total"), Some(7.0));
}

#[test]
fn a_gap_in_the_numbers_is_counted_as_lost() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let mut machine = Machine::new(1, 1);
    push(&mut client, &machine.batch(moments(3, 20)));
    machine.next_seq = 10;
    assert_eq!(push(&mut client, &machine.batch(moments(3, 5))), (3, 0));
    assert_eq!(stored(&mut client, &machine).len(), 6);
    assert_eq!(own_metrics(&mut client).sum("siskin_lost_samples_total"), Some(6.0));
}

#[test]
fn a_new_stream_counts_anew_and_the_old_one_may_still_deliver() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let mut machine = Machine::new(1, 1);
    push(&mut client, &machine.batch(moments(3, 60)));
    let kept = machine.batch(moments(3, 40));
    machine.restart_agent();
    let fresh = machine.batch(moments(3, 20));
    assert_eq!(push(&mut client, &fresh), (3, 0), "the same numbers in another stream are other samples");
    assert_eq!(push(&mut client, &kept), (3, 0), "what the old stream had spooled");
    assert_eq!(push(&mut client, &kept), (0, 3));
    assert_eq!(push(&mut client, &fresh), (0, 3));
    assert_eq!(stored(&mut client, &machine).len(), 9);
    assert_eq!(hosts(&mut client).len(), 1);
    assert_eq!(own_metrics(&mut client).sum("siskin_lost_samples_total").unwrap_or(0.0), 0.0);
}

#[test]
fn bodies_may_be_compressed() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    for (number, (encoding, squeeze)) in
        [("gzip", gzip as fn(&[u8]) -> Vec<u8>), ("zstd", zstd), ("identity", <[u8]>::to_vec)].into_iter().enumerate()
    {
        let mut machine = Machine::new(1, number as u64);
        let batch = machine.batch(moments(20, 1));
        let plain = body(&batch);
        let squeezed = squeeze(&plain);
        assert!(encoding == "identity" || squeezed.len() < plain.len() / 3);
        let headers = [("Content-Encoding", encoding), ("Content-Type", "application/json")];
        let response = client.send("POST", "/metrics", &headers, &squeezed).unwrap();
        assert_eq!(response.status, 200, "{encoding}: {}", response.text());
        assert_eq!(stored(&mut client, &machine).len(), 20, "{encoding}");
    }
}

#[test]
fn lines_of_both_kinds_are_one_body() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let (mut one, mut two) = (Machine::new(1, 1), Machine::new(1, 2));
    let mut lines = Vec::new();
    for line in [
        body(&one.batch(moments(3, 1))),
        flat_now("flat-a").to_string().into_bytes(),
        body(&two.batch(moments(2, 1))),
        flat_now("flat-b").to_string().into_bytes(),
    ] {
        lines.extend(line);
        lines.push(b'\n');
    }
    for content_type in ["application/x-ndjson", "application/json"] {
        let response = client.send("POST", "/metrics", &[("Content-Type", content_type)], &lines).unwrap();
        assert_eq!(response.status, 200, "told by content, not by {content_type}: {}", response.text());
    }
    let counts: Vec<_> = hosts(&mut client).iter().map(|host| host["metric_count"].as_i64().unwrap()).collect();
    assert_eq!(counts, [1, 1, 3, 2], "sent twice, stored once: flat-a, flat-b, then the machines");
}

#[test]
fn samples_of_1970_are_stored_when_they_were_taken() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let mut machine = Machine::new(1, 1);
    let now = unix_ms();
    let mut batch = machine.batch([now, now, now]);
    // A board without a clock battery, 100 s after its start; its samples are 60, 30 and 1 s old.
    let seconds = |boottime: i64| Clock { unix_ms: 5_000 + boottime * 1000, boottime_ms: Some(boottime as u64 * 1000) };
    batch.sent_at = seconds(100);
    for (sample, boottime) in batch.samples.iter_mut().zip([40, 70, 99]) {
        sample.at = seconds(boottime);
    }
    let before = unix_ms();
    assert_eq!(push(&mut client, &batch), (3, 0));
    let after = unix_ms();
    for (stored, age_ms) in stored(&mut client, &machine).into_iter().zip([60_000, 30_000, 1_000]) {
        // Stored in whole seconds here: one either way.
        let allowed = (before - age_ms) / 1000 - 1..=(after - age_ms) / 1000 + 1;
        assert!(allowed.contains(&stored), "{stored} is not in {allowed:?}");
    }
    let skew = host(&mut client, &machine.host.hostname)["skew_seconds"].as_f64().unwrap();
    assert!(skew.abs() > 1e9, "the wrong clock is shown: {skew}");
}

#[test]
fn a_clock_in_the_future_is_repaired_too_and_a_small_difference_is_left() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let now = unix_ms();
    for (number, (off_by_ms, shift)) in
        [(86_400_000 * 365 * 20, 0), (-3_600_000, 0), (3_000, 3)].into_iter().enumerate()
    {
        let mut machine = Machine::new(1, number as u64);
        let mut batch = machine.batch([now - 10_000]);
        for clock in [&mut batch.sent_at, &mut batch.samples[0].at] {
            clock.unix_ms += off_by_ms;
        }
        assert_eq!(push(&mut client, &batch), (1, 0));
        let expected = now / 1000 - 10 + shift;
        let stored = stored(&mut client, &machine)[0];
        assert!((stored - expected).abs() <= 1, "off by {off_by_ms} ms: {stored}, expected {expected}");
    }
}

#[test]
fn samples_of_an_earlier_boot_are_kept() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let mut machine = Machine::new(1, 1);
    let mut batch = machine.batch(moments(2, 3600));
    for sample in &mut batch.samples {
        sample.boot_id = Some("an-earlier-boot".into());
        sample.at.boottime_ms = Some(1_000);
    }
    let expected: Vec<i64> = batch.samples.iter().map(|sample| sample.at.unix_ms / 1000).collect();
    assert_eq!(push(&mut client, &batch), (2, 0));
    assert_eq!(stored(&mut client, &machine), expected, "the clock was right, so the time stands");
}

#[test]
fn two_agents_may_bear_one_name() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let (mut one, mut two) = (Machine::new(1, 1), Machine::new(1, 2));
    two.host.hostname.clone_from(&one.host.hostname);
    push(&mut client, &one.batch(moments(3, 1)));
    push(&mut client, &two.batch(moments(2, 1)));
    let known = hosts(&mut client);
    assert_eq!(known.len(), 2);
    let ids: Vec<&str> = known.iter().map(|host| host["id"].as_str().unwrap()).collect();
    assert_ne!(ids[0], ids[1]);
    // The predecessor's clients know names only: they read the rows of both. What needs one host asks for its id.
    let name = &one.host.hostname;
    assert_eq!(rows(&mut client, &format!("?hostname={name}")).len(), 5);
    for (method, path) in [
        ("GET", format!("/data?hostname={name}&metrics=load.one")),
        ("POST", format!("/hosts/{name}/clean")),
        ("DELETE", format!("/hosts/{name}")),
    ] {
        let response = client.send(method, &path, &[], b"").unwrap();
        assert_eq!(response.status, 409, "{method} {path}: {}", response.text());
        assert!(ids.iter().all(|id| response.text().contains(id)), "lists both: {}", response.text());
    }
    for host in &known {
        let rows = rows(&mut client, &format!("?id={}", host["id"].as_str().unwrap()));
        assert_eq!(json!(rows.len()), host["metric_count"]);
    }
}

#[test]
fn a_host_keeps_its_history_when_its_name_changes() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let mut machine = Machine::new(1, 1);
    push(&mut client, &machine.batch(moments(3, 20)));
    machine.host.hostname = "renamed".into();
    push(&mut client, &machine.batch(moments(2, 1)));
    assert_eq!(hosts(&mut client).len(), 1);
    assert_eq!(host(&mut client, "renamed")["metric_count"], 5);
    assert_eq!(rows(&mut client, "?hostname=renamed").len(), 5);
}

#[test]
fn flat_and_native_live_side_by_side() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let mut machine = Machine::new(1, 1);
    push(&mut client, &machine.batch(moments(3, 1)));
    let now = unix_seconds();
    for age in 0..2 {
        assert_eq!(client.post_json("/metrics", &flat("old", now - age, 50.0)).status, 200);
    }
    assert_eq!(rows(&mut client, "").len(), 5);
    assert_eq!(rows(&mut client, "?hostname=old").len(), 2);
    let all = timestamps(&rows(&mut client, ""));
    assert!(all.is_sorted());
}
