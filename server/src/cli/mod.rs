//! The commands.

mod client;
mod demo;
mod import;
mod progress;
mod quantity;
mod serve;
mod signals;
mod snapshot;

use clap::{Parser, Subcommand};

pub use demo::Demo;
pub use import::Import;
pub use serve::Serve;
pub use snapshot::Take;

/// Siskin's server: takes samples from agents, keeps them in DuckDB, shows and answers.
#[derive(Debug, Parser)]
#[command(name = "siskin-server", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server.
    Serve(Serve),
    /// Fill a server with made-up hosts, for a look around.
    Demo(Demo),
    /// Bring the history of the predecessor's SQLite file over. The server must not run meanwhile.
    Import(Import),
    /// Copy the whole store of a running server into a directory.
    Snapshot(Take),
}
