//! Looking into JSON without building it: what a body is made of may be a thousand times larger than the body.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The members that tell a batch from a flat sample, and those of a flat sample.
const KNOWN: [&str; 10] =
    ["agent", "samples", "hostname", "cpu", "ram", "disk", "disk_read", "disk_write", "timestamp", "details"];

/// The known members of one object, their values not yet read. Others are skipped.
#[derive(Default)]
pub struct Members<'a> {
    known: BTreeMap<&'static str, &'a RawValue>,
    total: usize,
}

impl<'a> Members<'a> {
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.known.get(name).copied()
    }

    /// Whether the object has no member at all.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;
        impl<'de> Visitor<'de> for Walk {
            type Value = Members<'de>;

            fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
                text.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Members<'de>, M::Error> {
                let mut members = Members::default();
                while let Some(name) = map.next_key::<Cow<'_, str>>()? {
                    members.total += 1;
                    match KNOWN.iter().find(|known| **known == name) {
                        // The last of several stands, as everywhere.
                        Some(known) => drop(members.known.insert(known, map.next_value()?)),
                        None => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Walk)
    }
}

/// Whether a text is JSON that every reader can take, however it nests.
pub fn check_nesting(text: &str) -> serde_json::Result<()> {
    serde_json::from_str::<Walked>(text).map(drop)
}

/// Any value, walked and not kept. `IgnoredAny` would take any depth.
struct Walked;

impl<'de> Deserialize<'de> for Walked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walked)
    }
}

impl<'de> Visitor<'de> for Walked {
    type Value = Walked;

    fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Walked, E> {
        Ok(Walked)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Walked, E> {
        Ok(Walked)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Walked, E> {
        Ok(Walked)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Walked, E> {
        Ok(Walked)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Walked, E> {
        Ok(Walked)
    }

    fn visit_str<E>(self, _: &str) -> Result<Walked, E> {
        Ok(Walked)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Walked, S::Error> {
        while list.next_element::<Walked>()?.is_some() {}
        Ok(Walked)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Walked, M::Error> {
        while map.next_entry::<IgnoredAny, Walked>()?.is_some() {}
        Ok(Walked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_members_are_skipped_and_counted() {
        let members: Members = serde_json::from_str(r#"{"x":[1],"c\u0070u":7,"cpu":{"a":1},"y":null}"#).unwrap();
        assert_eq!((members.total, members.get("cpu").map(RawValue::get)), (4, Some(r#"{"a":1}"#)));
        assert!(serde_json::from_str::<Members>("{}").unwrap().is_empty());
        assert!(serde_json::from_str::<Members>("[]").is_err());
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(check_nesting(&nested(100)).is_ok());
        assert!(check_nesting(&nested(200)).is_err());
        assert!(check_nesting(r#"{"a":[true,null,-1,1.5,"x",18446744073709551615]}"#).is_ok());
    }
}
