//! No parser panics, whatever it is given: any text, and the kernel's own with a piece torn out or put in.
#![cfg(target_os = "linux")]

use std::path::Path;

use proptest::prelude::*;
use siskin_platform::{
    collect::{
        container, container_name, control_group, cpu, disk, frequency, gpu, host, kernel, load, memory, mount,
        network, power, pressure, process, processor, raid, route, sensor, socket, textfile, throttling, unit, uptime,
        zfs,
    },
    model::{Memory, Sockets, Swap, Udp, Usage},
};

fn feed(text: &str) {
    let _ = cpu::parse(text);
    disk::parse(text, &disk::devices(text, |_| true), &mut Vec::new(), &mut Vec::new());
    frequency::parse(text).for_each(drop);
    let _ = host::parse_boot_time(text);
    let _ = host::parse_distribution(text);
    let _ = load::parse(text);
    let _ = memory::parse(text);
    memory::parse_traffic(text, 4096, &mut Memory::default(), Some(&mut Swap::default()));
    let _ = mount::parse(text, true);
    network::parse(text, &mut Vec::new(), &mut Vec::new());
    let _ = pressure::parse(text);
    let _ = processor::parse(text);
    let _ = route::parse(text, text);
    let _ = sensor::parse_input(text);
    let _ = socket::parse_in_use(text, 4096, &mut Sockets::default());
    let _ = socket::parse_table(text, &mut Sockets::default());
    socket::parse_list(text, &mut Udp::default());
    let _ = kernel::parse_files(text);
    let _ = power::parse(text);
    let _ = throttling::parse(text);
    let _ = raid::parse(text);
    let _ = zfs::parse(text);
    let _ = uptime::parse(text);
    let _ = process::parse(text);
    let _ = process::parse_io(text);
    let _ = control_group::parse_cpu(text);
    let _ = control_group::parse_number(text, "oom_kill");
    let _ = control_group::parse_io(text, &mut Usage::default(), |device| device.len() > 4);
    let _ = container::parse(text);
    let _ = container_name::parse_docker(text);
    let _ = container_name::parse_podman(text);
    let _ = container_name::parse_kubelet(text);
    let _ = unit::parse(text);
    let _ = gpu::parse_level(text);
    let _ = gpu::parse_errors(text);
    if let Ok(series) = textfile::parse(text) {
        assert!(series.iter().all(|one| one.family.is_some() && one.any_value().is_some()));
    }
}

/// All files of the fixture trees that the parsers are for.
fn originals() -> Vec<String> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let files = [
        "proc/stat",
        "proc/meminfo",
        "proc/vmstat",
        "proc/loadavg",
        "proc/uptime",
        "proc/cpuinfo",
        "proc/diskstats",
        "proc/pressure/cpu",
        "proc/pressure/memory",
        "proc/pressure/io",
        "proc/pressure/irq",
        "proc/1/mountinfo",
        "proc/1/net/dev",
        "proc/1/net/route",
        "proc/1/net/fib_trie",
        "proc/1/net/sockstat",
        "proc/1/net/sockstat6",
        "proc/1/net/snmp",
        "proc/1/net/snmp6",
        "proc/1/net/netstat",
        "proc/sys/fs/file-nr",
        "sys/devices/platform/soc/soc:firmware/get_throttled",
        "sys/class/power_supply/BAT0/uevent",
        "proc/mdstat",
        "proc/spl/kstat/zfs/arcstats",
        "proc/950/stat",
        "proc/950/io",
        "sys/fs/cgroup/cpu.stat",
        "sys/fs/cgroup/system.slice/postgresql.service/memory.stat",
        "sys/fs/cgroup/system.slice/postgresql.service/memory.events",
        "sys/fs/cgroup/system.slice/postgresql.service/io.stat",
        "var/lib/containers/storage/overlay-containers/containers.json",
        "sys/class/drm/card0/device/pp_dpm_sclk",
        "sys/class/drm/card0/device/ras/umc_err_count",
        "var/lib/prometheus/node-exporter/backup.prom",
        "var/lib/prometheus/node-exporter/room.prom",
        "etc/os-release",
    ];
    let trees = std::fs::read_dir(fixtures).expect("there are fixtures").filter_map(Result::ok);
    let texts = trees.flat_map(|tree| files.map(|file| std::fs::read_to_string(tree.path().join(file))));
    texts.filter_map(Result::ok).collect()
}

/// One of the originals with the bytes between two places replaced by something else.
fn torn() -> impl Strategy<Value = String> {
    let original = proptest::sample::select(originals());
    let start = any::<prop::sample::Index>();
    (original, start, 0..200_usize, "[ -~\n\t\u{e4}\u{0}]{0,12}").prop_map(|(original, start, length, filling)| {
        let bytes = original.as_bytes();
        let start = start.index(bytes.len());
        let end = bytes.len().min(start + length);
        String::from_utf8_lossy(&[&bytes[..start], filling.as_bytes(), &bytes[end..]].concat()).into_owned()
    })
}

/// Pieces of lines, in any order.
const WORDS: &str = concat!(
    r"((cpu|intr|MemTotal:|eth0:|36 35 0:1 / /|\|-- 1.2.3.4|/32 host LOCAL|processor :|",
    r"some avg10=1.00|full|total=|TCP: inuse|Tcp:|InSegs|md0 : active|raid1|sda\[1\]\(F\)|blocks|resync =|%|",
    r"POWER_SUPPLY_CAPACITY=|temp1|_input|[0-9]{1,22}|-1|-|\\[0-7]{2,3}|\(|\)|read_bytes:|usage_usec|8:0|rbytes=|",
    r"1: 800Mhz \*|ue:|",
    r"/machine.slice|/machine-|\\x2d|\\x|\u{e4}|.scope|/docker-|[0-9a-f]{64}|/lxc|_|.log|.service) ?\n?){0,40}",
);

/// Pieces of Prometheus' text format, in any order: most of such a text is understood until the piece that is odd.
const SERIES: &str = concat!(
    r#"((# (TYPE|HELP) [ab]_?|[ab](_bucket|_sum|_count)?|counter|histogram|\{|le="1"|b="(\\[n"x])?"|,|\}| |"#,
    r#"[0-9]{1,3}|NaN|[+-]Inf|\n){0,12}\n){0,8}"#,
);

proptest! {
    #[test]
    fn series_of_peoples_own(text in SERIES) {
        feed(&text);
    }

    #[test]
    fn any_text(text in "(?s).{0,200}") {
        feed(&text);
    }

    #[test]
    fn words_of_the_kernel(text in WORDS) {
        feed(&text);
    }

    #[test]
    fn torn_originals(text in torn()) {
        feed(&text);
    }
}

#[test]
fn the_originals_are_all_there() {
    // Twelve files in each of four trees, but neither fib_trie nor vmstat nor os-release of the old kernel; four of
    // pressure for two trees, one of which has no irq; five of sockets for the same two; file-nr for three;
    // a battery, a Raspberry Pi, a RAID and a ZFS; two of a process, three of a group, containers; cpu.stat for two; two
    // of a GPU and two of people's own metrics.
    assert_eq!(originals().len(), 45 + 7 + 10 + 3 + 4 + 2 + 3 + 1 + 2 + 4);
}
