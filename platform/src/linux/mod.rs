//! Linux: one noun a file. `read` does the I/O on the roots it is given; `parse` takes text, does none and never panics.

pub mod clock;
mod collector;
pub mod conntrack;
pub mod cpu;
pub mod disk;
mod error;
mod ffi;
mod filesystem;
pub mod frequency;
pub mod host;
pub mod kernel;
pub mod load;
pub mod memory;
pub mod memory_controller;
pub mod mount;
pub mod network;
pub mod power;
pub mod pressure;
pub mod processor;
pub mod raid;
pub mod rapl;
mod roots;
pub mod route;
mod sample;
pub mod sensor;
pub mod socket;
mod space;
mod text;
pub mod thermal;
pub mod throttling;
pub mod timekeeping;
pub mod uptime;
pub mod zfs;

pub use clock::clock;
pub use error::{Error, Failure, Lines};
pub use host::{boot_id, host, machine_id};
/// Bytes in a page of memory: what the kernel counts swapping and the buffers of sockets in.
pub use procfs::page_size as page_bytes;
pub use roots::Roots;
pub use sample::{Reader, Reading, sample};
