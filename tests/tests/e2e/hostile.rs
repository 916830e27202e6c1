//! Bodies that must be refused: each gets a 4xx with a JSON error that says what and where, nothing of it is stored, and
//! the server goes on.

use serde_json::{Value, json};
use siskin_platform::fleet::Machine;
use siskin_tests::{
    http::Response,
    kernel,
    process::{Home, Server, unix_seconds},
    squeeze::{gzip, gzip_bomb, zstd, zstd_bomb},
};

use crate::support::{body, flat, flat_now, hosts, own_metrics, rows};

/// More than any of this may cost the server in memory, bytes.
const PEAK_BYTES_MAX: u64 = 400 << 20;

struct Case {
    name: &'static str,
    encoding: Option<&'static str>,
    body: Vec<u8>,
    status: u16,
    /// Texts of which the answer must have each.
    says: &'static [&'static str],
}

fn case(name: &'static str, body: impl Into<Vec<u8>>, status: u16, says: &'static [&'static str]) -> Case {
    Case { name, encoding: None, body: body.into(), status, says }
}

fn encoded(
    name: &'static str,
    encoding: &'static str,
    body: Vec<u8>,
    status: u16,
    says: &'static [&'static str],
) -> Case {
    Case { name, encoding: Some(encoding), body, status, says }
}

/// A good batch of three samples with one thing changed.
fn batch_with(pointer: &str, value: Value) -> Vec<u8> {
    let now = unix_seconds() * 1000;
    let mut batch = serde_json::to_value(Machine::new(1, 1).batch([now - 2000, now - 1000, now])).unwrap();
    *batch.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value;
    batch.to_string().into_bytes()
}

fn flat_with(field: &str, value: Value) -> Vec<u8> {
    let mut sample = flat_now("pi");
    sample[field] = value;
    sample.to_string().into_bytes()
}

fn good_batch() -> Vec<u8> {
    let now = unix_seconds() * 1000;
    body(&Machine::new(1, 1).batch([now - 2000, now - 1000, now]))
}

fn lines(lines: &[&[u8]]) -> Vec<u8> {
    lines.join(&b'\n')
}

fn nested(depth: usize) -> Vec<u8> {
    let mut sample = flat_now("pi").to_string();
    sample.pop();
    format!("{sample}, \"details\": {}1{}}}", "{\"a\":".repeat(depth), "}".repeat(depth)).into_bytes()
}

fn broken_texts() -> Vec<Case> {
    let good = flat_now("pi").to_string();
    let batch = good_batch();
    let mut bad_utf8 = good.clone().into_bytes();
    let at = good.find("pi").unwrap();
    bad_utf8[at] = 0xFF;
    let nan = good.replace("12.5", "NaN");
    vec![
        case("empty", "", 400, &["Invalid JSON payload"]),
        case("blank", " \n\n ", 400, &["Invalid JSON payload"]),
        case("truncated", &good.as_bytes()[..good.len() - 10], 400, &["Invalid JSON payload", "line 1", "column"]),
        case("truncated batch", &batch[..batch.len() / 2], 400, &["line 1", "column"]),
        case("NaN", nan, 400, &["Invalid JSON payload", "line 1", "column"]),
        case("trailing comma", good.replace('}', ",}"), 400, &["line 1", "column"]),
        case("two values in a line", format!("{good}{good}"), 400, &["line 1", "column"]),
        case("invalid UTF-8", bad_utf8, 400, &["Invalid JSON payload", "UTF-8"]),
        case("binary", (0..=255).collect::<Vec<u8>>(), 400, &["Invalid JSON payload"]),
        case(
            "UTF-16",
            good.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(),
            400,
            &["Invalid JSON payload"],
        ),
        case("deep nesting of arrays", "[".repeat(100_000), 400, &["Invalid JSON payload"]),
        case("deep nesting in details", nested(10_000), 400, &["details", "recursion limit"]),
        case("an array", format!("[{good}]"), 400, &["object"]),
        case("a number", "1", 400, &["object"]),
        case("null", "null", 400, &["Invalid JSON payload"]),
    ]
}

