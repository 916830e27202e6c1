//! The server's entry: reads the command line, runs the command, says in one line what went wrong.

mod allocator;
mod ask;
mod auth;
mod cli;
mod clock;
mod http;
mod import;
mod ingest;
mod query;
mod series;
mod store;
mod supervisor;
mod telemetry;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    allocator::settle();
    let result = match cli::Cli::parse().command {
        cli::Command::Serve(serve) => serve.run(),
        cli::Command::Import(import) => import.run(),
        cli::Command::Demo(demo) => demo.run(),
        cli::Command::Snapshot(take) => take.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("siskin-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}
