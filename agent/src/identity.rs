//! Who this agent is: an id that stays, and a stream that is new at each start.

use std::fmt::Write as _;
use std::io;

use sha2::{Digest, Sha256};

/// Mixed into the hash, so that the id can be matched neither with other programs' ids nor with the machine-id itself.
const SALT: &str = "siskin-agent";
/// 128 bits: the length of a machine-id, and far from any collision.
const ID_BYTES: usize = 16;

/// The stable id of the agent on the machine with this machine-id, which is a secret and does not leave the host.
/// `None` when the machine has no id (yet): an image that was never booted says `uninitialized`.
pub fn stable_id(machine_id: Option<&str>) -> Option<String> {
    let machine_id = machine_id.map(str::trim).filter(|id| !id.is_empty() && *id != "uninitialized")?;
    let digest = Sha256::new().chain_update(SALT).chain_update(machine_id).finalize();
    Some(hex(&digest[..ID_BYTES]))
}

/// An id for this start only.
pub fn random_id() -> io::Result<String> {
    let mut bytes = [0; ID_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// The number of a new stream.
pub fn random_stream() -> io::Result<u64> {
    Ok(getrandom::u64()?)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_the_start_of_sha256_and_hides_the_machine_id() {
        // printf %s siskin-agentb08dfa6083e7567a1921a715000001fb | sha256sum | cut -c1-32
        let id = stable_id(Some("b08dfa6083e7567a1921a715000001fb\n"));
        assert_eq!(id.as_deref(), Some("91fbe17a0331427b670e806348065d53"));
    }

    #[test]
    fn no_machine_id_means_no_stable_id() {
        for id in [None, Some(""), Some(" \n"), Some("uninitialized\n")] {
            assert_eq!(stable_id(id), None);
        }
    }

    #[test]
    fn random_ids_and_streams_differ() {
        assert_ne!(random_id().unwrap(), random_id().unwrap());
        assert_ne!(random_stream().unwrap(), random_stream().unwrap());
        assert_eq!(random_id().unwrap().len(), 32);
    }
}
