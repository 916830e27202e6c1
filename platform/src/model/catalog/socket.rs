//! Sockets, TCP, UDP and tracked connections.

use super::*;
use crate::model::{Icmp, Ip, Sockets, Tcp, Udp};

pub(super) const HOST: &[Metric<Sample>] = &[
    integer("sockets.used", Gauge, Count, "sockets of all kinds", |s| sockets(s, |k| k.used)),
    integer("sockets.raw", Gauge, Count, "raw sockets of IPv4", |s| sockets(s, |k| k.raw)),
    integer("ip.rx_bytes_total", Counter, Bytes, "bytes received over IPv4", |s| ip(s, |i| i.rx_bytes_total)),
    integer("ip.tx_bytes_total", Counter, Bytes, "bytes sent over IPv4", |s| ip(s, |i| i.tx_bytes_total)),
    integer("ip.incomplete_datagrams", Gauge, Count, "datagrams of which fragments are missing still", |s| {
        ip(s, |i| i.incomplete_datagrams)
    }),
    integer("ip.incomplete_bytes", Gauge, Bytes, "memory of their fragments", |s| ip(s, |i| i.incomplete_bytes)),
    integer("icmp.rx_messages_total", Counter, Count, "messages received", |s| icmp(s, |i| i.rx_messages_total)),
    integer("icmp.rx_errors_total", Counter, Count, "messages received with errors", |s| {
        icmp(s, |i| i.rx_errors_total)
    }),
    integer("icmp.tx_messages_total", Counter, Count, "messages sent", |s| icmp(s, |i| i.tx_messages_total)),
    integer("tcp.sockets", Gauge, Count, "sockets of IPv4", |s| tcp(s, |t| t.sockets)),
    integer("tcp.sockets6", Gauge, Count, "sockets of IPv6", |s| tcp(s, |t| t.sockets6)),
    integer("tcp.orphaned", Gauge, Count, "connections that no program holds any more", |s| tcp(s, |t| t.orphaned)),
    integer("tcp.time_wait", Gauge, Count, "connections in time-wait", |s| tcp(s, |t| t.time_wait)),
    integer("tcp.allocated", Gauge, Count, "sockets allocated, in whatever state", |s| tcp(s, |t| t.allocated)),
    integer("tcp.memory_bytes", Gauge, Bytes, "memory of the buffers", |s| tcp(s, |t| t.memory_bytes)),
    integer("tcp.established", Gauge, Count, "connections established or in close-wait", |s| tcp(s, |t| t.established)),
    integer("tcp.active_opens_total", Counter, Count, "connections opened to others", |s| {
        tcp(s, |t| t.active_opens_total)
    }),
    integer("tcp.passive_opens_total", Counter, Count, "connections opened by others", |s| {
        tcp(s, |t| t.passive_opens_total)
    }),
    integer("tcp.failed_opens_total", Counter, Count, "attempts to connect that failed", |s| {
        tcp(s, |t| t.failed_opens_total)
    }),
    integer("tcp.established_resets_total", Counter, Count, "established connections that were reset", |s| {
        tcp(s, |t| t.established_resets_total)
    }),
    integer("tcp.rx_segments_total", Counter, Count, "segments received", |s| tcp(s, |t| t.rx_segments_total)),
    integer("tcp.tx_segments_total", Counter, Count, "segments sent", |s| tcp(s, |t| t.tx_segments_total)),
    integer("tcp.retransmitted_segments_total", Counter, Count, "segments sent again", |s| {
        tcp(s, |t| t.retransmitted_segments_total)
    }),
    integer("tcp.rx_errors_total", Counter, Count, "segments received with errors", |s| tcp(s, |t| t.rx_errors_total)),
    integer("tcp.tx_resets_total", Counter, Count, "resets sent", |s| tcp(s, |t| t.tx_resets_total)),
    integer(
        "tcp.listen_overflows_total",
        Counter,
        Count,
        "connections dropped because a program did not accept in time",
        |s| tcp(s, |t| t.listen_overflows_total),
    ),
    integer(
        "tcp.listen_drops_total",
        Counter,
        Count,
        "connections dropped before they were accepted, for whatever reason",
        |s| tcp(s, |t| t.listen_drops_total),
    ),
    integer("tcp.syncookies_sent_total", Counter, Count, "SYN cookies sent", |s| tcp(s, |t| t.syncookies_sent_total)),
    integer("tcp.syncookies_received_total", Counter, Count, "SYN cookies received", |s| {
        tcp(s, |t| t.syncookies_received_total)
    }),
    integer("tcp.syncookies_failed_total", Counter, Count, "SYN cookies that were invalid", |s| {
        tcp(s, |t| t.syncookies_failed_total)
    }),
    integer("tcp.retransmitted_syns_total", Counter, Count, "SYN segments sent again", |s| {
        tcp(s, |t| t.retransmitted_syns_total)
    }),
    integer("tcp.timeouts_total", Counter, Count, "retransmission timeouts", |s| tcp(s, |t| t.timeouts_total)),
    integer("tcp.out_of_order_segments_total", Counter, Count, "segments that came before their turn", |s| {
        tcp(s, |t| t.out_of_order_segments_total)
    }),
    integer("tcp.rx_queue_drops_total", Counter, Count, "segments dropped for a full queue", |s| {
        tcp(s, |t| t.rx_queue_drops_total)
    }),
    integer("udp.sockets", Gauge, Count, "sockets", |s| udp(s, |t| t.sockets)),
    integer("udp.memory_bytes", Gauge, Bytes, "memory of the buffers", |s| udp(s, |t| t.memory_bytes)),
    integer("udp.rx_datagrams_total", Counter, Count, "datagrams received", |s| udp(s, |t| t.rx_datagrams_total)),
    integer("udp.tx_datagrams_total", Counter, Count, "datagrams sent", |s| udp(s, |t| t.tx_datagrams_total)),
    integer("udp.no_ports_total", Counter, Count, "datagrams received for ports that nobody listens on", |s| {
        udp(s, |t| t.no_ports_total)
    }),
    integer("udp.rx_errors_total", Counter, Count, "datagrams received that could not be delivered", |s| {
        udp(s, |t| t.rx_errors_total)
    }),
    integer("udp.rx_buffer_errors_total", Counter, Count, "datagrams dropped for a full receive buffer", |s| {
        udp(s, |t| t.rx_buffer_errors_total)
    }),
    integer("udp.tx_buffer_errors_total", Counter, Count, "datagrams dropped for a full send buffer", |s| {
        udp(s, |t| t.tx_buffer_errors_total)
    }),
    integer("udp6.sockets", Gauge, Count, "sockets", |s| udp6(s, |t| t.sockets)),
    integer("udp6.rx_datagrams_total", Counter, Count, "datagrams received", |s| udp6(s, |t| t.rx_datagrams_total)),
    integer("udp6.tx_datagrams_total", Counter, Count, "datagrams sent", |s| udp6(s, |t| t.tx_datagrams_total)),
    integer("udp6.no_ports_total", Counter, Count, "datagrams received for ports that nobody listens on", |s| {
        udp6(s, |t| t.no_ports_total)
    }),
    integer("udp6.rx_errors_total", Counter, Count, "datagrams received that could not be delivered", |s| {
        udp6(s, |t| t.rx_errors_total)
    }),
    integer("udp6.rx_buffer_errors_total", Counter, Count, "datagrams dropped for a full receive buffer", |s| {
        udp6(s, |t| t.rx_buffer_errors_total)
    }),
    integer("udp6.tx_buffer_errors_total", Counter, Count, "datagrams dropped for a full send buffer", |s| {
        udp6(s, |t| t.tx_buffer_errors_total)
    }),
    integer("conntrack.entries", Gauge, Count, "connections tracked by the firewall", |s| Some(s.conntrack?.entries)),
    integer("conntrack.limit", Gauge, Count, "the most connections it can track", |s| s.conntrack?.limit),
];

fn sockets(sample: &Sample, read: impl Fn(&Sockets) -> Option<u64>) -> Option<u64> {
    sample.sockets.as_deref().and_then(read)
}

fn ip(sample: &Sample, read: fn(&Ip) -> Option<u64>) -> Option<u64> {
    sockets(sample, |sockets| read(&sockets.ip))
}

fn icmp(sample: &Sample, read: fn(&Icmp) -> Option<u64>) -> Option<u64> {
    sockets(sample, |sockets| read(&sockets.icmp))
}

fn tcp(sample: &Sample, read: fn(&Tcp) -> Option<u64>) -> Option<u64> {
    sockets(sample, |sockets| read(&sockets.tcp))
}

fn udp(sample: &Sample, read: fn(&Udp) -> Option<u64>) -> Option<u64> {
    sockets(sample, |sockets| read(&sockets.udp))
}

fn udp6(sample: &Sample, read: fn(&Udp) -> Option<u64>) -> Option<u64> {
    sockets(sample, |sockets| read(&sockets.udp6))
}
