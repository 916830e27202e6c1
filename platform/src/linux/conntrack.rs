//! Tracked connections: `/proc/sys/net/netfilter`.

use super::{
    Error, Roots,
    collector::{Collector, Found},
    kept::Kept,
};
use crate::model::{self, Sample};

/// How full the table is, where connections are tracked.
pub(super) struct Conntrack {
    entries: Kept,
    limit: Kept,
}

impl Conntrack {
    pub(super) fn new(roots: &Roots) -> Self {
        let file = |file| Kept::new(roots.in_proc(&format!("sys/net/netfilter/{file}")));
        Self { entries: file("nf_conntrack_count"), limit: file("nf_conntrack_max") }
    }
}

impl Collector for Conntrack {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, _: &mut Vec<Error>) -> Result<Found, Error> {
        let Some(entries) = self.entries.number(text) else { return Ok(Found::Nothing) };
        sample.conntrack = Some(model::Conntrack { entries, limit: self.limit.number(text) });
        Ok(Found::Source)
    }
}
