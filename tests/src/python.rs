//! JSON as Python's `json.dumps` writes it by default: a space after `:` and `,`, everything beyond ASCII escaped.

use std::io;

use serde_json::{Value, ser::Formatter};

/// `json.dumps(value)`.
///
/// # Panics
/// Never: a `Value` can always be written.
pub fn dumps(value: &Value) -> String {
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, Spaced);
    serde::Serialize::serialize(value, &mut serializer).expect("a value can be written");
    String::from_utf8(text).expect("JSON is UTF-8")
}

struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for unit in fragment.encode_utf16() {
            match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => writer.write_all(&[byte])?,
                _ => write!(writer, "\\u{unit:04x}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::dumps;

    #[test]
    fn writes_what_python_writes() {
        // python3 -c 'import json; print(json.dumps({"a": [1, 2.5, None], "b": {"c": "zeisig \u00e9 \U0001f426"}, "d": {}}))'
        let value = json!({"a": [1, 2.5, null], "b": {"c": "zeisig é 🐦"}, "d": {}});
        assert_eq!(dumps(&value), r#"{"a": [1, 2.5, null], "b": {"c": "zeisig \u00e9 \ud83d\udc26"}, "d": {}}"#);
    }
}
