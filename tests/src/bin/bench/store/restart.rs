//! How long a program takes to answer again: after a clean end, and after kill -9 while it is pushed to at full speed.

use std::time::Duration;

use super::{flood, subject::Running};

/// How long it is pushed to before it is killed.
const LOAD: Duration = Duration::from_secs(10);
/// More is not sent before the next body than this after the kill.
const LIMIT: Duration = Duration::from_secs(60);

/// From the start of the process to its first answer, seconds.
#[derive(Clone, Copy)]
pub struct Restarts {
    /// After SIGTERM.
    pub clean_seconds: f64,
    /// After SIGKILL.
    pub killed_seconds: f64,
}

/// Ends and starts it both ways. Other hosts than those of `history` push the same once more meanwhile.
///
/// # Errors
/// When it does not end cleanly, or does not start.
pub fn measure(running: &mut Running, history: &flood::Flood) -> Result<Restarts, String> {
    running.terminate()?;
    let clean_seconds = running.start_again()?;
    // New streams: what the first hosts sent is known already.
    let load = flood::Flood { seed: history.seed + 1_000_000, limit: LIMIT, ..*history };
    let refused = std::thread::scope(|scope| {
        let pushing = scope.spawn(|| flood::push(running, &load));
        std::thread::sleep(LOAD);
        let idle = pushing.is_finished();
        running.program.signal("KILL");
        let pushed = pushing.join().expect("a sender");
        // An answer that does not come is what a kill looks like; one that came before it is a fault.
        if idle { pushed.err() } else { None }
    });
    if let Some(refused) = refused {
        return Err(refused);
    }
    running.program.wait();
    Ok(Restarts { clean_seconds, killed_seconds: running.start_again()? })
}
