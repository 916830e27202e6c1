//! Services of systemd.

use serde::{Deserialize, Serialize};

use super::Usage;

/// One running service of the system (not of a user's session). Linux: its control group (cgroup v2).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceUnit {
    /// The unit as `systemctl` shows it, such as `getty@tty1.service`.
    pub unit: String,
    /// What it uses.
    pub usage: Usage,
}
