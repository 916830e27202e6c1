//! Whole pages of the trees in `platform/fixtures`, and that no metric of the catalog is missing from them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use siskin_platform::collect::{self, Roots};
use siskin_platform::model::catalog::{Read, Visitor};
use siskin_platform::model::{Clock, Collection, SilentFilesystem, Timekeeping};

use super::*;

const TREES: [&str; 4] = ["arm-board", "container", "old-kernel", "x86-6.18"];

/// A tree's facts and readings, without what depends on the machine that runs the tests.
fn tree(name: &str) -> (Host, Sample) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../platform/fixtures").join(name);
    let roots = Roots { proc: root.join("proc"), sys: root.join("sys"), root };
    let mut host = collect::host(&roots, "/");
    if !roots.proc.join("sys/kernel/arch").exists() {
        host.architecture = Some("as-here".into());
    }
    let mut sample = collect::sample(&roots, Some(10.0)).sample;
    sample.at = Clock { unix_ms: 1_795_440_000_123, boottime_ms: Some(181_000) };
    sample.timekeeping = Some(Timekeeping {
        synchronized: true,
        offset_seconds: -0.000_125,
        frequency_offset_ratio: 0.000_012_5,
        estimated_error_seconds: 0.000_5,
        maximum_error_seconds: 0.25,
        status_bits: 0x2001,
        atomic_offset_seconds: 37,
    });
    for filesystem in &mut sample.filesystems {
        filesystem.total_bytes = 1_000_000;
        filesystem.free_bytes = 400_000;
        filesystem.available_bytes = 300_000;
        filesystem.inodes = Some(2_000);
        filesystem.inodes_free = Some(1_000);
    }
    let collection = |collector: &'static str, success| Collection {
        collector: collector.into(),
        duration_seconds: 0.000_25,
        success,
    };
    *sample.collectors.renew() = vec![collection("cpu", true), collection("memory", false)];
    (host, sample)
}

fn page_of(host: &Host, sample: &Sample, format: Format) -> String {
    let agent = Agent { id: "board-7".into(), version: "0.0.0".into(), boot_id: Some("boot".into()) };
    let mut out = Vec::new();
    Page { agent: &agent, stream: 7, host, sample, interval_seconds: Some(10.0) }.write(format, &mut out);
    String::from_utf8(out).unwrap()
}

fn page(name: &str, format: Format) -> String {
    let (host, sample) = tree(name);
    page_of(&host, &sample, format)
}

/// The names on a page's lines, each with its lines.
fn families(page: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut families = BTreeMap::<_, Vec<_>>::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        families.entry(line.split(['{', ' ']).next().unwrap()).or_default().push(line);
    }
    families
}

fn lines<'a>(page: &'a str, family: &str) -> Vec<&'a str> {
    families(page).remove(family).unwrap_or_else(|| panic!("no {family}"))
}

#[test]
fn pages_of_all_trees() {
    for name in TREES {
        insta::assert_snapshot!(name, page(name, Format::Prometheus));
    }
}

#[test]
fn open_metrics_has_the_same_lines() {
    for name in TREES {
        let (plain, open) = (page(name, Format::Prometheus), page(name, Format::OpenMetrics));
        assert_eq!(families(&plain), families(&open));
        assert!(open.ends_with("\n# EOF\n") && !plain.contains("# EOF"));
        assert!(open.contains("# TYPE node_cpu_seconds counter\n") && !open.contains("untyped"));
        // Without `_total`, no two families may have one name.
        let names: Vec<_> = open.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}

/// Looks for each metric that a sample has a value of.
struct Looked<'a> {
    sample: &'a Sample,
    page: BTreeMap<&'a str, Vec<&'a str>>,
    missing: Vec<String>,
    found: usize,
}

