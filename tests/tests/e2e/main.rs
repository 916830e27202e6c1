//! End to end: the real server and the real agent, started as programs, asked over HTTP.
//!
//! - `agent_path`: host → agent → server → `/data`, `/hosts`, `/details`
//! - `old_server`: the predecessor's server, byte shapes and error texts
//! - `old_forwarder`: the predecessor's forwarder between our agent and our server
//! - `native`: batches, lines, compression, duplicates, gaps, streams, wrong clocks
//! - `estimated_time`: samples of an earlier boot whose clock was wrong
//! - `query`: rates from counters, flags, gaps, downsampling
//! - `populations`: what is read more seldom than its host is sampled
//! - `durability`: kill -9 under load, twenty times
//! - `upkeep`: kill -9 while the server seals, rolls up, lets go and copies itself
//! - `full_disk`: a disk without a byte left
//! - `full_disk`: a disk down to its floor, and without a byte left
//! - `outage`: an agent killed twenty times while there is no server
//! - `hostile`: bodies that must be refused, and refused whole
//! - `admission`: more than the server can take
//! - `lifecycle`: SIGTERM, one server per data, the predecessor's database
//! - `access`: tokens, and who may listen where
//! - `import`: the predecessor's file, brought over
//! - `identity`: names and tags of hosts, who may ask the agent
//! - `own_metrics`: `GET /metrics`
//! - `demo`: a made-up fleet, its history and its life
//! - `storage`: what is kept and for how long, `GET /storage`, a full disk
//! - `snapshot`: copies of the store, and servers on them
//! - `make_run`: the script behind `make run`
#![allow(clippy::unwrap_used)] // A test may fail at any line.

mod access;
mod admission;
mod agent_path;
mod demo;
mod durability;
mod estimated_time;
mod full_disk;
mod hostile;
mod identity;
mod import;
mod lifecycle;
mod load;
mod make_run;
mod native;
mod old_forwarder;
mod old_server;
mod outage;
mod own_metrics;
mod populations;
mod query;
mod snapshot;
mod stock;
mod storage;
mod support;
mod upkeep;
