//! The metric model (what travels, in which units), with the feature `collect` the collectors that fill it, and with the
//! feature `fleet` machines that are made up. Nothing here knows of HTTP, storage or schedules.
#![warn(missing_docs)]

pub mod model;

#[cfg(feature = "fleet")]
pub mod fleet;

#[cfg(all(feature = "collect", target_os = "linux"))]
pub mod linux;
#[cfg(all(feature = "collect", target_os = "linux"))]
pub use linux as collect;
#[cfg(all(feature = "collect", not(target_os = "linux")))]
compile_error!("the agent reads Linux only; the feature `collect` cannot be built for another system");
