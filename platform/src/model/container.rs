//! Containers.

use serde::{Deserialize, Serialize};

use super::Usage;

/// One container. Linux: its control group (cgroup v2), whose path tells what runs it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Container {
    /// Its name: as its runtime knows it where that can be read (`web`; in Kubernetes `namespace/pod/container`), else
    /// the short id. Of two of one name the second has `#` and its id behind it.
    pub name: String,
    /// What runs it: `docker`, `podman`, `containerd`, `cri-o`, `lxc`, `nspawn`; `None` where the path does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    /// The first 12 digits of its id, as its runtime's tools print it; `None` where containers have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What it uses.
    pub usage: Usage,
    /// Time in which some of its tasks waited for a processor, seconds. Counter (`cpu.pressure` `some` `total`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_stalled_seconds_total: Option<f64>,
    /// Time in which some of its tasks waited for memory, seconds. Counter (`memory.pressure`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_stalled_seconds_total: Option<f64>,
    /// Time in which some of its tasks waited for a disk, seconds. Counter (`io.pressure`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io_stalled_seconds_total: Option<f64>,
}
