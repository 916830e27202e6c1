//! Traffic of the network interfaces: `/proc/net/dev`; their state and speed: `/sys/class/net`.

use std::time::{Duration, Instant};

use super::{
    Error, Roots,
    collector::{Collector, Found},
    error::note,
    kept::Kept,
    rows::{Rows, take},
    text,
};
use crate::model::{Network, Sample};

const FILE: &str = "/proc/net/dev";

/// Its headings.
const HEADING_LINES: usize = 2;

/// Its numbers, eight received and eight sent, of which the oldest kernels lack the last.
const FIELDS: usize = 16;
const FIELDS_LEAST: usize = 12;

/// What a link is moves at the pace of people and cables.
const LINKS_EVERY: Duration = Duration::from_secs(10);

/// The counters of each interface, and the state of its link.
pub(super) struct Interfaces {
    roots: Roots,
    dev: Kept,
    links: Vec<Link>,
    links_read: Option<Instant>,
}

/// One interface's link, in the order of the interfaces.
struct Link {
    interface: String,
    operstate: Kept,
    carrier: Kept,
    carrier_changes: Kept,
    speed: Kept,
    mtu: Kept,
    up: Option<bool>,
    has_carrier: Option<bool>,
    carrier_changes_total: Option<u64>,
    speed_bits_per_second: Option<u64>,
    mtu_bytes: Option<u64>,
}

impl Interfaces {
    pub(super) fn new(roots: &Roots) -> Self {
        let dev = Kept::list(roots.in_process("net/dev"));
        Self { roots: roots.clone(), dev, links: Vec::new(), links_read: None }
    }
}

impl Collector for Interfaces {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, odd: &mut Vec<Error>) -> Result<Found, Error> {
        let networks = &mut sample.networks;
        parse(self.dev.read(text)?, networks, odd);
        let names = || networks.iter().map(|network| network.interface.as_str());
        if !names().eq(self.links.iter().map(|link| link.interface.as_str())) {
            self.links = names().map(|name| Link::new(&self.roots, name)).collect();
            self.links_read = None;
        }
        if self.links_read.is_none_or(|at| at.elapsed() >= LINKS_EVERY) {
            self.links_read = Some(Instant::now());
            self.links.iter_mut().for_each(|link| link.look(text));
        }
        for (network, link) in networks.iter_mut().zip(&self.links) {
            network.up = link.up;
            network.carrier = link.has_carrier;
            network.carrier_changes_total = link.carrier_changes_total;
            network.speed_bits_per_second = link.speed_bits_per_second;
            network.mtu_bytes = link.mtu_bytes;
        }
        Ok(Found::Source)
    }
}

impl Link {
    fn new(roots: &Roots, interface: &str) -> Self {
        let file = |name| Kept::new(roots.in_sys(&format!("class/net/{interface}/{name}")));
        Self {
            interface: interface.to_owned(),
            operstate: file("operstate"),
            carrier: file("carrier"),
            carrier_changes: file("carrier_changes"),
            speed: file("speed"),
            mtu: file("mtu"),
            up: None,
            has_carrier: None,
            carrier_changes_total: None,
            speed_bits_per_second: None,
            mtu_bytes: None,
        }
    }

    fn look(&mut self, text: &mut Vec<u8>) {
        self.up = self.operstate.value(text).and_then(is_up);
        self.has_carrier = self.carrier.number(text).map(|number| number > 0);
        self.carrier_changes_total = self.carrier_changes.number(text);
        self.speed_bits_per_second = self.speed.value(text).and_then(bits_per_second);
        self.mtu_bytes = self.mtu.number(text);
    }
}

/// The text of `/proc/net/dev`: two lines of headings, then a line per interface.
pub fn parse(text: &str, networks: &mut Vec<Network>, odd: &mut Vec<Error>) {
    let mut rows = Rows::over(networks);
    for line in text.lines().skip(HEADING_LINES) {
        if network(line, rows.next()).is_none() {
            rows.drop_last();
            note(odd, FILE, line);
        }
    }
}

