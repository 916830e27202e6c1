//! What the agent is told: flags, their environment twins and the predecessor's variables, checked.
//! Every value is checked here; nothing below reads the environment.

mod facts;
mod listen;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use siskin_platform::collect::{self, Roots, Selection, Setup};
use siskin_platform::model::{Host, Tags};

use crate::endpoint::{Credentials, Endpoint};
use crate::http::Guard;
use crate::log::Level;
use crate::quantity;
use crate::settings::{Given, Sources, Switch};
use crate::spool::Limits;
use crate::tls;

/// The text of `--help`, but for the collectors.
const HELP: &str = include_str!("help.txt");

const DEFAULT_INTERVAL: Duration = Duration::from_secs(10);
/// Below a tenth of a second the agent would measure itself.
const MIN_INTERVAL_SECONDS: f64 = 0.1;
/// Beyond a day a host would be forgotten between two samples.
const MAX_INTERVAL_SECONDS: f64 = 86_400.0;
/// Longer than any id of ours or of a person's making.
const MAX_ID_BYTES: usize = 128;

/// Three days of a small host with all collectors at one sample every 10 s, and little on any card.
const DEFAULT_SPOOL_BYTES: u64 = 64 << 20;
/// A smaller one would drop whole minutes at a time; a larger one is a slip of the finger.
const SPOOL_BYTES: RangeInclusive<u64> = 64 << 10..=16 << 30;
const DEFAULT_SPOOL_AGE: Duration = Duration::from_secs(7 * 86_400);
/// A server forgets after 90 days what it has stored, and would store it again.
const SPOOL_AGE: RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(60 * 86_400);
/// The state file, where only a spool is given.
const STATE_NAME: &str = "state";

/// How long a filesystem may take to tell where the disk path leads. A disk that has to spin up needs more, but the path
/// as it was given will do then.
const RESOLVE_TIME: Duration = Duration::from_secs(2);

/// What to do.
#[derive(Debug)]
pub enum Command {
    /// Sample, serve and push until told to stop.
    Run(Options),
    /// Print one `/system` document.
    Once(Options),
    /// Print the help text.
    Help,
    /// Print the version.
    Version,
}

/// Checked settings.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where `/system` and `/health` are served: the addresses to try, in order.
    pub listen: Vec<SocketAddr>,
    /// What is asked of those who come there.
    pub guard: Guard,
    /// Where samples are pushed, if anywhere.
    pub server: Option<Endpoint>,
    /// What the server is shown.
    pub credentials: Credentials,
    /// The CAs that the server's certificate may be signed by, when not the system's.
    pub tls_ca: Option<PathBuf>,
    /// Distance of two samples.
    pub interval: Duration,
    /// The stable id, when it is not the machine's.
    pub id: Option<String>,
    /// The host's name, when it is not the kernel's.
    pub hostname: Option<String>,
    /// The host's tags: names and values.
    pub tags: Tags,
    /// Where samples wait on disk, if they do.
    pub spool: Option<PathBuf>,
    /// How many of them, and for how long.
    pub spool_limits: Limits,
    /// Where the id and the floor of the clock are kept, if they are.
    pub state: Option<PathBuf>,
    /// Where the kernel's files are.
    pub roots: Roots,
    /// The path, free of links, whose filesystem stands for the host's disk in `/system`.
    pub disk_path: String,
    /// Whether filesystems on the network are asked for their space.
    pub network_filesystems: bool,
    /// Which collectors read.
    pub collectors: Selection,
    /// Where people put metrics of their own, if they do.
    pub textfiles: Option<PathBuf>,
    /// The least important log line that is written.
    pub log_level: Level,
}

impl Options {
    /// What to read, and where.
    pub fn setup(&self) -> Setup {
        Setup {
            roots: self.roots.clone(),
            disk_path: self.disk_path.clone(),
            network_filesystems: self.network_filesystems,
            textfile_dir: self.textfiles.clone(),
            collectors: self.collectors.clone(),
        }
    }

    /// The host under the name and with the tags that were given.
    pub fn named(&self, mut host: Host) -> Host {
        if let Some(hostname) = &self.hostname {
            host.hostname.clone_from(hostname);
        }
        host.tags.clone_from(&self.tags);
        host
    }
}

/// The text of `--help`: the collectors below it are those that there are.
pub fn help() -> String {
    let mut help = HELP.to_owned();
    help.push_str("\nCollectors, for --collectors and --no-collectors, and what each reads where the host has it:\n");
    for (name, about) in collect::collectors() {
        help.push_str(&format!("  {name:<12} {about}\n"));
    }
    help
}

