//! Readings that are too dear for every sample: they travel in the samples they were taken for, and in no other.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Whole populations are read this often: a thousand processes take some ten milliseconds.
pub const POPULATIONS_EVERY_SECONDS: u32 = 10;

/// How collectors fare travels this often. It is the agent's own health, and weighs as much as a small host's readings.
pub const COLLECTIONS_EVERY_SECONDS: u32 = 60;

/// A reading that is taken every few samples. Between two of them the last one is kept for whoever asks for the host's
/// state (`latest`), and is no part of the sample (`fresh`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Periodic<T> {
    value: T,
    is_fresh: bool,
    /// There was a reading.
    is_known: bool,
}

impl<T> Periodic<T> {
    /// The reading, if it was taken for this sample.
    pub fn fresh(&self) -> Option<&T> {
        self.is_fresh.then_some(&self.value)
    }

    /// The last reading there was; the empty one before the first.
    pub fn latest(&self) -> &T {
        &self.value
    }

    /// The last reading there was, if there was one.
    pub fn known(&self) -> Option<&T> {
        self.is_known.then_some(&self.value)
    }

    /// What a new reading is written to.
    pub fn renew(&mut self) -> &mut T {
        self.hold(true)
    }

    /// What a new reading is written to, which is part of the sample, or not.
    pub fn hold(&mut self, is_fresh: bool) -> &mut T {
        (self.is_fresh, self.is_known) = (is_fresh, true);
        &mut self.value
    }

    /// Whether there is nothing of this sample to be sent.
    pub fn is_old(&self) -> bool {
        !self.is_fresh
    }
}

/// What can be part of the sample it is in, or not.
pub(super) trait Fresh {
    /// Whether it is.
    fn is_fresh(&self) -> bool;
    /// Makes it so, if there was a reading, or not.
    fn set_fresh(&mut self, is_fresh: bool);
}

impl<T> Fresh for Periodic<T> {
    fn is_fresh(&self) -> bool {
        self.is_fresh
    }

    fn set_fresh(&mut self, is_fresh: bool) {
        self.is_fresh = is_fresh && self.is_known;
    }
}

impl<T: Serialize> Serialize for Periodic<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Periodic<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { value: T::deserialize(deserializer)?, is_fresh: true, is_known: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default, Serialize, Deserialize)]
    struct Some {
        #[serde(default, skip_serializing_if = "Periodic::is_old")]
        rows: Periodic<Vec<u8>>,
    }

    #[test]
    fn a_reading_travels_once_and_is_known_until_the_next() {
        let mut some = Some::default();
        assert_eq!(serde_json::to_string(&some).unwrap(), "{}");
        assert_eq!(some.rows.known(), None);
        some.rows.renew().push(7);
        assert_eq!(serde_json::to_string(&some).unwrap(), r#"{"rows":[7]}"#);
        some.rows.set_fresh(false);
        assert_eq!(serde_json::to_string(&some).unwrap(), "{}");
        assert_eq!((some.rows.fresh(), some.rows.latest()), (None, &vec![7]));
        assert_eq!(some.rows.known(), Option::Some(&vec![7]));
    }

    #[test]
    fn what_arrives_is_fresh_and_what_is_missing_is_not() {
        let some: Some = serde_json::from_str(r#"{"rows":[]}"#).unwrap();
        assert_eq!(some.rows.fresh(), Option::Some(&vec![]));
        assert_eq!(serde_json::from_str::<Some>("{}").unwrap().rows.fresh(), None);
    }
}
