//! A source of rows and the questions that are answered from it. Each query thread has its own.

use std::sync::Arc;

use super::QueryError;
use super::source::Source;
use crate::series::frame::Frame;
use crate::series::range::Range;
use crate::series::tier::{Part, Tier};
use crate::store::directory::{Directory, HostId};
use crate::store::duckdb::Ask;

pub struct Engine {
    source: Box<dyn Source>,
    pub(super) directory: Arc<Directory>,
}

impl Engine {
    pub fn new(source: impl Source + 'static, directory: Arc<Directory>) -> Self {
        Engine { source: Box::new(source), directory }
    }

    /// What stops this engine's running statement, from another thread.
    pub fn interrupt_handle(&self) -> Arc<duckdb::InterruptHandle> {
        self.source.interrupt_handle()
    }

    /// Where a range is read from when steps of this width are wanted.
    pub(super) fn parts(&self, range: Range, step_us: i64) -> Vec<Part> {
        match Tier::coarsest(step_us) {
            Tier::Raw => vec![Part { tier: Tier::Raw, range }],
            _ => self.source.parts(range, step_us),
        }
    }

    pub(super) fn frames(&self, ask: &Ask<'_>) -> Result<Vec<(HostId, Frame)>, QueryError> {
        self.source.frames(ask)
    }
}