/// Reads the command line (without the program's name) and the environment. The error is one line for the person.
pub fn parse(
    args: impl IntoIterator<Item = OsString>,
    env: impl Fn(&str) -> Option<OsString>,
) -> Result<Command, String> {
    let (switch, sources) = Sources::read(args, env)?;
    match switch {
        Switch::Help => Ok(Command::Help),
        Switch::Version => Ok(Command::Version),
        Switch::Once => Ok(Command::Once(options(&sources)?)),
        Switch::None => Ok(Command::Run(options(&sources)?)),
    }
}

fn options<E: Fn(&str) -> Option<OsString>>(sources: &Sources<E>) -> Result<Options, String> {
    let server = sources.find("server")?.map(endpoint).transpose()?;
    let roots = roots(sources)?;
    let spool = sources.find("spool")?.map(spool).transpose()?;
    let (listen, guard) = listen::listen(sources)?;
    Ok(Options {
        listen,
        guard,
        credentials: credentials(sources, server.as_ref())?,
        tls_ca: tls_ca(sources, server.as_ref())?,
        server,
        interval: sources.find("interval")?.map_or(Ok(DEFAULT_INTERVAL), interval)?,
        id: sources.find("id")?.map(id).transpose()?,
        hostname: sources.find("hostname")?.map(facts::hostname).transpose()?,
        tags: facts::tags(&sources.find_all("tag")?)?,
        disk_path: sources.find("disk-path")?.map_or(Ok("/".to_owned()), |given| disk_path(&given, &roots))?,
        roots,
        textfiles: sources.find("textfile-dir")?.map(textfiles).transpose()?,
        state: state(sources, spool.as_deref())?,
        spool,
        spool_limits: spool_limits(sources)?,
        network_filesystems: sources.find("filesystems")?.map_or(Ok(false), filesystems)?,
        collectors: collectors(sources)?,
        log_level: sources.find("log-level")?.map_or(Ok(Level::Info), log_level)?,
    })
}

fn credentials<E: Fn(&str) -> Option<OsString>>(
    sources: &Sources<E>,
    server: Option<&Endpoint>,
) -> Result<Credentials, String> {
    let (from, credentials) = if let Some(file) = sources.find("token-file")? {
        (file.from, Credentials::TokenFile(PathBuf::from(file.value)))
    } else if let Some(token) = sources.variable("SISKIN_AGENT_TOKEN")? {
        (token.from, Credentials::Token(token.value))
    } else if let Some(user_info) = server.and_then(|server| server.user_info.clone()) {
        ("--server".to_owned(), Credentials::Basic(user_info))
    } else {
        return Ok(Credentials::None);
    };
    credentials.authorization().map_err(|error| format!("{from}: {error}"))?;
    Ok(credentials)
}

fn roots<E: Fn(&str) -> Option<OsString>>(sources: &Sources<E>) -> Result<Roots, String> {
    let mut roots = Roots::default();
    for (flag, root) in [("proc", &mut roots.proc), ("sys", &mut roots.sys), ("root", &mut roots.root)] {
        if let Some(given) = sources.find(flag)? {
            *root = PathBuf::from(&given.value);
            if !root.is_dir() {
                return Err(given.wrong("expected a directory"));
            }
        }
    }
    let default = Roots::default();
    match sources.find("root")? {
        Some(root) if roots.root != default.root && roots.proc == default.proc => {
            Err(root.wrong("expected --proc beside it, such as /host/proc (/proc shows this container's mounts)"))
        }
        _ => Ok(roots),
    }
}

/// The message leaves the URL out: it may hold a password.
fn endpoint(given: Given) -> Result<Endpoint, String> {
    let named = |error| format!("{}: {error}", given.from);
    let endpoint = Endpoint::parse(&given.value).map_err(named)?;
    if endpoint.tls {
        tls::available().map_err(named)?;
    }
    Ok(endpoint)
}

/// A CA beside an address without TLS is a mistake: token and readings would travel in the clear.
fn tls_ca<E: Fn(&str) -> Option<OsString>>(
    sources: &Sources<E>,
    server: Option<&Endpoint>,
) -> Result<Option<PathBuf>, String> {
    let Some(given) = sources.find("tls-ca")? else { return Ok(None) };
    let ca = PathBuf::from(&given.value);
    tls::check(&ca).map_err(|error| format!("{}: {error}", given.from))?;
    if server.is_some_and(|server| !server.tls) {
        return Err(format!("{} goes with an https:// address of the server, and it is http://", given.from));
    }
    Ok(Some(ca))
}

