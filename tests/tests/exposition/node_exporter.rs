//! node_exporter and the agent on one host: where both have a family, it has one type, the same labels and, where it
//! changes slowly, the same values.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

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

/// Families that two readings in one second must agree on.
const SLOW: [&str; 12] = [
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
    let theirs = Page::parse(&Client::new(exporter.address).get("/metrics").text());
    let ours = Page::parse(&get(&mut agent.client(), &[]).text());

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
    assert!(compared >= 8, "{compared} values in both");
    for name in ["node_uname_info", "node_memory_MemTotal_bytes", "node_filesystem_size_bytes"] {
        let (ours, theirs) = (values(&ours, name), values(&theirs, name));
        assert!(ours.iter().any(|(labels, value)| theirs.get(labels) == Some(value)), "{name}: {ours:?} {theirs:?}");
    }
}
