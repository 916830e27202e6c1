//! Containers, as the tree of control groups shows them: what runs a container is told by the path of its group.

use std::borrow::Cow;

use super::{
    Error, Roots,
    collector::{Collector, Found},
    container_name::Names,
    control_group::Usages,
    hierarchy::{Group, Hierarchy},
    pressure,
};
use crate::model::{Container, Periodic, Sample};

/// The most that are listed. Kubernetes is made for 110 pods a host.
const LIMIT: usize = 256;

/// An id, as all the runtimes draw them: so many hexadecimal digits.
const ID_DIGITS: usize = 64;

/// What is shown of an id.
const SHORT_ID_DIGITS: usize = 12;

/// What the path of a group tells of the container in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// What runs it.
    pub runtime: Option<&'static str>,
    /// Its id, or its name where its runtime calls groups by that.
    pub key: Key<'a>,
    /// Whether it is part of a pod of Kubernetes.
    pub is_in_pod: bool,
}

/// How a group is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    /// By an id of 64 digits.
    Id(&'a str),
    /// By the container's name.
    Name(Cow<'a, str>),
}

/// What runs a container, by what stands before its id.
const PREFIXES: [(&str, &str); 6] = [
    ("docker-", "docker"),
    ("libpod-payload-", "podman"),
    ("libpod-", "podman"),
    ("cri-containerd-", "containerd"),
    ("nerdctl-", "containerd"),
    ("crio-", "cri-o"),
];

/// The container of a group, by the group's path: `None` for all other groups.
pub fn parse(path: &str) -> Option<Place<'_>> {
    let (above, group) = path.rsplit_once('/')?;
    let parent = above.rsplit('/').next().unwrap_or_default();
    let is_in_pod = above.contains("/kubepods");
    let stem = group.strip_suffix(".scope").unwrap_or(group);
    let named = |runtime, name| Some(Place { runtime: Some(runtime), key: Key::Name(name), is_in_pod: false });
    if let Some(name) = group.strip_prefix("lxc.payload.") {
        return named("lxc", Cow::Borrowed(name));
    }
    if matches!(above, "/lxc" | "/lxc.payload") {
        return named("lxc", Cow::Borrowed(group));
    }
    if let Some(name) = group.strip_prefix("systemd-nspawn@").and_then(|unit| unit.strip_suffix(".service")) {
        return named("nspawn", unescape(name));
    }
    if let Some(name) = stem.strip_prefix("machine-").filter(|_| parent == "machine.slice") {
        let name = unescape(name);
        // Virtual machines have such groups too; they are no containers.
        return (!name.starts_with("qemu-")).then(|| named("nspawn", name))?;
    }
    let prefixed = PREFIXES.iter().find_map(|(prefix, runtime)| Some((*runtime, id(stem.strip_prefix(prefix)?)?)));
    if let Some((runtime, id)) = prefixed {
        return Some(Place { runtime: Some(runtime), key: Key::Id(id), is_in_pod });
    }
    let runtime = if parent == "docker" { Some("docker") } else { None };
    id(group).map(|id| Place { runtime, key: Key::Id(id), is_in_pod })
}

/// Whether containers are looked for below a group that is none itself. Services hold none, but for those that run
/// users' sessions; scopes and the groups in which runtimes watch over containers hold none either. (A container that is
/// a part of its own service, as Podman's Quadlet makes them, is seen as that unit.)
fn is_way(group: &str) -> bool {
    match group.rsplit_once('.') {
        Some((name, "service")) => name.starts_with("user@"),
        Some((_, "scope" | "mount" | "socket" | "swap")) => false,
        _ => !group.starts_with("lxc.monitor"),
    }
}

fn id(text: &str) -> Option<&str> {
    (text.len() == ID_DIGITS && text.bytes().all(|digit| digit.is_ascii_hexdigit())).then_some(text)
}

