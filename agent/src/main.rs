//! siskin-agent: reads the host on a schedule, serves what it read, and pushes it to a server.
//! Here the parts are put together; each lives in a file of its own.

mod endpoint;
mod episode;
mod http;
mod identity;
mod latest;
mod log;
mod options;
mod push;
mod queue;
mod sampler;
mod schedule;
mod settings;
mod stop;
mod timed;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use siskin_platform::collect;
use siskin_platform::model::Agent;

use options::{Command, Options};
use push::Push;
use queue::Queue;
use sampler::{Sampler, WARM_UP};
use stop::Stop;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn main() -> ExitCode {
    let command = match options::parse(std::env::args_os().skip(1), |name| std::env::var_os(name)) {
        Ok(command) => command,
        Err(message) => {
            eprintln!("siskin-agent: {message}");
            return ExitCode::from(2);
        }
    };
    let result = match command {
        Command::Help => print(options::HELP.as_bytes()),
        Command::Version => print(format!("siskin-agent {VERSION}\n").as_bytes()),
        Command::Once(options) => once(options),
        Command::Run(options) => run(options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            error!("cannot go on", error = message);
            ExitCode::FAILURE
        }
    }
}

/// Samples, serves and pushes until told to stop.
fn run(options: Options) -> Result<(), String> {
    log::set_level(options.log_level);
    let stop = Stop::install().map_err(|error| format!("cannot handle signals: {error}"))?;
    let listener =
        http::listen(&options.listen).map_err(|error| format!("cannot listen on {:?}: {error}", options.listen))?;
    let address = listener.local_addr().map_err(|error| format!("cannot listen: {error}"))?;
    let agent = agent(&options)?;
    let stream = identity::random_stream().map_err(|error| format!("cannot get random numbers: {error}"))?;
    info!(
        "starting",
        version = VERSION,
        id = agent.id,
        stream = stream,
        interval_seconds = options.interval.as_secs_f64()
    );

    let server = options.server.clone().map(|endpoint| (endpoint, Arc::new(Queue::new(queue::MAX_BYTES))));
    let credentials = options.credentials.clone();
    let queue = server.as_ref().map(|(_, queue)| Arc::clone(queue));
    let mut sampler = Sampler::start(options, agent, stream, queue);
    if stop.wait_until(Instant::now() + WARM_UP) {
        return Ok(());
    }
    sampler.take();

    let latest = sampler.latest();
    http::serve(listener, Arc::clone(&latest)).map_err(|error| format!("cannot start a thread: {error}"))?;
    info!("listening", address = address);
    if !address.ip().is_loopback() {
        warn!("anyone who reaches this address can read this host: nothing is asked for there", address = address);
    }
    let push = match server {
        Some((endpoint, queue)) => {
            info!("pushing", server = endpoint.authority, path = endpoint.path);
            let push = Push::start(latest, queue, endpoint, credentials);
            Some(push.map_err(|error| format!("cannot start a thread: {error}"))?)
        }
        None => None,
    };

    sampler.run(&stop);
    info!("stopping");
    if let Some(push) = push {
        push.finish();
    }
    Ok(())
}

/// Prints the `/system` document of a fresh start.
fn once(options: Options) -> Result<(), String> {
    log::set_level(options.log_level);
    let agent = agent(&options)?;
    let stream = identity::random_stream().map_err(|error| format!("cannot get random numbers: {error}"))?;
    let mut sampler = Sampler::start(options, agent, stream, None);
    std::thread::sleep(WARM_UP);
    sampler.take();
    let mut document = sampler.latest().document().map_err(|error| format!("cannot write the document: {error}"))?;
    document.push(b'\n');
    print(&document)
}

/// Who this agent is.
fn agent(options: &Options) -> Result<Agent, String> {
    let stable = options.id.clone().or_else(|| identity::stable_id(collect::machine_id(&options.roots).as_deref()));
    let id = match stable {
        Some(id) => id,
        None => {
            warn!("this host has no machine-id: it will look like a new one after each restart; give it a stable --id");
            identity::random_id().map_err(|error| format!("cannot get random numbers: {error}"))?
        }
    };
    Ok(Agent { id, version: VERSION.to_owned(), boot_id: collect::boot_id(&options.roots) })
}

fn print(text: &[u8]) -> Result<(), String> {
    match io::stdout().lock().write_all(text) {
        // `siskin-agent --help | head -1`
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(|error| format!("cannot write: {error}")),
    }
}
