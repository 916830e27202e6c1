//! What a series is, and what is computed from the rows of one host: metrics by name, rates, when a host was sampled,
//! rollups. Pure: it knows no database and asks nobody.

pub mod bucket;
pub mod frame;
mod grain;
pub mod metric;
pub mod range;
pub mod rate;
pub mod raw;
pub mod rollup;
pub mod tier;
pub mod timeline;
