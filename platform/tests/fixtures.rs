//! Every collector on every tree of `fixtures/`. What depends on the machine that runs the tests (its clock, the size
//! of its disk, in some trees its architecture) is replaced before a snapshot is taken.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};

use siskin_platform::{
    collect::{self, Reader, Roots, Setup},
    model::{
        Address, Clock, Host, Periodic, Sample, Timekeeping,
        system::{System, system},
    },
};

const TREES: [&str; 4] = ["arm-board", "container", "old-kernel", "x86-6.18"];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn tree(name: &str) -> Roots {
    let root = fixtures().join(name);
    Roots { proc: root.join("proc"), sys: root.join("sys"), root }
}

fn sample(name: &str) -> Sample {
    let roots = tree(name);
    let directory = roots.root.join("var/lib/prometheus/node-exporter");
    let textfile_dir = directory.exists().then_some(directory);
    let reading = Reader::new(&Setup { roots: roots.clone(), textfile_dir, ..Setup::default() }).reading(Some(10.0));
    assert!(reading.failures.is_empty(), "{name}: {:?}", reading.failures);
    let mut sample = reading.sample;
    assert!(sample.collectors.latest().iter().all(|one| one.success && one.duration_seconds < 60.0));
    sample.collectors = Periodic::default();
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
    // Where there is no directory, nothing travels.
    if !sample.textfiles.is_old() {
        for textfile in sample.textfiles.renew() {
            textfile.file =
                format!("/{}", Path::new(&textfile.file).strip_prefix(&roots.root).expect("it lies there").display());
            textfile.modified_seconds = Some(1_795_440_000.5);
        }
    }
    for filesystem in &mut sample.filesystems {
        assert!(filesystem.total_bytes > 0);
        filesystem.total_bytes = 1_000_000;
        filesystem.free_bytes = 400_000;
        filesystem.available_bytes = 300_000;
        filesystem.inodes = None;
        filesystem.inodes_free = None;
    }
    sample
}

fn host(name: &str) -> Host {
    let roots = tree(name);
    let mut host = collect::host(&roots, "/");
    if !roots.proc.join("sys/kernel/arch").exists() {
        assert!(host.architecture.is_some());
        host.architecture = Some("as-here".into());
    }
    host
}

fn document(name: &str) -> System {
    system(&host(name), None, &sample(name))
}

fn mountpoints(name: &str) -> Vec<String> {
    sample(name).filesystems.into_iter().map(|filesystem| filesystem.mountpoint).collect()
}

#[test]
fn samples() {
    for name in TREES {
        insta::assert_json_snapshot!(format!("{name}-sample"), sample(name));
    }
}

#[test]
fn hosts() {
    for name in TREES {
        insta::assert_json_snapshot!(format!("{name}-host"), host(name));
    }
}

#[test]
fn documents() {
    for name in TREES {
        insta::assert_json_snapshot!(format!("{name}-system"), document(name));
    }
}

#[test]
fn every_tree_says_what_it_is() {
    let entries = std::fs::read_dir(fixtures()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, TREES);
    for name in TREES {
        let readme = std::fs::read_to_string(fixtures().join(name).join("README.md")).unwrap();
        assert!(readme.starts_with("Captured from") || readme.starts_with("Written after"), "{name}");
    }
}

/// Each number was worked out by hand from the files of the tree.
#[test]
fn numbers_of_the_arm_board() {
    let sample = sample("arm-board");
    assert_eq!(sample.uptime_seconds, Some(1_234_567.89));

    let cpu = sample.cpu.unwrap();
    assert_eq!(cpu.total.user_seconds_total, 40_123.45);
    assert_eq!(cpu.total.nice_seconds_total, 205.67);
    assert_eq!(cpu.total.system_seconds_total, 18_345.01);
    assert_eq!(cpu.total.idle_seconds_total, 4_801_234.56);
    assert_eq!(cpu.total.iowait_seconds_total, Some(2_507.89));
    assert_eq!(cpu.total.softirq_seconds_total, Some(987.65));
    assert_eq!(cpu.total.guest_nice_seconds_total, Some(0.0));
    assert_eq!(cpu.context_switches_total, Some(1_876_543_210));
    assert_eq!(cpu.interrupts_total, Some(987_654_321));
    let hertz: Vec<_> = cpu.cores.iter().filter_map(|core| core.frequency_hertz).collect();
    assert_eq!(hertz, [1_800_000_000, 600_000_000, 600_000_000, 1_500_000_000]);
    assert_eq!(cpu.cores[0].modes.user_seconds_total, 10_123.45);

    let load = sample.load.unwrap();
    assert_eq!((load.one, load.five, load.fifteen), (0.42, 0.37, 0.31));
    assert_eq!((load.tasks_running, load.tasks), (Some(2), Some(213)));

    let memory = sample.memory.unwrap();
    assert_eq!(memory.total_bytes, 3_977_584_640);
    assert_eq!(memory.available_bytes, 2_735_648_768);
    assert_eq!(memory.free_bytes, 308_473_856);
    assert_eq!(memory.buffers_bytes, Some(145_731_584));
    assert_eq!(memory.cached_bytes, Some(2_307_911_680));
    assert_eq!(memory.slab_reclaimable_bytes, Some(191_696_896));
    assert_eq!(sample.swap.unwrap().total_bytes, 104_853_504);

    let [card, usb] = &sample.disks[..] else { panic!("{:?}", sample.disks) };
    assert_eq!((card.device.as_str(), card.physical), ("mmcblk0", true));
    assert_eq!(
        (card.reads_total, card.read_bytes_total, card.read_seconds_total),
        (54_321, 2_338_759_680, Some(234.567))
    );
    assert_eq!(
        (card.writes_total, card.written_bytes_total, card.write_seconds_total),
        (876_543, 12_009_875_456, Some(9_876.543))
    );
    assert_eq!((card.in_flight, card.busy_seconds_total), (Some(3), Some(5_432.1)));
    assert_eq!((usb.device.as_str(), usb.written_bytes_total), ("sda", 81_920_000));

    let ethernet = &sample.networks[1];
    assert_eq!((ethernet.rx_bytes_total, ethernet.tx_bytes_total), (9_876_543_210, 1_234_567_890));
    assert_eq!((ethernet.rx_errors_total, ethernet.rx_dropped_total), (2, 7));
    assert_eq!((ethernet.tx_errors_total, ethernet.tx_dropped_total), (1, 3));
    assert_eq!(
        (ethernet.up, ethernet.speed_bits_per_second, ethernet.mtu_bytes),
        (Some(true), Some(1_000_000_000), Some(1500))
    );
    assert_eq!(sample.networks[2].up, Some(false));
}

