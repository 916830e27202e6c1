//! Numbers of the nouns beyond those of `/system`, each worked out by hand from the files of a tree.
#![cfg(target_os = "linux")]

use std::path::Path;

use siskin_platform::{
    collect::{self, Reader, Roots, Setup},
    model::{
        Conntrack, Container, Gpu, Kernel, MemoryController, Place, PowerSupply, Process, ProcessCounts, Raid, Sample,
        Sensor, Throttling, Usage,
    },
};

fn sample(tree: &str) -> Sample {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(tree);
    let reading = collect::sample(&Roots { proc: root.join("proc"), sys: root.join("sys"), root }, None);
    assert!(reading.failures.is_empty(), "{tree}: {:?}", reading.failures);
    reading.sample
}

#[test]
fn pressure() {
    let pressure = sample("arm-board").pressure.unwrap();
    let cpu = pressure.cpu.unwrap().some.unwrap();
    assert_eq!((cpu.avg10_ratio, cpu.stalled_seconds_total), (0.0021, 1_234.567_89));
    assert_eq!(pressure.io.unwrap().full.unwrap().stalled_seconds_total, 298.765_432);
    assert_eq!(pressure.memory.unwrap().some.unwrap().stalled_seconds_total, 0.012_345);
    assert_eq!(pressure.irq.unwrap().full.unwrap().avg10_ratio, 0.0003);
    assert_eq!(sample("container").pressure, None);
}

#[test]
fn sensors_of_a_server() {
    let sensors = sample("container").sensors;
    let sensor = |name: &str| sensors.iter().find(|one| one.sensor == name).unwrap_or_else(|| panic!("{name}"));
    let package = Sensor {
        sensor: "coretemp.0/temp1".into(),
        chip: "coretemp".into(),
        label: Some("Package id 0".into()),
        temperature_celsius: Some(54.0),
        temperature_max_celsius: Some(84.0),
        temperature_critical_celsius: Some(94.0),
        ..Sensor::default()
    };
    assert_eq!(*sensor("coretemp.0/temp1"), package);
    // Two of one kind are told apart by their devices.
    assert_eq!(sensor("nvme0/temp1").temperature_celsius, Some(38.85));
    assert_eq!(sensor("nvme1/temp1").temperature_celsius, Some(-1.15));
    assert_eq!(sensor("nct6775.656/fan2").fan_revolutions_per_minute, Some(1_278.0));
    assert_eq!(sensor("nct6775.656/in0").voltage_volts, Some(1.008));
    assert_eq!(sensor("5-0040/curr1").current_amperes, Some(2.125));
    assert_eq!(sensor("5-0040/power1").power_watts, Some(25.5));
    assert_eq!(sensor("5-0040/energy1").energy_joules_total, Some(7_200.25));
    assert_eq!(sensor("1-0044/humidity1").humidity_ratio, Some(0.415));
    assert_eq!(sensor("ACPI000D:00/power1").power_watts, Some(187.0));
    let energy = sensor("intel-rapl:0");
    assert_eq!((energy.label.as_deref(), energy.energy_joules_total), (Some("package-0"), Some(152_345.678_901)));
    assert_eq!(sensor("intel-rapl:0:1").label.as_deref(), Some("dram"));
    // A fan that cannot be read just now is left out, as is the zone that has no hwmon chip only by name.
    assert_eq!(sensors.len(), 13);
}

#[test]
fn a_thermal_zone_is_listed_where_hwmon_does_not_show_it() {
    let sensors = sample("arm-board").sensors;
    let seen: Vec<_> =
        sensors.iter().map(|one| (one.sensor.as_str(), one.chip.as_str(), one.temperature_celsius)).collect();
    assert_eq!(
        seen,
        [("thermal_zone0/temp1", "cpu_thermal", Some(48.686)), ("thermal_zone1", "gpu-thermal", Some(47.5))]
    );
    assert!(sample("x86-6.18").sensors.is_empty());
}

