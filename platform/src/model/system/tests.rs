//! The /system document: psutil's meaning, field by field.

use super::*;
use crate::model::{
    Address, Core, Disk as DiskReading, Filesystem, Memory as MemoryReading, Network as NetworkReading,
};

fn cpu(user: f64, guest: f64, idle: f64, iowait: f64) -> Sample {
    let total = Modes {
        user_seconds_total: user,
        guest_seconds_total: Some(guest),
        idle_seconds_total: idle,
        iowait_seconds_total: Some(iowait),
        ..Modes::default()
    };
    Sample { cpu: Some(Cpu { total, ..Cpu::default() }), ..Sample::default() }
}

fn busy(previous: &Sample, current: &Sample) -> f64 {
    system(&Host::default(), previous.cpu.as_ref().map(|cpu| &cpu.total), current).cpu.percent
}

#[test]
fn busy_is_all_but_idle_and_waiting() {
    // 3 s of 12 s; the guest's 2 s are part of the user's 3.
    assert_eq!(busy(&cpu(100.0, 50.0, 200.0, 10.0), &cpu(103.0, 52.0, 208.0, 11.0)), 25.0);
    // 1 s of 3 s.
    assert_eq!(busy(&cpu(0.0, 0.0, 0.0, 0.0), &cpu(1.0, 0.0, 2.0, 0.0)), 33.3);
}

#[test]
fn without_an_interval_nothing_is_busy() {
    let current = cpu(103.0, 0.0, 209.0, 10.0);
    assert_eq!(system(&Host::default(), None, &current).cpu.percent, 0.0);
    assert_eq!(busy(&current, &current), 0.0);
    assert_eq!(busy(&Sample::default(), &current), 0.0);
}

#[test]
fn counters_that_step_back_do_not_leave_the_scale() {
    // The waiting time fell by 1 s: 2 s of 2 + 2 s.
    assert_eq!(busy(&cpu(10.0, 0.0, 10.0, 5.0), &cpu(12.0, 0.0, 13.0, 4.0)), 50.0);
    // A reboot.
    assert_eq!(busy(&cpu(100.0, 0.0, 100.0, 0.0), &cpu(1.0, 0.0, 2.0, 0.0)), 0.0);
}

#[test]
fn what_the_forwarder_converts_is_always_a_number() {
    let document = serde_json::to_value(system(&Host::default(), None, &Sample::default())).unwrap();
    for path in ["/cpu/percent", "/memory/percent", "/disk/percent", "/disk_io/read_bytes", "/disk_io/write_bytes"] {
        assert_eq!(document.pointer(path).and_then(serde_json::Value::as_f64), Some(0.0), "{path}");
    }
    for path in
        ["/memory/total", "/swap/percent", "/disk_io/read_count", "/network/primary_interface", "/uptime/seconds"]
    {
        assert_eq!(document.pointer(path), Some(&serde_json::Value::Null), "{path}");
    }
}

#[test]
fn memory_in_psutils_meaning() {
    let reading = MemoryReading {
        total_bytes: 1000,
        free_bytes: 100,
        available_bytes: 375,
        cached_bytes: Some(200),
        slab_reclaimable_bytes: Some(30),
        ..MemoryReading::default()
    };
    let memory = memory_of(&reading);
    assert_eq!((memory.used, memory.percent, memory.cached), (Some(625), 62.5, Some(230)));
    // A container that is said to have more available than there is.
    let memory = memory_of(&MemoryReading { available_bytes: 5000, ..reading });
    assert_eq!((memory.available, memory.used), (Some(100), Some(900)));
}

#[test]
fn the_disk_is_the_filesystem_at_the_mountpoint_and_no_other() {
    let filesystem = |mountpoint: &str, total_bytes| Filesystem {
        mountpoint: mountpoint.into(),
        total_bytes,
        free_bytes: 40,
        available_bytes: 20,
        ..Filesystem::default()
    };
    let all = [filesystem("/", 100), filesystem("/srv", 200), filesystem("/srv/data", 300)];
    let total = |path| disk_of(path, &all).total;
    assert_eq!(total("/"), Some(100));
    assert_eq!(total("/srv/data"), Some(300));
    assert_eq!(total("/srv/database"), None);
    assert_eq!(total("/dev/shm"), None);
    // 60 used of the 80 that ordinary users can have.
    assert_eq!(disk_of("/", &all).percent, 75.0);
    assert_eq!(disk_of("/", &[]), Disk { mount: "/".into(), ..Disk::default() });
}

#[test]
fn disk_io_is_the_sum_of_physical_disks_or_of_all() {
    let disk = |device: &str, physical, reads_total| DiskReading {
        device: device.into(),
        physical,
        reads_total,
        busy_seconds_total: Some(1.5),
        ..DiskReading::default()
    };
    let sum = disk_io(&[disk("sda", true, 1), disk("sdb", true, 2), disk("dm-0", false, 4)]);
    assert_eq!((sum.read_count, sum.busy_time, sum.read_time), (Some(3), Some(3000), None));
    assert_eq!(disk_io(&[disk("dm-0", false, 4), disk("dm-1", false, 8)]).read_count, Some(12));
}

#[test]
fn the_primary_interface_has_speed_and_mtu_of_the_sample() {
    let address = Address { name: "eth0".into(), ipv4: Some("192.0.2.2".into()), ..Address::default() };
    let host = Host { primary_interface: Some(address), ..Host::default() };
    let network = NetworkReading {
        interface: "eth0".into(),
        speed_bits_per_second: Some(2_500_000_000),
        mtu_bytes: Some(1500),
        ..NetworkReading::default()
    };
    let primary = primary_interface(&host, &[NetworkReading::default(), network]).unwrap();
    assert_eq!((primary.speed_mbps, primary.mtu), (Some(2500), Some(1500)));
    assert_eq!(primary_interface(&host, &[]).unwrap().speed_mbps, None);
    assert_eq!(primary_interface(&Host::default(), &[]), None);
}

#[test]
fn the_frequency_is_the_mean_of_the_cores_that_tell_it() {
    let core = |frequency_hertz| Core { frequency_hertz, ..Core::default() };
    let cores = vec![core(Some(1_800_000_000)), core(Some(600_000_000)), core(None)];
    let sample = Sample { cpu: Some(Cpu { cores, ..Cpu::default() }), ..Sample::default() };
    assert_eq!(system(&Host::default(), None, &sample).cpu.frequency_mhz, Some(1200.0));
}

#[test]
fn a_document_is_the_systems_objects_and_beside_them_what_they_were_made_from() {
    let (agent, host, sample) = (Agent::default(), Host::default(), Sample::default());
    let system = system(&host, None, &sample);
    let document = Document { system, agent: &agent, host: &host, stream: 7, seq: 9, sample: &sample };
    let value = serde_json::to_value(document).unwrap();
    let keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "agent",
        "collected_at",
        "cpu",
        "disk",
        "disk_io",
        "host",
        "memory",
        "network",
        "sample",
        "seq",
        "stream",
        "swap",
        "system",
        "uptime",
    ];
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
}