/// A name in which systemd has written characters as `\x2d`.
fn unescape(name: &str) -> Cow<'_, str> {
    if !name.contains("\\x") {
        return Cow::Borrowed(name);
    }
    let mut parts = name.split("\\x");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok()).filter(u8::is_ascii_graphic);
        match code {
            Some(code) => {
                plain.push(char::from(code));
                plain.push_str(&part[2..]);
            }
            None => {
                plain.push_str("\\x");
                plain.push_str(part);
            }
        }
    }
    Cow::Owned(plain)
}

/// The collector.
pub(super) struct Containers {
    hierarchy: Hierarchy,
    usages: Usages,
    names: Names,
}

impl Containers {
    pub(super) fn new(roots: &Roots) -> Self {
        Self { hierarchy: Hierarchy::new(roots), usages: Usages::new(roots), names: Names::new(roots) }
    }
}

impl Collector for Containers {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, odd: &mut Vec<Error>) -> Result<Found, Error> {
        let rows = sample.containers.renew();
        let (usages, names) = (&mut self.usages, &mut self.names);
        let mut count = 0;
        let mut first_odd = None;
        names.begin();
        self.hierarchy.walk(text, odd, &mut |group| {
            if parse(group.path()).is_none() {
                return is_way(group.name());
            }
            if count == LIMIT {
                first_odd = Some(Error::TooMany { what: "containers", limit: LIMIT });
                return false;
            }
            if count == rows.len() {
                rows.push(Container::default());
            }
            match fill(group, &mut rows[count], usages, names) {
                Ok(is_there) => count += usize::from(is_there),
                Err(error) => first_odd = first_odd.take().or(Some(error)),
            }
            false
        });
        odd.extend(first_odd);
        rows.truncate(count);
        rows.sort_unstable_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
        tell_apart(rows);
        if rows.is_empty() {
            sample.containers = Periodic::default();
            return Ok(Found::Nothing);
        }
        Ok(Found::Source)
    }
}

/// Writes a container over a row; tells whether it was still there.
fn fill(group: &mut Group<'_>, row: &mut Container, usages: &mut Usages, names: &mut Names) -> Result<bool, Error> {
    let Some(usage) = usages.read(group)? else { return Ok(false) };
    row.usage = usage;
    let mut stalled = |file: &str| {
        let text = group.trail.read(format_args!("/{file}.pressure"), group.text).ok()?;
        pressure::parse(&text).ok()?.some.map(|stall| stall.stalled_seconds_total)
    };
    row.cpu_stalled_seconds_total = stalled("cpu");
    row.memory_stalled_seconds_total = stalled("memory");
    row.io_stalled_seconds_total = stalled("io");
    let Some(place) = parse(group.path()) else { return Ok(false) };
    overwrite(&mut row.runtime, place.runtime);
    row.name.clear();
    match &place.key {
        Key::Name(name) => {
            overwrite(&mut row.id, None);
            row.name.push_str(name);
        }
        Key::Id(id) => {
            let short = &id[..SHORT_ID_DIGITS];
            overwrite(&mut row.id, Some(short));
            row.name.push_str(names.name(id, &place).unwrap_or(short));
        }
    }
    Ok(true)
}

fn overwrite(text: &mut Option<String>, new: Option<&str>) {
    match (text.as_mut(), new) {
        (Some(text), Some(new)) => {
            text.clear();
            text.push_str(new);
        }
        (_, new) => *text = new.map(str::to_owned),
    }
}

