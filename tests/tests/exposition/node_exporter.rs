//! node_exporter and the agent on one host: where both have a family, it has one type, the same labels and, where it
//! changes slowly, the same values.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use siskin_tests::{
    http::Client,
    process::{Agent, Home},
    prometheus::{Line, Page},
    wait::{PATIENCE, until},
};

use crate::{get, is_installed, skipped};

/// What distributions call it.
const PROGRAMS: [&str; 2] = ["prometheus-node-exporter", "node_exporter"];

/// Families whose further labels are facts that the agent does not read.
const FEWER_LABELS: [&str; 2] = ["node_os_info", "node_power_supply_info"];

/// How far a counter may be away from what node_exporter says before and after: idle time may step back a little between
/// two readings of the kernel's, and each has hundredths of seconds.
const SLACK: f64 = 0.05;

/// Families without a type at node_exporter that count all the same.
const UNTYPED_COUNTERS: [&str; 2] = ["node_netstat_", "node_vmstat_"];

/// Those of them that do not.
const UNTYPED_GAUGES: [&str; 2] = ["node_netstat_Tcp_CurrEstab", "node_netstat_Ip_Forwarding"];

/// Families that two readings in one second must agree on.
const SLOW: [&str; 24] = [
    "node_uname_info",
    "node_boot_time_seconds",
    "node_memory_MemTotal_bytes",
    "node_memory_SwapTotal_bytes",
    "node_filesystem_size_bytes",
    "node_filesystem_files",
    "node_filesystem_readonly",
    "node_network_mtu_bytes",
    "node_network_up",
    "node_filefd_maximum",
    "node_entropy_pool_size_bits",
    "node_timex_sync_status",
    "node_timex_status",
    "node_timex_tai_offset_seconds",
    "node_network_carrier",
    "node_network_speed_bytes",
    "node_filesystem_device_error",
    "node_netstat_Ip_Forwarding",
    "node_memory_HugePages_Total",
    "node_memory_HugePages_Surp",
    "node_memory_Hugepagesize_bytes",
    "node_memory_Hugetlb_bytes",
    "node_processes_max_processes",
    "node_processes_max_threads",
];

struct NodeExporter {
    child: Child,
    address: SocketAddr,
}

impl NodeExporter {
    fn start(program: &str) -> Self {
        // It tells nobody which port it took: one that was free a moment ago is given.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(program);
        command.args([format!("--web.listen-address={address}").as_str(), "--collector.processes"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let exporter = Self { child, address };
        until("node_exporter listens", PATIENCE, || std::net::TcpStream::connect(address).ok());
        exporter
    }
}

impl NodeExporter {
    fn page(&self) -> Page {
        Page::parse(&Client::new(self.address).get("/metrics").text())
    }
}

/// The agent's page of a reading that was begun after `instant`: it shows one up to a second old.
fn page_after(agent: &Agent, instant: SystemTime) -> Page {
    let instant = instant.duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    let mut client = agent.client();
    until("a reading made for us", PATIENCE, || {
        let page = Page::parse(&get(&mut client, &[]).text());
        (page.sum("node_time_seconds").unwrap() > instant).then_some(page)
    })
}

impl Drop for NodeExporter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a family by their labels.
fn values<'a>(page: &'a Page, name: &str) -> BTreeMap<&'a BTreeMap<String, String>, f64> {
    let of_name = |line: &&Line| line.name == name;
    page.lines.iter().filter(of_name).map(|line| (&line.labels, line.value)).collect()
}

#[test]
fn families_that_both_have_are_the_same() {
    let Some(program) = PROGRAMS.into_iter().find(|program| is_installed(program)) else {
        return skipped("the comparison with node_exporter", PROGRAMS[0]);
    };
    let exporter = NodeExporter::start(program);
    let home = Home::new();
    let agent = Agent::start(&home, &[]);
    let theirs = exporter.page();
    let ours = page_after(&agent, SystemTime::now());

    let mut shared = 0;
    for (name, kind) in ours.types.iter().filter(|(name, _)| name.starts_with("node_")) {
        let Some(their_kind) = theirs.types.get(name) else { continue };
        shared += 1;
        assert_eq!(kind, their_kind, "{name}");
        let (our_labels, their_labels) = (ours.label_names(name), theirs.label_names(name));
        if FEWER_LABELS.contains(&name.as_str()) {
            assert!(our_labels.is_subset(&their_labels) && !our_labels.is_empty(), "{name}: {our_labels:?}");
        } else {
            assert_eq!(our_labels, their_labels, "{name}");
        }
    }
    assert!(shared > 100, "{shared} families in both");
    let mut compared = 0;
    for name in SLOW {
        let (ours, theirs) = (values(&ours, name), values(&theirs, name));
        // The agent lists fewer filesystems (none in memory) and other interfaces than some builds of node_exporter.
        for (labels, value) in ours.iter().filter(|(labels, _)| theirs.contains_key(*labels)) {
            assert_eq!(theirs[labels], *value, "{name} {labels:?}");
            compared += 1;
        }
    }
    assert!(compared >= 20, "{compared} values in both");
    for name in ["node_uname_info", "node_memory_MemTotal_bytes", "node_filesystem_size_bytes"] {
        let (ours, theirs) = (values(&ours, name), values(&theirs, name));
        assert!(ours.iter().any(|(labels, value)| theirs.get(labels) == Some(value)), "{name}: {ours:?} {theirs:?}");
    }
}

#[test]
fn counters_lie_between_two_readings_of_node_exporter() {
    let Some(program) = PROGRAMS.into_iter().find(|program| is_installed(program)) else {
        return skipped("the comparison of counters with node_exporter", PROGRAMS[0]);
    };
    let exporter = NodeExporter::start(program);
    let home = Home::new();
    let agent = Agent::start(&home, &[]);
    let before = exporter.page();
    let ours = page_after(&agent, SystemTime::now());
    let after = exporter.page();

    let mut compared = BTreeMap::<&str, usize>::new();
    let counts =
        |name: &str| UNTYPED_COUNTERS.iter().any(|prefix| name.starts_with(prefix)) && !UNTYPED_GAUGES.contains(&name);
    let counters = ours.types.iter().filter(|(name, kind)| *kind == "counter" || counts(name));
    for (name, _) in counters {
        let (before, after) = (values(&before, name), values(&after, name));
        for (labels, value) in values(&ours, name) {
            let (Some(before), Some(after)) = (before.get(labels), after.get(labels)) else { continue };
            let range = before - SLACK..=after + SLACK;
            assert!(range.contains(&value), "{name} {labels:?}: {before} <= {value} <= {after}");
            *compared.entry(name.split('_').nth(1).unwrap_or_default()).or_default() += 1;
        }
    }
    for (noun, least) in [("cpu", 8), ("disk", 8), ("network", 14), ("netstat", 20), ("vmstat", 4)] {
        let count = compared.get(noun).copied().unwrap_or_default();
        assert!(count >= least, "{count} counters of {noun} in both: {compared:?}");
    }
}
