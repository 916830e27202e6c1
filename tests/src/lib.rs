//! What the end-to-end tests and the benchmark are made of: real programs on port 0, a plain HTTP client, and readings of
//! the kernel that are nobody else's. Knows the wire, never the inside of server or agent.

pub mod http;
pub mod kernel;
pub mod naming;
pub mod process;
pub mod prometheus;
pub mod python;
pub mod squeeze;
pub mod wait;
