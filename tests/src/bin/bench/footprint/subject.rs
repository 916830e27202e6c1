//! A program whose footprint is measured: how it is started, asked and looked at.

use std::{
    net::SocketAddr,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use siskin_tests::{
    http::Client,
    kernel,
    process::{Home, Program},
    wait::PATIENCE,
};

use super::{
    allocations::Counter,
    collectd,
    door::{Answer, Door},
};
use crate::programs::free_address;

/// Between two looks whether a program answers yet.
const PAUSE: Duration = Duration::from_millis(50);

/// The service of the predecessor's kind.
const PSUTIL_SERVICE: &str = include_str!("psutil_service.py");

/// One row of the tables.
pub struct Subject {
    /// What to call it.
    pub name: &'static str,
    /// The program; Python's for the psutil service.
    pub binary: PathBuf,
    /// How it is started and asked.
    pub kind: Kind,
    /// How much it reads.
    pub set: Set,
}

/// How a program is started and asked.
pub enum Kind {
    /// This project's agent, with these arguments.
    Siskin(&'static [&'static str]),
    /// node_exporter, with these arguments.
    NodeExporter(&'static [&'static str]),
    /// collectd with the plugins that read what [`Set::Core`] does.
    Collectd,
    /// The psutil service.
    Psutil,
}

/// How much a program reads. Rows of one set are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// CPU, load, memory, filesystems, disk I/O, network, uptime.
    Core,
    /// What it reads as it comes.
    Everything,
}

/// A started program, with a directory that goes with it.
pub struct Running {
    /// The process.
    pub program: Program,
    /// Where to ask it.
    door: Door,
    started: Instant,
    _home: Home,
}

impl Subject {
    /// Whether it samples by its own schedule; the others read when they are asked.
    pub fn samples_by_itself(&self) -> bool {
        matches!(self.kind, Kind::Siskin(_) | Kind::Collectd)
    }

    /// Starts it, sampling each `interval` seconds where it has a schedule, and waits for its first answer.
    ///
    /// # Errors
    /// When it ends or never answers: what it said last.
    pub fn start(&self, interval: f64, counter: Option<&Counter>) -> Result<Running, String> {
        let home = Home::new();
        let address = free_address();
        let mut command = self.command(&home, address, interval);
        if let Some(counter) = counter {
            counter.count(&mut command);
        }
        let mut program = Program::start(command);
        let started = Instant::now();
        let mut opened = None;
        loop {
            opened = opened.or_else(|| self.door(&home, address, &mut program));
            let error = match opened.as_mut().map(Door::ask) {
                Some(Ok(Answer { metrics: 1.., .. })) => break,
                Some(Ok(_)) => "no value yet".to_owned(),
                Some(Err(error)) => error.to_string(),
                None => "no socket yet".to_owned(),
            };
            if !program.is_running() || started.elapsed() > PATIENCE {
                let said = program.said();
                let last = said.lines().last().unwrap_or("nothing");
                return Err(format!("it does not answer ({error}); it said: {last}"));
            }
            std::thread::sleep(PAUSE);
        }
        let door = opened.expect("it has answered");
        Ok(Running { program, door, started, _home: home })
    }

    fn command(&self, home: &Home, address: SocketAddr, interval: f64) -> Command {
        let mut command = Command::new(&self.binary);
        match self.kind {
            Kind::Siskin(arguments) => {
                command.args(["--listen", "127.0.0.1:0", "--interval", &interval.to_string()]).args(arguments);
            }
            Kind::NodeExporter(arguments) => {
                command.arg(format!("--web.listen-address={address}")).args(arguments);
            }
            Kind::Collectd => {
                let settings = home.join("collectd.conf");
                std::fs::write(&settings, collectd::settings(home, interval)).expect("a file in a directory of ours");
                command.arg("-f").arg("-C").arg(settings);
            }
            Kind::Psutil => {
                std::fs::write(home.join("psutil_service.py"), PSUTIL_SERVICE).expect("a file in a directory of ours");
                let port = address.port().to_string();
                command.args(["-m", "uvicorn", "psutil_service:app", "--no-access-log", "--port", &port]);
            }
        }
        command.current_dir(home.join("."));
        command
    }

    fn door(&self, home: &Home, address: SocketAddr, program: &mut Program) -> Option<Door> {
        match self.kind {
            Kind::Siskin(_) => Some(Door::Siskin(Client::new(program.address()))),
            Kind::NodeExporter(_) => Some(Door::Exposition(Client::new(address))),
            Kind::Psutil => Some(Door::Json(Client::new(address))),
            Kind::Collectd => Door::collectd(&collectd::socket(home)).ok(),
        }
    }
}

impl Running {
    /// Asks once.
    ///
    /// # Panics
    /// When no answer comes: it answered before.
    pub fn ask(&mut self) -> Answer {
        self.door.ask().unwrap_or_else(|error| panic!("no answer ({error}); it said: {}", self.program.said()))
    }

    /// Since it was started.
    pub fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Processor time so far, µs.
    pub fn cpu_microseconds(&self) -> f64 {
        kernel::cpu_seconds(self.program.pid()).map_or(f64::NAN, |seconds| seconds * 1e6)
    }

    /// A line of one of its files in `/proc` that counts memory, bytes.
    pub fn memory_bytes(&self, file: &str, field: &str) -> u64 {
        kernel::memory_bytes(self.program.pid(), file, field).unwrap_or(0)
    }

    /// Its threads.
    pub fn threads(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/task", self.program.pid())).map_or(0, Iterator::count)
    }

    /// Bytes of the program's file, and of the plugins it has loaded (collectd); shared libraries are not counted.
    pub fn binary_bytes(&self) -> u64 {
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", self.program.pid())).unwrap_or_default();
        let files = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
        let mut own: Vec<PathBuf> = files.filter(|file| file.contains("/collectd/")).map(PathBuf::from).collect();
        own.extend(std::fs::read_link(format!("/proc/{}/exe", self.program.pid())));
        own.sort();
        own.dedup();
        own.iter().filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum()
    }
}

/// Calls once a second, on a schedule that does not drift.
pub fn each_second(seconds: u64, mut call: impl FnMut()) {
    let started = Instant::now();
    for second in 1..=seconds {
        call();
        std::thread::sleep((started + Duration::from_secs(second)).saturating_duration_since(Instant::now()));
    }
}
