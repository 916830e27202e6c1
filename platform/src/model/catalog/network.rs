//! Network interfaces.

use super::*;
use crate::model::Network;

/// One row per host, instant and network interface.
pub static NETWORK: Table<Network> = Table {
    name: "network",
    dimension: Some(text("interface", "the kernel's name of the interface", |n| Some(&n.interface))),
    rows: |s| &s.networks,
    every_seconds: 0,
    metrics: &[
        integer("rx_bytes_total", Counter, Bytes, "bytes received", |n| Some(n.rx_bytes_total)),
        integer("rx_packets_total", Counter, Count, "packets received", |n| Some(n.rx_packets_total)),
        integer("rx_errors_total", Counter, Count, "receive errors", |n| Some(n.rx_errors_total)),
        integer("rx_dropped_total", Counter, Count, "received packets dropped", |n| Some(n.rx_dropped_total)),
        integer("tx_bytes_total", Counter, Bytes, "bytes sent", |n| Some(n.tx_bytes_total)),
        integer("tx_packets_total", Counter, Count, "packets sent", |n| Some(n.tx_packets_total)),
        integer("tx_errors_total", Counter, Count, "send errors", |n| Some(n.tx_errors_total)),
        integer("tx_dropped_total", Counter, Count, "packets dropped on sending", |n| Some(n.tx_dropped_total)),
        integer("rx_multicast_total", Counter, Count, "multicast packets received", |n| n.rx_multicast_total),
        integer("rx_overruns_total", Counter, Count, "received packets lost to a full buffer", |n| n.rx_overruns_total),
        integer("rx_frame_errors_total", Counter, Count, "received packets that were malformed", |n| {
            n.rx_frame_errors_total
        }),
        integer("tx_overruns_total", Counter, Count, "sent packets lost to an empty buffer", |n| n.tx_overruns_total),
        integer("tx_collisions_total", Counter, Count, "collisions", |n| n.tx_collisions_total),
        integer("tx_carrier_errors_total", Counter, Count, "packets lost for want of a carrier", |n| {
            n.tx_carrier_errors_total
        }),
        flag("up", "whether it can carry traffic", |n| n.up),
        flag("carrier", "whether a cable or a partner is there", |n| n.carrier),
        integer("carrier_changes_total", Counter, Count, "how often the carrier came or went", |n| {
            n.carrier_changes_total
        }),
        integer("speed_bits_per_second", Gauge, BitsPerSecond, "link speed", |n| n.speed_bits_per_second),
        integer("mtu_bytes", Gauge, Bytes, "largest packet", |n| n.mtu_bytes),
    ],
};
