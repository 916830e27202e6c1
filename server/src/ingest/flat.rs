//! The predecessor's push: one flat object of percentages. Numbers may come as strings.

use serde_json::value::RawValue;
use siskin_platform::model::hostname_fault;

use super::bounds;
use super::decode::DecodeError;
use super::members::Members;
use crate::store::{FlatSample, FlatValues};

const REQUIRED: [&str; 5] = ["cpu", "disk", "hostname", "ram", "timestamp"];

pub fn decode(members: &Members<'_>, received_us: i64) -> Result<FlatSample, DecodeError> {
    let missing: Vec<String> =
        REQUIRED.iter().filter(|name| members.get(name).is_none()).map(|name| (*name).to_owned()).collect();
    if !missing.is_empty() {
        let detail = "a flat sample needs hostname, cpu, ram, disk and timestamp; a batch needs samples".into();
        return Err(DecodeError::Missing { fields: missing, detail, line: None });
    }
    let values = FlatValues {
        cpu: percentage(members, "cpu")?,
        ram: percentage(members, "ram")?,
        disk: percentage(members, "disk")?,
        disk_read: rate(members, "disk_read")?,
        disk_write: rate(members, "disk_write")?,
    };
    Ok(FlatSample {
        hostname: hostname(required(members, "hostname"))?,
        timestamp: timestamp(members, received_us)?,
        values,
        details: details(members)?,
        received_us,
    })
}

/// A name that can be shown: not empty, not too long, no control characters.
pub fn check_hostname(name: &str, field: &str) -> Result<(), DecodeError> {
    hostname_fault(name).map_or(Ok(()), |fault| Err(DecodeError::field(field, fault)))
}

/// A member that was found to be there.
fn required<'a>(members: &Members<'a>, name: &str) -> &'a RawValue {
    members.get(name).expect("what is missing was refused")
}

fn hostname(raw: &RawValue) -> Result<String, DecodeError> {
    let name: String =
        serde_json::from_str(raw.get()).map_err(|_| DecodeError::field("hostname", "must be a string"))?;
    check_hostname(&name, "hostname")?;
    Ok(name)
}

fn percentage(members: &Members<'_>, name: &str) -> Result<f64, DecodeError> {
    bounds::percentage(number(required(members, name), name)?).map_err(|fault| DecodeError::field(name, fault))
}

fn rate(members: &Members<'_>, name: &str) -> Result<Option<f64>, DecodeError> {
    match members.get(name).filter(|raw| raw.get() != "null") {
        Some(raw) => Ok(bounds::rate(number(raw, name)?)),
        None => Ok(None),
    }
}

fn timestamp(members: &Members<'_>, received_us: i64) -> Result<i64, DecodeError> {
    let value = number(required(members, "timestamp"), "timestamp")?;
    bounds::timestamp(value, received_us).map_err(|fault| DecodeError::field("timestamp", fault))
}

fn number(raw: &RawValue, name: &str) -> Result<f64, DecodeError> {
    let text = raw.get();
    let number = match kind(text) {
        "a number" => serde_json::from_str(text).ok(),
        "a text" => serde_json::from_str::<String>(text).ok().and_then(|text| text.trim().parse().ok()),
        kind => return Err(DecodeError::field(name, format!("must be a number, is {kind}"))),
    };
    match number {
        Some(number) if f64::is_finite(number) => Ok(number),
        _ => Err(DecodeError::field(name, "must be a finite number")),
    }
}

/// What a JSON value is, by its first character.
fn kind(text: &str) -> &'static str {
    match text.as_bytes().first() {
        Some(b'n') => "null",
        Some(b't' | b'f') => "true or false",
        Some(b'"') => "a text",
        Some(b'[') => "an array",
        Some(b'{') => "an object",
        _ => "a number",
    }
}

fn details(members: &Members<'_>) -> Result<Option<String>, DecodeError> {
    let Some(text) = members.get("details").map(RawValue::get).filter(|text| *text != "null") else {
        return Ok(None);
    };
    if kind(text) != "an object" {
        return Err(DecodeError::field("details", format!("must be an object, is {}", kind(text))));
    }
    bounds::details(text).map_err(|fault| DecodeError::field("details", fault))?;
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_800_000_000_000_000;

    fn with(change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> Result<FlatSample, DecodeError> {
        let Value::Object(mut object) = json!({
            "hostname": "nas", "cpu": 12.5, "ram": "40", "disk": 70, "timestamp": "1700000000.9",
            "disk_read": 1.5, "disk_write": null, "details": {"cpu": {"percent": 12.5}},
        }) else {
            unreachable!()
        };
        change(&mut object);
        let text = Value::Object(object).to_string();
        let members: Members = serde_json::from_str(&text).unwrap();
        decode(&members, NOW)
    }

    fn field_of(result: Result<FlatSample, DecodeError>) -> String {
        match result {
            Err(DecodeError::Field { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_come_as_numbers_or_strings() {
        let sample = with(|_| {}).unwrap();
        assert_eq!(sample.hostname, "nas");
        assert_eq!(sample.timestamp, 1_700_000_000);
        let values = FlatValues { cpu: 12.5, ram: 40.0, disk: 70.0, disk_read: Some(1.5), disk_write: None };
        assert_eq!(sample.values, values);
        assert_eq!(sample.details.as_deref(), Some(r#"{"cpu":{"percent":12.5}}"#));
    }

    #[test]
    fn missing_fields_are_named_in_order() {
        let result = with(|object| {
            object.remove("ram");
            object.remove("cpu");
        });
        assert!(matches!(result, Err(DecodeError::Missing { fields, .. }) if fields == ["cpu", "ram"]));
    }

    #[test]
    fn each_bad_value_names_its_field() {
        for (field, value) in [
            ("cpu", json!(100.1)),
            ("cpu", json!(-0.1)),
            ("ram", json!(null)),
            ("ram", json!(true)),
            ("disk", json!("abc")),
            ("disk", json!("NaN")),
            ("disk", json!("inf")),
            ("disk_read", json!([])),
            ("hostname", json!("")),
            ("hostname", json!(7)),
            ("hostname", json!("a\nb")),
            ("hostname", json!("x".repeat(256))),
            ("timestamp", json!(-1)),
            ("timestamp", json!(253_402_300_800i64)),
            ("details", json!([1])),
        ] {
            let result = with(|object| {
                object.insert(field.into(), value.clone());
            });
            assert_eq!(field_of(result), field, "{value}");
        }
    }

    #[test]
    fn a_negative_rate_is_no_reading() {
        let sample = with(|object| {
            object.insert("disk_read".into(), json!(-3.0));
        });
        assert_eq!(sample.unwrap().values.disk_read, None);
    }
}