fn wrong_values() -> Vec<Case> {
    let year_9999 = json!(253_370_764_800_i64);
    vec![
        case("hostname is a number", flat_with("hostname", json!(5)), 400, &["Invalid field types", "hostname"]),
        case("cpu is an object", flat_with("cpu", json!({})), 400, &["Invalid field types", "cpu"]),
        case("cpu is true", flat_with("cpu", json!(true)), 400, &["Invalid field types", "cpu"]),
        case("cpu of 1e999", flat_now("pi").to_string().replace("12.5", "1e999"), 400, &["cpu", "finite"]),
        case("details is a list", flat_with("details", json!([1])), 400, &["Invalid field types", "details"]),
        case("negative timestamp", flat_with("timestamp", json!(-5)), 400, &["timestamp"]),
        case("year 9999", flat_with("timestamp", year_9999), 400, &["timestamp"]),
        case("oversized hostname", flat_with("hostname", json!("h".repeat(300))), 400, &["hostname", "255"]),
        case("hostname of 5 MB", flat_with("hostname", json!("h".repeat(5_000_000))), 400, &["hostname", "255"]),
        case("control characters", flat_with("hostname", json!("a\u{0}b")), 400, &["hostname", "control"]),
        case("raw control character", flat_now("pi").to_string().replace("pi", "p\u{1}"), 400, &["line 1", "column"]),
    ]
}

fn wrong_batches() -> Vec<Case> {
    let without = |field: &str| {
        let mut batch: Value = serde_json::from_slice(&good_batch()).unwrap();
        batch.as_object_mut().unwrap().remove(field);
        batch.to_string()
    };
    vec![
        case("samples is an object", batch_with("/samples", json!({})), 400, &["samples"]),
        case("a sample is a number", batch_with("/samples/1", json!(7)), 400, &["samples[1]"]),
        case(
            "memory is a text",
            batch_with("/samples/2/memory/total_bytes", json!("much")),
            400,
            &["samples[2].memory.total_bytes"],
        ),
        case(
            "a negative counter",
            batch_with("/samples/0/networks/0/rx_bytes_total", json!(-1)),
            400,
            &["samples[0].networks[0].rx_bytes_total"],
        ),
        case("cpu is a list", batch_with("/samples/2/cpu", json!([[]])), 400, &["samples[2].cpu"]),
        case("stream is negative", batch_with("/stream", json!(-1)), 400, &["stream"]),
        case("stream has a fraction", batch_with("/stream", json!(1.5)), 400, &["stream"]),
        case("first_seq is zero", batch_with("/first_seq", json!(0)), 400, &["first_seq"]),
        case("first_seq at its end", batch_with("/first_seq", json!(u64::MAX)), 400, &["first_seq"]),
        case("no stream", without("stream"), 400, &["stream"]),
        case("no agent", without("agent"), 400, &["agent"]),
        case("no host", without("host"), 400, &["host"]),
        case("empty agent id", batch_with("/agent/id", json!("")), 400, &["agent.id"]),
        case("agent id of 10 kB", batch_with("/agent/id", json!("i".repeat(10_000))), 400, &["agent.id"]),
        case("oversized hostname", batch_with("/host/hostname", json!("h".repeat(300))), 400, &["hostname"]),
        case("control character in a name", batch_with("/host/hostname", json!("a\u{7}")), 400, &["hostname"]),
        case(
            "mountpoint of 1 MB",
            batch_with("/samples/1/filesystems/0/mountpoint", json!("m".repeat(1_000_000))),
            400,
            &["samples[1].filesystems[0].mountpoint"],
        ),
        case("30 000 disks", batch_with("/samples/1/disks", json!(vec![disk(); 30_000])), 400, &["samples[1]", "disk"]),
    ]
}

