//! Connections that the firewall tracks.

use serde::{Deserialize, Serialize};

/// The table of tracked connections; when it is full, new ones are dropped.
/// Linux: `/proc/sys/net/netfilter/nf_conntrack_count` and `nf_conntrack_max`, while conntrack is in use. They
/// are those of the reader's network namespace, whatever `/proc` is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conntrack {
    /// Connections in it.
    pub entries: u64,
    /// The most that it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}