#[test]
fn memory_in_full() {
    let container = sample("container").memory.unwrap();
    assert_eq!((container.hardware_corrupted_bytes, container.anonymous_huge_bytes), (Some(8_192), Some(536_870_912)));
    let huge = (container.huge_pages, container.huge_pages_free, container.huge_page_bytes);
    assert_eq!(huge, (Some(64), Some(16), Some(2_097_152)));
    assert_eq!(container.out_of_memory_kills_total, Some(1));
    assert_eq!((container.page_faults_total, container.major_page_faults_total), (Some(9_876_543_210), Some(12_345)));
    assert_eq!((container.active_file_bytes, container.contiguous_total_bytes), (None, None));
    let huge = (container.huge_pages_promised, container.huge_pages_surplus, container.huge_bytes);
    assert_eq!(huge, (Some(8), Some(0), Some(134_217_728)));
    let map = sample("x86-6.18").memory.unwrap().direct_map;
    let maps = (map.by_4k_bytes, map.by_2m_bytes, map.by_1g_bytes);
    assert_eq!(maps, (Some(27_262_976), Some(2_120_220_672), Some(25_769_803_776)));

    let board = sample("arm-board");
    let memory = board.memory.unwrap();
    assert_eq!((memory.committed_bytes, memory.commit_limit_bytes), (Some(2_476_806_144), Some(2_093_645_824)));
    assert_eq!((memory.contiguous_total_bytes, memory.contiguous_free_bytes), (Some(536_870_912), Some(512_135_168)));
    assert_eq!((memory.kernel_stack_bytes, memory.page_tables_bytes), (Some(5_226_496), Some(13_185_024)));
    assert_eq!((memory.active_anonymous_bytes, memory.inactive_file_bytes), (Some(627_036_160), Some(2_044_801_024)));
    assert_eq!((memory.locked_bytes, memory.slab_unreclaimable_bytes), (Some(16_384), Some(66_318_336)));
    assert_eq!(
        (memory.paged_in_bytes_total, memory.paged_out_bytes_total),
        (Some(3_008_998_400), Some(10_540_899_328))
    );
    assert_eq!((board.swap.unwrap().cached_bytes, memory.out_of_memory_kills_total), (Some(0), Some(0)));

    let old = sample("old-kernel");
    assert_eq!(old.swap.unwrap().cached_bytes, Some(1_265_664));
    assert_eq!(old.memory.unwrap().page_faults_total, None);
}

#[test]
fn carriers() {
    let networks = sample("arm-board").networks;
    let carriers = networks.iter().map(|one| (one.interface.as_str(), one.carrier, one.carrier_changes_total));
    let expected = [("lo", Some(true), Some(0)), ("eth0", Some(true), Some(3)), ("wlan0", Some(false), Some(5))];
    assert_eq!(carriers.collect::<Vec<_>>(), expected);
    assert!(sample("old-kernel").networks.iter().all(|one| one.carrier.is_none()));
}

