//! Sockets, and what TCP and UDP count.

use serde::{Deserialize, Serialize};

/// Sockets of the host's network namespace. Linux: `/proc/net/sockstat`, `sockstat6`, `snmp`, `snmp6`, `netstat`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sockets {
    /// Sockets of all kinds, those within the host included (sockstat `sockets` `used`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
    /// Raw sockets of IPv4, such as those of `ping` (sockstat `RAW` `inuse`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<u64>,
    /// IPv4.
    #[serde(default)]
    pub ip: Ip,
    /// ICMP over IPv4.
    #[serde(default)]
    pub icmp: Icmp,
    /// TCP.
    #[serde(default)]
    pub tcp: Tcp,
    /// UDP over IPv4.
    #[serde(default)]
    pub udp: Udp,
    /// UDP over IPv6.
    #[serde(default)]
    pub udp6: Udp,
}

/// IPv4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ip {
    /// Whether packets for others are passed on (snmp `Ip` `Forwarding`: 1 yes, 2 no). It is a setting: told at once, and
    /// neither sent nor stored.
    #[serde(skip)]
    pub is_forwarding: Option<bool>,
    /// Bytes received since boot, headers included. Counter (netstat `IpExt` `InOctets`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rx_bytes_total: Option<u64>,
    /// Bytes sent since boot, headers included. Counter (netstat `IpExt` `OutOctets`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx_bytes_total: Option<u64>,
    /// Datagrams of which fragments are missing still (sockstat `FRAG` `inuse`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incomplete_datagrams: Option<u64>,
    /// The memory that those fragments take, bytes (sockstat `FRAG` `memory`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incomplete_bytes: Option<u64>,
}

/// ICMP over IPv4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Icmp {
    /// Messages received since boot, those with errors included. Counter (snmp `Icmp` `InMsgs`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rx_messages_total: Option<u64>,
    /// Messages received with errors since boot. Counter (snmp `Icmp` `InErrors`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rx_errors_total: Option<u64>,
    /// Messages sent since boot. Counter (snmp `Icmp` `OutMsgs`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx_messages_total: Option<u64>,
}

/// TCP over IPv4 and IPv6 together, where the name does not say otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tcp {
    /// Sockets of IPv4, without those in time-wait (sockstat `TCP` `inuse`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sockets: Option<u64>,
    /// Sockets of IPv6, without those in time-wait (sockstat6 `TCP6` `inuse`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sockets6: Option<u64>,
    /// Connections that no program holds any more (sockstat `TCP` `orphan`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orphaned: Option<u64>,
    /// Connections in time-wait (sockstat `TCP` `tw`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_wait: Option<u64>,
    /// Sockets allocated, in whatever state (sockstat `TCP` `alloc`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocated: Option<u64>,
    /// Memory of the buffers, bytes (sockstat `TCP` `mem` × page size).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Connections established or in close-wait (snmp `Tcp` `CurrEstab`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub established: Option<u64>,
    /// Connections opened to others since boot. Counter (snmp `Tcp` `ActiveOpens`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_opens_total: Option<u64>,
    /// Connections opened by others since boot. Counter (snmp `Tcp` `PassiveOpens`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passive_opens_total: Option<u64>,
    /// Attempts to connect that failed since boot. Counter (snmp `Tcp` `AttemptFails`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_opens_total: Option<u64>,
    /// Established connections that were reset since boot. Counter (snmp `Tcp` `EstabResets`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub established_resets_total: Option<u64>,
    /// Segments received since boot. Counter (snmp `Tcp` `InSegs`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rx_segments_total: Option<u64>,
    /// Segments sent since boot, without those sent again. Counter (snmp `Tcp` `OutSegs`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx_segments_total: Option<u64>,
    /// Segments sent again since boot. Counter (snmp `Tcp` `RetransSegs`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retransmitted_segments_total: Option<u64>,
    /// Segments received with errors since boot. Counter (snmp `Tcp` `InErrs`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rx_errors_total: Option<u64>,
    /// Resets sent since boot. Counter (snmp `Tcp` `OutRsts`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx_resets_total: Option<u64>,
    /// Connections dropped because a program did not accept in time, since boot. Counter (netstat `TcpExt`
    /// `ListenOverflows`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen_overflows_total: Option<u64>,
    /// Connections dropped before they were accepted, for whatever reason, since boot. Counter (netstat
    /// `TcpExt` `ListenDrops`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen_drops_total: Option<u64>,
    /// SYN cookies sent since boot. Counter (netstat `TcpExt` `SyncookiesSent`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub syncookies_sent_total: Option<u64>,
    /// SYN cookies received since boot. Counter (netstat `TcpExt` `SyncookiesRecv`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub syncookies_received_total: Option<u64>,
    /// SYN cookies that were invalid since boot. Counter (netstat `TcpExt` `SyncookiesFailed`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub syncookies_failed_total: Option<u64>,
    /// SYN segments sent again since boot. Counter (netstat `TcpExt` `TCPSynRetrans`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retransmitted_syns_total: Option<u64>,
    /// Retransmission timeouts since boot. Counter (netstat `TcpExt` `TCPTimeouts`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeouts_total: Option<u64>,
    /// Segments that came before their turn since boot. Counter (netstat `TcpExt` `TCPOFOQueue`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_of_order_segments_total: Option<u64>,
    /// Segments dropped for a full queue since boot. Counter (netstat `TcpExt` `TCPRcvQDrop`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rx_queue_drops_total: Option<u64>,
}

/// UDP. Counters of IPv4 are in snmp `Udp`, of IPv6 in snmp6, where `Udp6` stands before their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Udp {
    /// Sockets (sockstat `UDP` `inuse`, sockstat6 `UDP6` `inuse`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sockets: Option<u64>,
    /// Memory of the buffers, bytes (sockstat `UDP` `mem` × page size; of IPv4 and IPv6 together, so there is
    /// none of IPv6 alone).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Datagrams received since boot. Counter (`InDatagrams`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rx_datagrams_total: Option<u64>,
    /// Datagrams sent since boot. Counter (`OutDatagrams`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx_datagrams_total: Option<u64>,
    /// Datagrams received for ports that nobody listens on since boot. Counter (`NoPorts`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_ports_total: Option<u64>,
    /// Datagrams received that could not be delivered since boot. Counter (`InErrors`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rx_errors_total: Option<u64>,
    /// Datagrams dropped for a full receive buffer since boot. Counter (`RcvbufErrors`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rx_buffer_errors_total: Option<u64>,
    /// Datagrams dropped for a full send buffer since boot. Counter (`SndbufErrors`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx_buffer_errors_total: Option<u64>,
}
