//! How finely samples are kept, and which part of a range is read from where.

use super::range::Range;

const SECOND_US: i64 = 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// The samples as they came.
    Raw,
    /// Rollups.
    Minute,
    Hour,
}

impl Tier {
    pub const ROLLUPS: [Tier; 2] = [Tier::Minute, Tier::Hour];

    /// The width of its buckets, microseconds; 0 for the samples themselves.
    pub const fn step_us(self) -> i64 {
        match self {
            Tier::Raw => 0,
            Tier::Minute => 60 * SECOND_US,
            Tier::Hour => 3_600 * SECOND_US,
        }
    }

    /// The coarsest tier that still gives this step.
    pub fn coarsest(step_us: i64) -> Tier {
        Tier::ROLLUPS.into_iter().rev().find(|tier| tier.step_us() <= step_us).unwrap_or(Tier::Raw)
    }
}

/// A part of a range, and the tier that it is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub tier: Tier,
    pub range: Range,
}
