//! What travels: plain data, one noun a file. Units are in the names; a reading the host lacks is `None`, never zero.

mod batch;
pub mod catalog;
mod clock;
mod conntrack;
mod cpu;
mod disk;
mod filesystem;
mod host;
mod kernel;
mod load;
mod memory;
mod network;
mod power;
mod pressure;
mod raid;
mod sample;
mod sensor;
mod socket;
pub mod system;

pub use batch::{Agent, Batch, MAX_SAMPLES};
pub use clock::Clock;
pub use conntrack::Conntrack;
pub use cpu::{Core, Cpu, Modes};
pub use disk::Disk;
pub use filesystem::Filesystem;
pub use host::{Address, Host};
pub use kernel::Kernel;
pub use load::Load;
pub use memory::{Memory, Swap};
pub use network::Network;
pub use power::{PowerSupply, Throttling};
pub use pressure::{Pressure, Stall, Stalls};
pub use raid::Raid;
pub use sample::Sample;
pub use sensor::Sensor;
pub use socket::{Sockets, Tcp, Udp};
