//! The agent's push: a batch of full samples with consecutive numbers.

use siskin_platform::model::catalog::{self, Read, Table, Visitor};
use siskin_platform::model::{Agent, Batch, Host, tag_fault};

use super::clock;
use super::decode::DecodeError;
use super::flat::check_hostname;
use crate::store::NativeBatch;

/// Numbers beyond this are no count of samples: one a microsecond for 285 years.
const MAX_SEQ: u64 = 1 << 53;
/// A text about the agent or the host.
const FACT_BYTES: usize = 1_024;
/// Rows of one table in one sample at most: more cores, disks or interfaces than any host has.
const ROWS: usize = 4_096;
const ID_BYTES: usize = 128;
/// The name of a dimension or a text of it: the longest path that Linux knows.
const TEXT_BYTES: usize = 4_096;

/// A batch that was read, within bounds and by the server's clock.
pub fn take(mut batch: Batch, received_us: i64) -> Result<NativeBatch, DecodeError> {
    check(&batch)?;
    let received_ms = received_us / 1_000;
    let skew_seconds = clock::skew_ms(&batch, received_ms) as f64 / 1e3;
    let mut samples = std::mem::take(&mut batch.samples);
    for sample in &mut samples {
        let taken = clock::taken(&batch, sample, received_ms);
        sample.at.unix_ms = taken.unix_ms;
        sample.time_is_estimated = taken.is_estimated;
    }
    Ok(NativeBatch {
        agent: batch.agent,
        host: batch.host,
        stream: batch.stream,
        first_seq: batch.first_seq,
        received_us,
        skew_seconds,
        samples,
    })
}

/// What is wrong with a batch that cannot be read, and where: the path to it costs time.
pub fn fault(object: &str) -> DecodeError {
    match serde_path_to_error::deserialize::<_, Batch>(&mut serde_json::Deserializer::from_str(object)) {
        Ok(_) => DecodeError::Json { detail: "unexpected text after the object".into(), line: None },
        Err(error) => {
            let path = error.path().to_string();
            let detail = error.inner().to_string();
            match detail.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
                Some(name) => {
                    let field = if path == "." { name.to_owned() } else { format!("{path}.{name}") };
                    DecodeError::Missing { fields: vec![field], detail, line: None }
                }
                None => DecodeError::field(path, detail),
            }
        }
    }
}

fn check(batch: &Batch) -> Result<(), DecodeError> {
    check_hostname(&batch.host.hostname, "host.hostname")?;
    let id = &batch.agent.id;
    if id.is_empty() || id.len() > ID_BYTES || id.chars().any(char::is_control) || id.starts_with("name:") {
        let detail = format!("must be 1 to {ID_BYTES} bytes without control characters and not begin with name:");
        return Err(DecodeError::field("agent.id", detail));
    }
    if batch.first_seq == 0 {
        return Err(DecodeError::field("first_seq", "is 0, a stream counts from 1"));
    }
    if batch.first_seq > MAX_SEQ {
        return Err(DecodeError::field("first_seq", format!("is more than {MAX_SEQ}")));
    }
    if let Some(name) = long_fact(&batch.agent, &batch.host) {
        return Err(DecodeError::field(name, format!("is longer than {FACT_BYTES} bytes")));
    }
    if let Some(fault) = tag_fault(&batch.host.tags) {
        return Err(DecodeError::field("host.tags", fault));
    }
    for (index, sample) in batch.samples.iter().enumerate() {
        let mut bounds = Bounds { sample, fault: None };
        catalog::visit(&mut bounds);
        if let Some((path, detail)) = bounds.fault {
            return Err(DecodeError::field(format!("samples[{index}]{path}"), detail));
        }
    }
    Ok(())
}

/// The first text of the agent or the host that is too long.
fn long_fact(agent: &Agent, host: &Host) -> Option<&'static str> {
    let facts = [
        ("agent.version", Some(&agent.version)),
        ("agent.boot_id", agent.boot_id.as_ref()),
        ("host.os", host.os.as_ref()),
        ("host.os_release", host.os_release.as_ref()),
        ("host.os_version", host.os_version.as_ref()),
        ("host.distribution", host.distribution.as_ref()),
        ("host.architecture", host.architecture.as_ref()),
        ("host.model", host.model.as_ref()),
        ("host.processor", host.processor.as_ref()),
        ("host.disk_mountpoint", host.disk_mountpoint.as_ref()),
        ("host.primary_interface.name", host.primary_interface.as_ref().map(|address| &address.name)),
        ("host.primary_interface.ipv4", host.primary_interface.as_ref().and_then(|address| address.ipv4.as_ref())),
        ("host.primary_interface.netmask", host.primary_interface.as_ref().and_then(|a| a.netmask.as_ref())),
        ("host.primary_interface.broadcast", host.primary_interface.as_ref().and_then(|a| a.broadcast.as_ref())),
        ("host.primary_interface.duplex", host.primary_interface.as_ref().and_then(|a| a.duplex.as_ref())),
    ];
    facts.into_iter().find(|(_, text)| text.is_some_and(|text| text.len() > FACT_BYTES)).map(|(name, _)| name)
}

/// Looks for what is too much in one sample: rows, or a text's length.
struct Bounds<'a> {
    sample: &'a siskin_platform::model::Sample,
    /// Where below the sample, and what.
    fault: Option<(String, String)>,
}

