//! The predecessor's server as its clients know it: statuses, shapes and texts.

use serde_json::{Value, json};
use siskin_tests::{
    http::Client,
    process::{Home, Server, unix_seconds},
};

use crate::support::{flat, host, hosts, rows, timestamps};

fn refused(client: &mut Client, body: &[u8]) -> Value {
    let response = client.post("/metrics", body);
    assert_eq!(response.status, 400, "{} for {}", response.text(), String::from_utf8_lossy(body));
    assert!(response.header("content-type").unwrap().starts_with("application/json"));
    response.json()
}

#[test]
fn health_is_ok() {
    let home = Home::new();
    let server = Server::start(&home);
    let response = server.client().get("/health");
    assert_eq!((response.status, response.json()), (200, json!({"status": "ok"})));
}

#[test]
fn a_sample_comes_back_as_it_was_sent() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let now = unix_seconds();
    let response = client.post_json("/metrics", &flat("pi", now, 12.5));
    assert_eq!((response.status, &response.json()["status"]), (200, &json!("ok")));
    let expected = json!({"timestamp": now, "hostname": "pi", "cpu": 12.5, "ram": 40.5, "disk": 70.25,
                          "disk_read": 1.5, "disk_write": 0.25});
    assert_eq!(rows(&mut client, "?hostname=pi"), vec![expected.clone()]);
    assert_eq!(rows(&mut client, ""), vec![expected.clone()]);
    assert_eq!(rows(&mut client, "?timeframe=1h"), vec![expected]);
    assert_eq!(rows(&mut client, "?hostname=nobody"), Vec::<Value>::new());
}

#[test]
fn numbers_may_come_as_strings() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let now = unix_seconds();
    let body = json!({"hostname": "pi", "timestamp": now.to_string(), "cpu": "12.5", "ram": "40", "disk": "7e1",
                      "disk_read": "1.5", "disk_write": "0"});
    assert_eq!(client.post_json("/metrics", &body).status, 200);
    let row = rows(&mut client, "?hostname=pi").remove(0);
    assert_eq!(row["timestamp"], now);
    for (field, value) in [("cpu", 12.5), ("ram", 40.0), ("disk", 70.0), ("disk_read", 1.5), ("disk_write", 0.0)] {
        assert_eq!(row[field].as_f64(), Some(value), "{field}");
    }
}

