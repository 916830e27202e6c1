//! A body is one JSON object, or several on lines (NDJSON); each is a flat sample or a batch, told apart by what is in it.

use serde_json::value::RawValue;

use super::members::Members;
use super::{flat, native};
use crate::store::{Submission, Write};

/// Objects in one body at most, and the samples in all of them.
const MAX_OBJECTS: usize = 10_000;
const MAX_BODY_SAMPLES: usize = 20_000;

/// Why a body was refused, and where. `line` counts from 1 and is given where a body has several.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DecodeError {
    #[error("not JSON: {detail}")]
    Json { detail: String, line: Option<usize> },
    #[error("missing: {fields:?}")]
    Missing { fields: Vec<String>, detail: String, line: Option<usize> },
    #[error("{field}: {detail}")]
    Field { field: String, detail: String, line: Option<usize> },
    #[error("unpacks to more than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("cannot unpack {encoding}: {detail}")]
    Damaged { encoding: &'static str, detail: String },
    #[error("no room to unpack")]
    Busy,
}

impl DecodeError {
    pub fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        DecodeError::Field { field: field.into(), detail: detail.into(), line: None }
    }

    fn at_line(mut self, number: usize) -> Self {
        match &mut self {
            DecodeError::Json { detail, line }
            | DecodeError::Missing { detail, line, .. }
            | DecodeError::Field { detail, line, .. } => {
                *line = Some(number);
                // What read the line took it for the first.
                *detail = detail.replace(" at line 1 column ", " at column ");
            }
            DecodeError::TooLarge { .. } | DecodeError::Damaged { .. } | DecodeError::Busy => {}
        }
        self
    }
}

/// Decodes a plain body received at `received_us` (microseconds since 1970).
pub fn decode(body: &[u8], received_us: i64) -> Result<Submission, DecodeError> {
    let text = std::str::from_utf8(body).map_err(|error| DecodeError::Json {
        detail: format!("the body is not UTF-8: byte {} is wrong", error.valid_up_to() + 1),
        line: None,
    })?;
    if text.trim_ascii().is_empty() {
        return Err(DecodeError::Json { detail: "the body is empty".into(), line: None });
    }
    match decode_one(text, received_us) {
        Ok(write) => Ok(Submission { writes: vec![write?], origin: None }),
        Err(_) if is_lines(text) => decode_lines(text, received_us),
        Err(error) => Err(json(&error)),
    }
}

/// Whether more than one line begins an object, whatever is wrong in them. An object that spans lines begins once.
fn is_lines(text: &str) -> bool {
    text.lines().filter(|line| line.starts_with('{')).nth(1).is_some()
}

fn decode_lines(text: &str, received_us: i64) -> Result<Submission, DecodeError> {
    let mut submission = Submission::default();
    let mut samples = 0;
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_ascii().is_empty()) {
        let write = decode_one(line, received_us).unwrap_or_else(|error| Err(json(&error)));
        let write = write.map_err(|error| error.at_line(index + 1))?;
        samples += write.samples();
        submission.writes.push(write);
        if submission.writes.len() > MAX_OBJECTS || samples > MAX_BODY_SAMPLES {
            let detail =
                format!("a body has at most {MAX_OBJECTS} objects and {MAX_BODY_SAMPLES} samples: send fewer at once");
            return Err(DecodeError::Json { detail, line: Some(index + 1) });
        }
    }
    Ok(submission)
}

fn json(error: &serde_json::Error) -> DecodeError {
    DecodeError::Json { detail: error.to_string(), line: None }
}

/// One object; the outer error is that of a text that is not one JSON value.
fn decode_one(text: &str, received_us: i64) -> serde_json::Result<Result<Write, DecodeError>> {
    // Nearly every text is a batch without fault: that takes one walk. Only of another one is asked what it is. A list of a
    // batch's members could be read as one, too.
    if text.trim_ascii_start().starts_with('{')
        && let Ok(batch) = serde_json::from_str(text)
    {
        return Ok(native::take(batch, received_us).map(|batch| Write::Native(Box::new(batch))));
    }
    serde_json::from_str(text).map(|object| decode_object(object, received_us))
}

