//! This project's server, as the benchmark asks it: what it seals, how long its commits take.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::Value;
use siskin_tests::prometheus::Page;

use super::{
    pushed::{Pushed, READINGS},
    subject::{Running, Settled},
};

/// How long rows of a day that is over wait here.
pub const SEAL_AFTER: &str = "1s";

/// Sealing takes no longer, or something is wrong.
const PATIENCE: Duration = Duration::from_secs(900);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);

/// Whether the server's `serve` has the argument.
pub fn knows_seal_after(binary: &Path) -> bool {
    let output = Command::new(binary).args(["serve", "--help"]).output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("--seal-after"))
}

/// The histogram of commits.
pub fn commits(running: &Running) -> Option<Vec<(f64, f64)>> {
    let page = Page::parse(&running.client().get("/metrics").text());
    let lines = page.lines.iter().filter(|line| line.name == "siskin_commit_seconds_bucket");
    let buckets: Vec<(f64, f64)> =
        lines.filter_map(|line| Some((line.labels["le"].parse().ok()?, line.value))).collect();
    (!buckets.is_empty()).then_some(buckets)
}

/// Waits until nothing is left to seal. A server that cannot tell is ended, and what it leaves is what is hot.
pub fn settle(running: &mut Running, pushed: &Pushed) -> Result<Settled, String> {
    let (begun, cpu_before) = (Instant::now(), running.cpu_seconds());
    let mut client = running.client();
    let Some(first) = storage(&client.get("/storage")) else {
        println!(
            "NOT MEASURED: this server has no /storage: what is sealed, and when; hot is what a clean end leaves\n"
        );
        running.terminate()?;
        let hot_bytes_per_value = Some(running.home.bytes() as f64 / pushed.values());
        return Ok(Settled { hot_bytes_per_value, ..Settled::default() });
    };
    loop {
        std::thread::sleep(PAUSE);
        let answer = client.get("/storage");
        let now = storage(&answer).ok_or_else(|| format!("GET /storage: {}", answer.text()))?;
        if !is_settled(&now) {
            if begun.elapsed() > PATIENCE {
                return Err(format!("after {} s not all is sealed: {now}", PATIENCE.as_secs()));
            }
            continue;
        }
        return Ok(Settled {
            hot_bytes_per_value: per_value(&first, "hot"),
            raw_bytes_per_value: per_value(&now, "raw"),
            all_bytes_per_value: now["bytes"].as_f64().map(|bytes| bytes / pushed.values()),
            seconds: Some(begun.elapsed().as_secs_f64()),
            last_seal_seconds: now["last_seal_seconds"].as_f64(),
            cpu_seconds: Some(running.cpu_seconds() - cpu_before),
            peak_bytes: Some(running.memory_bytes("VmHWM")),
        });
    }
}

/// The server's word on its store.
pub fn storage(answer: &siskin_tests::http::Response) -> Option<Value> {
    (answer.status == 200).then(|| answer.json())
}

fn tier<'a>(storage: &'a Value, name: &str) -> Option<&'a Value> {
    storage["tiers"].as_array()?.iter().find(|tier| tier["name"] == name)
}

/// Whether nothing is left to seal.
pub fn is_settled(storage: &Value) -> bool {
    let samples = tier(storage, "hot").map_or(0, |hot| hot["samples"].as_u64().unwrap_or(0));
    samples == 0 && storage["waiting_files"] == 0 && storage["sealing"] == false
}

/// A tier's bytes for each of the readings in it, of which a sample has 40.
fn per_value(storage: &Value, name: &str) -> Option<f64> {
    let tier = tier(storage, name)?;
    let values = tier["samples"].as_u64().filter(|samples| *samples > 0)? * READINGS;
    Some(tier["bytes"].as_f64()? / values as f64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{is_settled, per_value};

    #[test]
    fn a_tier_is_divided_by_its_own_readings() {
        let mut storage = json!({"tiers": [{"name": "hot", "samples": 0, "bytes": 12_288},
            {"name": "raw", "samples": 100, "bytes": 5_200}], "waiting_files": 0, "sealing": false});
        assert_eq!((per_value(&storage, "raw"), per_value(&storage, "hot")), (Some(1.3), None));
        assert!(is_settled(&storage));
        storage["tiers"][0]["samples"] = json!(1);
        assert!(!is_settled(&storage));
    }
}
