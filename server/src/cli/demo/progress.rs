//! How far the history is: one line that counts on a terminal, a line now and then elsewhere.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two lines.
const ON_A_TERMINAL: Duration = Duration::from_millis(200);
const ELSEWHERE: Duration = Duration::from_secs(5);

pub struct Progress {
    due: u64,
    pushed: AtomicU64,
    started: Instant,
    last: Mutex<Instant>,
    is_terminal: bool,
}

impl Progress {
    /// Of a history of so many samples.
    pub fn new(due: u64) -> Self {
        let started = Instant::now();
        let is_terminal = std::io::stderr().is_terminal();
        Progress { due, pushed: AtomicU64::new(0), started, last: Mutex::new(started), is_terminal }
    }

    /// So many more are stored.
    pub fn add(&self, samples: u64) {
        let before = self.pushed.fetch_add(samples, Ordering::Relaxed);
        let pushed = before + samples;
        if before < self.due && pushed >= self.due {
            return self.write(&format!("history: {} samples in {:.1} s", pushed, self.seconds()), true);
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() < if self.is_terminal { ON_A_TERMINAL } else { ELSEWHERE } {
            return;
        }
        *last = Instant::now();
        if pushed < self.due {
            let percent = 100 * pushed / self.due;
            self.write(&format!("history: {pushed} of {} samples, {percent} %", self.due), false);
        } else if self.is_terminal {
            self.write(&format!("living: {pushed} samples, Ctrl-C ends"), false);
        }
    }

    /// A line of its own.
    pub fn say(&self, line: &str) {
        self.write(line, true);
    }

    /// The last line.
    pub fn end(&self, was_stopped: bool) {
        let pushed = self.pushed.load(Ordering::Relaxed);
        let how = if was_stopped { "stopped" } else { "done" };
        self.write(&format!("{how}: {pushed} samples in {:.1} s", self.seconds()), true);
    }

    fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// On a terminal a line that does not stay is written over by the next.
    fn write(&self, line: &str, stays: bool) {
        let (before, after) = match (self.is_terminal, stays) {
            (true, true) => ("\r\x1b[K", "\n"),
            (true, false) => ("\r\x1b[K", ""),
            (false, _) => ("", "\n"),
        };
        // Nobody may be there to read it.
        let _ = write!(std::io::stderr().lock(), "{before}{line}{after}");
    }
}
