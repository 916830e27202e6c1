//! By a library made for it (`tests/fake_nvml.c`), which says what a real one would. A machine without a C compiler
//! passes these over.

use std::{os::unix::ffi::OsStrExt, process::Command};

use super::*;

const KERNEL: &str = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15\n";

/// A directory of the test's own, beside its binary.
fn scratch(name: &str) -> PathBuf {
    let directory = std::env::current_exe().unwrap().with_file_name("siskin-platform-scratch").join(name);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

fn write(path: PathBuf, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// The library, built with these definitions.
fn library(directory: &Path, definitions: &[&str]) -> Option<CString> {
    let library = directory.join("libfake.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fake_nvml.c");
    let mut cc = Command::new("cc");
    let built = cc.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).args(definitions).status();
    match built {
        Ok(status) => assert!(status.success(), "{cc:?}"),
        Err(error) => {
            eprintln!("not tested, there is no cc: {error}");
            return None;
        }
    }
    Some(CString::new(library.as_os_str().as_bytes()).unwrap())
}

fn host(root: &Path) -> Roots {
    write(root.join("proc").join(VERSION), KERNEL);
    Roots { proc: root.join("proc"), sys: root.join("sys"), root: root.to_owned() }
}

fn read(nvidia: &mut Nvidia, rows: &mut Vec<Gpu>) -> (bool, Vec<String>) {
    let mut odd = Vec::new();
    let found = nvidia.read(&mut Rows::over(rows), &mut odd);
    (found, odd.iter().map(ToString::to_string).collect())
}

#[test]
fn every_reading_and_what_is_not_supported_is_none() {
    let directory = scratch("every-reading");
    let Some(library) = library(&directory, &[]) else { return };
    let roots = host(&directory);
    let mut nvidia = Nvidia::with(&roots, &roots.proc, library);
    let mut rows = Vec::new();
    assert_eq!(read(&mut nvidia, &mut rows), (true, vec![]));
    let expected = Gpu {
        gpu: "GPU-11111111-2222-3333-4444-555555555555".into(),
        name: Some("Fake A100".into()),
        vendor: Some("nvidia".into()),
        driver: Some("nvidia 550.54.15".into()),
        asleep: None,
        utilization_ratio: Some(0.37),
        idle_seconds_total: None,
        memory_busy_ratio: Some(0.12),
        encoder_ratio: Some(0.05),
        decoder_ratio: Some(0.06),
        memory_total_bytes: Some(42_949_672_960),
        memory_used_bytes: Some(10_737_418_240),
        temperature_celsius: Some(54.0),
        power_watts: Some(123.456),
        energy_joules_total: Some(9_876_543.21),
        frequency_hertz: Some(1_410_000_000),
        memory_frequency_hertz: Some(1_215_000_000),
        fan_revolutions_per_minute: None,
        fan_ratio: Some(0.3),
        throttled: Some(true),
        corrected_errors_total: Some(7),
        uncorrected_errors_total: Some(1),
        pcie_replays_total: Some(2),
    };
    assert_eq!(rows[0], expected);
    // The second one supports nothing.
    let second = Gpu {
        gpu: "GPU-99999999-2222-3333-4444-555555555555".into(),
        name: Some("Fake M1".into()),
        vendor: Some("nvidia".into()),
        driver: Some("nvidia 550.54.15".into()),
        ..Gpu::default()
    };
    assert_eq!(rows[1..], [second]);
}

#[test]
fn a_gpu_that_is_lost_leaves_a_gap_and_is_told() {
    let directory = scratch("lost");
    let Some(library) = library(&directory, &["-DLOST_AFTER=1"]) else { return };
    let roots = host(&directory);
    let mut nvidia = Nvidia::with(&roots, &roots.proc, library);
    let mut rows = Vec::new();
    assert_eq!(read(&mut nvidia, &mut rows), (true, vec![]));
    assert_eq!(rows.len(), 2);
    let lost = "NVIDIA: GPU-11111111-2222-3333-4444-555555555555: it is lost: it has fallen off the bus, or was taken out (15)";
    assert_eq!(read(&mut nvidia, &mut rows), (true, vec![lost.to_owned()]));
    assert_eq!((rows.len(), rows[0].name.as_deref()), (1, Some("Fake M1")));
    // At the next look it is not even listed.
    nvidia.looked = None;
    let lost = "NVIDIA: GPU 0: it is lost: it has fallen off the bus, or was taken out (15)";
    for _ in 0..2 {
        assert_eq!(read(&mut nvidia, &mut rows), (true, vec![lost.to_owned()]));
        assert_eq!(rows.len(), 1);
    }
}

#[test]
fn without_its_driver_nothing_is_loaded() {
    let directory = scratch("no-driver");
    let roots = host(&directory);
    // This library does not exist: to load it would be an error.
    let library = CString::new("/no/such/library").unwrap();
    let other = directory.join("other");
    write(other.join(VERSION), "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.1\n");
    let without = Roots { proc: other.join("empty"), ..roots.clone() };
    for (roots, own) in [(&without, &roots.proc), (&roots, &without.proc), (&roots, &other)] {
        let mut rows = Vec::new();
        let mut nvidia = Nvidia::with(roots, own, library.clone());
        assert_eq!((read(&mut nvidia, &mut rows), rows), ((false, vec![]), vec![]));
    }
    let (found, told) = read(&mut Nvidia::with(&roots, &roots.proc, library), &mut Vec::new());
    assert!(found && told[0].starts_with("NVIDIA: /no/such/library:") && told.len() == 1, "{told:?}");
}

#[test]
fn a_gpu_that_sleeps_is_not_woken_up() {
    let directory = scratch("asleep");
    let Some(library) = library(&directory, &[]) else { return };
    let roots = host(&directory);
    let status = roots.sys.join("bus/pci/drivers/nvidia/0000:01:00.0/power/runtime_status");
    write(status.clone(), "suspended\n");
    let mut nvidia = Nvidia::with(&roots, &roots.proc, library);
    let mut rows = Vec::new();
    assert_eq!((read(&mut nvidia, &mut rows), rows.len()), ((false, vec![]), 0));
    write(status, "active\n");
    nvidia.looked = None;
    assert_eq!((read(&mut nvidia, &mut rows), rows.len()), ((true, vec![]), 2));
}

#[test]
fn a_library_that_does_not_start_is_told_unless_there_is_no_driver() {
    for (code, told) in [
        (
            "18",
            &["NVIDIA: nvmlInit: the library is of another version than the driver: restart after the update (18)"][..],
        ),
        ("999", &["NVIDIA: nvmlInit: error 999"]),
        ("9", &[]),
    ] {
        let directory = scratch(&format!("init-{code}"));
        let Some(library) = library(&directory, &[&format!("-DINIT={code}")]) else { return };
        let roots = host(&directory);
        let mut nvidia = Nvidia::with(&roots, &roots.proc, library);
        let mut rows = Vec::new();
        assert_eq!(read(&mut nvidia, &mut rows).1, told);
        assert!(rows.is_empty());
    }
}
