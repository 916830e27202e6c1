//! One push: who sends, and a run of samples with consecutive numbers.

use serde::{Deserialize, Serialize};

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
    /// The samples, oldest first.
    pub samples: Vec<Sample>,
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
