//! Network interfaces.

use siskin_platform::model::Network;

use super::labels::Labels;
use super::place::{Place, Scale, node};
use super::writer::{Head, Writer};

const BITS_PER_BYTE: u64 = 8;

/// `device="eth0"`.
pub fn labels(network: &Network, labels: &mut Labels) -> bool {
    labels.add("device", &network.interface);
    true
}

/// A metric of an interface.
pub fn place(metric: &str) -> Place {
    node(match metric {
        "rx_bytes_total" => "node_network_receive_bytes_total",
        "rx_packets_total" => "node_network_receive_packets_total",
        "rx_errors_total" => "node_network_receive_errs_total",
        "rx_dropped_total" => "node_network_receive_drop_total",
        "rx_multicast_total" => "node_network_receive_multicast_total",
        "rx_overruns_total" => "node_network_receive_fifo_total",
        "rx_frame_errors_total" => "node_network_receive_frame_total",
        "tx_bytes_total" => "node_network_transmit_bytes_total",
        "tx_packets_total" => "node_network_transmit_packets_total",
        "tx_errors_total" => "node_network_transmit_errs_total",
        "tx_dropped_total" => "node_network_transmit_drop_total",
        "tx_overruns_total" => "node_network_transmit_fifo_total",
        "tx_collisions_total" => "node_network_transmit_colls_total",
        "tx_carrier_errors_total" => "node_network_transmit_carrier_total",
        "speed_bits_per_second" => {
            let bytes = node("node_network_speed_bytes").scale(Scale::Per(BITS_PER_BYTE));
            return bytes.help("link speed, bytes per second");
        }
        "carrier" => "node_network_carrier",
        "carrier_changes_total" => "node_network_carrier_changes_total",
        "mtu_bytes" => "node_network_mtu_bytes",
        "up" => return Place::Told(&["node_network_up"]),
        _ => return Place::Own,
    })
}

/// Which of them say that they are up. To node_exporter one that does not say so (the loopback) is not; of one without
/// an entry in `/sys`, and so without its largest packet, nothing is known.
pub fn up(writer: &mut Writer, networks: &[Network]) {
    let head = Head::gauge("node_network_up", "whether the kernel says that the interface is up");
    let mut text = Labels::default();
    for network in networks {
        if let Some(up) = network.up.or(network.mtu_bytes.map(|_| false)) {
            text.clear();
            labels(network, &mut text);
            writer.line(head, text.text(), None, up);
        }
    }
}