impl Visitor for Looked<'_> {
    fn table<T: 'static>(&mut self, table: &'static Table<T>) {
        let place: fn(&str) -> Place = match table.name {
            "host" => host::place,
            "core" => cpu::core,
            "filesystem" => filesystem::place,
            "disk" => disk::place,
            "network" => network::place,
            "sensor" => sensor::place,
            "power_supply" => power::place,
            "raid" => raid::place,
            "memory_controller" => memory_controller::place,
            "textfile" => custom::place,
            "collector" => host::collector,
            _ => own,
        };
        for metric in table.metrics {
            let rows = (table.rows)(self.sample).iter().filter(|row| metric.read.is_known(row)).count();
            if rows == 0 {
                continue;
            }
            let mut own = String::new();
            table::own_name(&mut own, table.name, table.dimension.is_some(), metric.name);
            let wanted: Vec<String> = match (place(metric.name), metric.read) {
                (Place::Node(family), _) => vec![family.name.into()],
                (Place::Told(families), _) => families.iter().map(|&family| family.into()).collect(),
                (Place::Own, Read::Text(_)) => vec![format!("siskin_{}_info", table.name)],
                (Place::Own, _) => vec![own.clone()],
            };
            // Sensors are spread over several families, and threads share the throttling of their core.
            let is_fewer = table.name == "sensor" || metric.name.ends_with("throttles_total");
            let enough =
                |family: &String| self.page.get(family.as_str()).is_some_and(|lines| lines.len() >= rows || is_fewer);
            if wanted.iter().any(enough) {
                self.found += 1;
            } else {
                self.missing.push(format!("{}: {} in {wanted:?}", table.name, metric.name));
            }
            if !wanted.contains(&own) {
                assert!(!self.page.contains_key(own.as_str()), "{own} appears beside {wanted:?}");
            }
        }
    }
}

fn own(_: &str) -> Place {
    Place::Own
}

#[test]
fn no_metric_of_the_catalog_is_missing() {
    for name in TREES {
        let (host, sample) = tree(name);
        let page = page_of(&host, &sample, Format::Prometheus);
        let mut looked = Looked { sample: &sample, page: families(&page), missing: Vec::new(), found: 0 };
        catalog::visit(&mut looked);
        assert_eq!(looked.missing, Vec::<String>::new(), "{name}");
        assert!(looked.found > 50, "{name}: {}", looked.found);
    }
}

#[test]
fn what_is_not_in_the_catalog_is_told_too() {
    let page = page("x86-6.18", Format::Prometheus);
    for line in [
        "node_memory_DirectMap4k_bytes 27262976",
        "node_memory_DirectMap2M_bytes 2120220672",
        "node_memory_DirectMap1G_bytes 25769803776",
        "node_netstat_Ip_Forwarding 2",
        "node_timex_status 8193",
        "node_timex_tai_offset_seconds 37",
    ] {
        let family = line.split(' ').next().unwrap();
        assert_eq!(lines(&page, family), [line]);
    }
    assert!(page.contains("# TYPE node_netstat_Ip_Forwarding untyped\n"));
}

#[test]
fn a_filesystem_that_cannot_be_asked_is_an_error() {
    let (host, mut sample) = tree("x86-6.18");
    let silent = |mountpoint: &str| SilentFilesystem {
        mountpoint: mountpoint.into(),
        device: "/dev/sdx1".into(),
        kind: "ext4".into(),
    };
    let asked = sample.filesystems[0].mountpoint.clone();
    sample.silent_filesystems = vec![silent("/stuck \"disk\""), silent(&asked)];
    let page = page_of(&host, &sample, Format::Prometheus);
    let errors = lines(&page, "node_filesystem_device_error");
    assert_eq!(errors.len(), sample.filesystems.len() + 1, "one that is listed is not told of twice: {errors:?}");
    let stuck = r#"node_filesystem_device_error{device="/dev/sdx1",fstype="ext4",mountpoint="/stuck \"disk\""} 1"#;
    assert_eq!(errors.iter().filter(|line| line.ends_with(" 1")).collect::<Vec<_>>(), [&stuck]);
    assert!(lines(&page, "node_filesystem_size_bytes").iter().all(|line| !line.contains("stuck")));
}

