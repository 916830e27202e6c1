//! The predecessor's forwarder, done over as it behaves: a Python loop with a `requests` session that asks the agent,
//! reckons disk rates and posts to the server. It stands between our agent and our server, unchanged.

use std::net::SocketAddr;

use serde_json::{Map, Value, json};
use siskin_tests::{
    http::Client,
    process::{Agent, Home, Server, unix_ms, unix_seconds},
    python,
    wait::{PATIENCE, until},
};

use crate::support::{host, rows};

const MIB: f64 = 1_048_576.0;

/// What Python's `float()` takes from JSON.
fn float(value: &Value) -> f64 {
    match value {
        Value::Number(number) => number.as_f64().unwrap(),
        Value::String(text) => text.trim().parse().unwrap(),
        other => panic!("float() argument must be a string or a real number, not {other}"),
    }
}

struct Forwarder {
    agent: Client,
    server: Client,
    hostname: String,
    /// Read bytes, written bytes, and when, by the loop's own clock.
    last: Option<(f64, f64, i64)>,
    /// Some of the forwarders in the field were changed to send texts.
    numbers_as_strings: bool,
}

impl Forwarder {
    fn new(agent: SocketAddr, server: SocketAddr, hostname: &str) -> Self {
        // The headers of a `requests` session.
        let session = |address| {
            Client::new(address)
                .with_header("User-Agent", "python-requests/2.32.3")
                .with_header("Accept-Encoding", "gzip, deflate")
                .with_header("Accept", "*/*")
                .with_header("Connection", "keep-alive")
        };
        Self {
            agent: session(agent),
            server: session(server),
            hostname: hostname.into(),
            last: None,
            numbers_as_strings: false,
        }
    }

    fn is_agent_healthy(&mut self) -> bool {
        let response = self.agent.get("/health");
        response.status == 200 && response.json()["status"] == "ok"
    }

    /// One turn of the loop: what was sent.
    fn forward(&mut self) -> Value {
        let stats = self.agent.get("/system").json();
        let io = &stats["disk_io"];
        let (read, written, now) = (float(&io["read_bytes"]), float(&io["write_bytes"]), unix_ms());
        let (mut disk_read, mut disk_write) = (0.0, 0.0);
        if let Some((last_read, last_written, before)) = self.last {
            let elapsed = (now - before) as f64 / 1000.0;
            if elapsed > 0.0 {
                disk_read = ((read - last_read) / elapsed / MIB).max(0.0);
                disk_write = ((written - last_written) / elapsed / MIB).max(0.0);
            }
        }
        self.last = Some((read, written, now));
        let number = |value: f64| if self.numbers_as_strings { json!(value.to_string()) } else { json!(value) };
        let mut payload = Map::new();
        payload.insert("hostname".into(), json!(self.hostname));
        payload.insert("timestamp".into(), json!(unix_seconds()));
        payload.insert("cpu".into(), number(float(&stats["cpu"]["percent"])));
        payload.insert("ram".into(), number(float(&stats["memory"]["percent"])));
        payload.insert("disk".into(), number(float(&stats["disk"]["percent"])));
        payload.insert("disk_read".into(), number(disk_read));
        payload.insert("disk_write".into(), number(disk_write));
        payload.insert("details".into(), stats);
        let payload = Value::Object(payload);
        let response = self
            .server
            .send("POST", "/metrics", &[("Content-Type", "application/json")], python::dumps(&payload).as_bytes())
            .unwrap();
        // response.raise_for_status()
        assert!(response.status < 400, "{}", response.text());
        payload
    }
}

