//! `--once`: the predecessor's document, extended.

use serde_json::Value;

use crate::agent::command;

/// Keys that the predecessor's clients read.
const KEYS: [(&str, &str); 9] = [
    ("cpu", "percent logical_cores physical_cores frequency_mhz min_frequency_mhz max_frequency_mhz processor"),
    ("memory", "total available percent used free active inactive buffers cached shared slab"),
    ("swap", "total used free percent sin sout"),
    ("disk", "total used free percent mount"),
    ("disk_io", "read_count write_count read_bytes write_bytes read_time write_time"),
    ("network", "io_counters primary_interface"),
    ("uptime", "seconds boot_time human"),
    ("system", "hostname os os_release os_version architecture platform model"),
    ("sample", "at uptime_seconds cpu load memory swap filesystems disks networks"),
];

fn once(args: &[&str]) -> Value {
    let output = command().arg("--once").args(args).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stdout.ends_with(b"\n"));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn prints_one_document_with_the_predecessors_keys() {
    let document = once(&[]);
    for (object, keys) in KEYS {
        for key in keys.split(' ') {
            assert!(document[object].get(key).is_some(), "{object}.{key}");
        }
    }
    assert!(document["collected_at"].as_str().unwrap().starts_with("20"));
    for key in ["bytes_sent", "bytes_recv", "packets_sent", "packets_recv", "errin", "errout", "dropin", "dropout"] {
        assert!(document["network"]["io_counters"][key].is_u64(), "{key}");
    }
    // The predecessor's forwarder calls float() on these.
    for (object, key) in [("cpu", "percent"), ("memory", "percent"), ("disk", "percent")] {
        assert!(document[object][key].is_number(), "{object}.{key}");
    }
    assert!(document["disk_io"]["read_bytes"].is_number() && document["disk_io"]["write_bytes"].is_number());
}

#[test]
fn says_who_it_is_and_which_sample_this_is() {
    let document = once(&["--id", "board-7"]);
    assert_eq!(document["agent"]["id"], "board-7");
    assert_eq!(document["agent"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(document["seq"], 2);
    assert!(document["stream"].is_u64());
    assert_eq!(document["disk"]["mount"], "/");
    assert_eq!(document["system"]["hostname"], document["host"]["hostname"]);
}

#[test]
fn the_disk_is_the_filesystem_of_the_path_and_no_other() {
    let document = once(&["--disk-path", "/proc/"]);
    assert_eq!((&document["disk"]["mount"], &document["host"]["disk_mountpoint"]), (&"/proc".into(), &"/proc".into()));
    let filesystems = document["sample"]["filesystems"].as_array().unwrap();
    let listed = |mountpoint: &str| filesystems.iter().find(|one| one["mountpoint"] == mountpoint);
    assert_eq!(listed("/proc").unwrap()["kind"], "proc");
    // No space, and not the root's.
    assert_eq!(document["disk"]["total"], 0);
}

#[test]
fn metrics_of_ones_own_are_part_of_the_sample() {
    let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("textfiles");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("own.prom"), "# TYPE own_total counter\nown_total{a=\"b\"} 7\nodd NaN\n").unwrap();
    std::fs::write(directory.join("torn.prom"), "torn 1\nto").unwrap();
    let sample = &once(&["--textfile-dir", directory.to_str().unwrap()])["sample"];
    let expected = serde_json::json!([
        {"series": "odd", "value": null},
        {"series": "own_total{a=\"b\"}", "value_total": 7.0},
    ]);
    assert_eq!(sample["custom"], expected);
    let failed: Vec<_> = sample["textfiles"].as_array().unwrap().iter().map(|file| &file["failed"]).collect();
    assert_eq!(failed, [false, true]);
    // Who puts none there sends nothing.
    assert_eq!(once(&[])["sample"].get("custom"), None);
}

#[test]
fn the_id_is_the_machines_and_does_not_tell_it() {
    let root = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("machine");
    std::fs::create_dir_all(root.join("etc")).unwrap();
    std::fs::write(root.join("etc/machine-id"), "0123456789abcdef0123456789abcdef\n").unwrap();
    let run = || {
        let mut command = command();
        command.env_remove("SISKIN_AGENT_ID").arg("--once").arg("--root").arg(&root).args(["--proc", "/proc/self/.."]);
        let output = command.output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let (one, two) = (run(), run());
    let id = |text: &str| serde_json::from_str::<Value>(text).unwrap()["agent"]["id"].clone();
    assert_eq!(id(&one), id(&two));
    assert_eq!(id(&one).as_str().unwrap().len(), 32);
    assert!(!one.contains("0123456789abcdef"));
}
