//! The commands.

mod client;
mod quantity;
mod serve;
mod snapshot;

use clap::{Parser, Subcommand};

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
    /// Copy the whole store of a running server into a directory.
    Snapshot(Take),
}
