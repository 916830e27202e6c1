//! Traffic and state of one network interface.

use serde::{Deserialize, Serialize};

/// One network interface. Linux: `/proc/net/dev` and `/sys/class/net/NAME`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// The kernel's name, such as `eth0`.
    pub interface: String,
    /// Bytes received since boot. Counter.
    pub rx_bytes_total: u64,
    /// Packets received since boot. Counter.
    pub rx_packets_total: u64,
    /// Receive errors since boot. Counter.
    pub rx_errors_total: u64,
    /// Received packets dropped since boot. Counter.
    pub rx_dropped_total: u64,
    /// Bytes sent since boot. Counter.
    pub tx_bytes_total: u64,
    /// Packets sent since boot. Counter.
    pub tx_packets_total: u64,
    /// Send errors since boot. Counter.
    pub tx_errors_total: u64,
    /// Packets dropped on sending since boot. Counter.
    pub tx_dropped_total: u64,
    /// Multicast packets received since boot. Counter (column `multicast`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rx_multicast_total: Option<u64>,
    /// Packets lost to a full buffer of the device since boot, counted in the errors too. Counter (received, `fifo`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rx_overruns_total: Option<u64>,
    /// Packets of a wrong length, checksum or alignment since boot, counted in the errors too. Counter (`frame`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rx_frame_errors_total: Option<u64>,
    /// Sent packets lost to an empty buffer of the device since boot, counted in the errors too. Counter (`fifo`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx_overruns_total: Option<u64>,
    /// Collisions since boot. Counter (`colls`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx_collisions_total: Option<u64>,
    /// Losses of the carrier and other faults in sending since boot, counted in the errors too. Counter (`carrier`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx_carrier_errors_total: Option<u64>,
    /// Whether it can carry traffic. `/sys/class/net/NAME/operstate`: `up` yes, `down` and the like no,
    /// `unknown` (loopback, tunnels) `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up: Option<bool>,
    /// Whether a cable or a partner is there. `/sys/class/net/NAME/carrier`, which an interface that is switched off does
    /// not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier: Option<bool>,
    /// How often the carrier came or went since the interface was made. Counter. `/sys/class/net/NAME/carrier_changes`
    /// (Linux 3.15 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier_changes_total: Option<u64>,
    /// Link speed, bits per second. `/sys/class/net/NAME/speed` × 1 000 000; absent for virtual links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_bits_per_second: Option<u64>,
    /// Largest packet, bytes. `/sys/class/net/NAME/mtu`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtu_bytes: Option<u64>,
}
