//! The interface of the default route and its address: `/proc/net/route` and `/proc/net/fib_trie`.

use std::net::Ipv4Addr;

use procfs::{
    FromRead,
    net::{RouteEntries, RouteEntry},
};

use super::{Error, Roots, text};
use crate::model::Address;

const FILE: &str = "/proc/net/route";

/// Flags of a route: usable, and refusing what it matches (`RTF_UP`, `RTF_REJECT`).
const UP: u16 = 0x0001;
const REJECT: u16 = 0x0200;

/// The interface that reaches the world. `None` on a host without a default route.
pub fn read(roots: &Roots) -> Result<Option<Address>, Error> {
    let routes = text::read(roots.in_process("net/route"))?;
    // Kernels built without it show the route all the same, just not the own address.
    let trie = text::read(roots.in_process("net/fib_trie")).unwrap_or_default();
    let mut address = parse(&routes, &trie)?;
    if let Some(address) = &mut address {
        let duplex = text::read_value(roots.in_sys(&format!("class/net/{}/duplex", address.name)));
        address.duplex = duplex.filter(|duplex| duplex != "unknown");
    }
    Ok(address)
}

/// The texts of `/proc/net/route` and `/proc/net/fib_trie`.
pub fn parse(routes: &str, trie: &str) -> Result<Option<Address>, Error> {
    let malformed = |error| Error::Malformed { file: FILE, found: format!("{error}") };
    let RouteEntries(mut routes) = RouteEntries::from_read(routes.as_bytes()).map_err(malformed)?;
    routes.retain(|route| route.flags & (UP | REJECT) == UP);
    let defaults = routes.iter().filter(|route| route.destination.is_unspecified() && route.mask.is_unspecified());
    let Some(default) = defaults.min_by_key(|route| route.metrics) else { return Ok(None) };

    let own = own_addresses(trie);
    let network = network_of(default, &routes);
    let ipv4 = match network {
        Some(network) => own.iter().find(|&&address| contains(network, address)).copied(),
        None => only_other(&own, &routes),
    };
    Ok(Some(Address {
        name: default.iface.clone(),
        ipv4: ipv4.map(|address| address.to_string()),
        netmask: network.map(|network| network.mask.to_string()),
        broadcast: network.and_then(broadcast).map(|address| address.to_string()),
        duplex: None,
    }))
}

/// The network on the default route's interface in which its gateway stands, else the first on that interface.
fn network_of<'a>(default: &RouteEntry, routes: &'a [RouteEntry]) -> Option<&'a RouteEntry> {
    let mut networks = routes.iter().filter(|route| route.iface == default.iface && is_network(route));
    networks.clone().find(|network| contains(network, default.gateway)).or_else(|| networks.next())
}

/// A network that is reached without a gateway. A single host is none.
fn is_network(route: &RouteEntry) -> bool {
    route.gateway.is_unspecified() && !route.mask.is_unspecified() && !route.mask.is_broadcast()
}

fn contains(network: &RouteEntry, address: Ipv4Addr) -> bool {
    address.to_bits() & network.mask.to_bits() == network.destination.to_bits()
}

/// Point to point links and clouds that route every address by itself have no network to look in: the address is then
/// the one that belongs to no other interface's network, if there is just one.
fn only_other(own: &[Ipv4Addr], routes: &[RouteEntry]) -> Option<Ipv4Addr> {
    let is_elsewhere = |&address: &Ipv4Addr| routes.iter().any(|route| is_network(route) && contains(route, address));
    let mut others = own.iter().copied().filter(|address| !address.is_loopback() && !is_elsewhere(address));
    others.next().filter(|_| others.next().is_none())
}

/// The last address of a network. Networks of two addresses (`/31`) have none to spare.
fn broadcast(network: &RouteEntry) -> Option<Ipv4Addr> {
    let mask = network.mask.to_bits();
    (mask.count_zeros() > 1).then(|| Ipv4Addr::from_bits(network.destination.to_bits() | !mask))
}

