//! `make bench-store`, `bench-retention` and `bench-agent`: what a history costs the server, what a long one under limits
//! does, and what watching costs a host, beside their peers, measured on the real programs.
#![allow(clippy::print_stdout)] // Its report is its purpose.

mod arguments;
mod footprint;
mod programs;
mod store;

use arguments::Task;

fn main() {
    let task = Task::read(std::env::args().skip(1)).map_err(|error| format!("{error}\n\n{}", arguments::HELP));
    if let Err(error) = task.and_then(|task| run(&task)) {
        eprintln!("{error}");
        std::process::exit(2);
    }
}

fn run(task: &Task) -> Result<(), String> {
    match task {
        Task::Help => println!("{}", arguments::HELP),
        Task::Store(sizes) => {
            println!("{}", machine());
            store::report(sizes)?;
        }
        Task::Retention(sizes) => {
            println!("{}", machine());
            store::retention::report(sizes)?;
        }
        Task::Agent(sizes) => {
            println!("{}", machine());
            footprint::report(sizes)?;
        }
    }
    Ok(())
}

/// What this was measured on.
fn machine() -> String {
    let line = |file: &str, start: &str| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned();
        line.split_once(':').map_or(line.clone(), |(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = line("/proc/sys/kernel/osrelease", "");
    format!("{cores} processors ({}), Linux {kernel}", line("/proc/cpuinfo", "model name"))
}