#[test]
fn sockets() {
    let sockets = sample("arm-board").sockets.unwrap();
    assert_eq!(sockets.used, Some(187));
    assert_eq!((sockets.raw, sockets.ip.is_forwarding), (Some(0), Some(false)));
    let ip = (sockets.ip.rx_bytes_total, sockets.ip.tx_bytes_total, sockets.ip.incomplete_bytes);
    assert_eq!(ip, (Some(9_876_543_210), Some(1_234_567_890), Some(0)));
    let icmp = sockets.icmp;
    let messages = (icmp.rx_messages_total, icmp.rx_errors_total, icmp.tx_messages_total);
    assert_eq!(messages, (Some(123), Some(1), Some(456)));
    let tcp = sockets.tcp;
    assert_eq!((tcp.sockets, tcp.sockets6, tcp.orphaned, tcp.time_wait), (Some(9), Some(4), Some(0), Some(2)));
    assert_eq!((tcp.allocated, tcp.established), (Some(12), Some(7)));
    assert_eq!((tcp.active_opens_total, tcp.passive_opens_total), (Some(54_321), Some(6_543)));
    assert_eq!((tcp.failed_opens_total, tcp.established_resets_total), (Some(321), Some(210)));
    assert_eq!((tcp.rx_segments_total, tcp.tx_segments_total), (Some(7_654_321), Some(6_543_210)));
    assert_eq!((tcp.retransmitted_segments_total, tcp.rx_errors_total), (Some(4_321), Some(5)));
    assert_eq!((tcp.tx_resets_total, tcp.timeouts_total), (Some(987), Some(1_098)));
    assert_eq!((tcp.listen_overflows_total, tcp.listen_drops_total), (Some(6), Some(17)));
    let cookies = (tcp.syncookies_sent_total, tcp.syncookies_received_total, tcp.syncookies_failed_total);
    assert_eq!(cookies, (Some(11), Some(10), Some(9)));
    assert_eq!((tcp.retransmitted_syns_total, tcp.out_of_order_segments_total), (Some(432), Some(765)));
    assert_eq!(tcp.rx_queue_drops_total, Some(1));
    let udp = sockets.udp;
    assert_eq!((udp.sockets, udp.rx_datagrams_total, udp.tx_datagrams_total), (Some(6), Some(765_432), Some(654_321)));
    assert_eq!((udp.no_ports_total, udp.rx_errors_total), (Some(1_234), Some(56)));
    assert_eq!((udp.rx_buffer_errors_total, udp.tx_buffer_errors_total), (Some(55), Some(3)));
    let udp6 = sockets.udp6;
    assert_eq!((udp6.sockets, udp6.rx_datagrams_total, udp6.tx_datagrams_total), (Some(3), Some(21_098), Some(19_876)));
    assert_eq!(udp6.no_ports_total, Some(7));

    let sample = sample("x86-6.18");
    let tcp = sample.sockets.unwrap().tcp;
    assert_eq!((tcp.active_opens_total, tcp.established, tcp.timeouts_total), (Some(124), Some(2), Some(2)));
    assert_eq!(sample.conntrack, None);
}

#[test]
fn tracked_connections() {
    let conntrack = sample("arm-board").conntrack;
    assert_eq!(conntrack, Some(Conntrack { entries: 83, limit: Some(65_536) }));
}

#[test]
fn stocks_of_the_kernel() {
    let kernel = Kernel {
        open_files: Some(1_600),
        open_files_limit: None,
        entropy_available_bits: Some(256),
        entropy_limit_bits: Some(256),
        tasks_limit: Some(29_870),
        task_numbers_limit: Some(32_768),
    };
    assert_eq!(sample("arm-board").kernel, Some(kernel));
    assert_eq!(sample("x86-6.18").kernel.unwrap().open_files_limit, Some(2_466_177));
    assert_eq!(sample("old-kernel").kernel.unwrap().entropy_available_bits, Some(1_234));
    assert_eq!(sample("container").kernel, None);
}

#[test]
fn tasks() {
    let cpu = sample("container").cpu.unwrap();
    assert_eq!((cpu.forks_total, cpu.tasks_blocked, cpu.softirqs_total), (Some(345_678), Some(1), Some(45_678_901)));
    assert_eq!(sample("arm-board").cpu.unwrap().forks_total, Some(3_456_789));
}