/// The machine's own addresses: leaves of the trie with an entry `/32 host LOCAL`.
fn own_addresses(trie: &str) -> Vec<Ipv4Addr> {
    let (mut leaf, mut own) = (None, Vec::new());
    for line in trie.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            leaf = address.parse().ok();
        } else if line == "/32 host LOCAL"
            && let Some(address) = leaf
            && !own.contains(&address)
        {
            own.push(address);
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n";

    fn route(iface: &str, destination: [u8; 4], gateway: [u8; 4], flags: u16, metric: u32, mask: [u8; 4]) -> String {
        let [destination, gateway, mask] = [destination, gateway, mask].map(u32::from_ne_bytes);
        format!("{iface}\t{destination:08X}\t{gateway:08X}\t{flags:04X}\t0\t0\t{metric}\t{mask:08X}\t0\t0\t0\n")
    }

    fn trie(own: &[&str]) -> String {
        own.iter().map(|address| format!("  |-- {address}\n     /32 host LOCAL\n")).collect()
    }

    #[test]
    fn the_address_in_the_network_of_the_gateway() {
        let routes = [
            HEAD.to_owned(),
            route("wlan0", [0; 4], [10, 0, 0, 1], 3, 600, [0; 4]),
            route("eth0", [0; 4], [192, 168, 1, 1], 3, 100, [0; 4]),
            route("eth0", [172, 16, 0, 0], [0; 4], 1, 100, [255, 240, 0, 0]),
            route("eth0", [192, 168, 1, 0], [0; 4], 1, 100, [255, 255, 255, 0]),
        ];
        let own = trie(&["127.0.0.1", "10.0.0.7", "172.16.0.7", "192.168.1.7"]);
        let address = parse(&routes.concat(), &own).unwrap().unwrap();
        let expected = Address {
            name: "eth0".into(),
            ipv4: Some("192.168.1.7".into()),
            netmask: Some("255.255.255.0".into()),
            broadcast: Some("192.168.1.255".into()),
            duplex: None,
        };
        assert_eq!(address, expected);
    }

    #[test]
    fn an_address_without_a_network_is_told_by_exclusion() {
        let routes = [
            HEAD.to_owned(),
            route("ens4", [0; 4], [10, 128, 0, 1], 3, 0, [0; 4]),
            route("ens4", [10, 128, 0, 1], [0; 4], 5, 0, [255; 4]),
            route("docker0", [172, 17, 0, 0], [0; 4], 1, 0, [255, 255, 0, 0]),
        ];
        let address = |own: &[&str]| parse(&routes.concat(), &trie(own)).unwrap().unwrap();
        let found = address(&["127.0.0.1", "10.128.0.9", "172.17.0.1"]);
        assert_eq!((found.ipv4.as_deref(), found.netmask, found.broadcast), (Some("10.128.0.9"), None, None));
        assert_eq!(address(&["127.0.0.1", "10.128.0.9", "10.200.0.9"]).ipv4, None);
    }

    #[test]
    fn routes_that_are_down_or_refuse_do_not_count() {
        let refused = route("*", [0; 4], [0; 4], UP | REJECT, 0, [0; 4]);
        let down = route("eth0", [0; 4], [10, 0, 0, 1], 2, 0, [0; 4]);
        assert_eq!(parse(&[HEAD, &refused, &down].concat(), "").unwrap(), None);
        assert_eq!(parse("", "").unwrap(), None);
    }

    #[test]
    fn a_table_that_is_none_is_an_error() {
        let message = parse(&format!("{HEAD}eth0\tx\n"), "").unwrap_err().to_string();
        assert!(message.starts_with("malformed /proc/net/route: "), "{message}");
    }

    #[test]
    fn networks_of_two_addresses_have_no_broadcast() {
        let routes = [
            HEAD.to_owned(),
            route("eth0", [0; 4], [10, 0, 0, 0], 3, 0, [0; 4]),
            route("eth0", [10, 0, 0, 0], [0; 4], 1, 0, [255, 255, 255, 254]),
        ];
        let address = parse(&routes.concat(), &trie(&["10.0.0.1"])).unwrap().unwrap();
        assert_eq!((address.ipv4.as_deref(), address.broadcast), (Some("10.0.0.1"), None));
    }
}
