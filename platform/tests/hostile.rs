//! No parser panics, whatever it is given: any text, and the kernel's own with a piece torn out or put in.
#![cfg(target_os = "linux")]

mod parsers;
#[path = "parsers/textfile.rs"]
mod textfile;

use std::path::Path;

use parsers::PARSERS;
use proptest::prelude::*;

fn feed(text: &str) {
    for (_, parse) in PARSERS {
        parse(text);
    }
    textfile::check(text);
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

#[test]
fn the_corpus_of_peoples_own_holds_no_finding() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus/textfile");
    let files: Vec<_> = std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 3);
    for file in files {
        println!("{}", file.display());
        textfile::bytes(&std::fs::read(file).unwrap());
    }
}

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