/// Name, colon, eight fields received, eight fields sent. Old kernels leave no space after the colon, and the name of
/// an alias has a colon of its own.
fn network(line: &str, row: &mut Network) -> Option<()> {
    let (interface, fields) = line.rsplit_once(':')?;
    let (counts, found) = text::counts::<FIELDS>(fields.split_ascii_whitespace())?;
    if found < FIELDS_LEAST {
        return None;
    }
    let later = |index: usize| (index < found).then(|| counts[index]);
    // The seventh of both sides counts compressed packets, which only serial lines had.
    *row = Network {
        interface: take(&mut row.interface, interface.trim()),
        rx_bytes_total: counts[0],
        rx_packets_total: counts[1],
        rx_errors_total: counts[2],
        rx_dropped_total: counts[3],
        rx_overruns_total: Some(counts[4]),
        rx_frame_errors_total: Some(counts[5]),
        rx_multicast_total: Some(counts[7]),
        tx_bytes_total: counts[8],
        tx_packets_total: counts[9],
        tx_errors_total: counts[10],
        tx_dropped_total: counts[11],
        tx_overruns_total: later(12),
        tx_collisions_total: later(13),
        tx_carrier_errors_total: later(14),
        up: None,
        carrier: None,
        carrier_changes_total: None,
        speed_bits_per_second: None,
        mtu_bytes: None,
    };
    Some(())
}

/// RFC 2863 operational states. Drivers that do not keep one, the loopback among them, say `unknown`.
fn is_up(state: &str) -> Option<bool> {
    match state {
        "up" => Some(true),
        "unknown" => None,
        _ => Some(false),
    }
}

/// Megabits. An unknown speed is -1, which some kernels print as an unsigned number of 16 or 32 bits.
fn bits_per_second(speed: &str) -> Option<u64> {
    let megabits: u32 = speed.parse().ok()?;
    let is_known = ![0, u32::from(u16::MAX), u32::MAX].contains(&megabits);
    is_known.then_some(u64::from(megabits) * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str) -> (Vec<Network>, Option<String>) {
        let (mut networks, mut odd) = (Vec::new(), Vec::new());
        parse(text, &mut networks, &mut odd);
        (networks, odd.first().map(ToString::to_string))
    }

    #[test]
    fn fields_of_an_interface() {
        let text = "Inter-| Receive | Transmit\n face |bytes |bytes\n  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
        let expected = Network {
            interface: "eth0".into(),
            rx_bytes_total: 1,
            rx_packets_total: 2,
            rx_errors_total: 3,
            rx_dropped_total: 4,
            tx_bytes_total: 9,
            tx_packets_total: 10,
            tx_errors_total: 11,
            tx_dropped_total: 12,
            rx_multicast_total: Some(8),
            rx_overruns_total: Some(5),
            rx_frame_errors_total: Some(6),
            tx_overruns_total: Some(13),
            tx_collisions_total: Some(14),
            tx_carrier_errors_total: Some(15),
            ..Network::default()
        };
        assert_eq!(listed(text).0, [expected]);
    }

    #[test]
    fn old_kernels_leave_no_space_and_aliases_have_a_colon() {
        let networks = listed("\n\neth0:1:123 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n").0;
        assert_eq!((networks[0].interface.as_str(), networks[0].rx_bytes_total), ("eth0:1", 123));
    }

    #[test]
    fn unknown_state_and_speed_are_none() {
        assert_eq!([is_up("up"), is_up("lowerlayerdown"), is_up("unknown")], [Some(true), Some(false), None]);
        assert_eq!(bits_per_second("2500"), Some(2_500_000_000));
        for unknown in ["-1", "0", "65535", "4294967295", ""] {
            assert_eq!(bits_per_second(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn an_odd_line_is_named_and_hides_no_other() {
        let counts = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16";
        let (networks, odd) = listed(&format!("a|b\nc|d\n lo: 1 2 3\nno colon\n  up|link: {counts}\n"));
        assert_eq!(networks.iter().map(|network| network.interface.as_str()).collect::<Vec<_>>(), ["up|link"]);
        assert_eq!(odd.unwrap(), "malformed /proc/net/dev: ` lo: 1 2 3`");
    }
}