#[test]
fn document_of_the_arm_board() {
    let document = document("arm-board");
    assert_eq!(document.cpu.frequency_mhz, Some(1125.0));
    assert_eq!((document.cpu.min_frequency_mhz, document.cpu.max_frequency_mhz), (Some(600.0), Some(1800.0)));
    assert_eq!(document.memory.used, Some(1_241_935_872));
    assert_eq!(document.memory.percent, 31.2);
    assert_eq!(document.memory.cached, Some(2_499_608_576));
    assert_eq!((document.disk.used, document.disk.free, document.disk.percent), (Some(600_000), Some(300_000), 66.7));
    // Both disks, none of their partitions.
    assert_eq!(document.disk_io.read_bytes, 2_338_759_680 + 40_960_000);
    assert_eq!(document.disk_io.read_time, Some(237_567));
    assert_eq!(document.network.io_counters.bytes_recv, Some(45_678_901 + 9_876_543_210));
    assert_eq!(document.uptime.human.as_deref(), Some("14 days, 6:56:07"));
    assert_eq!(document.collected_at, "2026-11-23T13:20:00.123+00:00");
}

#[test]
fn only_local_filesystems_each_once() {
    assert_eq!(mountpoints("arm-board"), ["/", "/boot/firmware", "/media/usb disk"]);
    assert_eq!(mountpoints("container"), ["/", "/var/lib/siskin"]);
    assert_eq!(mountpoints("old-kernel"), ["/", "/boot"]);
    assert_eq!(mountpoints("x86-6.18"), ["/"]);
}

#[test]
fn an_odd_line_is_a_failure_and_the_rest_is_read() {
    let proc = Path::new(env!("CARGO_TARGET_TMPDIR")).join("odd");
    std::fs::create_dir_all(proc.join("1/net")).unwrap();
    let arm = tree("arm-board");
    for file in ["diskstats", "1/net/dev", "1/mountinfo"] {
        let text = std::fs::read_to_string(arm.proc.join(file)).unwrap();
        std::fs::write(proc.join(file), format!("{text}odd\n")).unwrap();
    }
    let reading = collect::sample(&Roots { proc, ..arm }, None);
    let whole = sample("arm-board");
    assert_eq!((reading.sample.disks, reading.sample.networks), (whole.disks, whole.networks));
    assert_eq!(reading.sample.filesystems.len(), whole.filesystems.len());
    for collector in ["disk", "network", "filesystem"] {
        let failure = reading.failures.iter().find(|failure| failure.collector == collector).unwrap();
        assert!(failure.error.to_string().ends_with(": `odd`"), "{failure:?}");
    }
}

#[test]
fn limits_of_frequency_are_means_of_what_is_set() {
    let sys = Path::new(env!("CARGO_TARGET_TMPDIR")).join("frequency");
    let write = |core: u32, file: &str, kilohertz: &str| {
        let directory = sys.join(format!("devices/system/cpu/cpu{core}/cpufreq"));
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join(file), kilohertz).unwrap();
    };
    for (core, lowest, highest) in [(0, "600000\n", "1800000\n"), (1, "400000\n", "2400000\n")] {
        write(core, "cpuinfo_min_freq", "300000\n");
        write(core, "cpuinfo_max_freq", "3000000\n");
        write(core, "scaling_min_freq", lowest);
        write(core, "scaling_max_freq", highest);
    }
    // A core on which nobody can set a limit.
    write(2, "cpuinfo_min_freq", "500000\n");
    write(2, "cpuinfo_max_freq", "2100000\n");
    let host = collect::host(&Roots { sys, ..tree("arm-board") }, "/");
    assert_eq!((host.min_frequency_hertz, host.max_frequency_hertz), (Some(500_000_000), Some(2_100_000_000)));
}

