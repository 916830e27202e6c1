//! Traffic of the network interfaces: `/proc/net/dev`; their state and speed: `/sys/class/net`.

use super::{Error, Lines, Roots, error, text};
use crate::model::Network;

const FILE: &str = "/proc/net/dev";

/// Its headings.
const HEADING_LINES: usize = 2;

/// The counters and the state of each interface.
pub fn read(roots: &Roots) -> Result<Lines<Network>, Error> {
    let (mut networks, odd) = parse(&text::read(roots.in_process("net/dev"))?);
    for network in &mut networks {
        let attribute = |name| text::read_value(roots.in_sys(&format!("class/net/{}/{name}", network.interface)));
        network.up = attribute("operstate").and_then(|state| is_up(&state));
        network.speed_bits_per_second = attribute("speed").and_then(|speed| bits_per_second(&speed));
        network.mtu_bytes = attribute("mtu").and_then(|mtu| mtu.parse().ok());
    }
    Ok((networks, odd))
}

/// The text of `/proc/net/dev`: two lines of headings, then a line per interface.
pub fn parse(text: &str) -> Lines<Network> {
    error::lines(FILE, text.lines().skip(HEADING_LINES), network)
}

/// Name, colon, eight fields received, eight fields sent. Old kernels leave no space after the colon, and the name of
/// an alias has a colon of its own.
fn network(line: &str) -> Option<Network> {
    let (interface, counts) = line.rsplit_once(':')?;
    let counts = counts.split_ascii_whitespace().map(|count| count.parse().ok()).collect::<Option<Vec<u64>>>()?;
    // The seventh of both sides counts compressed packets, which only serial lines had.
    let [
        rx_bytes,
        rx_packets,
        rx_errors,
        rx_dropped,
        rx_overruns,
        rx_frame_errors,
        _,
        rx_multicast,
        tx_bytes,
        tx_packets,
        tx_errors,
        tx_dropped,
        ref later @ ..,
    ] = counts[..]
    else {
        return None;
    };
    Some(Network {
        interface: interface.trim().to_owned(),
        rx_bytes_total: rx_bytes,
        rx_packets_total: rx_packets,
        rx_errors_total: rx_errors,
        rx_dropped_total: rx_dropped,
        tx_bytes_total: tx_bytes,
        tx_packets_total: tx_packets,
        tx_errors_total: tx_errors,
        tx_dropped_total: tx_dropped,
        rx_multicast_total: Some(rx_multicast),
        rx_overruns_total: Some(rx_overruns),
        rx_frame_errors_total: Some(rx_frame_errors),
        tx_overruns_total: later.first().copied(),
        tx_collisions_total: later.get(1).copied(),
        tx_carrier_errors_total: later.get(2).copied(),
        ..Network::default()
    })
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
        assert_eq!(parse(text).0, [expected]);
    }

    #[test]
    fn old_kernels_leave_no_space_and_aliases_have_a_colon() {
        let networks = parse("\n\neth0:1:123 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n").0;
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
        let (networks, odd) = parse(&format!("a|b\nc|d\n lo: 1 2 3\nno colon\n  up|link: {counts}\n"));
        assert_eq!(networks.iter().map(|network| network.interface.as_str()).collect::<Vec<_>>(), ["up|link"]);
        assert_eq!(odd.unwrap().to_string(), "malformed /proc/net/dev: ` lo: 1 2 3`");
    }
}
