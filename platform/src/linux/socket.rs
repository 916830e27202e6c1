//! Sockets in use: `/proc/net/sockstat` and `sockstat6`; what IP, ICMP, TCP and UDP count: `/proc/net/snmp`, `snmp6`, `netstat`.
//! The states of single connections are not here: to list them takes longer the more there are.

use super::{
    Error, Roots,
    collector::{Collector, Found},
    kept::Kept,
};
use crate::model::{Icmp, Ip, Sample, Sockets, Tcp, Udp, put};

const SOCKSTAT: &str = "/proc/net/sockstat";
const TABLE: &str = "/proc/net/snmp or netstat";

/// What `Forwarding` is where packets for others are passed on (RFC 1213, `ipForwarding`).
const FORWARDING: u64 = 1;

/// Sockets and their counters, where the kernel has a network.
pub(super) struct Protocols {
    sockstat: Kept,
    sockstat6: Kept,
    snmp: Kept,
    netstat: Kept,
    snmp6: Kept,
    page_bytes: u64,
}

impl Protocols {
    pub(super) fn new(roots: &Roots) -> Self {
        let file = |name: &str| Kept::new(roots.in_process(&format!("net/{name}")));
        Self {
            sockstat: file("sockstat"),
            sockstat6: file("sockstat6"),
            snmp: file("snmp"),
            netstat: file("netstat"),
            snmp6: file("snmp6"),
            page_bytes: procfs::page_size(),
        }
    }
}

impl Collector for Protocols {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, _: &mut Vec<Error>) -> Result<Found, Error> {
        let mut sockets = Sockets::default();
        let Some(in_use) = self.sockstat.read_optional(text)? else { return Ok(Found::Nothing) };
        parse_in_use(in_use, self.page_bytes, &mut sockets)?;
        if let Some(in_use) = self.sockstat6.read_optional(text)? {
            parse_in_use(in_use, self.page_bytes, &mut sockets)?;
        }
        for file in [&mut self.snmp, &mut self.netstat] {
            if let Some(table) = file.read_optional(text)? {
                parse_table(table, &mut sockets)?;
            }
        }
        if let Some(list) = self.snmp6.read_optional(text)? {
            parse_list(list, &mut sockets.udp6);
        }
        put(&mut sample.sockets, sockets);
        Ok(Found::Source)
    }
}

/// The text of `/proc/net/sockstat` or `sockstat6`: a protocol, then names and numbers in turn.
pub fn parse_in_use(text: &str, page_bytes: u64, sockets: &mut Sockets) -> Result<(), Error> {
    for line in text.lines() {
        let malformed = || Error::line(SOCKSTAT, line);
        let (protocol, fields) = line.split_once(':').ok_or_else(malformed)?;
        let mut fields = fields.split_ascii_whitespace();
        while let Some(name) = fields.next() {
            let number: u64 = fields.next().and_then(|number| number.parse().ok()).ok_or_else(malformed)?;
            let (slot, unit) = match (protocol, name) {
                ("sockets", "used") => (&mut sockets.used, 1),
                ("RAW", "inuse") => (&mut sockets.raw, 1),
                ("FRAG", "inuse") => (&mut sockets.ip.incomplete_datagrams, 1),
                ("FRAG", "memory") => (&mut sockets.ip.incomplete_bytes, 1),
                ("TCP", "inuse") => (&mut sockets.tcp.sockets, 1),
                ("TCP", "orphan") => (&mut sockets.tcp.orphaned, 1),
                ("TCP", "tw") => (&mut sockets.tcp.time_wait, 1),
                ("TCP", "alloc") => (&mut sockets.tcp.allocated, 1),
                ("TCP", "mem") => (&mut sockets.tcp.memory_bytes, page_bytes),
                ("TCP6", "inuse") => (&mut sockets.tcp.sockets6, 1),
                ("UDP", "inuse") => (&mut sockets.udp.sockets, 1),
                ("UDP", "mem") => (&mut sockets.udp.memory_bytes, page_bytes),
                ("UDP6", "inuse") => (&mut sockets.udp6.sockets, 1),
                _ => continue,
            };
            *slot = number.checked_mul(unit);
        }
    }
    Ok(())
}