#[test]
fn supplies_of_power() {
    let [mains, battery] = &sample("old-kernel").power_supplies[..] else { panic!() };
    let expected =
        PowerSupply { supply: "AC".into(), kind: Some("Mains".into()), online: Some(true), ..PowerSupply::default() };
    assert_eq!(*mains, expected);
    let expected = PowerSupply {
        supply: "BAT0".into(),
        kind: Some("Battery".into()),
        status: Some("Charging".into()),
        energy_joules: Some(111_600.0),
        energy_full_joules: Some(180_000.0),
        energy_design_joules: Some(202_176.0),
        voltage_volts: Some(12.345),
        power_watts: Some(21.5),
        cycles: Some(87),
        ..PowerSupply::default()
    };
    assert_eq!(*battery, expected);

    let [battery] = &sample("arm-board").power_supplies[..] else { panic!() };
    assert_eq!((battery.capacity_ratio, battery.temperature_celsius), (Some(0.89), Some(31.4)));
    assert_eq!((battery.charge_coulombs, battery.charge_full_coulombs), (Some(7_740.0), Some(8_640.0)));
    assert_eq!((battery.charge_design_coulombs, battery.current_amperes), (Some(9_000.0), Some(-0.812)));
}

#[test]
fn throttling() {
    // 5 is too low a voltage and throttled, now and (shifted by 16) since boot.
    let expected = Throttling {
        under_voltage: true,
        throttled: true,
        under_voltage_since_boot: true,
        throttled_since_boot: true,
        ..Throttling::default()
    };
    assert_eq!(sample("arm-board").throttling, Some(expected));
    assert_eq!(sample("x86-6.18").throttling, None);
}

#[test]
fn raids() {
    let [mirror, parity] = &sample("container").raids[..] else { panic!() };
    assert_eq!((mirror.device.as_str(), mirror.active, mirror.level.as_deref()), ("md0", true, Some("raid1")));
    assert_eq!((mirror.size_bytes, &mirror.action), (Some(2_000_263_643_136), &None));
    let expected = Raid {
        device: "md127".into(),
        active: true,
        level: Some("raid5".into()),
        size_bytes: Some(4_000_527_155_200),
        disks_wanted: Some(3),
        disks_working: Some(2),
        disks_failed: 1,
        disks_spare: 0,
        action: Some("recovery".into()),
        action_ratio: Some(0.125),
    };
    assert_eq!(*parity, expected);
}

#[test]
fn cache_of_zfs() {
    let cache = sample("container").zfs_cache.unwrap();
    assert_eq!((cache.size_bytes, cache.target_bytes), (Some(8_123_456_789), Some(8_589_934_592)));
    assert_eq!((cache.target_min_bytes, cache.target_max_bytes), (Some(1_073_741_824), Some(17_179_869_184)));
    assert_eq!((cache.data_bytes, cache.metadata_bytes), (Some(6_543_210_987), Some(1_234_567_890)));
    assert_eq!((cache.recent_bytes, cache.frequent_bytes), (Some(3_210_987_654), Some(4_321_098_765)));
    assert_eq!(
        (cache.hits_total, cache.misses_total, cache.throttles_total),
        (Some(987_654_321), Some(12_345_678), Some(3))
    );
    assert_eq!((cache.second_level_hits_total, cache.second_level_misses_total), (Some(4_567), Some(12_341_111)));
    assert_eq!(cache.second_level_bytes, Some(107_374_182_400));
    assert_eq!(sample("arm-board").zfs_cache, None);
}

#[test]
fn controllers_of_ecc_memory() {
    let [first, second] = &sample("container").memory_controllers[..] else { panic!() };
    let expected = MemoryController {
        controller: "mc0".into(),
        kind: Some("Skylake Socket#0 IMC#0".into()),
        size_bytes: Some(17_179_869_184),
        corrected_errors_total: Some(17),
        uncorrected_errors_total: Some(1),
    };
    assert_eq!(*first, expected);
    assert_eq!((second.controller.as_str(), second.corrected_errors_total), ("mc1", Some(0)));
}

#[test]
fn later_columns_of_disks_and_interfaces() {
    let sample = sample("arm-board");
    let card = &sample.disks[0];
    assert_eq!(
        (card.discards_total, card.flushes_total, card.flush_seconds_total),
        (Some(0), Some(23_456), Some(0.345))
    );
    let ethernet = &sample.networks[1];
    assert_eq!((ethernet.rx_multicast_total, ethernet.tx_collisions_total), (Some(345_678), Some(0)));
    assert_eq!(self::sample("old-kernel").disks[0].discards_total, None);
}

