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
