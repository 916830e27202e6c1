//! What several of the tests ask for.

use serde_json::{Value, json};
use siskin_platform::model::Batch;
use siskin_tests::{http::Client, process::unix_seconds, prometheus::Page};

/// A flat sample as the predecessor's forwarder sends it.
pub fn flat(hostname: &str, timestamp: i64, cpu: f64) -> Value {
    json!({"hostname": hostname, "timestamp": timestamp, "cpu": cpu, "ram": 40.5, "disk": 70.25,
           "disk_read": 1.5, "disk_write": 0.25})
}

/// The same, now.
pub fn flat_now(hostname: &str) -> Value {
    flat(hostname, unix_seconds(), 12.5)
}

/// A batch as JSON.
pub fn body(batch: &Batch) -> Vec<u8> {
    serde_json::to_vec(batch).unwrap()
}

/// Posts a batch that must be taken: stored and duplicates.
pub fn push(client: &mut Client, batch: &Batch) -> (u64, u64) {
    let response = client.post("/metrics", &body(batch));
    assert_eq!(response.status, 200, "{}", response.text());
    let json = response.json();
    assert_eq!(json["status"], "ok");
    (json["stored"].as_u64().expect("stored"), json["duplicates"].as_u64().expect("duplicates"))
}

/// Rows of `/data` in the predecessor's form.
pub fn rows(client: &mut Client, query: &str) -> Vec<Value> {
    let response = client.get(&format!("/data{query}"));
    assert_eq!(response.status, 200, "/data{query}: {}", response.text());
    let json = response.json();
    let rows = json["data"].as_array().expect("data").clone();
    assert_eq!(json["count"], rows.len(), "count is the number of rows");
    rows
}

/// Their timestamps.
pub fn timestamps(rows: &[Value]) -> Vec<i64> {
    rows.iter().map(|row| row["timestamp"].as_i64().unwrap_or_else(|| panic!("not a whole number: {row}"))).collect()
}

/// The hosts that the server knows.
pub fn hosts(client: &mut Client) -> Vec<Value> {
    let response = client.get("/hosts");
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()["hosts"].as_array().expect("hosts").clone()
}

/// The host of that name.
pub fn host(client: &mut Client, name: &str) -> Value {
    let all = hosts(client);
    all.iter().find(|host| host["hostname"] == name).unwrap_or_else(|| panic!("no {name} among {all:?}")).clone()
}

/// The values of one series of the new form of `/data`.
pub fn series<'a>(data: &'a Value, metric: &str, labels: &Value) -> &'a Vec<Value> {
    let all = data["series"].as_array().expect("series");
    let found = all.iter().find(|series| series["metric"] == metric && series["labels"] == *labels);
    let found = found.unwrap_or_else(|| panic!("no {metric} {labels} in {data}"));
    let values = found["values"].as_array().expect("values");
    assert_eq!(values.len(), data["ts"].as_array().expect("ts").len(), "one time axis for all");
    values
}

/// The server's own metrics.
pub fn own_metrics(client: &mut Client) -> Page {
    let response = client.get("/metrics");
    assert_eq!(response.status, 200);
    Page::parse(&response.text())
}