/// What is not a batch without fault.
fn decode_object(object: &RawValue, received_us: i64) -> Result<Write, DecodeError> {
    let refused = |detail: &str| DecodeError::Json { detail: detail.into(), line: None };
    if !object.get().starts_with('{') {
        return Err(refused("expected an object"));
    }
    let members: Members = serde_json::from_str(object.get()).map_err(|error| json(&error))?;
    if members.is_empty() {
        return Err(refused("the object is empty"));
    }
    if members.get("samples").or(members.get("agent")).is_some() {
        Err(native::fault(object.get()))
    } else {
        flat::decode(&members, received_us).map(Write::Flat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000_000;
    const FLAT: &str = r#"{"hostname":"a","cpu":1,"ram":2,"disk":3,"timestamp":1700000000}"#;

    fn error(body: &str) -> DecodeError {
        decode(body.as_bytes(), NOW).unwrap_err()
    }

    #[test]
    fn one_object_or_lines_of_them() {
        assert_eq!(decode(FLAT.as_bytes(), NOW).unwrap().writes.len(), 1);
        assert_eq!(decode(format!("{FLAT}\n{FLAT}\n\n").as_bytes(), NOW).unwrap().writes.len(), 2);
    }

    #[test]
    fn a_bad_line_is_named_and_refuses_the_body() {
        let bad = FLAT.replace("\"ram\":2", "\"ram\":true");
        match error(&format!("{FLAT}\n{FLAT}\n{bad}\n{FLAT}")) {
            DecodeError::Field { field, line, .. } => assert_eq!((field.as_str(), line), ("ram", Some(3))),
            other => panic!("{other:?}"),
        }
        match error(&format!("{FLAT}\n\n{{\"cpu\":\n{FLAT}")) {
            DecodeError::Json { detail, line } => {
                assert_eq!((detail.as_str(), line), ("EOF while parsing a value at column 7", Some(3)));
            }
            other => panic!("{other:?}"),
        }
        match error(&format!("{bad}\n{FLAT}")) {
            DecodeError::Field { line, .. } => assert_eq!(line, Some(1)),
            other => panic!("{other:?}"),
        }
        match error(&bad) {
            DecodeError::Field { line, .. } => assert_eq!(line, None),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_object_may_span_lines_and_a_line_holds_one_object() {
        let spread = FLAT.replace(',', ",\n").replace('{', "{\n");
        assert_eq!(decode(spread.as_bytes(), NOW).unwrap().writes.len(), 1);
        match error(&spread[..spread.len() - 2]) {
            DecodeError::Json { detail, .. } => assert!(detail.contains("line 6"), "{detail}"),
            other => panic!("{other:?}"),
        }
        match error(&format!("{FLAT}{FLAT}")) {
            DecodeError::Json { detail, .. } => assert!(detail.contains("trailing characters at line 1"), "{detail}"),
            other => panic!("{other:?}"),
        }
        match error(&format!("{FLAT}\n{FLAT}{FLAT}")) {
            DecodeError::Json { line, .. } => assert_eq!(line, Some(2)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_no_object_is_no_payload() {
        for body in ["", " \n", "{}", "[]", "[{}]", "7", "null", "\"a\"", "{\"cpu\":NaN}", "nonsense", "{\"a\":1"] {
            assert!(matches!(error(body), DecodeError::Json { .. }), "{body:?}: {:?}", error(body));
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(decode(deep.as_bytes(), NOW).is_err());
        assert!(matches!(decode(b"{\"a\":\"\xff\"}", NOW), Err(DecodeError::Json { .. })));
    }

    #[test]
    fn the_members_of_a_batch_in_a_list_are_no_batch() {
        let (agent, host) = (r#"{"id":"a1","version":"1","boot_id":null}"#, r#"{"hostname":"pi"}"#);
        let sent = r#"{"unix_ms":1800000000000,"boottime_ms":1}"#;
        let named =
            format!(r#"{{"agent":{agent},"host":{host},"stream":7,"first_seq":1,"sent_at":{sent},"samples":[]}}"#);
        assert!(decode(named.as_bytes(), NOW).is_ok());
        let list = format!("[{agent},{host},7,1,{sent},[]]");
        assert!(matches!(error(&list), DecodeError::Json { detail, .. } if detail == "expected an object"));
        match error(&format!("{named}\n{named}\n {list}")) {
            DecodeError::Json { detail, line } => assert_eq!((detail.as_str(), line), ("expected an object", Some(3))),
            other => panic!("{other:?}"),
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_answered(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = decode(&body, NOW);
        }

        #[test]
        fn any_flat_values_are_answered(name in ".{0,300}", cpu in ".{0,20}", timestamp in proptest::prelude::any::<f64>()) {
            let body = serde_json::json!({"hostname": name, "cpu": cpu, "ram": 1, "disk": 2, "timestamp": timestamp});
            let _ = decode(body.to_string().as_bytes(), NOW);
        }
    }
}