#[test]
fn processes_by_state_and_by_name() {
    let sample = sample("arm-board");
    let counts = ProcessCounts {
        count: 14,
        threads: 44,
        running: 1,
        sleeping: 9,
        disk_sleeping: 1,
        stopped: 1,
        zombies: 1,
        idle: 1,
    };
    assert_eq!(sample.process_counts.fresh(), Some(&Some(counts)));
    let processes = sample.processes.fresh().unwrap();
    let names: Vec<_> = processes.iter().map(|process| process.name.as_str()).collect();
    // Neither what used next to nothing (kthreadd) nor what is no more (a zombie).
    let expected =
        ["Web Content", "a) (b", "jbd2", "ksoftirqd", "kworker", "mqtt-bridge", "postgres", "sshd", "systemd"];
    assert_eq!(names, expected);
    let expected = Process {
        name: "postgres".into(),
        count: 3,
        threads: 3,
        cpu_seconds_total: 0.0,
        resident_bytes: 86_016_000,
        read_bytes_total: Some(0),
        written_bytes_total: Some(0),
    };
    assert_eq!(processes[6], expected);
    assert_eq!((processes[4].count, processes[4].resident_bytes), (2, 0));
    // Its `io` cannot be read.
    assert_eq!((processes[7].read_bytes_total, processes[7].written_bytes_total), (None, None));
    // A tree whose processes have no `stat`.
    assert!(self::sample("x86-6.18").processes.is_old());
}

#[test]
fn no_secret_of_a_process_or_a_container_is_in_a_sample() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/arm-board");
    let secrets =
        ["proc/950/cmdline", "proc/950/environ"].map(|file| std::fs::read_to_string(tree.join(file)).unwrap());
    let docker = std::fs::read_dir(tree.join("var/lib/docker/containers")).unwrap().next().unwrap().unwrap().path();
    let docker = std::fs::read_to_string(docker.join("config.v2.json")).unwrap();
    assert!(secrets.iter().chain([&docker]).all(|secret| secret.contains("hunter2")));
    let json = serde_json::to_string(&sample("arm-board")).unwrap();
    assert!(json.contains("mqtt-bridge") && json.contains("\"web\"") && !json.contains("hunter2"), "{json}");
}

#[test]
fn containers() {
    let sample = sample("arm-board");
    let containers = sample.containers.fresh().unwrap();
    let told: Vec<_> =
        containers.iter().map(|one| (one.name.as_str(), one.runtime.as_deref(), one.id.as_deref())).collect();
    let expected = [
        ("db", Some("podman"), Some("bbbbbbbb4e5f")),
        ("dddddddd4e5f", Some("containerd"), Some("dddddddd4e5f")),
        ("default/shop-7d4b9c-x2x/nginx", Some("containerd"), Some("cccccccc4e5f")),
        ("eeeeeeee4e5f", Some("podman"), Some("eeeeeeee4e5f")),
        ("mail", Some("lxc"), None),
        ("web", Some("docker"), Some("0a1b2c3d4e5f")),
    ];
    assert_eq!(told, expected);
    let web = Container {
        name: "web".into(),
        runtime: Some("docker".into()),
        id: Some("0a1b2c3d4e5f".into()),
        usage: Usage {
            cpu_seconds_total: Some(98.765_432),
            cpu_user_seconds_total: Some(70.0),
            cpu_system_seconds_total: Some(28.765_432),
            cpu_periods_total: Some(12_345),
            cpu_throttled_periods_total: Some(67),
            cpu_throttled_seconds_total: Some(0.890_123),
            memory_bytes: Some(123_456_789),
            memory_working_bytes: Some(100_000_000),
            memory_limit_bytes: Some(536_870_912),
            out_of_memory_kills_total: Some(2),
            // The mapped device does not count: the card below it does.
            read_bytes_total: Some(1_000_500),
            written_bytes_total: Some(2_000_600),
            reads_total: Some(105),
            writes_total: Some(206),
            tasks: Some(12),
        },
        cpu_stalled_seconds_total: Some(1.5),
        memory_stalled_seconds_total: Some(0.25),
        io_stalled_seconds_total: Some(0.75),
    };
    assert_eq!(containers[5], web);
    let user = Usage {
        cpu_seconds_total: Some(0.6),
        cpu_user_seconds_total: Some(0.5),
        cpu_system_seconds_total: Some(0.1),
        ..Usage::default()
    };
    assert_eq!((containers[3].usage, containers[4].cpu_stalled_seconds_total), (user, None));
    // What is seen from inside a container is its own group, not a tree of them.
    assert!(self::sample("container").containers.is_old() && self::sample("old-kernel").containers.is_old());
}

