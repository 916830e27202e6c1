//! One reader over a tree that changes between its readings: cores, disks and interfaces come and go, counters start
//! again and wrap, a machine sleeps. What it gives is what stands there, raw, whatever stood there before.
#![cfg(target_os = "linux")]

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use proptest::prelude::*;
use siskin_platform::{
    collect::{Reader, Reading, Roots, Selection, Setup},
    model::Sample,
};

/// A tree of the kernel's files that can be written over.
struct Tree(PathBuf);

impl Tree {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sequence-{}-{count}", std::process::id()));
        let tree = Self(path);
        tree.write("proc/uptime", "1000.00 900.00\n");
        tree.write("proc/stat", &stat(&[(0, 100), (1, 100)], 5));
        tree.write("proc/diskstats", &diskstats(&[("sda", 10)]));
        tree.write("proc/1/net/dev", &dev(&[("eth0", 10)]));
        tree
    }

    /// In place, as the kernel's files change under who keeps them open.
    fn write(&self, file: &str, text: &str) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn remove(&self, directory: &str) {
        fs::remove_dir_all(self.0.join(directory)).unwrap();
    }

    fn reader(&self) -> Reader {
        let roots = Roots { proc: self.0.join("proc"), sys: self.0.join("sys"), root: self.0.clone() };
        let collectors = Selection::only("uptime,cpu,disk,network").unwrap();
        Reader::new(&Setup { roots, collectors, ..Setup::default() })
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A reader, and the sample that it writes over again and again.
struct Watch {
    reader: Reader,
    reading: Reading,
}

impl Watch {
    fn new(tree: &Tree) -> Self {
        Self { reader: tree.reader(), reading: Reading::default() }
    }

    fn read(&mut self) -> &Sample {
        let Reading { sample, failures } = &mut self.reading;
        self.reader.sample(Some(10.0), sample, failures);
        sample
    }

    fn failures(&self) -> Vec<String> {
        self.reading.failures.iter().map(|failure| format!("{}: {}", failure.collector, failure.error)).collect()
    }
}

fn stat(cores: &[(u32, u64)], switches: u64) -> String {
    let mut text = "cpu  9 9 9 9 9 9 9 9 9 9\n".to_owned();
    for (index, user) in cores {
        writeln!(text, "cpu{index} {user} 0 3 4 5 6 7 8 9 10").unwrap();
    }
    writeln!(text, "ctxt {switches}").unwrap();
    text
}

fn diskstats(disks: &[(&str, u64)]) -> String {
    let line = |(name, sectors): &(&str, u64)| format!("8 0 {name} 1 2 {sectors} 4 5 6 {sectors} 8 9 10 11\n");
    disks.iter().map(line).collect()
}

fn dev(interfaces: &[(&str, u64)]) -> String {
    let line =
        |(name, bytes): &(&str, u64)| format!("{name:>6}: {bytes} 2 3 4 5 6 7 8 {} 10 11 12 13 14 15 16\n", !bytes);
    format!("Inter-|\n face |\n{}", interfaces.iter().map(line).collect::<String>())
}

fn cores(sample: &Sample) -> Vec<(u32, f64, Option<u64>)> {
    let cores = &sample.cpu.as_ref().unwrap().cores;
    cores.iter().map(|core| (core.index, core.modes.user_seconds_total, core.frequency_hertz)).collect()
}

fn disks(sample: &Sample) -> Vec<(&str, u64)> {
    sample.disks.iter().map(|disk| (disk.device.as_str(), disk.read_bytes_total)).collect()
}

fn interfaces(sample: &Sample) -> Vec<(&str, u64, Option<bool>)> {
    let networks = sample.networks.iter();
    networks.map(|network| (network.interface.as_str(), network.rx_bytes_total, network.up)).collect()
}

#[test]
fn a_core_is_unplugged_and_comes_back() {
    let tree = Tree::new();
    let frequency = |core: u32| format!("sys/devices/system/cpu/cpu{core}/cpufreq/scaling_cur_freq");
    let mut watch = Watch::new(&tree);
    for core in 0..2 {
        tree.write(&frequency(core), "800000\n");
    }
    let both = [(0, 1.0, Some(800_000_000)), (1, 1.0, Some(800_000_000))];
    assert_eq!(cores(watch.read()), both);

    tree.remove("sys/devices/system/cpu/cpu0");
    tree.write("proc/stat", &stat(&[(1, 200)], 5));
    assert_eq!(cores(watch.read()), [(1, 2.0, Some(800_000_000))], "the other keeps its number and its frequency");

    // The kernel lets the times of a core that comes back go on, or begin again.
    tree.write(&frequency(0), "900000\n");
    tree.write(&frequency(7), "700000\n");
    tree.write("proc/stat", &stat(&[(0, 0), (1, 300), (7, 1)], 5));
    let three = [(0, 0.0, Some(900_000_000)), (1, 3.0, Some(800_000_000)), (7, 0.01, Some(700_000_000))];
    assert_eq!(cores(watch.read()), three);
    assert_eq!(watch.failures(), [""; 0]);
}

#[test]
fn disks_come_and_go() {
    let tree = Tree::new();
    let mut watch = Watch::new(&tree);
    assert_eq!(disks(watch.read()), [("sda", 5_120)]);
    tree.write("proc/diskstats", &diskstats(&[("sdb", 1), ("sdb1", 1), ("sda", 20)]));
    assert_eq!(disks(watch.read()), [("sdb", 512), ("sda", 10_240)]);
    // The letter of one that was pulled out goes to the next.
    tree.write("proc/diskstats", &diskstats(&[("sda", 2)]));
    assert_eq!(disks(watch.read()), [("sda", 1_024)]);
    tree.write("proc/diskstats", "");
    assert_eq!(disks(watch.read()), []);
    tree.write("proc/diskstats", &diskstats(&[("sda", 3), ("nvme0n1", 4)]));
    assert_eq!(disks(watch.read()), [("sda", 1_536), ("nvme0n1", 2_048)]);
    assert_eq!(watch.failures(), [""; 0]);
}

#[test]
fn interfaces_come_go_and_change_their_names() {
    let tree = Tree::new();
    let state = |name: &str, state: &str| tree.write(&format!("sys/class/net/{name}/operstate"), state);
    state("eth0", "up\n");
    let mut watch = Watch::new(&tree);
    assert_eq!(interfaces(watch.read()), [("eth0", 10, Some(true))]);

    state("wg0", "unknown\n");
    tree.write("proc/1/net/dev", &dev(&[("eth0", 11), ("wg0", 5)]));
    assert_eq!(interfaces(watch.read())[0], ("eth0", 11, Some(true)));
    assert_eq!(interfaces(&watch.reading.sample)[1].1, 5);

    // `ip link set eth0 name lan`: the counters stay.
    tree.remove("sys/class/net/eth0");
    state("lan", "down\n");
    tree.write("proc/1/net/dev", &dev(&[("lan", 12), ("wg0", 6)]));
    assert_eq!(interfaces(watch.read())[0], ("lan", 12, Some(false)), "no link of the name before");

    tree.write("proc/1/net/dev", &dev(&[("wg0", 7), ("lan", 13)]));
    let order: Vec<_> = interfaces(watch.read()).into_iter().map(|(name, bytes, _)| (name, bytes)).collect();
    assert_eq!(order, [("wg0", 7), ("lan", 13)]);
    tree.write("proc/1/net/dev", &dev(&[]));
    assert_eq!(interfaces(watch.read()), []);
    assert_eq!(watch.failures(), [""; 0]);
}

#[test]
fn counters_that_start_again_or_wrap_are_told_as_they_are() {
    let tree = Tree::new();
    let mut watch = Watch::new(&tree);
    for count in [u64::from(u32::MAX) - 1, 3, u64::MAX, 0, u64::from(u32::MAX) + 1] {
        tree.write("proc/stat", &stat(&[(0, 1)], count));
        tree.write("proc/diskstats", &diskstats(&[("sda", count)]));
        tree.write("proc/1/net/dev", &dev(&[("eth0", count)]));
        let sample = watch.read();
        assert_eq!(sample.cpu.as_ref().unwrap().context_switches_total, Some(count));
        assert_eq!(disks(sample), [("sda", count.saturating_mul(512))]);
        assert_eq!((sample.networks[0].rx_bytes_total, sample.networks[0].tx_bytes_total), (count, !count));
    }
    assert_eq!(watch.failures(), [""; 0]);
}

#[test]
fn a_sleep_and_a_reboot_are_told_by_the_time_since_boot() {
    let tree = Tree::new();
    let mut watch = Watch::new(&tree);
    // A container that is restored from an image may even go back.
    for (text, seconds) in [("1010.00 910.00\n", 1_010.0), ("87420.51 920.00\n", 87_420.51), ("3.20 1.00\n", 3.2)] {
        tree.write("proc/uptime", text);
        assert_eq!(watch.read().uptime_seconds, Some(seconds));
    }
}

#[test]
fn a_file_that_breaks_takes_its_readings_along_and_comes_back() {
    let tree = Tree::new();
    let mut watch = Watch::new(&tree);
    for _ in 0..2 {
        let sample = watch.read();
        assert!(sample.cpu.is_some() && sample.networks.len() == 1 && sample.disks.len() == 1);
        for (file, text) in
            [("proc/stat", ""), ("proc/1/net/dev", "a\nb\n eth0: 1 2\n"), ("proc/diskstats", "8 0 sda\n")]
        {
            tree.write(file, text);
        }
        let sample = watch.read();
        assert_eq!((&sample.cpu, sample.networks.len(), sample.disks.len()), (&None, 0, 0), "nothing of before");
        assert!(sample.uptime_seconds.is_some());
        let failures = watch.failures();
        let told = ["cpu: malformed /proc/stat: no line `cpu`", "disk: malformed ", "network: malformed "];
        assert!(
            failures.len() == 3 && failures.iter().zip(told).all(|(one, told)| one.starts_with(told)),
            "{failures:?}"
        );
        tree.write("proc/stat", &stat(&[(0, 1)], 5));
        tree.write("proc/diskstats", &diskstats(&[("sda", 1)]));
        tree.write("proc/1/net/dev", &dev(&[("eth0", 1)]));
    }
}

/// Some of the things there may be, in any order, with any counts.
fn some(names: &'static [&'static str]) -> impl Strategy<Value = Vec<(&'static str, u64)>> {
    let all = Just(names.to_vec()).prop_shuffle();
    (all, 0..=names.len(), prop::collection::vec(any::<u64>(), names.len()))
        .prop_map(|(names, length, counts)| names.into_iter().zip(counts).take(length).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn what_was_read_before_leaves_no_trace(
        steps in prop::collection::vec(
            (
                some(&["0", "1", "2", "5", "63"]),
                some(&["sda", "sda1", "sdb", "nvme0n1", "loop0", "dm-1", "md127"]),
                some(&["lo", "eth0", "eth1", "eth0:1", "wlan0", "a-very-long-nam"]),
            ),
            1..6,
        )
    ) {
        let tree = Tree::new();
        let mut watch = Watch::new(&tree);
        for (cores, disks, networks) in steps {
            let cores: Vec<_> = cores.iter().map(|(core, count)| (core.parse().unwrap(), *count)).collect();
            tree.write("proc/stat", &stat(&cores, 1));
            tree.write("proc/diskstats", &diskstats(&disks));
            tree.write("proc/1/net/dev", &dev(&networks));
            let mut fresh = tree.reader().reading(Some(10.0));
            watch.read();
            let kept = &mut watch.reading;
            fresh.sample.at = kept.sample.at;
            prop_assert_eq!(&fresh.sample.cpu, &kept.sample.cpu);
            prop_assert_eq!(&fresh.sample.disks, &kept.sample.disks);
            prop_assert_eq!(&fresh.sample.networks, &kept.sample.networks);
            prop_assert_eq!(fresh.failures.len(), kept.failures.len());
        }
    }
}