/// Two runtimes, or two users of one, may have containers of one name. The rows are in the order of their names.
fn tell_apart(rows: &mut [Container]) {
    for at in (1..rows.len()).rev() {
        let (before, rest) = rows.split_at_mut(at);
        let row = &mut rest[0];
        if before.last().is_some_and(|before| before.name == row.name) {
            let mark = row.id.as_deref().or(row.runtime.as_deref()).unwrap_or_default();
            row.name = format!("{}#{mark}", row.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn told(path: &str) -> Option<(Option<&'static str>, String, bool)> {
        let place = parse(path)?;
        let key = match place.key {
            Key::Id(id) => format!("id {}", &id[..4]),
            Key::Name(name) => format!("name {name}"),
        };
        Some((place.runtime, key, place.is_in_pod))
    }

    #[test]
    fn what_runs_a_container_is_told_by_its_path() {
        for (path, runtime, key, is_in_pod) in [
            ("/system.slice/docker-ID.scope", Some("docker"), "id 0123", false),
            ("/docker/ID", Some("docker"), "id 0123", false),
            ("/actions_job/ID", None, "id 0123", false),
            ("/machine.slice/libpod-ID.scope", Some("podman"), "id 0123", false),
            (
                "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope",
                Some("podman"),
                "id 0123",
                false,
            ),
            ("/libpod_parent/libpod-ID", Some("podman"), "id 0123", false),
            ("/system.slice/nerdctl-ID.scope", Some("containerd"), "id 0123", false),
            ("/kubepods.slice/kubepods-pod1.slice/cri-containerd-ID.scope", Some("containerd"), "id 0123", true),
            ("/kubepods.slice/kubepods-pod1.slice/crio-ID.scope", Some("cri-o"), "id 0123", true),
            ("/kubepods/burstable/pod1/ID", None, "id 0123", true),
            ("/lxc.payload.web", Some("lxc"), "name web", false),
            ("/lxc/101", Some("lxc"), "name 101", false),
            (r"/machine.slice/systemd-nspawn@build\x2dbox.service", Some("nspawn"), "name build-box", false),
            (r"/machine.slice/machine-a\x2db.scope", Some("nspawn"), "name a-b", false),
        ] {
            assert_eq!(told(&path.replace("ID", ID)), Some((runtime, key.to_owned(), is_in_pod)), "{path}");
        }
    }

    #[test]
    fn other_groups_are_none() {
        for path in [
            "",
            "/",
            "/system.slice",
            "/system.slice/docker.service",
            "/system.slice/docker-0123.scope",
            "/machine.slice/libpod-conmon-ID.scope",
            "/kubepods.slice/kubepods-pod1.slice/crio-conmon-ID.scope",
            r"/machine.slice/machine-qemu\x2d1\x2dvm.scope",
            "/lxc.monitor.web",
            "/lxc/101/ns",
            "/docker/ID/init.scope",
        ] {
            assert_eq!(told(&path.replace("ID", ID)), None, "{path}");
        }
        for way in ["system.slice", "docker", "kubepods", "pod1", "user@1000.service", "besteffort", "lxc"] {
            assert!(is_way(way), "{way}");
        }
        for other in ["ssh.service", "session-1.scope", "lxc.monitor.web", "lxc.monitor", "boot.mount"] {
            assert!(!is_way(other), "{other}");
        }
    }

    #[test]
    fn escapes_of_systemd() {
        assert_eq!(unescape(r"a\x2db\x5fc"), "a-b_c");
        assert_eq!(unescape(r"a\x2"), r"a\x2");
        assert_eq!(unescape(r"a\xé\x00"), r"a\xé\x00");
    }

    #[test]
    fn two_of_one_name_are_told_apart() {
        let row = |name: &str, id: Option<&str>| Container {
            name: name.into(),
            id: id.map(str::to_owned),
            runtime: Some("lxc".into()),
            ..Container::default()
        };
        let mut rows = [row("a", None), row("web", None), row("web", Some("01")), row("web", Some("02"))];
        tell_apart(&mut rows);
        assert_eq!(rows.each_ref().map(|row| row.name.as_str()), ["a", "web", "web#01", "web#02"]);
        let mut rows = [row("web", None), row("web", None)];
        tell_apart(&mut rows);
        assert_eq!(rows[1].name, "web#lxc");
    }
}
