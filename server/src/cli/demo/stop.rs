//! The wish to end, on which senders wait.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Asked once, by a signal or by a sender that failed; seen by all.
#[derive(Clone, Default)]
pub struct Stop(Arc<(Mutex<bool>, Condvar)>);

impl Stop {
    /// Asks all to end.
    pub fn ask(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }

    pub fn is_asked(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps so long, or until asked. Whether asked.
    pub fn wait(&self, time: Duration) -> bool {
        let asked = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let woken = self.0.1.wait_timeout_while(asked, time, |asked| !*asked);
        *woken.unwrap_or_else(PoisonError::into_inner).0
    }
}