impl Visitor for Bounds<'_> {
    fn table<T: 'static>(&mut self, table: &'static Table<T>) {
        let rows = (table.rows)(self.sample);
        if rows.len() > ROWS {
            let detail = format!("has {} rows of {}, at most {ROWS}", rows.len(), table.name);
            self.fault = Some((String::new(), detail));
            return;
        }
        for metric in table.dimension.iter().chain(table.metrics) {
            let Read::Text(read) = metric.read else { continue };
            let longest = rows.iter().position(|row| read(row).is_some_and(|text| text.len() > TEXT_BYTES));
            if let Some(row) = longest {
                let detail = format!("is longer than {TEXT_BYTES} bytes");
                self.fault = Some((format!(".{}s[{row}].{}", table.name, metric.name), detail));
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::store::Write;

    const NOW: i64 = 1_800_000_000_000_000;

    fn decode(body: &str, received_us: i64) -> Result<NativeBatch, DecodeError> {
        match super::super::decode::decode(body.as_bytes(), received_us)?.writes.pop() {
            Some(Write::Native(batch)) => Ok(*batch),
            other => panic!("{other:?}"),
        }
    }

    fn batch() -> Value {
        json!({
            "agent": {"id": "a1", "version": "0.1.0", "boot_id": null},
            "host": {"hostname": "pi", "tags": {"env": "prod"}},
            "stream": u64::MAX, "first_seq": 5, "sent_at": {"unix_ms": 1_800_000_000_000i64, "boottime_ms": 10_001},
            "samples": [
                {"at": {"unix_ms": 1_799_999_990_000i64, "boottime_ms": 1}, "cpu": {"total": {
                    "user_seconds_total": 1, "nice_seconds_total": 0, "system_seconds_total": 0.5, "idle_seconds_total": 3,
                }}},
                {"at": {"unix_ms": 1_799_999_999_000i64}},
            ],
        })
    }

    #[test]
    fn a_batch_of_samples() {
        let decoded = decode(&batch().to_string(), NOW).unwrap();
        assert_eq!((decoded.stream, decoded.first_seq, decoded.samples.len()), (u64::MAX, 5, 2));
        assert_eq!(decoded.samples[0].at.unix_ms, 1_799_999_990_000);
        assert_eq!(decoded.skew_seconds, 0.0);
        assert_eq!(decoded.host.tags["env"], "prod");
        assert_eq!(decoded.samples[0].cpu.as_ref().unwrap().total.iowait_seconds_total, None);
    }

    #[test]
    fn a_fault_is_named_with_its_path() {
        let mut wrong = batch();
        wrong["samples"][1]["memory"] = json!({"total_bytes": "x", "free_bytes": 1, "available_bytes": 1});
        match decode(&wrong.to_string(), NOW) {
            Err(DecodeError::Field { field, detail, .. }) => {
                assert_eq!(field, "samples[1].memory.total_bytes");
                assert!(detail.contains("string"), "{detail}");
            }
            other => panic!("{other:?}"),
        }
        let mut wrong = batch();
        wrong["samples"][0]["at"] = json!({});
        match decode(&wrong.to_string(), NOW) {
            Err(DecodeError::Missing { fields, .. }) => assert_eq!(fields, ["samples[0].at.unix_ms"]),
            other => panic!("{other:?}"),
        }
        for (pointer, value) in [
            ("/first_seq", json!(0)),
            ("/agent/id", json!("")),
            ("/agent/id", json!("name:x")),
            ("/host/hostname", json!("\u{7}")),
            ("/host/tags", json!({"a-b": "c"})),
            ("/host/tags", json!({"a": ""})),
        ] {
            let mut wrong = batch();
            *wrong.pointer_mut(pointer).unwrap() = value;
            let field = pointer[1..].replace('/', ".");
            assert!(matches!(decode(&wrong.to_string(), NOW), Err(DecodeError::Field { field: f, .. }) if f == field));
        }
    }

    #[test]
    fn too_many_rows_are_refused() {
        let mut wrong = batch();
        wrong["samples"][1]["networks"] = Value::Array(vec![
            json!({
                "interface": "e", "rx_bytes_total": 0, "rx_packets_total": 0, "rx_errors_total": 0, "rx_dropped_total": 0,
                "tx_bytes_total": 0, "tx_packets_total": 0, "tx_errors_total": 0, "tx_dropped_total": 0,
            });
            ROWS + 1
        ]);
        assert!(
            matches!(decode(&wrong.to_string(), NOW), Err(DecodeError::Field { field, .. }) if field == "samples[1]")
        );
    }

    #[test]
    fn a_text_without_end_is_refused() {
        let mut wrong = batch();
        wrong["samples"][1]["filesystems"] = json!([{
            "mountpoint": "m".repeat(TEXT_BYTES + 1), "device": "d", "kind": "k", "read_only": false,
            "total_bytes": 0, "free_bytes": 0, "available_bytes": 0,
        }]);
        let field = "samples[1].filesystems[0].mountpoint";
        assert!(matches!(decode(&wrong.to_string(), NOW), Err(DecodeError::Field { field: f, .. }) if f == field));
        wrong["samples"][1]["filesystems"][0]["mountpoint"] = json!("m".repeat(TEXT_BYTES));
        assert!(decode(&wrong.to_string(), NOW).is_ok());
    }
}