fn interval(given: Given) -> Result<Duration, String> {
    let seconds = given.value.trim().parse::<f64>().ok();
    let seconds = seconds.filter(|seconds| (MIN_INTERVAL_SECONDS..=MAX_INTERVAL_SECONDS).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| given.wrong("expected seconds from 0.1 to 86400"))
}

fn id(given: Given) -> Result<String, String> {
    let fits = given.value.len() <= MAX_ID_BYTES && given.value.bytes().all(|byte| byte.is_ascii_graphic());
    if fits && !given.value.is_empty() {
        Ok(given.value)
    } else {
        Err(given.wrong("expected 1 to 128 visible ASCII characters"))
    }
}

fn filesystems(given: Given) -> Result<bool, String> {
    match given.value.as_str() {
        "local" => Ok(false),
        "all" => Ok(true),
        _ => Err(given.wrong("expected local or all")),
    }
}

fn collectors<E: Fn(&str) -> Option<OsString>>(sources: &Sources<E>) -> Result<Selection, String> {
    let wrong = |given: &Given, error: String| format!("{}: {error}", given.from);
    let mut selection = match sources.find("collectors")? {
        Some(given) => Selection::only(&given.value).map_err(|error| wrong(&given, error))?,
        None => Selection::default(),
    };
    if let Some(given) = sources.find("no-collectors")? {
        selection = selection.without(&given.value).map_err(|error| wrong(&given, error))?;
    }
    Ok(selection)
}

fn spool(given: Given) -> Result<PathBuf, String> {
    let path = PathBuf::from(&given.value);
    if path.exists() && !path.is_dir() { Err(given.wrong("expected a directory")) } else { Ok(path) }
}

fn spool_limits<E: Fn(&str) -> Option<OsString>>(sources: &Sources<E>) -> Result<Limits, String> {
    let mut limits = Limits { max_bytes: DEFAULT_SPOOL_BYTES, max_age: DEFAULT_SPOOL_AGE };
    if let Some(given) = sources.find("spool-max-bytes")? {
        let bytes = quantity::bytes(&given.value).filter(|bytes| SPOOL_BYTES.contains(bytes));
        limits.max_bytes = bytes.ok_or_else(|| given.wrong("expected bytes from 64K to 16G, such as 64M"))?;
    }
    if let Some(given) = sources.find("spool-max-age")? {
        let age = quantity::time(&given.value).filter(|age| SPOOL_AGE.contains(age));
        limits.max_age = age.ok_or_else(|| given.wrong("expected a time from 1m to 60d, such as 12h"))?;
    }
    Ok(limits)
}

fn state<E: Fn(&str) -> Option<OsString>>(
    sources: &Sources<E>,
    spool: Option<&Path>,
) -> Result<Option<PathBuf>, String> {
    match sources.find("state")? {
        Some(given) if Path::new(&given.value).is_dir() => Err(given.wrong("expected a file, not a directory")),
        Some(given) => Ok(Some(PathBuf::from(given.value))),
        None => Ok(spool.map(|dir| dir.join(STATE_NAME))),
    }
}

fn disk_path(given: &Given, roots: &Roots) -> Result<String, String> {
    if !given.value.starts_with('/') {
        return Err(given.wrong("expected an absolute path"));
    }
    let (done, result) = sync_channel(1);
    let (path, roots) = (given.value.clone(), roots.clone());
    let follow = move || drop(done.send(roots.resolve(&path)));
    let thread = thread::Builder::new().name("disk-path".to_owned()).spawn(follow);
    match thread.ok().and_then(|_| result.recv_timeout(RESOLVE_TIME).ok()) {
        Some(resolved) => resolved.map_err(|error| given.wrong(&format!("expected a path of this host ({error})"))),
        // On a filesystem that hangs. Which one that is shows without its help, unless the path has links.
        None => Ok(given.value.clone()),
    }
}

fn textfiles(given: Given) -> Result<PathBuf, String> {
    let path = PathBuf::from(&given.value);
    if path.is_dir() { Ok(path) } else { Err(given.wrong("expected a directory")) }
}

fn log_level(given: Given) -> Result<Level, String> {
    given.value.parse().map_err(|()| given.wrong("expected error, warn, info or debug"))
}

#[cfg(test)]
mod tests;
