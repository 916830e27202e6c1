//! The slowly changing facts of a host.

use serde::{Deserialize, Serialize};

use super::Tags;

/// What a host is. Sent with every batch, stored when it changes. Only the name is always known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// The host's name. Linux: `/proc/sys/kernel/hostname`; `/etc/hostname` of a host that is read from a container.
    pub hostname: String,
    /// The name of its NIS domain; `(none)` on nearly every host. Linux: `/proc/sys/kernel/domainname`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The kind of system: `Linux`. Linux: `/proc/sys/kernel/ostype`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// Kernel release. Linux: `/proc/sys/kernel/osrelease`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_release: Option<String>,
    /// Kernel build. Linux: `/proc/sys/kernel/version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// The distribution's full name. Linux: `PRETTY_NAME` in `/etc/os-release`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distribution: Option<String>,
    /// The kernel's name of the machine's architecture, such as `aarch64` (`uname -m`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// The machine's model. Linux: `/sys/firmware/devicetree/base/model`, else DMI `product_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The processor's name. Linux: `/proc/cpuinfo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processor: Option<String>,
    /// Hardware threads online. Linux: `cpuN` lines of `/proc/stat`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logical_cores: Option<u32>,
    /// Cores, hardware threads of one core counted once. Linux: `topology/core_cpus_list`, else `/proc/cpuinfo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_cores: Option<u32>,
    /// Lowest frequency that a core may run at, mean over the cores, hertz. Linux: `cpufreq/scaling_min_freq`, else
    /// `cpuinfo_min_freq`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_frequency_hertz: Option<u64>,
    /// Highest frequency that a core may run at, mean over the cores, hertz. Linux: `cpufreq/scaling_max_freq`, else
    /// `cpuinfo_max_freq`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_frequency_hertz: Option<u64>,
    /// When the running boot began, seconds since 1970. Linux: `/proc/stat` line `btime`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot_unix_seconds: Option<i64>,
    /// The mountpoint that stands for the host's disk in `/system` and `/data`; `/` unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_mountpoint: Option<String>,
    /// What people say of the host, such as `env=prod`; from the agent's settings. Absent where there is none.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// The interface of the default route. Linux: `/proc/net/route` and `/proc/net/fib_trie`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_interface: Option<Address>,
}

/// An interface and its address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The kernel's name of the interface.
    pub name: String,
    /// IPv4 address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv4: Option<String>,
    /// IPv4 netmask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub netmask: Option<String>,
    /// IPv4 broadcast address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broadcast: Option<String>,
    /// `full`, `half`. Linux: `/sys/class/net/NAME/duplex`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplex: Option<String>,
}

/// Bytes of a host's name: the longest that DNS has, and four times what Linux takes.
pub const MAX_HOSTNAME_BYTES: usize = 255;

/// What is wrong with the name of a host, if anything is.
pub fn hostname_fault(name: &str) -> Option<String> {
    if name.trim().is_empty() {
        Some("must not be empty".to_owned())
    } else if name.len() > MAX_HOSTNAME_BYTES {
        Some(format!("is {} bytes long, at most {MAX_HOSTNAME_BYTES}", name.len()))
    } else if name.chars().any(char::is_control) {
        Some("has a control character".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_a_name() {
        assert_eq!(hostname_fault("pi 4.home"), None);
        for (name, word) in [("", "empty"), (" ", "empty"), ("a\u{7}", "control"), (&"x".repeat(256), "256 bytes")] {
            assert!(hostname_fault(name).is_some_and(|fault| fault.contains(word)), "{name}");
        }
    }

    #[test]
    fn tags_travel_only_where_there_are_any() {
        let mut host = Host { hostname: "pi".to_owned(), ..Host::default() };
        assert!(!serde_json::to_string(&host).unwrap().contains("tags"));
        host.tags.insert("role".to_owned(), "db".to_owned());
        host.tags.insert("env".to_owned(), "prod".to_owned());
        let json = serde_json::to_string(&host).unwrap();
        assert!(json.contains(r#""tags":{"env":"prod","role":"db"}"#), "{json}");
        assert_eq!(serde_json::from_str::<Host>(&json).unwrap(), host);
        assert_eq!(serde_json::from_str::<Host>(r#"{"hostname":"pi"}"#).unwrap().tags, Tags::new());
    }
}