#[test]
fn services() {
    let sample = sample("arm-board");
    let units = sample.units.fresh().unwrap();
    let names: Vec<_> = units.iter().map(|unit| unit.unit.as_str()).collect();
    assert_eq!(names, ["cpu.service", "getty@tty1.service", "postgresql.service", "ssh.service"]);
    let (database, ssh) = (units[2].usage, units[3].usage);
    assert_eq!((database.cpu_seconds_total, database.cpu_throttled_periods_total), (Some(154.0), Some(0)));
    assert_eq!((database.memory_working_bytes, database.memory_limit_bytes), (Some(201_326_592), Some(536_870_912)));
    assert_eq!((database.written_bytes_total, database.reads_total), (Some(102_404_096), Some(1001)));
    assert_eq!((ssh.memory_bytes, ssh.memory_limit_bytes, ssh.read_bytes_total), (Some(7_782_400), None, None));
    assert!(self::sample("container").units.is_old());
}

#[test]
fn graphics_processors() {
    let gpus = sample("container").gpus;
    let [amd, intel, asleep] = &gpus[..] else { panic!("{gpus:?}") };
    let expected = Gpu {
        gpu: "0000:03:00.0".into(),
        name: Some("AMD INSTINCT MI210".into()),
        vendor: Some("amd".into()),
        driver: Some("amdgpu".into()),
        asleep: Some(false),
        utilization_ratio: Some(0.37),
        memory_busy_ratio: Some(0.12),
        memory_total_bytes: Some(68_702_699_520),
        memory_used_bytes: Some(10_737_418_240),
        temperature_celsius: Some(54.0),
        power_watts: Some(123.456),
        // The chip's own figure, not the level of the table; the table where there is no other.
        frequency_hertz: Some(1_410_000_000),
        memory_frequency_hertz: Some(1_600_000_000),
        fan_revolutions_per_minute: Some(1278.0),
        fan_ratio: Some(0.4),
        corrected_errors_total: Some(23),
        uncorrected_errors_total: Some(1),
        pcie_replays_total: Some(2),
        ..Gpu::default()
    };
    assert_eq!(*amd, expected);
    let expected = Gpu {
        gpu: "0000:04:00.0".into(),
        name: Some("8086:56c0".into()),
        vendor: Some("intel".into()),
        driver: Some("i915".into()),
        asleep: Some(false),
        idle_seconds_total: Some(7_654.321),
        energy_joules_total: Some(123_456.789_012),
        frequency_hertz: Some(2_050_000_000),
        throttled: Some(true),
        ..Gpu::default()
    };
    assert_eq!(*intel, expected);
    // Its files would wake it up. The screen of the management controller has none.
    let expected = Gpu {
        gpu: "0000:05:00.0".into(),
        name: Some("8086:e20b".into()),
        vendor: Some("intel".into()),
        driver: Some("xe".into()),
        asleep: Some(true),
        ..Gpu::default()
    };
    assert_eq!(*asleep, expected);
}

