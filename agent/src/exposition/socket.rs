//! Sockets, TCP, UDP and tracked connections: node_exporter names them after the kernel's tables.

use siskin_platform::collect::page_bytes;
use siskin_platform::model::Sockets;

use super::place::{Place, Scale, node, untyped};
use super::writer::{Head, Kind, Value, Writer};

/// A metric of all sockets.
pub fn sockets(metric: &str) -> Place {
    match metric {
        "used" => node("node_sockstat_sockets_used"),
        "raw" => node("node_sockstat_RAW_inuse"),
        _ => Place::Own,
    }
}

/// A metric of IPv4.
pub fn ip(metric: &str) -> Place {
    match metric {
        "rx_bytes_total" => untyped("node_netstat_IpExt_InOctets"),
        "tx_bytes_total" => untyped("node_netstat_IpExt_OutOctets"),
        "incomplete_datagrams" => node("node_sockstat_FRAG_inuse"),
        "incomplete_bytes" => node("node_sockstat_FRAG_memory"),
        _ => Place::Own,
    }
}

/// A metric of ICMP over IPv4.
pub fn icmp(metric: &str) -> Place {
    match metric {
        "rx_messages_total" => untyped("node_netstat_Icmp_InMsgs"),
        "rx_errors_total" => untyped("node_netstat_Icmp_InErrors"),
        "tx_messages_total" => untyped("node_netstat_Icmp_OutMsgs"),
        _ => Place::Own,
    }
}

/// A metric of TCP.
pub fn tcp(metric: &str) -> Place {
    match metric {
        "sockets" => node("node_sockstat_TCP_inuse"),
        "sockets6" => node("node_sockstat_TCP6_inuse"),
        "orphaned" => node("node_sockstat_TCP_orphan"),
        "time_wait" => node("node_sockstat_TCP_tw"),
        "allocated" => node("node_sockstat_TCP_alloc"),
        "memory_bytes" => Place::Told(&["node_sockstat_TCP_mem", "node_sockstat_TCP_mem_bytes"]),
        "established" => untyped("node_netstat_Tcp_CurrEstab"),
        "active_opens_total" => untyped("node_netstat_Tcp_ActiveOpens"),
        "passive_opens_total" => untyped("node_netstat_Tcp_PassiveOpens"),
        "failed_opens_total" => untyped("node_netstat_Tcp_AttemptFails"),
        "established_resets_total" => untyped("node_netstat_Tcp_EstabResets"),
        "rx_segments_total" => untyped("node_netstat_Tcp_InSegs"),
        "tx_segments_total" => untyped("node_netstat_Tcp_OutSegs"),
        "retransmitted_segments_total" => untyped("node_netstat_Tcp_RetransSegs"),
        "rx_errors_total" => untyped("node_netstat_Tcp_InErrs"),
        "tx_resets_total" => untyped("node_netstat_Tcp_OutRsts"),
        "listen_overflows_total" => untyped("node_netstat_TcpExt_ListenOverflows"),
        "listen_drops_total" => untyped("node_netstat_TcpExt_ListenDrops"),
        "syncookies_sent_total" => untyped("node_netstat_TcpExt_SyncookiesSent"),
        "syncookies_received_total" => untyped("node_netstat_TcpExt_SyncookiesRecv"),
        "syncookies_failed_total" => untyped("node_netstat_TcpExt_SyncookiesFailed"),
        "retransmitted_syns_total" => untyped("node_netstat_TcpExt_TCPSynRetrans"),
        "timeouts_total" => untyped("node_netstat_TcpExt_TCPTimeouts"),
        "out_of_order_segments_total" => untyped("node_netstat_TcpExt_TCPOFOQueue"),
        "rx_queue_drops_total" => untyped("node_netstat_TcpExt_TCPRcvQDrop"),
        _ => Place::Own,
    }
}

/// A metric of UDP over IPv4.
pub fn udp(metric: &str) -> Place {
    match metric {
        "sockets" => node("node_sockstat_UDP_inuse"),
        "memory_bytes" => Place::Told(&["node_sockstat_UDP_mem", "node_sockstat_UDP_mem_bytes"]),
        "rx_datagrams_total" => untyped("node_netstat_Udp_InDatagrams"),
        "tx_datagrams_total" => untyped("node_netstat_Udp_OutDatagrams"),
        "no_ports_total" => untyped("node_netstat_Udp_NoPorts"),
        "rx_errors_total" => untyped("node_netstat_Udp_InErrors"),
        "rx_buffer_errors_total" => untyped("node_netstat_Udp_RcvbufErrors"),
        "tx_buffer_errors_total" => untyped("node_netstat_Udp_SndbufErrors"),
        _ => Place::Own,
    }
}

/// A metric of UDP over IPv6.
pub fn udp6(metric: &str) -> Place {
    match metric {
        "sockets" => node("node_sockstat_UDP6_inuse"),
        "rx_datagrams_total" => untyped("node_netstat_Udp6_InDatagrams"),
        "tx_datagrams_total" => untyped("node_netstat_Udp6_OutDatagrams"),
        "no_ports_total" => untyped("node_netstat_Udp6_NoPorts"),
        "rx_errors_total" => untyped("node_netstat_Udp6_InErrors"),
        "rx_buffer_errors_total" => untyped("node_netstat_Udp6_RcvbufErrors"),
        "tx_buffer_errors_total" => untyped("node_netstat_Udp6_SndbufErrors"),
        _ => Place::Own,
    }
}

/// A metric of tracked connections.
pub fn conntrack(metric: &str) -> Place {
    match metric {
        "entries" => node("node_nf_conntrack_entries"),
        "limit" => node("node_nf_conntrack_entries_limit"),
        _ => Place::Own,
    }
}

/// The memory of the buffers, which node_exporter tells in pages and in bytes.
pub fn memory(writer: &mut Writer, sockets: &Sockets) {
    let tcp = (sockets.tcp.memory_bytes, "node_sockstat_TCP_mem", "node_sockstat_TCP_mem_bytes");
    let udp = (sockets.udp.memory_bytes, "node_sockstat_UDP_mem", "node_sockstat_UDP_mem_bytes");
    for (bytes, in_pages, in_bytes) in [tcp, udp] {
        let Some(bytes) = bytes else { continue };
        let pages = Scale::Per(page_bytes()).of(Value::Integer(bytes));
        writer.line(Head::gauge(in_pages, "memory of the buffers, pages"), b"", None, pages);
        writer.line(Head::gauge(in_bytes, "memory of the buffers, bytes"), b"", None, bytes);
    }
}

/// Whether packets for others are passed on, in the kernel's numbers. It is not in the catalog.
pub fn forwarding(writer: &mut Writer, sockets: &Sockets) {
    if let Some(is_forwarding) = sockets.ip.is_forwarding {
        let head = Head::gauge("node_netstat_Ip_Forwarding", "whether packets for others are passed on: 1 yes, 2 no");
        let number: u64 = if is_forwarding { 1 } else { 2 };
        writer.line(Head { kind: Kind::Untyped, ..head }, b"", None, number);
    }
}