#[test]
fn sensors_are_where_node_exporter_has_them() {
    let page = page("container", Format::Prometheus);
    let package = "node_rapl_package_joules_total{index=\"0\",path=\"/sys/class/powercap/intel-rapl:0\"} 152345.678901";
    assert_eq!(lines(&page, "node_rapl_package_joules_total"), [package]);
    let dram = "node_rapl_dram_joules_total{index=\"0\",path=\"/sys/class/powercap/intel-rapl:0:1\"} 20345.678901";
    assert_eq!(lines(&page, "node_rapl_dram_joules_total"), [dram]);
    let energy = "node_hwmon_energy_joule_total{chip=\"5_0040\",sensor=\"energy1\"} 7200.25";
    assert_eq!(lines(&page, "node_hwmon_energy_joule_total"), [energy]);

    let sensor = |sensor: &str, bus: Option<&str>, label: Option<&str>, chip: &str| siskin_platform::model::Sensor {
        sensor: sensor.into(),
        bus: bus.map(str::to_owned),
        chip: chip.into(),
        label: label.map(str::to_owned),
        ..Default::default()
    };
    let mut sensors = vec![
        sensor("coretemp.0/temp1", Some("platform"), Some("Package id 0"), "coretemp"),
        sensor("coretemp.0/temp2", Some("platform"), None, "coretemp"),
        sensor("0000:00:18.3/temp1", Some("pci0000:00"), None, "k10temp"),
        sensor("thermal_zone12", None, None, "gpu-thermal"),
        sensor("intel-rapl:0", None, Some("package-0"), "rapl"),
        sensor("intel-rapl:0:0", None, Some("dram"), "rapl"),
        sensor("intel-rapl:1", None, Some("package-1"), "rapl"),
        sensor("intel-rapl:1:0", None, Some("dram"), "rapl"),
    ];
    sensors[..4].iter_mut().for_each(|sensor| sensor.temperature_celsius = Some(40.5));
    sensors[4..].iter_mut().for_each(|sensor| sensor.energy_joules_total = Some(1.0));
    let page = page_of(&Host::default(), &Sample { sensors, ..Sample::default() }, Format::Prometheus);
    let temperatures = [
        "node_hwmon_temp_celsius{chip=\"platform_coretemp_0\",sensor=\"temp1\"} 40.5",
        "node_hwmon_temp_celsius{chip=\"platform_coretemp_0\",sensor=\"temp2\"} 40.5",
        "node_hwmon_temp_celsius{chip=\"pci0000:00_0000:00:18_3\",sensor=\"temp1\"} 40.5",
    ];
    assert_eq!(lines(&page, "node_hwmon_temp_celsius"), temperatures);
    assert_eq!(lines(&page, "node_hwmon_chip_names").len(), 2);
    let zone = "node_thermal_zone_temp{type=\"gpu-thermal\",zone=\"12\"} 40.5";
    assert_eq!(lines(&page, "node_thermal_zone_temp"), [zone]);
    let index = |family| lines(&page, family).iter().map(|line| line.split('"').nth(1).unwrap()).collect::<Vec<_>>();
    assert_eq!(index("node_rapl_package_joules_total"), ["0", "1"]);
    assert_eq!(index("node_rapl_dram_joules_total"), ["0", "1"]);
}

#[test]
fn a_host_without_readings_has_a_page() {
    let page = page_of(&Host::default(), &Sample::default(), Format::Prometheus);
    let names: Vec<_> = families(&page).into_keys().collect();
    let known = ["node_time_seconds", "node_uname_info", "siskin_agent_info", "siskin_agent_interval_seconds"];
    assert_eq!(names, known);
}

/// Prints how long a page takes: `cargo test --release -p siskin-agent -- --ignored --nocapture a_page_is_cheap`.
#[test]
#[ignore = "measures"]
fn a_page_is_cheap() {
    const ROUNDS: usize = 2_000;
    for name in TREES {
        let (host, sample) = tree(name);
        let (agent, mut out) = (Agent::default(), Vec::new());
        let page = Page { agent: &agent, stream: 7, host: &host, sample: &sample, interval_seconds: None };
        // The fastest of many: other programs run too.
        let fastest = |work: &mut dyn FnMut()| {
            let once = |_| {
                let start = std::time::Instant::now();
                work();
                start.elapsed()
            };
            (0..ROUNDS).map(once).min().unwrap()
        };
        let written = fastest(&mut || {
            out.clear();
            page.write(Format::OpenMetrics, &mut out);
        });
        let mut packed = 0;
        let packing = fastest(&mut || packed = crate::push::gzip::gzip(&out).len());
        println!("{name}: {written:?} for {} bytes; packed to {packed} bytes in {packing:?}", out.len());
    }
}
