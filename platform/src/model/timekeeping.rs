//! How well the wall clock is kept.

use serde::{Deserialize, Serialize};

/// What the kernel knows of its wall clock from the program that disciplines it (chrony, ntpd, systemd-timesyncd).
/// Linux: `adjtimex`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timekeeping {
    /// Whether someone says that it is right (`status` without `STA_UNSYNC`).
    pub synchronized: bool,
    /// What is still to be slewed, seconds (`offset`, µs, or ns with `STA_NANO`). Positive: the clock is behind.
    pub offset_seconds: f64,
    /// By how much it is made to run faster, as a share of its own speed (`freq`, 1/65536 of a millionth).
    pub frequency_offset_ratio: f64,
    /// The error that is estimated, seconds (`esterror`, µs).
    pub estimated_error_seconds: f64,
    /// The error that is possible, seconds (`maxerror`, µs). It grows from one correction to the next, to 16 s at
    /// most.
    pub maximum_error_seconds: f64,
    /// Bits that say how it is disciplined (`status`). Their meaning is the kernel's: they are told at once, and neither sent
    /// nor stored.
    #[serde(skip)]
    pub status_bits: u32,
    /// By how much atomic time is ahead of UTC, seconds; 0 where nobody has told the kernel (`tai`). Neither sent nor stored.
    #[serde(skip)]
    pub atomic_offset_seconds: i32,
}