#[test]
fn the_filesystem_of_the_disk_path_is_listed_whatever_it_is_unless_it_is_on_the_network() {
    let local = ["/", "/boot/firmware", "/media/usb disk"];
    for (path, mountpoint, listed, failures) in [
        ("/var/lib", "/", &[][..], 0),
        ("/boot/firmware/overlays", "/boot/firmware", &[], 0),
        ("/sys/class", "/sys", &["/sys"], 0),
        ("/srv/backups/of/the/usb/disk/1", "/srv/backups/of/the/usb/disk", &["/srv/backups/of/the/usb/disk"], 0),
        ("/mnt/nas/1", "/mnt/nas", &[], 1),
        ("/home/pi/remote", "/home/pi/remote", &[], 1),
    ] {
        let setup = Setup { roots: tree("arm-board"), disk_path: path.to_owned(), ..Setup::default() };
        let (host, reading) = (setup.host(), Reader::new(&setup).reading(None));
        assert_eq!(host.disk_mountpoint.as_deref(), Some(mountpoint));
        assert_eq!(reading.failures.len(), failures, "{path}: {:?}", reading.failures);
        let found: Vec<_> = reading.sample.filesystems.iter().map(|one| one.mountpoint.as_str()).collect();
        let mut expected = [&local, listed].concat();
        expected.sort_unstable();
        assert_eq!(found, expected, "{path}");
        let document = system(&host, None, &reading.sample);
        assert_eq!((document.disk.mount.as_str(), document.disk.total.is_some()), (mountpoint, failures == 0));
    }
}

#[test]
fn what_an_old_kernel_lacks_is_none() {
    let sample = sample("old-kernel");
    let cpu = sample.cpu.unwrap();
    assert_eq!(cpu.total.guest_seconds_total, Some(0.0));
    assert_eq!(cpu.total.guest_nice_seconds_total, None);
    let memory = sample.memory.unwrap();
    assert_eq!(memory.shared_bytes, None);
    assert_eq!(memory.available_bytes, (56_780 + 98_764 + 512_340) * 1024);
    assert_eq!(sample.swap.unwrap().in_bytes_total, None);
    assert_eq!(sample.networks[1].rx_bytes_total, u64::from(u32::MAX));
    let expected = Address {
        name: "eth0".into(),
        ipv4: None,
        netmask: Some("255.255.255.128".into()),
        broadcast: Some("192.0.2.127".into()),
        duplex: None,
    };
    assert_eq!(host("old-kernel").primary_interface, Some(expected));
}

#[test]
fn identities() {
    let arm = tree("arm-board");
    assert_eq!(collect::machine_id(&arm).as_deref(), Some("2f4d6a8c0e1b3d5f7a9c1e3b5d7f9a0c"));
    assert_eq!(collect::boot_id(&arm).as_deref(), Some("0c6f1a2b-3d4e-4f50-8a1b-2c3d4e5f6071"));
    // Where D-Bus kept it.
    assert_eq!(collect::machine_id(&tree("old-kernel")).as_deref(), Some("00112233445566778899aabbccddeeff"));
    assert_eq!(collect::machine_id(&tree("container")), None);
}

#[test]
fn a_collector_that_fails_does_not_stop_the_others() {
    let mut roots = tree("arm-board");
    let reading = collect::sample(&Roots { root: "/no/such/root".into(), ..roots.clone() }, None);
    assert!(reading.failures.is_empty(), "{:?}", reading.failures);
    assert!(reading.sample.filesystems.is_empty());
    assert!(reading.sample.cpu.is_some());

    roots.proc = "/no/such/proc".into();
    roots.sys = "/no/such/sys".into();
    let reading = collect::sample(&roots, None);
    let failures: Vec<_> =
        reading.failures.iter().map(|failure| (failure.collector, failure.error.to_string())).collect();
    let failure = |collector, file: &str| (collector, format!("cannot read /no/such/proc/{file}"));
    let expected = [
        failure("uptime", "uptime"),
        failure("cpu", "stat"),
        failure("load", "loadavg"),
        failure("memory", "meminfo"),
        failure("disk", "diskstats"),
        failure("network", "1/net/dev"),
        failure("filesystem", "1/mountinfo"),
    ];
    assert_eq!(failures, expected);
    // The clock is asked for by a call.
    let Sample { at, timekeeping, ref collectors, .. } = reading.sample;
    let collectors = collectors.clone();
    assert_eq!(reading.sample, Sample { at, timekeeping, collectors, ..Sample::default() });
    assert_eq!(collect::host(&roots, "/").hostname, "arm-board");
}
