//! One push: who sends, and a run of samples with consecutive numbers.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Clock, Host, Sample};

/// The body of a native `POST /metrics`. `samples[i]` has the number `first_seq + i` within `stream`;
/// the server stores a number once, however often it is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// Who sends.
    pub agent: Agent,
    /// The host's slowly changing facts.
    pub host: Host,
    /// Random number drawn at each start of the agent.
    pub stream: u64,
    /// Number of the first sample; a stream counts from 1.
    pub first_seq: u64,
    /// The sender's clocks at the moment of sending: what anchors samples whose wall clock was wrong.
    pub sent_at: Clock,
    /// The samples, oldest first; at most [`MAX_SAMPLES`].
    #[serde(deserialize_with = "bounded")]
    pub samples: Vec<Sample>,
}

/// Samples in one batch at most: a day at the default interval. Reading stops there: a small body could unpack into a
/// great many samples without readings.
pub const MAX_SAMPLES: usize = 8_640;

fn bounded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Sample>, D::Error> {
    struct Samples;
    impl<'de> Visitor<'de> for Samples {
        type Value = Vec<Sample>;

        fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(text, "a list of at most {MAX_SAMPLES} samples")
        }

        fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Vec<Sample>, S::Error> {
            let mut samples = Vec::new();
            while let Some(sample) = list.next_element()? {
                if samples.len() == MAX_SAMPLES {
                    return Err(S::Error::invalid_length(MAX_SAMPLES + 1, &self));
                }
                samples.push(sample);
            }
            Ok(samples)
        }
    }
    deserializer.deserialize_seq(Samples)
}

/// The sender of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Stable identity of this agent: the same after a restart, a reboot and a change of name.
    pub id: String,
    /// The agent's version.
    pub version: String,
    /// The running boot. Linux: `/proc/sys/kernel/random/boot_id`.
    pub boot_id: Option<String>,
}
