//! One reading connection and the questions it answers. Each query thread has its own.

use std::sync::Arc;

use super::QueryError;
use crate::series::frame::Frame;
use crate::series::range::Range;
use crate::store::directory::{Directory, HostId};
use crate::store::duckdb::{Ask, Reader, Tier};

pub struct Engine {
    reader: Reader,
    pub(super) directory: Arc<Directory>,
}

impl Engine {
    pub fn new(reader: Reader, directory: Arc<Directory>) -> Self {
        Engine { reader, directory }
    }

    /// What stops this engine's running statement, from another thread.
    pub fn interrupt_handle(&self) -> Arc<duckdb::InterruptHandle> {
        self.reader.interrupt_handle()
    }

    pub(super) fn frames(
        &self,
        table: &str,
        dimension: Option<&str>,
        columns: &[&str],
        hosts: &[HostId],
        range: Range,
    ) -> Result<Vec<(HostId, Frame)>, QueryError> {
        let ask = Ask { tier: Tier::Raw, table, dimension, columns, hosts, from_us: range.from_us, to_us: range.to_us };
        Ok(self.reader.frames(&self.reader.manifest(), &ask)?)
    }
}
