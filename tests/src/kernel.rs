//! What the kernel says, read by other ways than the agent's: `free`, `df`, `uptime`, and `/proc` by hand.

use std::{
    process::Command,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use crate::process::unix_ms;

/// Between two readings of a [`Watch`].
const PAUSE: Duration = Duration::from_millis(40);

/// The clock tick of `/proc/stat` on every Linux that the tests run on.
const TICKS_PER_SECOND: f64 = 100.0;

/// `free -b`: line `Mem:`, and its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Free {
    /// Column `total`.
    pub total: u64,
    /// Column `available`.
    pub available: u64,
}

/// `df -B1` of one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Df {
    /// Column `1B-blocks`.
    pub total: u64,
    /// Column `Used`.
    pub used: u64,
    /// Column `Available`.
    pub available: u64,
}

/// What was there at one moment.
#[derive(Clone, Debug)]
pub struct Reading {
    /// When.
    pub unix_ms: i64,
    /// `/proc/uptime`, first field, seconds.
    pub uptime_seconds: f64,
    /// `uptime`: load averages over 1, 5 and 15 minutes.
    pub load: [f64; 3],
    /// `free -b`.
    pub free: Free,
    /// `df -B1 /`.
    pub df: Df,
}

impl Reading {
    /// Reads all of it now.
    ///
    /// # Panics
    /// When a tool is missing or says something else.
    pub fn now() -> Self {
        Self { unix_ms: unix_ms(), uptime_seconds: uptime_seconds(), load: load(), free: free(), df: df("/") }
    }
}

/// Seconds of all processors together: busy, and in all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CpuTime {
    /// When.
    pub unix_ms: i64,
    /// Neither idle nor waiting for I/O.
    pub busy_seconds: f64,
    /// All modes; guests are part of user time.
    pub all_seconds: f64,
}

impl CpuTime {
    /// Reads the first line of `/proc/stat`.
    ///
    /// # Panics
    /// When there is none.
    pub fn now() -> Self {
        let unix_ms = unix_ms();
        let stat = std::fs::read_to_string("/proc/stat").expect("/proc/stat");
        let fields = stat.lines().next().expect("a line `cpu`").split_whitespace().skip(1).take(8);
        let modes: Vec<f64> = fields.map(|ticks| ticks.parse::<f64>().expect("ticks") / TICKS_PER_SECOND).collect();
        let all_seconds: f64 = modes.iter().sum();
        Self { unix_ms, busy_seconds: all_seconds - modes[3] - modes[4], all_seconds }
    }

    /// The reading at a moment, between the two around it.
    ///
    /// # Panics
    /// When there are none around it.
    pub fn at(seen: &[Self], unix_ms: i64) -> Self {
        let after = seen.iter().position(|reading| reading.unix_ms >= unix_ms).expect("a reading after the moment");
        let (before, after) = (seen[after.checked_sub(1).expect("a reading before the moment")], seen[after]);
        let share = (unix_ms - before.unix_ms) as f64 / (after.unix_ms - before.unix_ms).max(1) as f64;
        let between = |from: f64, to: f64| from + share * (to - from);
        Self {
            unix_ms,
            busy_seconds: between(before.busy_seconds, after.busy_seconds),
            all_seconds: between(before.all_seconds, after.all_seconds),
        }
    }

    /// Percent busy since an earlier reading.
    pub fn percent_since(&self, earlier: &Self) -> f64 {
        100.0 * (self.busy_seconds - earlier.busy_seconds) / (self.all_seconds - earlier.all_seconds)
    }
}

/// Reads again and again on a thread of its own, until it is dropped.
pub struct Watch<T> {
    seen: Arc<Mutex<Vec<T>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Clone + Send + 'static> Watch<T> {
    /// Begins to watch.
    pub fn start(read: impl Fn() -> T + Send + 'static) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (seen, stop) = (Arc::clone(&seen), Arc::clone(&stop));
            move || {
                while !stop.load(Ordering::Relaxed) {
                    let reading = read();
                    seen.lock().unwrap_or_else(PoisonError::into_inner).push(reading);
                    std::thread::sleep(PAUSE);
                }
            }
        });
        Self { seen, stop, thread: Some(thread) }
    }

    /// All it saw so far.
    pub fn seen(&self) -> Vec<T> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<T> Drop for Watch<T> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// `/proc/uptime`, first field, seconds.
///
/// # Panics
/// When it cannot be read.
pub fn uptime_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/uptime").expect("/proc/uptime");
    text.split_whitespace().next().and_then(|field| field.parse().ok()).expect("a number")
}

/// `uptime`: the three load averages at its end.
///
/// # Panics
/// When there is no such tool.
pub fn load() -> [f64; 3] {
    let text = output("uptime", &[]);
    let averages = text.rsplit(':').next().unwrap_or_default();
    let numbers: Vec<f64> = averages.split(',').filter_map(|field| field.trim().parse().ok()).collect();
    numbers.try_into().unwrap_or_else(|_| panic!("three averages: {text}"))
}

/// `free -b`.
///
/// # Panics
/// When there is no such tool.
pub fn free() -> Free {
    let text = output("free", &["-b"]);
    let line = text.lines().find(|line| line.starts_with("Mem:")).expect("a line `Mem:`");
    let columns: Vec<u64> = line.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
    Free { total: columns[0], available: columns[5] }
}

/// `df -B1` of the filesystem that holds a path.
///
/// # Panics
/// When there is no such tool.
pub fn df(path: &str) -> Df {
    let text = output("df", &["-B1", path]);
    let line = text.lines().nth(1).expect("a second line");
    let columns: Vec<u64> = line.split_whitespace().skip(1).take(3).filter_map(|field| field.parse().ok()).collect();
    Df { total: columns[0], used: columns[1], available: columns[2] }
}

/// Processor seconds that a process has used so far, those of its ended threads included.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "/proc/PID/stat has hundredths of a second only, too coarse for an agent")]
pub fn cpu_seconds(pid: u32) -> Option<f64> {
    let pid = libc::pid_t::try_from(pid).ok()?;
    let mut clock: libc::clockid_t = 0;
    // SAFETY: writes one clockid_t, which outlives the call.
    if unsafe { libc::clock_getcpuclockid(pid, &raw mut clock) } != 0 {
        return None;
    }
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes one timespec, which outlives the call.
    if unsafe { libc::clock_gettime(clock, &raw mut time) } != 0 {
        return None;
    }
    Some(time.tv_sec as f64 + time.tv_nsec as f64 / 1e9)
}

/// Not known here.
#[cfg(not(target_os = "linux"))]
pub fn cpu_seconds(_pid: u32) -> Option<f64> {
    None
}

/// A line of `/proc/PID/status` or `/proc/PID/smaps_rollup` that is in kB (KiB), as bytes: `VmHWM`, `VmRSS`, `Pss`.
pub fn memory_bytes(pid: u32, file: &str, field: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/{file}")).ok()?;
    let line = text.lines().find(|line| line.split(':').next() == Some(field))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).env("LC_ALL", "C").output();
    String::from_utf8(output.unwrap_or_else(|error| panic!("{program}: {error}")).stdout).expect("text")
}
