//! A body packed as gzip (RFC 1952), for large bodies. Pure.

use miniz_oxide::deflate::compress_to_vec;

use crate::crc32::crc32;

/// Magic, deflate, no flags, no time, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// JSON of many samples packs to a tenth; more effort gains little and a slow host has other things to do.
const LEVEL: u8 = 3;

/// The bytes, packed.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = HEADER.to_vec();
    packed.extend(compress_to_vec(bytes, LEVEL));
    packed.extend(crc32(bytes).to_le_bytes());
    packed.extend((bytes.len() as u32).to_le_bytes());
    packed
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn gzip_itself_unpacks_it() {
        let text = "{\"samples\":[1,2,3]}".repeat(1_000);
        let mut gunzip = Command::new("gzip").arg("-dc").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let packed = gzip(text.as_bytes());
        assert!(packed.len() < text.len() / 10);
        gunzip.stdin.take().unwrap().write_all(&packed).unwrap();
        let output = gunzip.wait_with_output().unwrap();
        assert!(output.status.success() && output.stdout == text.as_bytes());
    }
}
