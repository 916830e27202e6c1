//! Where queries read: rows of a table, from samples or from rollups, and which part of a range has which.

use std::sync::Arc;

use duckdb::{Connection, InterruptHandle};

use super::{QueryError, frame};
use crate::series::frame::Frame;
use crate::series::range::Range;
use crate::series::tier::{Part, Tier};
use crate::store::directory::HostId;

pub trait Source: Send {
    /// Rows of some hosts, by host and dimension value in order of time. Of a rollup the columns are those of
    /// `series::rollup`, and a bucket counts by its beginning.
    fn frames(
        &self,
        tier: Tier,
        table: &str,
        dimension: Option<&str>,
        columns: &[&str],
        hosts: &[HostId],
        range: Range,
    ) -> Result<Vec<(HostId, Frame)>, QueryError>;

    /// The range in parts, in order of time and without a hole; each from the coarsest tier that it has and that still
    /// gives this step. Parts begin and end where days do.
    fn parts(&self, range: Range, step_us: i64) -> Vec<Part>;

    /// What stops the running statement, from another thread.
    fn interrupt_handle(&self) -> Arc<InterruptHandle>;
}

/// The one hot file: it has no rollups.
impl Source for Connection {
    fn frames(
        &self,
        tier: Tier,
        table: &str,
        dimension: Option<&str>,
        columns: &[&str],
        hosts: &[HostId],
        range: Range,
    ) -> Result<Vec<(HostId, Frame)>, QueryError> {
        frame::read(self, tier, table, dimension, columns, hosts, range)
    }

    fn parts(&self, range: Range, _step_us: i64) -> Vec<Part> {
        vec![Part { tier: Tier::Raw, range }]
    }

    fn interrupt_handle(&self) -> Arc<InterruptHandle> {
        Connection::interrupt_handle(self)
    }
}
