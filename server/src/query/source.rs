//! Where queries read: rows of a table, from samples or from rollups, and which part of a range has which.

use std::sync::Arc;

use duckdb::InterruptHandle;

use super::QueryError;
use crate::series::frame::Frame;
use crate::series::range::Range;
use crate::series::tier::Part;
use crate::store::directory::HostId;
use crate::store::duckdb::{Ask, Reader};

pub trait Source: Send {
    /// Rows of some hosts, by host and dimension value in order of time. Of a rollup the columns are those of
    /// `series::rollup`, and a bucket counts by its beginning.
    fn frames(&self, ask: &Ask<'_>) -> Result<Vec<(HostId, Frame)>, QueryError>;

    /// The range in parts, in order of time and without a hole; each from the coarsest tier that it has and that still
    /// gives this step. Parts begin and end where days do.
    fn parts(&self, range: Range, step_us: i64) -> Vec<Part>;

    /// What stops the running statement, from another thread.
    fn interrupt_handle(&self) -> Arc<InterruptHandle>;
}

impl Source for Reader {
    fn frames(&self, ask: &Ask<'_>) -> Result<Vec<(HostId, Frame)>, QueryError> {
        Ok(Reader::frames(self, &self.manifest(), ask)?)
    }

    fn parts(&self, range: Range, step_us: i64) -> Vec<Part> {
        Reader::parts(self, &self.manifest(), range, step_us)
    }

    fn interrupt_handle(&self) -> Arc<InterruptHandle> {
        Reader::interrupt_handle(self)
    }
}
