//! The agent's binary as a process, alone or before a server made up for the test.
//! `once`: one document · `dead`: a filesystem that hangs · `serve`: its own port · `push`: what it sends · `spool`: what it keeps on disk ·
//! `options`: how it starts and ends · `tls`: pushes over https.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod agent;
mod dead;
mod once;
mod options;
mod push;
mod serve;
mod server;
mod spool;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
mod without_tls;