fn disk() -> Value {
    json!({"device": "d", "physical": true, "reads_total": 0, "read_bytes_total": 0, "writes_total": 0, "written_bytes_total": 0})
}

fn wrong_lines() -> Vec<Case> {
    let batch = good_batch();
    let good = flat_now("pi").to_string().into_bytes();
    let missing = json!({"hostname": "pi", "timestamp": 1}).to_string().into_bytes();
    vec![
        case("a bad third line", lines(&[&batch, &good, b"{\"hostname\": ", &good]), 400, &["\"line\":3"]),
        case("a bad last line", lines(&[&batch, &good, b"nonsense"]), 400, &["\"line\":3"]),
        case("a wrong value in line 2", lines(&[&batch, &flat_with("cpu", json!(101))]), 400, &["\"line\":2", "cpu"]),
        case("missing fields in line 2", lines(&[&good, &missing, &batch]), 400, &["\"line\":2", "cpu, disk, ram"]),
        case(
            "a wrong batch in line 4",
            lines(&[&good, b"", &batch, &batch_with("/samples/1/at", json!(null))]),
            400,
            &["\"line\":4", "samples[1].at"],
        ),
    ]
}

fn wrong_encodings() -> Vec<Case> {
    let good = flat_now("pi").to_string().into_bytes();
    let squeezed = gzip(&good);
    let squeezed_zstd = zstd(&good);
    vec![
        encoded("unknown encoding", "br", good.clone(), 415, &["Content-Encoding"]),
        encoded("two encodings", "gzip, gzip", gzip(&squeezed), 415, &["Content-Encoding"]),
        encoded("not gzip", "gzip", good.clone(), 400, &["gzip"]),
        encoded("not zstd", "zstd", good, 400, &["zstd"]),
        encoded("truncated gzip", "gzip", squeezed[..squeezed.len() - 9].to_vec(), 400, &["gzip"]),
        encoded("truncated zstd", "zstd", squeezed_zstd[..squeezed_zstd.len() - 3].to_vec(), 400, &["zstd"]),
        encoded("gzip of nothing", "gzip", gzip(b""), 400, &["Invalid JSON payload"]),
        // 1 GiB of spaces each.
        encoded("gzip bomb", "gzip", gzip_bomb(1024), 413, &["33554432"]),
        encoded("zstd bomb", "zstd", zstd_bomb(1024), 413, &["33554432"]),
    ]
}

/// The body of an error is JSON with a text at `error`.
fn complaint(response: &Response) -> String {
    assert!(
        response.header("content-type").is_some_and(|kind| kind.starts_with("application/json")),
        "{}",
        response.text()
    );
    let json = response.json();
    assert!(json["error"].as_str().is_some_and(|text| !text.is_empty()), "{json}");
    json.to_string()
}

