//! Compressed bodies: honest ones, and bombs.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

/// The largest block that Zstandard knows.
const ZSTD_BLOCK_MAX: usize = 128 * 1024;

/// The bytes as a gzip file.
///
/// # Panics
/// Never: writing to memory does not fail.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// A gzip file of `mib` MiB of spaces: about a thousandth of that in bytes.
///
/// # Panics
/// Never: writing to memory does not fail.
pub fn gzip_bomb(mib: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let spaces = vec![b' '; 1024 * 1024];
    for _ in 0..mib {
        encoder.write_all(&spaces).expect("memory");
    }
    encoder.finish().expect("memory")
}

/// The bytes as a Zstandard frame.
///
/// # Panics
/// Never: writing to memory does not fail.
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).expect("memory")
}

/// A Zstandard frame of `mib` MiB of spaces (RFC 8878, 3.1.1): eight blocks of four bytes a MiB.
///
/// # Panics
/// Never: the size of a block fits.
pub fn zstd_bomb(mib: usize) -> Vec<u8> {
    let blocks = mib * 1024 * 1024 / ZSTD_BLOCK_MAX;
    let repeated = 1 << 1 | u32::try_from(ZSTD_BLOCK_MAX).expect("a block is at most 128 KiB") << 3;
    // Magic number, then a frame header that names a window of 128 KiB and neither size nor checksum.
    let mut frame = vec![0x28, 0xB5, 0x2F, 0xFD, 0x00, 7 << 3];
    for block in 1..=blocks {
        // Three bytes: last block or not, kind (1: one byte repeated), size. Then the byte.
        let [a, b, c, _] = (repeated | u32::from(block == blocks)).to_le_bytes();
        frame.extend([a, b, c, b' ']);
    }
    frame
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{gzip_bomb, zstd_bomb};

    #[test]
    fn bombs_unfold_to_what_they_say() {
        let mut unfolded = Vec::new();
        flate2::read::GzDecoder::new(gzip_bomb(2).as_slice()).read_to_end(&mut unfolded).unwrap();
        assert!(unfolded.len() == 2 << 20 && unfolded.iter().all(|byte| *byte == b' '));
        assert_eq!(zstd::decode_all(zstd_bomb(2).as_slice()).unwrap(), unfolded);
    }
}
