//! A range of time, as it is read and answered.

const SECOND_US: i64 = 1_000_000;
/// Longer than agents wait between two samples.
const LEAD_US: i64 = 900 * SECOND_US;

/// A closed range of time, microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub from_us: i64,
    pub to_us: i64,
}

impl Range {
    /// The range that also has the sample before it, which the first rate needs.
    pub fn with_lead(self) -> Range {
        Range { from_us: self.from_us.saturating_sub(LEAD_US), ..self }
    }
}
