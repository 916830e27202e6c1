//! What stands before the mailboxes: bytes in flight are bounded, and who finds no room is told to come back.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bounds of one body and of all bodies that are admitted and not yet answered.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A body as it travels, bytes.
    pub body_bytes: usize,
    /// A body after decompression, bytes.
    pub decoded_bytes: usize,
    /// All bodies in flight, bytes.
    pub inflight_bytes: usize,
}

#[derive(Clone)]
pub struct Admission {
    pub limits: Limits,
    room: Arc<Semaphore>,
}

/// No room now.
#[derive(Debug, thiserror::Error)]
#[error("too much is in flight")]
pub struct Full;

impl Admission {
    pub fn new(limits: Limits) -> Self {
        Admission { limits, room: Arc::new(Semaphore::new(limits.inflight_bytes)) }
    }

    /// Room for a body of this many bytes, held until the permit is dropped.
    pub fn admit(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Full> {
        let bytes = u32::try_from(bytes).map_err(|_| Full)?;
        self.room.clone().try_acquire_many_owned(bytes).map_err(|_| Full)
    }

    /// More room under the same permit.
    pub fn grow(&self, permit: &mut OwnedSemaphorePermit, bytes: usize) -> Result<(), Full> {
        permit.merge(self.admit(bytes)?);
        Ok(())
    }

    pub fn used_bytes(&self) -> usize {
        self.limits.inflight_bytes - self.room.available_permits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_bounded_and_comes_back() {
        let admission = Admission::new(Limits { body_bytes: 10, decoded_bytes: 10, inflight_bytes: 10 });
        let mut first = admission.admit(6).unwrap();
        assert!(admission.admit(5).is_err());
        admission.grow(&mut first, 4).unwrap();
        assert_eq!(admission.used_bytes(), 10);
        assert!(admission.grow(&mut first, 1).is_err());
        drop(first);
        assert_eq!(admission.used_bytes(), 0);
    }
}