#[test]
fn what_was_not_sent_is_null_and_not_zero() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let body = json!({"hostname": "pi", "timestamp": unix_seconds(), "cpu": 1, "ram": 2, "disk": 3});
    assert_eq!(client.post_json("/metrics", &body).status, 200);
    let row = rows(&mut client, "?hostname=pi").remove(0);
    assert!(row.as_object().unwrap().contains_key("disk_read"));
    assert_eq!((&row["disk_read"], &row["disk_write"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_timestamp_with_a_fraction_loses_it() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let now = unix_seconds();
    let body = json!({"hostname": "pi", "timestamp": now as f64 + 0.75, "cpu": 1, "ram": 2, "disk": 3});
    assert_eq!(client.post_json("/metrics", &body).status, 200);
    assert_eq!(timestamps(&rows(&mut client, "?hostname=pi")), [now]);
}

#[test]
fn rows_ascend_and_a_timeframe_cuts_them() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let now = unix_seconds();
    let ages = [8 * 86_400, 3 * 86_400, 7_200, 60];
    for age in [7_200, 60, 8 * 86_400, 3 * 86_400] {
        assert_eq!(client.post_json("/metrics", &flat("pi", now - age, 10.0)).status, 200);
    }
    for (query, kept) in [("&timeframe=7d", 3), ("&timeframe=24h", 2), ("&timeframe=1h", 1), ("", 2)] {
        // A day where none is named.
        let expected: Vec<i64> = ages[4 - kept..].iter().map(|age| now - age).collect();
        assert_eq!(timestamps(&rows(&mut client, &format!("?hostname=pi{query}"))), expected, "{query}");
    }
}

#[test]
fn an_unknown_timeframe_is_refused() {
    let home = Home::new();
    let server = Server::start(&home);
    for timeframe in ["2h", "1H", "banana"] {
        let response = server.client().get(&format!("/data?timeframe={timeframe}"));
        assert_eq!((response.status, &response.json()["error"]), (400, &json!("Unsupported timeframe")));
    }
}

#[test]
fn errors_have_the_old_texts() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    for body in ["", "{}", "{", "not json", "null", "\"text\""] {
        assert_eq!(refused(&mut client, body.as_bytes())["error"], "Invalid JSON payload", "{body}");
    }
    let now = unix_seconds();
    let missing = refused(&mut client, json!({"hostname": "pi", "timestamp": now, "ram": 1}).to_string().as_bytes());
    assert_eq!(missing["error"], "Missing fields: cpu, disk");
    let missing = refused(&mut client, b"{\"other\": 1}");
    assert_eq!(missing["error"], "Missing fields: cpu, disk, hostname, ram, timestamp");
    for (field, value) in [
        ("cpu", json!("much")),
        ("ram", json!([1])),
        ("disk", json!({})),
        ("timestamp", json!("yesterday")),
        ("disk_read", json!("fast")),
        ("cpu", json!(null)),
    ] {
        let mut sample = flat("pi", now, 1.0);
        sample[field] = value.clone();
        let error = refused(&mut client, sample.to_string().as_bytes());
        assert_eq!(error["error"], "Invalid field types", "{field} = {value}");
        assert_eq!(error["field"], field, "{error}");
        assert!(error["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{error}");
    }
    assert_eq!(hosts(&mut client), Vec::<Value>::new(), "nothing was stored");
}

#[test]
fn values_out_of_range_are_refused_by_name() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let now = unix_seconds();
    for (field, value) in [
        ("cpu", json!(100.5)),
        ("cpu", json!(-1)),
        ("ram", json!("1e300")),
        ("disk", json!("NaN")),
        ("disk", json!("inf")),
        ("disk_write", json!("-Infinity")),
        ("hostname", json!("")),
        ("hostname", json!("x".repeat(256))),
        ("hostname", json!("pi\n")),
        ("hostname", json!("pi\u{7f}")),
        ("timestamp", json!(-1)),
        ("timestamp", json!(now + 2 * 86_400)),
        ("timestamp", json!(253_402_300_799_i64)),
        ("timestamp", json!(1e300)),
    ] {
        let mut sample = flat("pi", now, 1.0);
        sample[field] = value.clone();
        let error = refused(&mut client, sample.to_string().as_bytes());
        assert_eq!(error["field"], field, "{field} = {value}: {error}");
    }
    assert_eq!(hosts(&mut client), Vec::<Value>::new(), "nothing was stored");
    for (hostname, timestamp, cpu) in [("x".repeat(255), now, 0.0), ("zürich".into(), now + 3600, 100.0)] {
        let response = client.post_json("/metrics", &flat(&hostname, timestamp, cpu));
        assert_eq!(response.status, 200, "at the edge: {}", response.text());
    }
}

#[test]
fn a_retry_is_stored_once_and_another_value_is_not_a_retry() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let now = unix_seconds();
    for _ in 0..3 {
        assert_eq!(client.post_json("/metrics", &flat("pi", now, 10.0)).status, 200);
    }
    assert_eq!(rows(&mut client, "?hostname=pi").len(), 1);
    assert_eq!(client.post_json("/metrics", &flat("pi", now, 11.0)).status, 200);
    assert_eq!(client.post_json("/metrics", &flat("pa", now, 10.0)).status, 200);
    assert_eq!(rows(&mut client, "?hostname=pi").len(), 2);
    assert_eq!(rows(&mut client, "").len(), 3);
}

#[test]
fn details_are_the_latest_that_came() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let now = unix_seconds();
    let first = json!({"cpu": {"percent": 1.5, "processor": "Zeisig é"}, "list": [1, null, {"deep": true}]});
    for (timestamp, details) in [(now - 20, Some(&first)), (now - 10, None)] {
        let mut sample = flat("pi", timestamp, 10.0);
        if let Some(details) = details {
            sample["details"] = details.clone();
        }
        assert_eq!(client.post_json("/metrics", &sample).status, 200);
    }
    let response = client.get("/details?hostname=pi");
    assert_eq!(response.status, 200);
    let details = response.json();
    assert_eq!((&details["hostname"], &details["details"]), (&json!("pi"), &first));
    assert!((details["updated_at"].as_i64().expect("whole seconds") - now).abs() <= 30, "{details}");
}

