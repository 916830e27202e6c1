//! Where to serve, and what is asked of those who come: beyond loopback never nothing by accident.

use std::ffi::OsString;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use crate::http::Guard;
use crate::settings::{Given, Sources};

const DEFAULT_HOST: &str = "127.0.0.1";
const DEFAULT_PORT: &str = "5001";

/// The addresses to try, in order, and the guard of whichever it will be.
pub fn listen<E: Fn(&str) -> Option<OsString>>(sources: &Sources<E>) -> Result<(Vec<SocketAddr>, Guard), String> {
    let own = sources.find("listen")?;
    let is_predecessors = own.is_none();
    let (given, address) = match own {
        Some(given) => {
            let address = given.value.clone();
            (given, address)
        }
        None => predecessors(sources)?,
    };
    let addresses = resolve(&given, &address)?;
    let is_local = addresses.iter().all(|address| address.ip().to_canonical().is_loopback());
    let guard = match (sources.find("listen-token-file")?, is_open(sources)?) {
        (Some(_), true) => {
            return Err("--listen-open and --listen-token-file exclude each other: choose one".to_owned());
        }
        (Some(file), false) => {
            Guard::token(PathBuf::from(&file.value)).map_err(|error| format!("{}: {error}", file.from))?
        }
        (None, true) => Guard::Open,
        (None, false) if is_local => Guard::Local,
        (None, false) if is_predecessors => Guard::Predecessor,
        (None, false) => {
            return Err(format!(
                "{}: {:?} can be reached from other hosts: ask for a token with --listen-token-file FILE, \
                 or let everyone read this host with --listen-open",
                given.from, given.value
            ));
        }
    };
    Ok((addresses, guard))
}

/// The predecessor had host and port in two variables. What names the host, and both joined.
fn predecessors<E: Fn(&str) -> Option<OsString>>(sources: &Sources<E>) -> Result<(Given, String), String> {
    let or_default = |name: &str, value: &str| -> Result<Given, String> {
        let given = sources.variable(name)?;
        Ok(given.unwrap_or_else(|| Given { from: name.to_owned(), value: value.to_owned() }))
    };
    let host = or_default("SYSTEM_STATS_HOST", DEFAULT_HOST)?;
    let port = or_default("SYSTEM_STATS_PORT", DEFAULT_PORT)?;
    if port.value.parse::<u16>().is_err() {
        return Err(port.wrong("expected a port from 0 to 65535"));
    }
    let name = if host.value.contains(':') { format!("[{}]", host.value) } else { host.value.clone() };
    let address = format!("{name}:{}", port.value);
    Ok((host, address))
}

fn resolve(given: &Given, address: &str) -> Result<Vec<SocketAddr>, String> {
    match address.to_socket_addrs() {
        Ok(addresses) => Ok(addresses.collect()),
        Err(_) => Err(given.wrong("expected an address of this host, such as 127.0.0.1:5001")),
    }
}

fn is_open<E: Fn(&str) -> Option<OsString>>(sources: &Sources<E>) -> Result<bool, String> {
    let Some(given) = sources.find("listen-open")? else { return Ok(false) };
    given.value.parse().map_err(|_| given.wrong("expected true or false"))
}
