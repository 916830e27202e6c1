//! What every collector is: something that keeps what it needs from one reading to the next, and reads into its own
//! place in a sample.

use super::Error;
use crate::model::Sample;

/// Whether a machine has what a collector reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It was read.
    Source,
    /// There is no such thing here. It is looked for again once a minute, and nobody hears of it.
    Nothing,
}

/// One noun's reader. What it holds (open files, names, the rows' order) makes the next reading cheap.
pub(super) trait Collector: Send {
    /// Writes all of its own fields of the sample, and none of the others. `sample` holds an earlier reading: rows and
    /// texts in it are written over in place, so that a reading like the one before allocates nothing. `text` is scratch
    /// that all collectors share, `odd` takes what went wrong with a part. After an error its fields are emptied.
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, odd: &mut Vec<Error>) -> Result<Found, Error>;
}
