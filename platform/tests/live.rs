//! This machine's readings against the tools that read the same kernel at the same moment. A tool that is not installed
//! is passed over.
#![cfg(target_os = "linux")]

use std::process::Command;

use siskin_platform::{
    collect::{self, Roots},
    model::{
        Sample,
        system::{System, system},
    },
};

fn sample() -> Sample {
    let reading = collect::sample(&Roots::default(), None);
    assert!(reading.failures.is_empty(), "{:?}", reading.failures);
    reading.sample
}

fn document() -> System {
    system(&collect::host(&Roots::default(), "/"), None, &sample())
}

/// What a tool prints, in plain English; `None` if there is no such tool.
fn tool(name: &str, arguments: &[&str]) -> Option<String> {
    let output = match Command::new(name).args(arguments).env("LC_ALL", "C").output() {
        Ok(output) => output,
        Err(error) => {
            eprintln!("not compared with {name}: {error}");
            return None;
        }
    };
    assert!(output.status.success(), "{name}: {output:?}");
    Some(String::from_utf8(output.stdout).expect("English is UTF-8"))
}

fn numbers(line: &str) -> Vec<u64> {
    line.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn memory_as_free_shows_it() {
    let Some(text) = tool("free", &["-b"]) else { return };
    let line = |name| numbers(text.lines().find(|line| line.starts_with(name)).unwrap());
    let document = document();
    // total used free shared buff/cache available; the total is exact, what is available moves by 5 % of it at most.
    let memory = line("Mem:");
    assert_eq!(document.memory.total, Some(memory[0]));
    assert!(memory[5].abs_diff(document.memory.available.unwrap()) < memory[0] / 20, "{text} {:?}", document.memory);
    assert_eq!(document.swap.total, Some(line("Swap:")[0]));
}

#[test]
fn disk_as_df_shows_it() {
    let Some(text) = tool("df", &["-B1", "--output=size,used,avail", "/"]) else { return };
    let root = numbers(text.lines().nth(1).unwrap());
    let disk = document().disk;
    // The size is exact, use moves by 5 % of it at most.
    assert_eq!(disk.total, Some(root[0]));
    assert!(root[1].abs_diff(disk.used.unwrap()) < root[0] / 20, "{text} {disk:?}");
    assert!(root[2].abs_diff(disk.free.unwrap()) < root[0] / 20, "{text} {disk:?}");
}

#[test]
fn load_as_uptime_shows_it() {
    let before = sample().load.unwrap();
    let Some(text) = tool("uptime", &[]) else { return };
    let after = sample().load.unwrap();
    let averages = text.rsplit_once("load average: ").unwrap().1;
    let averages: Vec<f64> = averages.split(',').map(|average| average.trim().parse().unwrap()).collect();
    let bounds = [(before.one, after.one), (before.five, after.five), (before.fifteen, after.fifteen)];
    for (average, (first, second)) in averages.into_iter().zip(bounds) {
        // The kernel may have computed it anew in between; else it is the same.
        let (low, high) = (first.min(second) - 0.02, first.max(second) + 0.02);
        assert!((low..=high).contains(&average), "{text}: {before:?} {after:?}");
    }
}

#[test]
fn processes_as_ps_lists_them() {
    let count = || sample().process_counts.fresh().copied().flatten().unwrap().count;
    let before = count();
    let Some(text) = tool("ps", &["-e", "--no-headers"]) else { return };
    let after = count();
    let listed = text.lines().count() as u64;
    // Some start and some end in between, `ps` among them.
    let (low, high) = (before.min(after), before.max(after));
    assert!((low * 3 / 4..=high * 4 / 3 + 5).contains(&listed), "{before} {listed} {after}");
}

#[test]
fn cores_as_the_c_library_counts_them() {
    let Some(text) = tool("getconf", &["_NPROCESSORS_ONLN"]) else { return };
    assert_eq!(collect::host(&Roots::default(), "/").logical_cores, text.trim().parse().ok());
}

#[test]
fn architecture_and_release_as_uname_prints_them() {
    let Some(text) = tool("uname", &["-srm"]) else { return };
    let host = collect::host(&Roots::default(), "/");
    assert_eq!(format!("{} {} {}\n", host.os.unwrap(), host.os_release.unwrap(), host.architecture.unwrap()), text);
}

#[test]
fn uptime_agrees_with_the_clock() {
    let sample = sample();
    let boottime_seconds = sample.at.boottime_ms.unwrap() as f64 / 1000.0;
    assert!((sample.uptime_seconds.unwrap() - boottime_seconds).abs() < 1.0, "{sample:?}");
}

#[test]
fn the_clock_is_kept_as_far_as_the_kernel_says() {
    let Some(timekeeping) = sample().timekeeping else { return eprintln!("adjtimex is forbidden here") };
    // Beyond these bounds the kernel calls the clock unsynchronized, and slews no further.
    assert!((0.0..=16.0).contains(&timekeeping.maximum_error_seconds), "{timekeeping:?}");
    assert!(timekeeping.offset_seconds.abs() <= 0.5, "{timekeeping:?}");
    assert!(timekeeping.frequency_offset_ratio.abs() <= 0.000_5, "{timekeeping:?}");
}

#[test]
fn processor_time_grows_and_a_busy_loop_is_seen() {
    let host = collect::host(&Roots::default(), "/");
    let before = sample();
    let start = std::time::Instant::now();
    while start.elapsed().as_millis() < 300 {
        std::hint::spin_loop();
    }
    let document = system(&host, before.cpu.as_ref().map(|cpu| &cpu.total), &sample());
    // One core was busy, unless a limit or others kept this thread off it for half of the time.
    let one_core = 100.0 / f64::from(host.logical_cores.unwrap());
    assert!(document.cpu.percent >= one_core * 0.5, "{:?}", document.cpu);
    assert!(document.cpu.percent <= 100.0);
}