#[test]
fn details_without_a_host_are_errors() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let missing = client.get("/details");
    assert_eq!((missing.status, &missing.json()["error"]), (400, &json!("hostname query parameter required")));
    let unknown = client.get("/details?hostname=nobody");
    assert_eq!((unknown.status, &unknown.json()["error"]), (404, &json!("hostname not found")));
    client.post_json("/metrics", &flat("bare", unix_seconds(), 1.0));
    let bare = client.get("/details?hostname=bare");
    assert_eq!((bare.status, &bare.json()["error"]), (404, &json!("hostname not found")), "no details ever came");
}

#[test]
fn hosts_are_sorted_and_counted() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let now = unix_seconds();
    for (name, age) in [("zeta", 30), ("alpha", 20), ("zeta", 10), ("Mid", 5)] {
        let mut sample = flat(name, now - age, 10.0);
        if name == "alpha" {
            sample["details"] = json!({"a": 1});
        }
        assert_eq!(client.post_json("/metrics", &sample).status, 200);
    }
    let hosts = hosts(&mut client);
    let shape: Vec<_> = hosts
        .iter()
        .map(|host| (host["hostname"].as_str().unwrap(), host["metric_count"].as_i64(), host["last_seen"].as_i64()))
        .collect();
    assert_eq!(
        shape,
        [("Mid", Some(1), Some(now - 5)), ("alpha", Some(1), Some(now - 20)), ("zeta", Some(2), Some(now - 10))]
    );
    assert!((hosts[1]["details_updated_at"].as_i64().unwrap() - now).abs() <= 30);
    assert_eq!(hosts[2]["details_updated_at"], Value::Null);
}

#[test]
fn clean_takes_the_samples_and_delete_takes_the_host() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let now = unix_seconds();
    for name in ["pi", "pa"] {
        for age in 0..3 {
            let mut sample = flat(name, now - age, 10.0);
            sample["details"] = json!({"a": age});
            assert_eq!(client.post_json("/metrics", &sample).status, 200);
        }
    }
    let cleaned = client.post("/hosts/pi/clean", b"");
    assert_eq!((cleaned.status, cleaned.json()), (200, json!({"status": "ok", "metrics_deleted": 3})));
    assert_eq!(rows(&mut client, "?hostname=pi").len(), 0);
    assert_eq!(rows(&mut client, "?hostname=pa").len(), 3);
    assert_eq!(client.get("/details?hostname=pi").status, 200, "details stay");
    let deleted = client.send("DELETE", "/hosts/pi", &[], b"").unwrap();
    assert_eq!((deleted.status, deleted.json()), (200, json!({"status": "ok", "metrics": 0, "details": 1})));
    let deleted = client.send("DELETE", "/hosts/pa", &[], b"").unwrap();
    assert_eq!((deleted.status, deleted.json()), (200, json!({"status": "ok", "metrics": 3, "details": 1})));
    assert_eq!(hosts(&mut client), Vec::<Value>::new());
    assert_eq!(client.get("/details?hostname=pi").status, 404);
    assert_eq!(client.post_json("/metrics", &flat("pi", now, 10.0)).status, 200, "a deleted host may come again");
    assert_eq!(host(&mut client, "pi")["metric_count"], 1);
}

#[test]
fn a_cleaned_host_stays_clean_after_a_restart() {
    let home = Home::new();
    let mut server = Server::start(&home);
    let mut client = server.client();
    let now = unix_seconds();
    for name in ["pi", "pa"] {
        assert_eq!(client.post_json("/metrics", &flat(name, now, 10.0)).status, 200);
    }
    assert_eq!(client.post("/hosts/pi/clean", b"").status, 200);
    server.program.kill();
    let server = Server::start(&home);
    assert_eq!(rows(&mut server.client(), "?hostname=pi").len(), 0);
    assert_eq!(rows(&mut server.client(), "?hostname=pa").len(), 1);
}

#[test]
fn the_dashboard_is_a_page() {
    let home = Home::new();
    let server = Server::start(&home);
    let response = server.client().get("/dashboard");
    assert_eq!(response.status, 200);
    assert!(response.header("content-type").unwrap().starts_with("text/html"));
    assert!(response.text().to_ascii_lowercase().contains("<!doctype html>"));
}
