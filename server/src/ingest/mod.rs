//! From a request's body to rows: admission, decompression, decoding, the repair of clocks. Knows both forms of a push,
//! and nothing of HTTP or of how rows are kept.

pub mod actor;
pub mod admission;
pub mod bounds;
mod clock;
mod decode;
pub mod encoding;
mod flat;
mod members;
mod native;

pub use decode::{DecodeError, decode};

use admission::{Admission, Limits};
use encoding::{Encoding, unpack};

use crate::store::{Origin, Submission};

/// Makes again what a body was that was taken once. What was taken then is within any limit now.
pub fn again(origin: &Origin) -> Option<Submission> {
    const ANY: usize = 1 << 31;
    let admission = Admission::new(Limits { body_bytes: ANY, decoded_bytes: ANY, inflight_bytes: ANY });
    let mut permit = admission.admit(origin.body.len()).ok()?;
    let plain = unpack(&origin.body, Encoding::of_number(origin.encoding)?, &admission, &mut permit).ok()?;
    decode(&plain, origin.received_us).ok()
}
