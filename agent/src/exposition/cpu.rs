//! Processors and load.

use siskin_platform::model::Core;

use super::labels::Labels;
use super::place::{Place, node};
use super::writer::{Head, Kind, Writer};

const BY_MODE: &str = "processor time by mode, seconds";
const BY_GUESTS: &str = "processor time of guests, which is also in user and nice, seconds";

/// `cpu="0"`.
pub fn labels(core: &Core, labels: &mut Labels) -> bool {
    labels.add_number("cpu", core.index.into());
    true
}

/// How often heat slowed the cores down, each named by its place as node_exporter does; what two threads share once.
pub fn throttles(writer: &mut Writer, cores: &[Core]) {
    let placed = || cores.iter().filter_map(|core| Some((core.place?, core)));
    let mut labels = Labels::default();
    let head = counter("node_cpu_core_throttles_total", "how often heat slowed a core down");
    for (index, (place, core)) in placed().enumerate() {
        let is_first = placed().take(index).all(|(other, _)| other != place);
        if let Some(count) = core.throttles_total.filter(|_| is_first) {
            labels.clear();
            labels.add_number("core", place.core.into());
            labels.add_number("package", place.package.into());
            writer.line(head, labels.text(), None, count);
        }
    }
    let head = counter("node_cpu_package_throttles_total", "how often heat slowed a package down");
    for (index, (place, core)) in placed().enumerate() {
        let is_first = placed().take(index).all(|(other, _)| other.package != place.package);
        if let Some(count) = core.package_throttles_total.filter(|_| is_first) {
            labels.clear();
            labels.add_number("package", place.package.into());
            writer.line(head, labels.text(), None, count);
        }
    }
}

fn counter(name: &'static str, help: &'static str) -> Head<'static> {
    Head { kind: Kind::Counter, ..Head::gauge(name, help) }
}

/// A metric of a core.
pub fn core(metric: &str) -> Place {
    let time = |mode| node("node_cpu_seconds_total").label("mode", mode).help(BY_MODE);
    let guest = |mode| node("node_cpu_guest_seconds_total").label("mode", mode).help(BY_GUESTS);
    match metric {
        "user_seconds_total" => time("user"),
        "nice_seconds_total" => time("nice"),
        "system_seconds_total" => time("system"),
        "idle_seconds_total" => time("idle"),
        "iowait_seconds_total" => time("iowait"),
        "irq_seconds_total" => time("irq"),
        "softirq_seconds_total" => time("softirq"),
        "steal_seconds_total" => time("steal"),
        "guest_seconds_total" => guest("user"),
        "guest_nice_seconds_total" => guest("nice"),
        "frequency_hertz" => node("node_cpu_scaling_frequency_hertz"),
        "throttles_total" => Place::Told(&["node_cpu_core_throttles_total"]),
        "package_throttles_total" => Place::Told(&["node_cpu_package_throttles_total"]),
        _ => Place::Own,
    }
}

/// A metric of all processors together. Their time is told core by core.
pub fn total(metric: &str) -> Place {
    match metric {
        "user_seconds_total"
        | "nice_seconds_total"
        | "system_seconds_total"
        | "idle_seconds_total"
        | "iowait_seconds_total"
        | "irq_seconds_total"
        | "softirq_seconds_total"
        | "steal_seconds_total" => Place::Told(&["node_cpu_seconds_total"]),
        "guest_seconds_total" | "guest_nice_seconds_total" => Place::Told(&["node_cpu_guest_seconds_total"]),
        "context_switches_total" => node("node_context_switches_total"),
        "interrupts_total" => node("node_intr_total"),
        "forks_total" => node("node_forks_total"),
        "tasks_blocked" => node("node_procs_blocked"),
        _ => Place::Own,
    }
}

/// A metric of the load.
pub fn load(metric: &str) -> Place {
    match metric {
        "one" => node("node_load1"),
        "five" => node("node_load5"),
        "fifteen" => node("node_load15"),
        "tasks_running" => node("node_procs_running"),
        _ => Place::Own,
    }
}
