//! Made-up machines that behave: their days have a curve, their counters grow in the kernel's own steps, their clocks
//! agree. The same seed makes the same fleet. For tests, benchmarks and demonstrations.

mod count;
mod disk;
mod filesystem;
mod machine;
mod memory;
mod modes;
mod network;
mod pace;
mod part;
mod random;
mod readings;
mod schedule;
mod sensor;

pub use count::{readings, values};
pub use machine::{Machine, UP_BEFORE_MS};
pub use random::Random;
pub use schedule::Schedule;
