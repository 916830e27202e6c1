//! The table of hosts, whose metrics begin with a noun; and what is known of the host, its clock and the agent.

use siskin_platform::model::{Collection, Host};

use super::Page;
use super::labels::Labels;
use super::place::{Place, node};
use super::writer::{Head, Kind, Writer};
use super::{cpu, kernel, memory, pressure, socket};
use crate::health::Health;

const INTERVAL: &str = "siskin_agent_interval_seconds";

/// A metric of the table of hosts.
pub fn place(metric: &str) -> Place {
    let Some((noun, rest)) = metric.split_once('.') else {
        // A reading made for a scrape has no interval of its own: the agent's is told.
        return if metric == "interval_seconds" { Place::Told(&[INTERVAL]) } else { Place::Own };
    };
    match noun {
        "cpu" => cpu::total(rest),
        "load" => cpu::load(rest),
        "memory" => memory::memory(rest),
        "swap" => memory::swap(rest),
        "pressure" => pressure::place(rest),
        "sockets" => socket::sockets(rest),
        "ip" => socket::ip(rest),
        "icmp" => socket::icmp(rest),
        "tcp" => socket::tcp(rest),
        "udp" => socket::udp(rest),
        "udp6" => socket::udp6(rest),
        "conntrack" => socket::conntrack(rest),
        "kernel" => kernel::stocks(rest),
        "zfs_cache" => kernel::zfs(rest),
        "time" => kernel::time(rest),
        "processes" => process(rest),
        _ => Place::Own,
    }
}

/// A metric of all processes together. States are letters with node_exporter.
fn process(metric: &str) -> Place {
    let state = |letter| node("node_processes_state").label("state", letter).help("processes by their state");
    match metric {
        "running" => state("R"),
        "sleeping" => state("S"),
        "disk_sleeping" => state("D"),
        "stopped" => state("T"),
        "zombies" => state("Z"),
        "idle" => state("I"),
        "count" => node("node_processes_pids"),
        "threads" => node("node_processes_threads"),
        _ => Place::Own,
    }
}

/// The clock, the kernel and the machine.
pub fn facts(writer: &mut Writer, page: &Page) {
    let host = page.host;
    let now = page.sample.at.unix_ms as f64 / 1000.0;
    writer.line(Head::gauge("node_time_seconds", "when this was read, seconds since 1970"), b"", None, now);
    if let Some(boot) = host.boot_unix_seconds {
        let head = Head::gauge("node_boot_time_seconds", "when the host started, seconds since 1970");
        writer.line(head, b"", None, boot as f64);
    }
    names(writer, "node_uname_info", "the kernel, and the name it goes by", &uname(host));
    names(writer, "node_os_info", "the distribution", &[("pretty_name", host.distribution.as_deref())]);
    let machine = [("model", host.model.as_deref()), ("processor", host.processor.as_deref())];
    names(writer, "siskin_machine_info", "the machine", &machine);
}

/// How a collector fared.
pub fn collector(metric: &str) -> Place {
    match metric {
        "duration_seconds" => node("node_scrape_collector_duration_seconds").help("how long a collector read"),
        "success" => node("node_scrape_collector_success").help("whether a collector could read all that it should"),
        _ => Place::Own,
    }
}

/// `collector="memory"`.
pub fn collector_labels(collection: &Collection, labels: &mut Labels) -> bool {
    labels.add("collector", &collection.collector);
    true
}

/// The agent.
pub fn agent(writer: &mut Writer, page: &Page) {
    let mut labels = Labels::default();
    labels.add("id", &page.agent.id);
    labels.add("version", &page.agent.version);
    labels.add_known("boot_id", page.agent.boot_id.as_deref());
    labels.add_number("stream", page.stream);
    writer.line(Head::gauge("siskin_agent_info", "who answers"), labels.text(), None, true);
    if let Some(seconds) = page.interval_seconds {
        writer.line(Head::gauge(INTERVAL, "time between two samples of the schedule"), b"", None, seconds);
    }
}

/// How the agent fares with its server.
pub fn health(writer: &mut Writer, health: &Health) {
    let gauge = Head::gauge;
    let counter = |name, help| Head { kind: Kind::Counter, ..gauge(name, help) };
    let numbers = [
        (gauge("siskin_agent_queue_samples", "samples that wait in memory for the server"), &health.queue_samples),
        (gauge("siskin_agent_spool_bytes", "what waits on disk for the server"), &health.spool_bytes),
        (
            counter("siskin_agent_samples_dropped_total", "samples given up unsent, for want of room or for their age"),
            &health.dropped,
        ),
        (counter("siskin_agent_samples_refused_total", "samples that the server would not take"), &health.refused),
        (counter("siskin_agent_pushes_total", "batches that the server has stored"), &health.pushes),
        (
            counter("siskin_agent_push_failures_total", "attempts after which a batch had to wait"),
            &health.push_failures,
        ),
    ];
    for (head, number) in numbers {
        writer.line(head, b"", None, number.get());
    }
    if let Some(seconds) = health.last_push_seconds() {
        let help = "when the server last stored a batch, seconds since 1970";
        writer.line(gauge("siskin_agent_last_push_time_seconds", help), b"", None, seconds);
    }
}

fn uname(host: &Host) -> [(&'static str, Option<&str>); 6] {
    [
        ("domainname", host.domain.as_deref()),
        ("machine", host.architecture.as_deref()),
        ("nodename", Some(&host.hostname)),
        ("release", host.os_release.as_deref()),
        ("sysname", host.os.as_deref()),
        ("version", host.os_version.as_deref()),
    ]
}

/// A line for what is known of some names; none if nothing is.
fn names(writer: &mut Writer, name: &str, help: &str, known: &[(&str, Option<&str>)]) {
    let mut labels = Labels::default();
    for (label, value) in known {
        labels.add_known(label, *value);
    }
    if !labels.text().is_empty() {
        writer.line(Head::gauge(name, help), labels.text(), None, true);
    }
}

#[cfg(test)]
mod tests {
    use super::super::writer::Format;
    use super::*;

    fn page(agent: &Health) -> String {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out, Format::OpenMetrics);
        health(&mut writer, agent);
        writer.finish();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_agents_own_health() {
        let health = Health::default();
        assert!(!page(&health).contains("last_push"), "there was none");
        health.queue_samples.set(3);
        health.spool_bytes.set(4096);
        health.dropped.set(2);
        health.refused.add(1);
        health.push_failures.add(5);
        health.pushed();
        let page = page(&health);
        for line in [
            "# TYPE siskin_agent_queue_samples gauge",
            "siskin_agent_queue_samples 3",
            "siskin_agent_spool_bytes 4096",
            "# TYPE siskin_agent_samples_dropped counter",
            "siskin_agent_samples_dropped_total 2",
            "siskin_agent_samples_refused_total 1",
            "siskin_agent_pushes_total 1",
            "siskin_agent_push_failures_total 5",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}: {page}");
        }
        let last = page.lines().find_map(|line| line.strip_prefix("siskin_agent_last_push_time_seconds "));
        assert!(last.unwrap().parse::<f64>().unwrap() > 1.7e9, "{page}");
    }
}
