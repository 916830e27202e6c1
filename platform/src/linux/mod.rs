//! Linux: one noun a file. A collector does the I/O on the roots it is given; `parse` takes text, does none and never
//! panics.

mod aside;
pub mod clock;
mod collector;
mod conntrack;
pub mod cpu;
pub mod disk;
mod error;
mod ffi;
mod filesystem;
pub mod frequency;
pub mod host;
mod kept;
pub mod kernel;
pub mod load;
pub mod memory;
mod memory_controller;
pub mod mount;
pub mod network;
pub mod power;
pub mod pressure;
pub mod processor;
pub mod raid;
mod rapl;
mod reader;
mod registry;
mod roots;
pub mod route;
mod rows;
mod selection;
pub mod sensor;
pub mod socket;
mod space;
mod text;
mod thermal;
pub mod throttling;
mod timekeeping;
pub mod uptime;
pub mod zfs;

pub use clock::clock;
pub use error::{Error, Failure};
pub use host::{boot_id, host, machine_id};
pub use reader::{Reader, Reading, Setup, exchange_slow, sample};
pub use roots::Roots;
pub use selection::{Selection, collectors};
