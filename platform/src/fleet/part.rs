//! The parts that machines play where people look at them: their names, tags, disks, and how busy they are.

use crate::model::Tags;

/// One part.
#[derive(Debug)]
pub struct Part {
    /// What its machines are called: a number follows.
    pub name: &'static str,
    /// The tag `role`.
    pub role: &'static str,
    /// Cores.
    pub cores: u32,
    /// GiB of memory.
    pub memory_gib: u64,
    /// Mountpoints and their GiB, beside `/`.
    pub mounts: &'static [(&'static str, u64)],
    /// Share of the processors at night, and what the rush adds.
    pub quiet: f64,
    /// See `quiet`.
    pub rush: f64,
    /// So many times the usual requests to its disk.
    pub disk: f64,
    /// So many times the usual packets.
    pub traffic: f64,
}

/// In the order in which a fleet has them; then from the start.
const PARTS: [Part; 8] = [
    part("web", "frontend", 4, 8, &[("/var/log", 20)], 0.06, 0.45, 0.6, 8.0),
    part("db", "database", 8, 32, &[("/var/lib/postgresql", 400)], 0.10, 0.30, 12.0, 4.0),
    part("web", "frontend", 4, 8, &[("/var/log", 20)], 0.06, 0.45, 0.6, 8.0),
    part("app", "backend", 8, 16, &[("/srv", 100)], 0.08, 0.50, 1.5, 5.0),
    part("cache", "cache", 2, 16, &[], 0.04, 0.12, 0.3, 10.0),
    part("build", "ci", 16, 32, &[("/home", 200), ("/var/lib/docker", 300)], 0.03, 0.60, 6.0, 1.0),
    part("backup", "backup", 2, 4, &[("/mnt/backup", 4_000)], 0.02, 0.05, 3.0, 1.5),
    part("pi", "edge", 4, 1, &[], 0.03, 0.10, 0.2, 0.2),
];

const ENVIRONMENTS: [&str; 4] = ["prod", "prod", "prod", "staging"];
const SITES: [&str; 3] = ["berlin", "oslo", "porto"];

#[allow(clippy::too_many_arguments)] // One line of a table.
const fn part(
    name: &'static str,
    role: &'static str,
    cores: u32,
    memory_gib: u64,
    mounts: &'static [(&'static str, u64)],
    quiet: f64,
    rush: f64,
    disk: f64,
    traffic: f64,
) -> Part {
    Part { name, role, cores, memory_gib, mounts, quiet, rush, disk, traffic }
}

/// The part of the machine of this number, counted from 0.
pub fn of(number: u64) -> &'static Part {
    &PARTS[(number % PARTS.len() as u64) as usize]
}

/// Its name: `web-01`. Those of one name are numbered in the fleet's order.
pub fn hostname(number: u64) -> String {
    let name = of(number).name;
    let count = |numbers: std::ops::RangeInclusive<u64>| numbers.filter(|other| of(*other).name == name).count() as u64;
    let rounds = number / PARTS.len() as u64;
    let each = count(0..=PARTS.len() as u64 - 1);
    format!("{name}-{:02}", rounds * each + count(0..=number % PARTS.len() as u64))
}

/// What people say of it.
pub fn tags(number: u64) -> Tags {
    let pick = |words: &[&str]| words[(number % words.len() as u64) as usize].to_owned();
    Tags::from([
        ("role".to_owned(), of(number).role.to_owned()),
        ("env".to_owned(), pick(&ENVIRONMENTS)),
        ("site".to_owned(), pick(&SITES)),
    ])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{hostname, of, tags};
    use crate::model::tag_fault;

    #[test]
    fn names_are_numbered_and_no_two_are_alike() {
        let first: Vec<String> = (0..11).map(hostname).collect();
        assert_eq!(first[..5], ["web-01", "db-01", "web-02", "app-01", "cache-01"]);
        assert_eq!(first[8..], ["web-03", "db-02", "web-04"]);
        let all: BTreeSet<String> = (0..1_000).map(hostname).collect();
        assert_eq!(all.len(), 1_000);
    }

    #[test]
    fn tags_are_such_as_a_server_takes() {
        for number in 0..20 {
            assert_eq!(tag_fault(&tags(number)), None);
            assert_eq!(tags(number)["role"], of(number).role);
        }
    }
}
