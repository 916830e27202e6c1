//! How far the history is: one line that counts on a terminal, a line now and then elsewhere.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::super::progress::Line;

pub struct Progress {
    due: u64,
    pushed: AtomicU64,
    started: Instant,
    line: Mutex<Line>,
}

impl Progress {
    /// Of a history of so many samples.
    pub fn new(due: u64) -> Self {
        Progress { due, pushed: AtomicU64::new(0), started: Instant::now(), line: Mutex::new(Line::new()) }
    }

    /// So many more are stored.
    pub fn add(&self, samples: u64) {
        let before = self.pushed.fetch_add(samples, Ordering::Relaxed);
        let pushed = before + samples;
        let mut line = self.line();
        if before < self.due && pushed >= self.due {
            return line.write(&format!("history: {} samples in {:.1} s", pushed, self.seconds()), true);
        }
        if !line.is_due() {
            return;
        }
        if pushed < self.due {
            let percent = 100 * pushed / self.due;
            line.write(&format!("history: {pushed} of {} samples, {percent} %", self.due), false);
        } else if line.is_terminal() {
            line.write(&format!("living: {pushed} samples, Ctrl-C ends"), false);
        }
    }

    /// A line of its own.
    pub fn say(&self, line: &str) {
        self.line().write(line, true);
    }

    /// The last line.
    pub fn end(&self, was_stopped: bool) {
        let pushed = self.pushed.load(Ordering::Relaxed);
        let how = if was_stopped { "stopped" } else { "done" };
        self.line().write(&format!("{how}: {pushed} samples in {:.1} s", self.seconds()), true);
    }

    fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