fn refuse_all(cases: Vec<Case>) {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let mut wrong = Vec::new();
    for case in &cases {
        let mut headers = vec![("Content-Type", "application/json")];
        headers.extend(case.encoding.map(|encoding| ("Content-Encoding", encoding)));
        let response = client
            .send("POST", "/metrics", &headers, &case.body)
            .unwrap_or_else(|error| panic!("{}: {error}", case.name));
        if response.status != case.status {
            wrong.push(format!("{}: {} instead of {}: {}", case.name, response.status, case.status, response.text()));
            continue;
        }
        let complaint = complaint(&response);
        assert!(complaint.len() < 2_000, "{}: an answer of {} bytes", case.name, complaint.len());
        for part in case.says {
            if !complaint.contains(part) {
                wrong.push(format!("{}: does not say {part:?}: {complaint}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert_eq!(hosts(&mut client), Vec::<Value>::new(), "nothing was stored");
    assert_eq!(client.get("/health").status, 200);
    assert_eq!(own_metrics(&mut client).sum("siskin_refused_requests_total"), Some(cases.len() as f64));
    assert_eq!(client.post_json("/metrics", &flat_now("pi")).status, 200);
    assert_eq!(client.post("/metrics", &good_batch()).json()["stored"], 3, "no number was marked as taken");
    assert_eq!(hosts(&mut client).len(), 2);
    let peak = kernel::memory_bytes(server.program.pid(), "status", "VmHWM").unwrap();
    assert!(peak < PEAK_BYTES_MAX, "peak of {} MiB", peak >> 20);
}

#[test]
fn broken_texts_are_refused() {
    refuse_all(broken_texts());
}

#[test]
fn wrong_values_are_refused() {
    refuse_all(wrong_values());
}

#[test]
fn wrong_batches_are_refused_whole() {
    refuse_all(wrong_batches());
}

#[test]
fn one_bad_line_refuses_all_lines() {
    refuse_all(wrong_lines());
}

#[test]
fn wrong_encodings_and_bombs_are_refused() {
    refuse_all(wrong_encodings());
}

#[test]
fn a_hundred_megabytes_are_refused_whether_announced_or_not() {
    const SIZE: usize = 100_000_000;
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let mut announced = flat_now("pi").to_string().into_bytes();
    announced.resize(SIZE, b' ');
    let response = client.send("POST", "/metrics", &[], &announced).unwrap();
    assert_eq!(response.status, 413, "{}", response.text());
    assert!(complaint(&response).contains("8388608"), "names the limit: {}", response.text());

    let mut client = server.client();
    let chunk = vec![b' '; 1 << 20];
    let chunks = std::iter::repeat_n(chunk.as_slice(), SIZE >> 20);
    let response = client.send_chunked("POST", "/metrics", &[], chunks).unwrap();
    assert_eq!(response.status, 413, "{}", response.text());
    complaint(&response);

    let mut client = server.client();
    assert_eq!(hosts(&mut client), Vec::<Value>::new());
    assert_eq!(client.get("/health").status, 200);
    let peak = kernel::memory_bytes(server.program.pid(), "status", "VmHWM").unwrap();
    assert!(peak < PEAK_BYTES_MAX, "peak of {} MiB", peak >> 20);
}

#[test]
fn a_wrong_clock_is_no_reason_to_refuse_a_batch() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    for (number, unix_ms) in [-5_000, 0, 253_370_764_800_000, i64::MAX, i64::MIN].into_iter().enumerate() {
        let mut batch = Machine::new(1, number as u64).batch([unix_seconds() * 1000]);
        batch.samples[0].at.unix_ms = unix_ms;
        batch.sent_at.unix_ms = unix_ms;
        let response = client.post("/metrics", &body(&batch));
        assert_eq!(response.status, 200, "{unix_ms}: {}", response.text());
    }
    let stored = rows(&mut client, "");
    assert_eq!(stored.len(), 5);
    let now = unix_seconds();
    for row in stored {
        assert!((row["timestamp"].as_i64().unwrap() - now).abs() <= 60, "repaired by the time since boot: {row}");
    }
}

#[test]
fn other_doors_refuse_in_json_too() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    for (method, path, status) in [
        ("GET", "/no/such/path", 404),
        ("PUT", "/metrics", 405),
        ("DELETE", "/hosts", 405),
        ("GET", "/details?id=nobody", 404),
    ] {
        let response = client.send(method, path, &[], b"").unwrap();
        assert_eq!(response.status, status, "{method} {path}: {}", response.text());
        complaint(&response);
    }
    let long = format!("/data?hostname={}", "a".repeat(100_000));
    let response = client.get(&long);
    assert!((400..500).contains(&response.status), "{}", response.status);
    assert_eq!(server.client().get("/health").status, 200);
}

#[test]
fn a_timestamp_at_the_edge_is_taken() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let now = unix_seconds();
    for (timestamp, status) in [(0, 200), (now + 86_000, 200), (now + 90_000, 400), (-1, 400)] {
        let response = client.post_json("/metrics", &flat("edge", timestamp, 1.0));
        assert_eq!(response.status, status, "{timestamp}: {}", response.text());
    }
}
