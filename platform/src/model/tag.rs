//! Tags: what people say of a host, such as `env=prod`.

use std::collections::BTreeMap;

/// Tags of one host, by their names.
pub type Tags = BTreeMap<String, String>;

/// More words than people find for one host.
pub const MAX_TAGS: usize = 32;
/// Bytes of a tag's name.
pub const MAX_TAG_NAME_BYTES: usize = 64;
/// Bytes of a tag's value.
pub const MAX_TAG_VALUE_BYTES: usize = 256;

/// What is wrong with the tags of a host, if anything is.
pub fn tag_fault(tags: &Tags) -> Option<String> {
    if tags.len() > MAX_TAGS {
        return Some(format!("{} tags, at most {MAX_TAGS}", tags.len()));
    }
    tags.iter().find_map(|(name, value)| fault(name, value))
}

fn fault(name: &str, value: &str) -> Option<String> {
    let is_name =
        |index: usize, byte: u8| byte == b'_' || byte.is_ascii_alphabetic() || index > 0 && byte.is_ascii_digit();
    if name.len() > MAX_TAG_NAME_BYTES {
        Some(format!("the name of a tag is {} bytes long, at most {MAX_TAG_NAME_BYTES}", name.len()))
    } else if name.is_empty() || !name.bytes().enumerate().all(|(index, byte)| is_name(index, byte)) {
        Some(format!("the name of a tag has letters, digits and _ and does not begin with a digit, got {name:?}"))
    } else if value.len() > MAX_TAG_VALUE_BYTES {
        Some(format!("the tag {name} is {} bytes long, at most {MAX_TAG_VALUE_BYTES}", value.len()))
    } else if value.is_empty() {
        Some(format!("the tag {name} has no value"))
    } else if value.chars().any(char::is_control) {
        Some(format!("the tag {name} has a control character"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, value: &str) -> Option<String> {
        tag_fault(&Tags::from([(name.to_owned(), value.to_owned())]))
    }

    #[test]
    fn names_and_values_have_bounds() {
        for (name, value) in [("env", "prod"), ("_", "ü"), ("Role2", "a b"), (&"n".repeat(64), &"v".repeat(256))] {
            assert_eq!(one(name, value), None, "{name}={value}");
        }
        for (name, value, word) in [
            ("", "x", "letters"),
            ("2nd", "x", "letters"),
            ("a-b", "x", "letters"),
            ("\u{e4}", "x", "letters"),
            (&"n".repeat(65), "x", "65 bytes"),
            ("a", "", "no value"),
            ("a", "x\ny", "control"),
            ("a", &"v".repeat(257), "257 bytes"),
        ] {
            assert!(one(name, value).is_some_and(|fault| fault.contains(word)), "{name}={value}");
        }
        let many = |count: usize| tag_fault(&(0..count).map(|n| (format!("n{n}"), "x".to_owned())).collect());
        assert_eq!(many(MAX_TAGS), None);
        assert!(many(MAX_TAGS + 1).is_some_and(|fault| fault.contains("33 tags")));
    }
}