#[test]
fn a_gpu_wakes_up_and_is_pulled_out() {
    let sys = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gpu");
    let _ = std::fs::remove_dir_all(&sys);
    let device = sys.join("class/drm/card7/device");
    let write = |file: &str, text: &str| {
        let path = device.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    for (file, text) in [
        ("power/runtime_status", "suspended\n"),
        ("tile0/gt0/gtidle/idle_residency_ms", "1500\n"),
        ("tile0/gt0/freq0/act_freq", "1200\n"),
        ("hwmon/hwmon3/temp2_input", "41000\n"),
    ] {
        write(file, text);
    }
    let roots = Roots { sys, ..Roots::default() };
    let mut reader = Reader::new(&Setup { roots, ..Setup::default() });
    let mut gpus = || {
        let reading = reader.reading(None);
        let told: Vec<_> = reading.failures.into_iter().filter(|failure| failure.collector == "gpu").collect();
        (reading.sample.gpus, told)
    };
    assert_eq!(gpus().0[0].asleep, Some(true));
    write("power/runtime_status", "active\n");
    let (all, told) = gpus();
    let awake = Gpu {
        gpu: "card7".into(),
        asleep: Some(false),
        idle_seconds_total: Some(1.5),
        frequency_hertz: Some(1_200_000_000),
        temperature_celsius: Some(41.0),
        ..Gpu::default()
    };
    assert_eq!((all, told.len()), (vec![awake], 0));

    std::fs::remove_dir_all(&device).unwrap();
    let (all, told) = gpus();
    assert!(all.is_empty() && told[0].error.to_string().starts_with("cannot read "), "{told:?}");
    assert_eq!((gpus().0.len(), gpus().1.len()), (0, 0));
}

#[test]
fn throttling_of_cores() {
    let cores = sample("container").cpu.unwrap().cores;
    let counts: Vec<_> = cores.iter().map(|core| core.throttles_total.unwrap()).collect();
    assert_eq!(counts, [17, 3, 0, 2, 17, 3, 0, 2]);
    assert!(cores.iter().all(|core| core.package_throttles_total == Some(41)));
    assert_eq!(cores[6].place, Some(Place { package: 0, core: 2 }));
    assert!(sample("x86-6.18").cpu.unwrap().cores.iter().all(|core| core.throttles_total.is_none()));
}

#[test]
fn peoples_own_metrics() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/container");
    let textfile_dir = Some(root.join("var/lib/prometheus/node-exporter"));
    let roots = Roots { proc: root.join("proc"), sys: root.join("sys"), root };
    let sample = Reader::new(&Setup { roots, textfile_dir, ..Setup::default() }).reading(None).sample;
    let custom = sample.custom.fresh().unwrap();
    let seen: Vec<_> = custom.iter().map(|one| (one.series.as_str(), one.value, one.value_total)).collect();
    assert_eq!(
        seen[..3],
        [
            (r#"backup_bytes_total{job="db"}"#, None, Some(123_456_789.0)),
            (r#"backup_last_success_seconds{job="db",target="/srv/\"old\" files"}"#, Some(1.7954e9), None),
            (r#"backup_last_success_seconds{job="files",target="/home"}"#, Some(1_795_000_000.5), None),
        ]
    );
    assert!(seen[3].0 == "backup_next_seconds" && seen[3].1.unwrap().is_nan());
    assert_eq!(seen[4], (r#"backup_seconds_bucket{le="60"}"#, None, Some(3.0)));
    assert_eq!(
        (seen.len(), seen[8].0, seen[11].0),
        (12, r#"door_seconds{quantile="0.5"}"#, r#"room_temperature_celsius{room="küche"}"#)
    );
    let files = sample.textfiles.fresh().unwrap();
    assert_eq!(files.iter().map(|file| (file.series, file.failed)).collect::<Vec<_>>(), [(8, false), (4, false)]);
}
