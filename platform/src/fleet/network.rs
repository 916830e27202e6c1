//! The traffic of a made-up machine: what is asked of it, bursts, and now and then a packet that is dropped.

use super::{Random, modes::near, pace::Busy};
use crate::model::Network;

/// What one interface carries.
#[derive(Clone, Debug)]
pub struct Traffic {
    received_per_second: f64,
    sent_per_second: f64,
    received_bytes: f64,
    sent_bytes: f64,
    /// Packets an hour that are dropped. Most interfaces never drop one.
    drops_per_hour: f64,
}

impl Traffic {
    /// That of any interface.
    pub fn draw(random: &mut Random) -> Self {
        let received = random.between(4.0, 400.0);
        Self {
            received_per_second: received,
            sent_per_second: received * random.between(0.5, 1.3),
            received_bytes: random.between(90.0, 500.0),
            sent_bytes: random.between(90.0, 900.0),
            drops_per_hour: if random.happens(0.2) { random.between(0.2, 3.0) } else { 0.0 },
        }
    }

    /// The same with so many times the packets.
    pub fn times(mut self, factor: f64) -> Self {
        self.received_per_second *= factor;
        self.sent_per_second *= factor;
        self
    }

    /// Goes on by a step.
    pub fn advance(&self, network: &mut Network, busy: Busy, random: &mut Random) {
        let scale = (busy.demand + 12.0 * busy.burst * random.unit()) * busy.seconds;
        let bytes = |packets: u64, each: f64, random: &mut Random| {
            let each = each * random.between(0.8, 1.3) * (1.0 + 1.5 * busy.burst);
            (packets as f64 * each.clamp(60.0, 1_500.0)) as u64
        };
        let received = near(self.received_per_second * scale, random);
        let sent = near(self.sent_per_second * scale, random);
        network.rx_packets_total += received;
        network.rx_bytes_total += bytes(received, self.received_bytes, random);
        network.tx_packets_total += sent;
        network.tx_bytes_total += bytes(sent, self.sent_bytes, random);
        if self.drops_per_hour > 0.0 {
            network.rx_dropped_total += random.count(self.drops_per_hour * busy.seconds / 3_600.0);
        }
    }
}

/// An interface that has carried nothing yet.
pub fn first(interface: &str) -> Network {
    Network { interface: interface.into(), ..Network::default() }
}

/// The same with what the agent reads of its link.
pub fn first_in_full(interface: &str) -> Network {
    Network { up: Some(true), speed_bits_per_second: Some(1_000_000_000), mtu_bytes: Some(1_500), ..first(interface) }
}
