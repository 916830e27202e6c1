//! Tracked connections: `/proc/sys/net/netfilter`.

use super::{Roots, text};
use crate::model::Conntrack;

/// How full the table is. `None` where nothing is tracked.
pub fn read(roots: &Roots) -> Option<Conntrack> {
    let number = |file| text::read_number(roots.in_proc(&format!("sys/net/netfilter/{file}")));
    Some(Conntrack { entries: number("nf_conntrack_count")?, limit: number("nf_conntrack_max") })
}
