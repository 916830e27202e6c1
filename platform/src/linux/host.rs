//! The slowly changing facts of a host, from the many small files that hold one each.

use super::{Roots, cpu, ffi, frequency, processor, route, text};
use crate::model::{Core, Host, Tags};

/// What can be learnt of the host; `disk_mountpoint` is passed on. What cannot be read is `None`.
pub fn host(roots: &Roots, disk_mountpoint: &str) -> Host {
    let stat = text::read(roots.in_proc("stat")).unwrap_or_default();
    let cores = cpu::parse(&stat).map(|cpu| cpu.cores).unwrap_or_default();
    let processor = processor::read(roots, &cores.iter().map(|core| core.index).collect::<Vec<_>>());
    let (min_frequency_hertz, max_frequency_hertz) = frequency::limits(roots, &cores);
    let kernel = |name| text::read_value(roots.in_proc(&format!("sys/kernel/{name}")));
    Host {
        hostname: hostname(roots).unwrap_or_else(|| "localhost".to_owned()),
        domain: kernel("domainname"),
        os: kernel("ostype"),
        os_release: kernel("osrelease"),
        os_version: kernel("version"),
        distribution: distribution(roots),
        // The file is there since Linux 6.1.
        architecture: kernel("arch").or_else(ffi::machine),
        model: model(roots),
        processor: processor.name,
        logical_cores: count(&cores),
        physical_cores: processor.physical_cores,
        min_frequency_hertz,
        max_frequency_hertz,
        boot_unix_seconds: parse_boot_time(&stat),
        disk_mountpoint: Some(disk_mountpoint.to_owned()),
        // These are not the kernel's.
        tags: Tags::new(),
        primary_interface: route::read(roots).ok().flatten(),
    }
}

/// The running boot: `/proc/sys/kernel/random/boot_id`.
pub fn boot_id(roots: &Roots) -> Option<String> {
    text::read_value(roots.in_proc("sys/kernel/random/boot_id"))
}

/// The installation's identity: `/etc/machine-id`, or where D-Bus kept it before there was one.
pub fn machine_id(roots: &Roots) -> Option<String> {
    ["etc/machine-id", "var/lib/dbus/machine-id"].into_iter().find_map(|file| text::read_value(roots.in_root(file)))
}

/// The line `btime` of `/proc/stat`: when the running boot began, seconds since 1970.
pub fn parse_boot_time(text: &str) -> Option<i64> {
    text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

/// `PRETTY_NAME` of an `os-release` file, whose values are quoted as in a shell.
pub fn parse_distribution(text: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?.trim();
    let quoted = |quote| value.strip_prefix(quote).and_then(|rest: &str| rest.strip_suffix(quote));
    let name = match (quoted('"'), quoted('\'')) {
        (Some(inner), _) => unescape(inner),
        (None, Some(inner)) => inner.to_owned(),
        (None, None) => value.to_owned(),
    };
    (!name.is_empty()).then_some(name)
}

/// The kernel tells every reader the name of the reader's own container; a host that is mounted somewhere says its own
/// in `/etc/hostname`.
fn hostname(roots: &Roots) -> Option<String> {
    let running = || text::read_value(roots.in_proc("sys/kernel/hostname"));
    if roots.is_own() {
        return running();
    }
    let configured = text::read(roots.in_root("etc/hostname")).unwrap_or_default();
    let mut lines = configured.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.next().map(str::to_owned).or_else(running)
}

fn distribution(roots: &Roots) -> Option<String> {
    let files = ["etc/os-release", "usr/lib/os-release"];
    files.into_iter().find_map(|file| parse_distribution(&text::read(roots.in_root(file)).ok()?))
}

/// Boards have a device tree, PCs have DMI.
fn model(roots: &Roots) -> Option<String> {
    let files = ["firmware/devicetree/base/model", "class/dmi/id/product_name"];
    files.into_iter().find_map(|file| text::read_value(roots.in_sys(file)))
}

fn count(cores: &[Core]) -> Option<u32> {
    u32::try_from(cores.len()).ok().filter(|&count| count > 0)
}

/// A backslash in double quotes makes the next character plain.
fn unescape(text: &str) -> String {
    let mut chars = text.chars();
    let mut plain = String::with_capacity(text.len());
    while let Some(c) = chars.next() {
        plain.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_distribution_may_be_quoted() {
        let name = |value| parse_distribution(&format!("NAME=x\nPRETTY_NAME={value}\nID=y\n"));
        assert_eq!(name(r#""Debian GNU/Linux 12 (bookworm)""#).as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
        assert_eq!(name(r#""The \"Best\" \$ystem""#).as_deref(), Some(r#"The "Best" $ystem"#));
        assert_eq!(name("'Arch Linux'").as_deref(), Some("Arch Linux"));
        assert_eq!(name("Void").as_deref(), Some("Void"));
        assert_eq!(name(r#""""#), None);
        assert_eq!(name(r#"""#).as_deref(), Some("\""));
        assert_eq!(parse_distribution("NAME=x\n"), None);
    }

    #[test]
    fn boot_time_is_a_line_of_its_own() {
        assert_eq!(parse_boot_time("cpu 1 2 3 4\nbtime 1795439819\nprocesses 3\n"), Some(1_795_439_819));
        assert_eq!(parse_boot_time("xbtime 5\n"), None);
    }
}
