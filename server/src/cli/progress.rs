//! How far a long command is, on stderr: one line that counts on a terminal, a line every few seconds elsewhere.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// Between two lines.
const ON_TERMINAL: Duration = Duration::from_millis(200);
const ELSEWHERE: Duration = Duration::from_secs(5);
/// Goes back to the begin of the line, and wipes it.
const WIPE: &str = "\r\x1b[K";

/// A place for one line, which is said now and then.
pub struct Line {
    said: Instant,
    is_terminal: bool,
}

impl Line {
    pub fn new() -> Self {
        Line { said: Instant::now(), is_terminal: stderr().is_terminal() }
    }

    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Whether it is time to say something.
    pub fn is_due(&mut self) -> bool {
        let due = self.said.elapsed() >= if self.is_terminal { ON_TERMINAL } else { ELSEWHERE };
        if due {
            self.said = Instant::now();
        }
        due
    }

    /// On a terminal a line that does not stay is written over by the next.
    pub fn write(&self, line: &str, stays: bool) {
        let (before, after) = match (self.is_terminal, stays) {
            (true, true) => (WIPE, "\n"),
            (true, false) => (WIPE, ""),
            (false, _) => ("", "\n"),
        };
        // Nobody who looks is no reason to stop.
        let _ = write!(stderr().lock(), "{before}{line}{after}");
    }
}

pub struct Progress {
    total: u64,
    started: Instant,
    line: Line,
}

impl Progress {
    pub fn new(total: u64) -> Self {
        Progress { total, started: Instant::now(), line: Line::new() }
    }

    /// Says it when it is time to.
    pub fn show(&mut self, done: u64) {
        if self.line.is_due() {
            self.line.write(&line(done, self.total, self.started.elapsed()), false);
        }
    }

    /// Takes the counting line away.
    pub fn end(&self) {
        if self.line.is_terminal() {
            self.line.write("", false);
        }
    }
}

fn line(done: u64, total: u64, elapsed: Duration) -> String {
    // More may have come since they were counted.
    let total = total.max(done);
    let per_second = done as f64 / elapsed.as_secs_f64().max(1e-3);
    let percent = 100.0 * done as f64 / total.max(1) as f64;
    let left = (total - done) as f64 / per_second.max(1e-3);
    format!("{done} of {total} rows ({percent:.0} %), {per_second:.0} rows/s, {} left", time(left))
}

fn time(seconds: f64) -> String {
    let seconds = seconds.ceil() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_how_far_how_fast_and_how_long() {
        let after = |seconds| Duration::from_secs(seconds);
        assert_eq!(line(2000, 10_000, after(2)), "2000 of 10000 rows (20 %), 1000 rows/s, 8 s left");
        assert_eq!(line(1000, 4_601_000, after(1)), "1000 of 4601000 rows (0 %), 1000 rows/s, 1 h 16 min left");
        assert_eq!(line(120, 100, after(1)), "120 of 120 rows (100 %), 120 rows/s, 0 s left");
        assert_eq!(time(61.2), "1 min 2 s");
    }
}
