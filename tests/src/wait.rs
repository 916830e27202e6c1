//! Waiting on a condition with a deadline; nothing in the tests sleeps for a fixed time.

use std::time::{Duration, Instant};

/// How long anything may take that happens at once on an idle machine. Generous: two cores run many tests at a time.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(20);

/// Looks until `condition` gives something.
///
/// # Panics
/// When `patience` is over, naming `what`.
pub fn until<T>(what: &str, patience: Duration, mut condition: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(started.elapsed() < patience, "waited {patience:?} in vain: {what}");
        std::thread::sleep(PAUSE);
    }
}
