//! siskin-agent: reads the host on a schedule, serves what it read, and pushes it to a server.
//! Here the parts are put together; each lives in a file of its own. A library, so that fuzz targets can reach them.

mod crc32;
mod endpoint;
#[cfg(test)]
mod endurance;
mod episode;
mod exposition;
#[cfg(any(test, fuzzing))]
pub mod foreign;
mod health;
mod http;
mod identity;
mod latest;
mod log;
mod options;
mod push;
mod quantity;
mod queue;
mod ring;
mod sampler;
mod schedule;
#[cfg(test)]
mod scratch;
mod settings;
mod spool;
mod state;
mod stop;
mod text;
mod timed;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "plain.rs"]
mod tls;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use siskin_platform::collect;
use siskin_platform::model::Agent;

use health::Health;
use options::{Command, Options};
use push::Push;
use queue::Queue;
use sampler::{Sampler, WARM_UP};
use spool::{Origin, Refused, Spool};
use state::State;
use stop::Stop;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The program: reads its command line and its environment, and gives its exit status.
pub fn main() -> ExitCode {
    let command = match options::parse(std::env::args_os().skip(1), |name| std::env::var_os(name)) {
        Ok(command) => command,
        Err(message) => {
            eprintln!("siskin-agent: {message}");
            return ExitCode::from(2);
        }
    };
    let result = match command {
        Command::Help => print(options::help().as_bytes()),
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
    let mut state = State::load(options.state.as_deref());
    let agent = agent(&options, &state)?;
    if options.id.is_none() {
        state.set_id(&agent.id);
    }
    let stream = identity::random_stream().map_err(|error| format!("cannot get random numbers: {error}"))?;
    info!(
        "starting",
        version = VERSION,
        id = agent.id,
        stream = stream,
        interval_seconds = options.interval.as_secs_f64()
    );

    let now = collect::clock();
    let boot_id = agent.boot_id.clone();
    let floor = state.floor(now, boot_id.as_deref());
    state.pass(now, boot_id.as_deref(), true);
    let queue = match &options.server {
        Some(_) => Some(queue(&options, Origin { stream, boot_id, floor })?),
        None => {
            if options.spool.is_some() {
                warn!("a spool without a server keeps nothing");
            }
            None
        }
    };
    let server = options.server.clone().zip(queue.clone());
    let guard = options.guard.clone();
    guard.tell(address);
    let (credentials, tls_ca) = (options.credentials.clone(), options.tls_ca.clone());
    let mut sampler = Sampler::start(options, agent, stream, queue, state);
    if stop.wait_until(Instant::now() + WARM_UP) {
        if let Some((_, queue)) = server {
            queue.save();
        }
        return Ok(());
    }
    sampler.take();

    let latest = sampler.latest();
    http::serve(listener, Arc::clone(&latest), guard).map_err(|error| format!("cannot start a thread: {error}"))?;
    info!("listening", address = address);
    let push = match server {
        Some((endpoint, queue)) => {
            info!("pushing", server = endpoint.authority, path = endpoint.path);
            let push = Push::start(latest, queue, endpoint, credentials, tls_ca);
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
    let state = State::load(options.state.as_deref());
    let agent = agent(&options, &state)?;
    let stream = identity::random_stream().map_err(|error| format!("cannot get random numbers: {error}"))?;
    let mut sampler = Sampler::start(options, agent, stream, None, state);
    std::thread::sleep(WARM_UP);
    sampler.take();
    let mut document =
        sampler.latest().whole_document().map_err(|error| format!("cannot write the document: {error}"))?;
    document.push(b'\n');
    print(&document)
}

/// The queue of samples to push. A disk that cannot be used costs the spool, not the agent; a directory that another
/// agent uses is a mistake that a person has to mend.
fn queue(options: &Options, origin: Origin) -> Result<Arc<Queue>, String> {
    let stream = origin.stream;
    let queue = |spool, refused| Arc::new(Queue::new(stream, queue::MAX_BYTES, spool, refused, Health::begin()));
    let Some(dir) = &options.spool else { return Ok(queue(None, None)) };
    match Spool::open(dir, options.spool_limits, origin) {
        Ok(spool) => {
            info!("spooling", dir = dir.display(), waiting_bytes = spool.bytes());
            Ok(queue(Some(spool), Some(Refused::new(dir))))
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            Err(format!("another agent uses the spool {}", dir.display()))
        }
        Err(error) => {
            error!("cannot use the spool, samples wait in memory", dir = dir.display(), error = error);
            Ok(queue(None, None))
        }
    }
}

/// Who this agent is: as told, else as always, else as the machine says.
fn agent(options: &Options, state: &State) -> Result<Agent, String> {
    let stable = options.id.clone().or_else(|| state.id().map(str::to_owned));
    let stable = stable.or_else(|| identity::stable_id(collect::machine_id(&options.roots).as_deref()));
    let id = match stable {
        Some(id) => id,
        None => {
            if options.state.is_none() {
                warn!("no machine-id: this host will look like a new one after each restart; give it --id or --state");
            }
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
