//! One agent a directory: an advisory lock on the directory itself, which needs no file and ends with the process.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

/// Held until it is dropped.
pub struct Lock {
    /// Also what makes new names in the directory durable.
    pub dir: File,
}

impl Lock {
    /// Takes the lock. `WouldBlock` when another process has it.
    pub fn take(dir: &Path) -> io::Result<Self> {
        let dir = File::open(dir)?;
        // SAFETY: flock takes an open descriptor and touches no memory of ours.
        match unsafe { libc::flock(dir.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } {
            0 => Ok(Self { dir }),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_at_a_time() {
        let dir = crate::scratch::dir("lock");
        let held = Lock::take(&dir).unwrap();
        assert_eq!(Lock::take(&dir).err().unwrap().kind(), io::ErrorKind::WouldBlock);
        drop(held);
        assert!(Lock::take(&dir).is_ok());
    }
}
