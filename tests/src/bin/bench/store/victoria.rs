//! VictoriaMetrics, single node, as it comes: started, told to write out and merge what it has, looked at.

use std::{
    net::SocketAddr,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use siskin_tests::{
    http::Client,
    process::{Home, Program},
    wait::PATIENCE,
};

use super::{
    pushed::Pushed,
    subject::{Running, Settled},
};
use crate::programs::{free_address, says};

/// What to say where it is not there.
pub const MISSING: &str = "it is not installed: `apt-get install victoria-metrics`";

/// Nothing that is pushed is too old.
const RETENTION: &str = "100y";

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);

/// Merging is over when the size has stood still for so many looks, and little processor time was used in them.
const STILL: usize = 12;
const STILL_CPU_SECONDS: f64 = 0.3;

/// The version by the system's packages: Debian's build does not know its own.
pub fn packaged_version() -> Option<String> {
    says(Path::new("dpkg-query"), &["-W", "victoria-metrics"]).map(|line| line.replace('\t', " "))
}

/// Starts it, and waits until it answers.
pub fn start(binary: &Path, home: &Home) -> Result<(Program, SocketAddr), String> {
    let address = free_address();
    let mut command = Command::new(binary);
    command.arg(format!("-storageDataPath={}", home.join("data").display()));
    command.arg(format!("-httpListenAddr={address}")).arg(format!("-retentionPeriod={RETENTION}"));
    let mut program = Program::start(command);
    let started = Instant::now();
    while Client::new(address).send("GET", "/health", &[], b"").is_err() {
        if !program.is_running() || started.elapsed() > PATIENCE {
            let said = program.said();
            return Err(format!(
                "VictoriaMetrics does not answer; it said: {}",
                said.lines().last().unwrap_or("nothing")
            ));
        }
        std::thread::sleep(PAUSE / 10);
    }
    Ok((program, address))
}

/// Has all of it written and merged, and waits until nothing moves any more.
pub fn settle(running: &mut Running, pushed: &Pushed) -> Result<Settled, String> {
    let (begun, cpu_before) = (Instant::now(), running.cpu_seconds());
    let mut client = running.client();
    for path in ["/internal/force_flush", "/internal/force_merge"] {
        let answer = client.get(path);
        if answer.status != 200 {
            return Err(format!("VictoriaMetrics: GET {path}: {} {}", answer.status, answer.text()));
        }
    }
    // Size, processor time and when, of the last looks.
    let mut looks: Vec<(u64, f64, f64)> = Vec::new();
    let is_still = |looks: &[(u64, f64, f64)]| match looks {
        [first, .., last] if looks.len() > STILL => {
            looks.iter().all(|look| look.0 == first.0) && last.1 - first.1 < STILL_CPU_SECONDS
        }
        _ => false,
    };
    while !is_still(&looks[looks.len().saturating_sub(STILL + 1)..]) {
        looks.push((running.home.bytes(), running.cpu_seconds(), begun.elapsed().as_secs_f64()));
        std::thread::sleep(PAUSE);
    }
    let rows = rows(&client.get("/metrics").text());
    if rows != pushed.values() {
        return Err(format!("VictoriaMetrics has {rows} values of {}: nothing of it can be compared", pushed.values()));
    }
    let (bytes, cpu_seconds, seconds) = looks[looks.len() - STILL - 1];
    let bytes_per_value = Some(bytes as f64 / pushed.values());
    Ok(Settled {
        raw_bytes_per_value: bytes_per_value,
        all_bytes_per_value: bytes_per_value,
        seconds: Some(seconds),
        cpu_seconds: Some(cpu_seconds - cpu_before),
        peak_bytes: Some(running.memory_bytes("VmHWM")),
        ..Settled::default()
    })
}

/// Values in all of its parts, by its own metrics.
fn rows(page: &str) -> f64 {
    let parts = page.lines().filter(|line| line.starts_with("vm_rows{type=\"storage/"));
    parts.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    #[test]
    fn values_of_the_index_do_not_count() {
        let page = "vm_rows{type=\"indexdb\"} 7\nvm_rows{type=\"storage/big\"} 40\nvm_rows{type=\"storage/small\"} 2\n";
        assert_eq!(super::rows(page), 42.0);
    }
}
