//! Services of systemd, as the tree of control groups shows them. Those of users' sessions are not listed.

use super::{
    Error, Roots,
    collector::{Collector, Found},
    control_group::Usages,
    hierarchy::Hierarchy,
};
use crate::model::{Periodic, Sample, ServiceUnit};

/// The most that are listed. A large server runs some 60.
const LIMIT: usize = 128;

/// The unit that a group is of, if it is a service. systemd puts a `_` before names that the kernel has for files.
pub fn parse(group: &str) -> Option<&str> {
    let unit = group.strip_prefix('_').unwrap_or(group);
    (unit.len() > ".service".len() && unit.ends_with(".service")).then_some(unit)
}

/// Whether there can be services of the system in a group. (Pods are slices too, and hold none.)
fn is_slice(path: &str, group: &str) -> bool {
    group.ends_with(".slice") && path != "/user.slice" && !group.starts_with("kubepods")
}

/// The collector.
pub(super) struct Units {
    hierarchy: Hierarchy,
    usages: Usages,
}

impl Units {
    pub(super) fn new(roots: &Roots) -> Self {
        Self { hierarchy: Hierarchy::new(roots), usages: Usages::new(roots) }
    }
}

impl Collector for Units {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, odd: &mut Vec<Error>) -> Result<Found, Error> {
        let rows = sample.units.renew();
        let usages = &mut self.usages;
        let mut count = 0;
        let mut first_odd = None;
        self.hierarchy.walk(text, odd, &mut |group| {
            if parse(group.name()).is_none() {
                return is_slice(group.path(), group.name());
            }
            if count == LIMIT {
                first_odd = Some(Error::TooMany { what: "services", limit: LIMIT });
                return false;
            }
            match usages.read(group) {
                Ok(Some(usage)) => {
                    if count == rows.len() {
                        rows.push(ServiceUnit::default());
                    }
                    let row = &mut rows[count];
                    row.unit.clear();
                    row.unit.push_str(parse(group.name()).unwrap_or_default());
                    row.usage = usage;
                    count += 1;
                }
                Ok(None) => {}
                Err(error) => first_odd = first_odd.take().or(Some(error)),
            }
            false
        });
        odd.extend(first_odd);
        rows.truncate(count);
        rows.sort_unstable_by(|one, other| one.unit.cmp(&other.unit));
        if rows.is_empty() {
            sample.units = Periodic::default();
            return Ok(Found::Nothing);
        }
        Ok(Found::Source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_as_systemctl_shows_them() {
        assert_eq!(parse("getty@tty1.service"), Some("getty@tty1.service"));
        let escaped = r"systemd-fsck@dev-disk-by\x2duuid-1F2E.service";
        assert_eq!(parse(escaped), Some(escaped));
        assert_eq!(parse("_cpu.service"), Some("cpu.service"));
        for other in ["ssh.socket", "system.slice", "docker-0.scope", ".service", "_.service", ""] {
            assert_eq!(parse(other), None, "{other}");
        }
    }

    #[test]
    fn slices_of_the_system() {
        assert!(is_slice("/system.slice/system-getty.slice", "system-getty.slice"));
        assert!(is_slice("/machine.slice", "machine.slice"));
        assert!(!is_slice("/user.slice", "user.slice"));
        assert!(!is_slice("/kubepods.slice", "kubepods.slice"));
        assert!(!is_slice("/init.scope", "init.scope"));
    }
}