/// The text of `/proc/net/snmp` or `netstat`: of each protocol a line of names and a line of as many numbers.
pub fn parse_table(text: &str, sockets: &mut Sockets) -> Result<(), Error> {
    let mut lines = text.lines();
    let mut forwarding = None;
    while let Some(line) = lines.next() {
        let numbers = lines.next().unwrap_or_default();
        let mut pairs = line.split_ascii_whitespace().zip(numbers.split_ascii_whitespace());
        let protocol = pairs.next().filter(|(name, again)| name == again).map(|(name, _)| name);
        let protocol = protocol.ok_or_else(|| Error::line(TABLE, line))?;
        for (name, number) in pairs {
            let slot = match protocol {
                "Ip:" if name == "Forwarding" => Some(&mut forwarding),
                "IpExt:" => ip_extended(&mut sockets.ip, name),
                "Icmp:" => icmp(&mut sockets.icmp, name),
                "Tcp:" => tcp(&mut sockets.tcp, name),
                "TcpExt:" => tcp_extended(&mut sockets.tcp, name),
                "Udp:" => udp(&mut sockets.udp, name),
                _ => break,
            };
            if let Some(slot) = slot {
                *slot = Some(number.parse().map_err(|_| Error::line(TABLE, numbers))?);
            }
        }
    }
    if forwarding.is_some() {
        sockets.ip.is_forwarding = forwarding.map(|number| number == FORWARDING);
    }
    Ok(())
}

/// The text of `/proc/net/snmp6`: a name and a number a line. Lines that are none are passed over.
pub fn parse_list(text: &str, counters: &mut Udp) {
    for line in text.lines().filter_map(|line| line.strip_prefix("Udp6")) {
        let Some((name, number)) = line.split_once(|c: char| c.is_ascii_whitespace()) else { continue };
        if let Some(slot) = udp(counters, name) {
            *slot = number.trim().parse().ok();
        }
    }
}

fn ip_extended<'a>(ip: &'a mut Ip, name: &str) -> Option<&'a mut Option<u64>> {
    Some(match name {
        "InOctets" => &mut ip.rx_bytes_total,
        "OutOctets" => &mut ip.tx_bytes_total,
        _ => return None,
    })
}

fn icmp<'a>(icmp: &'a mut Icmp, name: &str) -> Option<&'a mut Option<u64>> {
    Some(match name {
        "InMsgs" => &mut icmp.rx_messages_total,
        "InErrors" => &mut icmp.rx_errors_total,
        "OutMsgs" => &mut icmp.tx_messages_total,
        _ => return None,
    })
}

fn tcp<'a>(tcp: &'a mut Tcp, name: &str) -> Option<&'a mut Option<u64>> {
    Some(match name {
        "CurrEstab" => &mut tcp.established,
        "ActiveOpens" => &mut tcp.active_opens_total,
        "PassiveOpens" => &mut tcp.passive_opens_total,
        "AttemptFails" => &mut tcp.failed_opens_total,
        "EstabResets" => &mut tcp.established_resets_total,
        "InSegs" => &mut tcp.rx_segments_total,
        "OutSegs" => &mut tcp.tx_segments_total,
        "RetransSegs" => &mut tcp.retransmitted_segments_total,
        "InErrs" => &mut tcp.rx_errors_total,
        "OutRsts" => &mut tcp.tx_resets_total,
        _ => return None,
    })
}

fn tcp_extended<'a>(tcp: &'a mut Tcp, name: &str) -> Option<&'a mut Option<u64>> {
    Some(match name {
        "ListenOverflows" => &mut tcp.listen_overflows_total,
        "ListenDrops" => &mut tcp.listen_drops_total,
        "SyncookiesSent" => &mut tcp.syncookies_sent_total,
        "SyncookiesRecv" => &mut tcp.syncookies_received_total,
        "SyncookiesFailed" => &mut tcp.syncookies_failed_total,
        "TCPSynRetrans" => &mut tcp.retransmitted_syns_total,
        "TCPTimeouts" => &mut tcp.timeouts_total,
        "TCPOFOQueue" => &mut tcp.out_of_order_segments_total,
        "TCPRcvQDrop" => &mut tcp.rx_queue_drops_total,
        _ => return None,
    })
}

