//! SIGTERM and SIGINT, as something that a sleep can be woken by.

use std::io::{self, ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::pipe;

/// The reading end of a socket pair into which the signal handlers write one byte.
pub struct Stop {
    signals: UnixStream,
}

impl Stop {
    /// Installs the handlers.
    pub fn install() -> io::Result<Self> {
        let (signals, writer) = UnixStream::pair()?;
        pipe::register(SIGINT, writer.try_clone()?)?;
        pipe::register(SIGTERM, writer)?;
        Ok(Self { signals })
    }

    /// Sleeps until `deadline`. True at once when the agent has been asked to stop.
    pub fn wait_until(&self, deadline: Instant) -> bool {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            // A byte, an end or an unknown error all mean: do not go on. Only the time limit does.
            match self.signals.set_read_timeout(Some(left)).and_then(|()| (&self.signals).read(&mut [0])) {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                _ => return true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::time::Duration;

    use super::*;

    #[test]
    fn waits_for_the_deadline_or_for_a_byte() {
        let (signals, mut writer) = UnixStream::pair().unwrap();
        let stop = Stop { signals };
        let deadline = Instant::now() + Duration::from_millis(30);
        assert!(!stop.wait_until(deadline));
        assert!(Instant::now() >= deadline);

        writer.write_all(&[1]).unwrap();
        assert!(stop.wait_until(Instant::now() + Duration::from_secs(60)));
    }
}
