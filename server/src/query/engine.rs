//! One reading connection and the questions it answers. Each query thread has its own.

use std::sync::Arc;

use duckdb::Connection;

use super::QueryError;
use super::frame;
use crate::series::frame::Frame;
use crate::series::range::Range;
use crate::store::directory::{Directory, HostId};

pub struct Engine {
    connection: Connection,
    pub(super) directory: Arc<Directory>,
}

impl Engine {
    pub fn new(connection: Connection, directory: Arc<Directory>) -> Self {
        Engine { connection, directory }
    }

    /// What stops this engine's running statement, from another thread.
    pub fn interrupt_handle(&self) -> Arc<duckdb::InterruptHandle> {
        self.connection.interrupt_handle()
    }

    pub(super) fn frames(
        &self,
        table: &str,
        dimension: Option<&str>,
        columns: &[&str],
        hosts: &[HostId],
        range: Range,
    ) -> Result<Vec<(HostId, Frame)>, QueryError> {
        frame::read(&self.connection, table, dimension, columns, hosts, range)
    }
}
