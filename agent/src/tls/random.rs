//! Random numbers for TLS, from where all others of the agent come.

use rustls::crypto::{GetRandomFailed, SecureRandom};

/// The kernel's.
#[derive(Debug)]
pub struct Kernel;

impl SecureRandom for Kernel {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), GetRandomFailed> {
        getrandom::fill(buffer).map_err(|_| GetRandomFailed)
    }
}