#[test]
fn the_old_forwarder_feeds_the_server_from_the_agent() {
    let (home, agent_home) = (Home::new(), Home::new());
    let server = Server::start(&home);
    let agent = Agent::start(&agent_home, &["--interval", "1"]);
    let mut forwarder = Forwarder::new(agent.address, server.address, "old-client");
    until("a healthy agent", PATIENCE, || forwarder.is_agent_healthy().then_some(()));

    let mut sent = vec![forwarder.forward()];
    forwarder.numbers_as_strings = true;
    // Two payloads of one second may be alike and count as one: wait for the next second each time.
    for _ in 0..2 {
        let last = sent.last().unwrap()["timestamp"].as_i64().unwrap();
        until("the next second", PATIENCE, || (unix_seconds() > last).then_some(()));
        sent.push(forwarder.forward());
    }

    let mut client = server.client();
    let stored = rows(&mut client, "?hostname=old-client&timeframe=1h");
    assert_eq!(stored.len(), sent.len());
    for (row, sent) in stored.iter().zip(&sent) {
        assert_eq!(row["timestamp"], sent["timestamp"]);
        for field in ["cpu", "ram", "disk", "disk_read", "disk_write"] {
            let (stored, sent) = (row[field].as_f64().unwrap(), float(&sent[field]));
            // The store keeps hundredths.
            assert!((stored - sent).abs() <= 0.005 + 1e-9, "{field}: sent {sent}, stored {stored}");
        }
    }
    let last = sent.last().unwrap();
    let details = client.get("/details?hostname=old-client").json();
    assert_eq!(details["details"], last["details"], "what the forwarder read from the agent is what the server shows");
    let host = host(&mut client, "old-client");
    assert_eq!((&host["metric_count"], &host["last_seen"]), (&json!(3), &last["timestamp"]));
}

/// The objects and fields that the predecessor's agent had; where its forwarder or dashboard calls `float()`, a number.
#[test]
fn the_agent_answers_in_the_old_shape() {
    let home = Home::new();
    let agent = Agent::start(&home, &["--interval", "1"]);
    let mut client = agent.client();
    let health = client.get("/health");
    assert_eq!((health.status, health.json()), (200, json!({"status": "ok"})));
    let response = client.get("/system");
    assert_eq!(response.status, 200);
    assert!(response.header("content-type").unwrap().starts_with("application/json"));
    let system = response.json();
    for (object, fields) in [
        ("cpu", "percent logical_cores physical_cores frequency_mhz min_frequency_mhz max_frequency_mhz processor"),
        ("memory", "total available percent used free active inactive buffers cached shared slab"),
        ("swap", "total used free percent sin sout"),
        ("disk", "total used free percent mount"),
        ("disk_io", "read_count write_count read_bytes write_bytes read_time write_time"),
        ("network", "io_counters primary_interface"),
        ("uptime", "seconds boot_time human"),
        ("system", "hostname os os_release os_version architecture platform model"),
    ] {
        let present = system[object].as_object().unwrap_or_else(|| panic!("no object {object}"));
        for field in fields.split(' ') {
            assert!(present.contains_key(field), "{object}.{field} is not there");
        }
    }
    let counters = system["network"]["io_counters"].as_object().unwrap();
    for field in "bytes_sent bytes_recv packets_sent packets_recv errin errout dropin dropout".split(' ') {
        assert!(counters[field].is_u64(), "network.io_counters.{field}");
    }
    for (object, field) in [
        ("cpu", "percent"),
        ("memory", "percent"),
        ("disk", "percent"),
        ("disk_io", "read_bytes"),
        ("disk_io", "write_bytes"),
        ("uptime", "seconds"),
    ] {
        assert!(system[object][field].is_number(), "{object}.{field} = {}", system[object][field]);
    }
    let memory = |field: &str| system["memory"][field].as_f64().unwrap();
    assert_eq!(memory("used"), memory("total") - memory("available"), "psutil 7");
    let percent = 100.0 * memory("used") / memory("total");
    assert!((memory("percent") - percent).abs() <= 0.051, "one decimal: {} for {percent}", memory("percent"));
    for time in [&system["collected_at"], &system["uptime"]["boot_time"]] {
        let text = time.as_str().unwrap();
        assert!(
            text.contains('T') && (text.ends_with("+00:00") || text.ends_with('Z')),
            "ISO 8601 with offset: {text}"
        );
    }
}