fn udp<'a>(udp: &'a mut Udp, name: &str) -> Option<&'a mut Option<u64>> {
    Some(match name {
        "InDatagrams" => &mut udp.rx_datagrams_total,
        "OutDatagrams" => &mut udp.tx_datagrams_total,
        "NoPorts" => &mut udp.no_ports_total,
        "InErrors" => &mut udp.rx_errors_total,
        "RcvbufErrors" => &mut udp.rx_buffer_errors_total,
        "SndbufErrors" => &mut udp.tx_buffer_errors_total,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_in_pages() {
        let mut sockets = Sockets::default();
        let text = "sockets: used 18\nTCP: inuse 3 orphan 1 tw 2 alloc 4 mem 5\nUDP: inuse 6 mem 7\nRAW: inuse 8\nFRAG: inuse 11 memory 12\n";
        parse_in_use(text, 4096, &mut sockets).unwrap();
        parse_in_use("TCP6: inuse 9\nUDP6: inuse 10\n", 4096, &mut sockets).unwrap();
        let expected = Sockets {
            used: Some(18),
            raw: Some(8),
            ip: Ip { incomplete_datagrams: Some(11), incomplete_bytes: Some(12), ..Ip::default() },
            tcp: Tcp {
                sockets: Some(3),
                sockets6: Some(9),
                orphaned: Some(1),
                time_wait: Some(2),
                allocated: Some(4),
                memory_bytes: Some(20_480),
                ..Tcp::default()
            },
            udp: Udp { sockets: Some(6), memory_bytes: Some(28_672), ..Udp::default() },
            udp6: Udp { sockets: Some(10), ..Udp::default() },
            ..Sockets::default()
        };
        assert_eq!(sockets, expected);
    }

    #[test]
    fn names_stand_above_their_numbers() {
        let mut sockets = Sockets::default();
        let text =
            "Tcp: MaxConn ActiveOpens InSegs\nTcp: -1 4 5\nUdpLite: InErrors\nUdpLite: 7\nUdp: InErrors\nUdp: 6\n";
        parse_table(text, &mut sockets).unwrap();
        assert_eq!((sockets.tcp.active_opens_total, sockets.tcp.rx_segments_total), (Some(4), Some(5)));
        assert_eq!((sockets.udp.rx_errors_total, sockets.udp.tx_datagrams_total), (Some(6), None));
    }

    #[test]
    fn ip_and_icmp_are_over_several_lines_and_files() {
        let mut sockets = Sockets::default();
        parse_table("Ip: Forwarding DefaultTTL\nIp: 1 64\nIcmp: InMsgs InErrors OutMsgs\nIcmp: 2 3 4\n", &mut sockets)
            .unwrap();
        parse_table("IpExt: InNoRoutes InOctets OutOctets\nIpExt: 5 6 7\n", &mut sockets).unwrap();
        let ip = Ip { is_forwarding: Some(true), rx_bytes_total: Some(6), tx_bytes_total: Some(7), ..Ip::default() };
        let icmp = Icmp { rx_messages_total: Some(2), rx_errors_total: Some(3), tx_messages_total: Some(4) };
        assert_eq!((sockets.ip, sockets.icmp), (ip, icmp));
        parse_table("Ip: Forwarding\nIp: 2\n", &mut sockets).unwrap();
        assert_eq!(sockets.ip.is_forwarding, Some(false));
    }

    #[test]
    fn ipv6_has_a_line_for_each() {
        let mut udp = Udp::default();
        parse_list("Ip6InReceives   \t9\nUdp6NoPorts    \t3\nUdp6InErrors\n", &mut udp);
        assert_eq!(udp, Udp { no_ports_total: Some(3), ..Udp::default() });
    }

    #[test]
    fn the_error_names_the_line() {
        let sockets = &mut Sockets::default();
        let message = parse_in_use("TCP: inuse\n", 1, sockets).unwrap_err().to_string();
        assert_eq!(message, "malformed /proc/net/sockstat: `TCP: inuse`");
        let message = parse_table("Tcp: InSegs\nUdp: 1\n", sockets).unwrap_err().to_string();
        assert_eq!(message, "malformed /proc/net/snmp or netstat: `Tcp: InSegs`");
        let message = parse_table("Tcp: InSegs\nTcp: x\n", sockets).unwrap_err().to_string();
        assert_eq!(message, "malformed /proc/net/snmp or netstat: `Tcp: x`");
    }
}
