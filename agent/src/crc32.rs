//! The CRC-32 of gzip and zlib (polynomial 0xEDB88320, reflected). A table of 1 KiB: what it checks is a few
//! kilobytes at a time, and faster crates bring sixteen times the table.

const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

/// The checksum of these bytes.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| crc >> 8 ^ TABLE[usize::from(crc as u8 ^ byte)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn a_changed_byte_is_always_seen() {
        let bytes = [7; 64];
        for index in 0..bytes.len() {
            for flip in 1..=255 {
                let mut changed = bytes;
                changed[index] ^= flip;
                assert_ne!(crc32(&changed), crc32(&bytes));
            }
        }
    }
}
