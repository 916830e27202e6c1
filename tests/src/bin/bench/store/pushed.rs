//! What pushing came to: counts, the program's processor time and memory, and how long answers took.

use std::time::Duration;

use super::subject::Running;

/// Numbers that are read of a host at an instant.
pub const READINGS: u64 = 40;

/// What pushing came to.
pub struct Pushed {
    /// Samples acknowledged.
    pub samples: u64,
    /// From the first body to the last answer, seconds. What made the bodies is in it.
    pub wall_seconds: f64,
    /// The program's processor time until the last answer, seconds.
    pub cpu_seconds: f64,
    /// The sender's, for the bodies and their journey, seconds.
    pub sender_cpu_seconds: f64,
    /// Resident memory after the last answer, bytes.
    pub rss_bytes: u64,
    /// The peak of it, bytes.
    pub peak_bytes: u64,
    /// Times of the program's commits; `None` where it tells none.
    pub commits: Option<Vec<(f64, f64)>>,
    /// Time of each answer, ascending.
    latencies: Vec<Duration>,
}

impl Pushed {
    /// Reads what is known after the last answer.
    pub fn read(running: &Running, begun: Meter, samples: u64, mut latencies: Vec<Duration>) -> Self {
        latencies.sort_unstable();
        let now = Meter::read(running);
        Self {
            samples,
            wall_seconds: (now.at - begun.at).as_secs_f64(),
            cpu_seconds: now.cpu_seconds - begun.cpu_seconds,
            sender_cpu_seconds: now.sender_cpu_seconds - begun.sender_cpu_seconds,
            rss_bytes: running.memory_bytes("VmRSS"),
            peak_bytes: running.memory_bytes("VmHWM"),
            commits: running.commits(),
            latencies,
        }
    }

    /// Values acknowledged.
    pub fn values(&self) -> f64 {
        (self.samples * READINGS) as f64
    }

    /// Bodies answered.
    pub fn answers(&self) -> usize {
        self.latencies.len()
    }

    /// Processor seconds of the program for a million values.
    pub fn cpu_per_million(&self) -> f64 {
        self.cpu_seconds / (self.values() / 1e6)
    }

    /// The answer time below which this share of answers lies, milliseconds.
    pub fn latency_ms(&self, share: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let index = (last as f64 * share).round() as usize;
        self.latencies.get(index).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1_000.0)
    }

    /// The time below which this share of the program's commits lies, milliseconds: within a bucket of its histogram the
    /// commits are taken to be spread evenly, and beyond the last one nothing is known but its bound.
    pub fn commit_ms(&self, share: f64) -> Option<f64> {
        let buckets = self.commits.as_ref()?;
        let wanted = buckets.last().map(|(_, count)| *count * share).filter(|wanted| *wanted > 0.0)?;
        let (mut low, mut below) = (0.0, 0.0);
        for (bound, count) in buckets {
            if *count >= wanted {
                let part = (wanted - below) / (count - below);
                return Some(1_000.0 * if bound.is_finite() { low + (bound - low) * part } else { low });
            }
            (low, below) = (*bound, *count);
        }
        None
    }
}

/// Clocks before or after something.
pub struct Meter {
    at: std::time::Instant,
    cpu_seconds: f64,
    sender_cpu_seconds: f64,
}

impl Meter {
    /// Reads them.
    pub fn read(running: &Running) -> Self {
        let own = siskin_tests::kernel::cpu_seconds(std::process::id()).unwrap_or(f64::NAN);
        Self { at: std::time::Instant::now(), cpu_seconds: running.cpu_seconds(), sender_cpu_seconds: own }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Pushed;

    fn pushed(commits: Option<Vec<(f64, f64)>>) -> Pushed {
        Pushed {
            samples: 50,
            wall_seconds: 1.0,
            cpu_seconds: 0.002,
            sender_cpu_seconds: 0.0,
            rss_bytes: 0,
            peak_bytes: 0,
            commits,
            latencies: (1..=101).map(Duration::from_millis).collect(),
        }
    }

    #[test]
    fn shares_of_answers_and_of_values() {
        let pushed = pushed(None);
        assert_eq!([0.5, 0.99, 1.0].map(|share| pushed.latency_ms(share).round()), [51.0, 100.0, 101.0]);
        assert!((pushed.cpu_per_million() - 1.0).abs() < 1e-9);
        assert_eq!(pushed.commit_ms(0.5), None);
    }

    #[test]
    fn a_share_of_commits_lies_within_its_bucket() {
        let pushed = pushed(Some(vec![(0.01, 0.0), (0.02, 80.0), (0.05, 100.0), (f64::INFINITY, 100.0)]));
        assert!((pushed.commit_ms(0.5).unwrap() - 16.25).abs() < 1e-9);
        assert!((pushed.commit_ms(0.99).unwrap() - 48.5).abs() < 1e-9);
    }
}
