//! A sample as JSON text, the form in which it is sent and spooled. Its clock and its boot can be exchanged without
//! reading the rest: code that reads every collector's fields would be half of what the spool weighs.

use serde::Serialize;
use siskin_platform::model::{Clock, Sample};

/// How the text of every sample begins: the model has the clock first.
const CLOCK: &str = r#"{"at":{"#;

/// A sample as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its number in the stream.
    pub seq: u64,
    /// The clock in it.
    pub at: Clock,
    /// The whole JSON object.
    pub json: String,
}

impl Text {
    /// A sample of the running boot.
    pub fn of(seq: u64, sample: &Sample) -> Self {
        debug_assert!(sample.boot_id.is_none() && !sample.time_is_estimated);
        Self { seq, at: sample.at, json: json(sample) }
    }

    /// What follows the clock: from the comma on.
    pub fn rest(&self) -> &str {
        debug_assert!(self.json.starts_with(CLOCK));
        self.json.find('}').map_or("", |clock| &self.json[clock + 1..])
    }
}

/// A sample of this rest, with this clock, in this boot if it is another than that of the batch.
pub fn whole(at: Clock, time_is_estimated: bool, boot_id: Option<&str>, rest: &str) -> String {
    let boot_id = boot_id.map_or(String::new(), |id| format!(",\"boot_id\":{}", json(&id)));
    let estimated = if time_is_estimated { ",\"time_is_estimated\":true" } else { "" };
    format!("{{\"at\":{}{boot_id}{estimated}{rest}", json(&at))
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the model has no map with keys that are not text")
}

#[cfg(test)]
mod tests {
    use siskin_platform::model::Load;

    use super::*;

    #[test]
    fn clock_and_boot_are_exchanged_and_the_rest_stays() {
        let at = Clock { unix_ms: 5, boottime_ms: Some(7) };
        let load = Load { one: 0.25, five: 1e9, fifteen: 0.1, tasks_running: None, tasks: Some(u64::MAX) };
        let sample = Sample { at, load: Some(load), uptime_seconds: Some(0.007), ..Sample::default() };
        let text = Text::of(1, &sample);
        let rest = text.rest();
        assert_eq!(whole(at, false, None, rest), json(&sample));
        let estimated = Sample { time_is_estimated: true, ..sample.clone() };
        assert_eq!(whole(at, true, None, rest), json(&estimated));
        for boot_id in ["a", "0f\\\",}", ""] {
            let at = Clock { unix_ms: -1, boottime_ms: None };
            let expected = Sample { at, boot_id: Some(boot_id.to_owned()), ..estimated.clone() };
            assert_eq!(whole(at, true, Some(boot_id), rest), json(&expected));
        }
    }
}
