//! Decompression, bounded: a small body that grows without end is refused, not unpacked.

use std::borrow::Cow;
use std::io::Read;

use tokio::sync::OwnedSemaphorePermit;

use super::DecodeError;
use super::admission::Admission;

/// Room is taken in steps of this size while a body unpacks.
const STEP_BYTES: usize = 256 * 1024;
/// A zstd frame may ask for a window of 2^N bytes at most; 8 MiB is what its levels up to 19 use.
const ZSTD_WINDOW_LOG: u32 = 23;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Identity,
    Gzip,
    Zstd,
}

impl Encoding {
    /// The value of a `Content-Encoding` header.
    pub fn parse(header: &str) -> Option<Self> {
        match header.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Some(Encoding::Identity),
            "gzip" | "x-gzip" => Some(Encoding::Gzip),
            "zstd" => Some(Encoding::Zstd),
            _ => None,
        }
    }

    /// The number by which the journal knows it.
    pub fn number(self) -> u8 {
        match self {
            Encoding::Identity => 0,
            Encoding::Gzip => 1,
            Encoding::Zstd => 2,
        }
    }

    pub fn of_number(number: u8) -> Option<Self> {
        [Encoding::Identity, Encoding::Gzip, Encoding::Zstd].into_iter().find(|encoding| encoding.number() == number)
    }
}

/// The plain body. Takes room for what it unpacks.
pub fn unpack<'a>(
    body: &'a [u8],
    encoding: Encoding,
    admission: &Admission,
    permit: &mut OwnedSemaphorePermit,
) -> Result<Cow<'a, [u8]>, DecodeError> {
    let name = match encoding {
        Encoding::Identity => return Ok(Cow::Borrowed(body)),
        Encoding::Gzip => "gzip",
        Encoding::Zstd => "zstd",
    };
    let damaged = |error: std::io::Error| DecodeError::Damaged { encoding: name, detail: error.to_string() };
    let mut reader: Box<dyn Read + '_> = match encoding {
        Encoding::Zstd => {
            let mut decoder = zstd::Decoder::with_buffer(body).map_err(damaged)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(damaged)?;
            Box::new(decoder)
        }
        _ => Box::new(flate2::bufread::MultiGzDecoder::new(body)),
    };
    let mut plain = Vec::new();
    loop {
        let before = plain.len();
        let step = STEP_BYTES.min(admission.limits.decoded_bytes + 1 - before);
        reader.by_ref().take(step as u64).read_to_end(&mut plain).map_err(damaged)?;
        let read = plain.len() - before;
        if plain.len() > admission.limits.decoded_bytes {
            return Err(DecodeError::TooLarge { limit: admission.limits.decoded_bytes });
        }
        admission.grow(permit, read).map_err(|_| DecodeError::Busy)?;
        if read < step {
            return Ok(Cow::Owned(plain));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::admission::Limits;
    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn admission() -> Admission {
        Admission::new(Limits { body_bytes: 1 << 20, decoded_bytes: 1 << 20, inflight_bytes: 4 << 20 })
    }

    #[test]
    fn both_encodings_come_back_whole() {
        let admission = admission();
        let plain: Vec<u8> = (0..700_000u32).map(|i| (i * 7 % 251) as u8).collect();
        for (packed, encoding) in
            [(gzip(&plain), Encoding::Gzip), (zstd::encode_all(plain.as_slice(), 3).unwrap(), Encoding::Zstd)]
        {
            let mut permit = admission.admit(packed.len()).unwrap();
            assert_eq!(unpack(&packed, encoding, &admission, &mut permit).unwrap(), plain.as_slice());
            assert_eq!(permit.num_permits(), packed.len() + plain.len());
        }
    }

    #[test]
    fn a_bomb_is_refused_at_the_limit_and_a_torn_body_is_named() {
        let admission = admission();
        let bomb = gzip(&vec![0; 50 << 20]);
        let mut permit = admission.admit(bomb.len()).unwrap();
        assert!(matches!(
            unpack(&bomb, Encoding::Gzip, &admission, &mut permit),
            Err(DecodeError::TooLarge { limit: 1048576 })
        ));
        let whole = gzip(b"hello");
        let mut permit = admission.admit(10).unwrap();
        assert!(matches!(
            unpack(&whole[..whole.len() - 6], Encoding::Gzip, &admission, &mut permit),
            Err(DecodeError::Damaged { encoding: "gzip", .. })
        ));
    }
}
