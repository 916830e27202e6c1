//! The real server and the real agent as child processes on port 0, with a directory of their own each. What they say
//! is kept, and shown when a test fails. They end with their owner.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::{
    http::Client,
    wait::{PATIENCE, until},
};

/// Replaying a long log at start takes its time.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// A directory that goes with its owner.
pub struct Home(PathBuf);

impl Home {
    /// A new, empty directory.
    ///
    /// # Panics
    /// When none can be made.
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("siskin-tests-{}-{number}-{}", std::process::id(), unix_ms()));
        std::fs::create_dir_all(&path).expect("a directory for the test");
        Self(path)
    }

    /// A path in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Where the server of this home has its data.
    pub fn database(&self) -> PathBuf {
        self.join("siskin.duckdb")
    }

    /// Bytes of all files in it.
    pub fn bytes(&self) -> u64 {
        bytes_below(&self.0)
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running program and all it said.
pub struct Program {
    child: Child,
    said: Arc<Mutex<String>>,
    listeners: Vec<JoinHandle<()>>,
}

impl Program {
    /// Starts a program without the environment's settings.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(mut command: Command) -> Self {
        for (name, _) in std::env::vars() {
            if ["SISKIN_", "SYSTEM_STATS_", "MONITOR", "DATABASE_PATH"].iter().any(|prefix| name.starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        command.env("NO_COLOR", "1").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let said = Arc::new(Mutex::new(String::new()));
        let stdout = child.stdout.take().map(|pipe| listen(pipe, &said));
        let stderr = child.stderr.take().map(|pipe| listen(pipe, &said));
        Self { child, said, listeners: stdout.into_iter().chain(stderr).collect() }
    }

    /// What it said so far, on both of its outputs.
    pub fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it says where it listens.
    ///
    /// # Panics
    /// When it ends first, or never says so.
    pub fn address(&mut self) -> SocketAddr {
        until("a line `listening address=…`", START_PATIENCE, || {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("ended before it listened ({status}): {}", self.said());
            }
            let said = self.said();
            let line = said.lines().find(|line| line.contains("listening") && line.contains("address="))?;
            let address = line.split("address=").nth(1)?.split_whitespace().next()?;
            address.trim_matches('"').parse().ok()
        })
    }

    /// Sends SIGTERM and waits for its end.
    ///
    /// # Panics
    /// When it does not end.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    /// Sends SIGKILL and waits for its end: nothing it does can soften that.
    ///
    /// # Panics
    /// When it does not end.
    pub fn kill(&mut self) {
        self.signal("KILL");
        self.wait();
    }

    /// Sends a signal by name.
    ///
    /// # Panics
    /// When there is no `kill`.
    pub fn signal(&self, name: &str) {
        Command::new("kill").arg(format!("-{name}")).arg(self.pid().to_string()).status().expect("kill");
    }

    /// Waits until it ends by itself, and until all it said is read.
    ///
    /// # Panics
    /// When it does not end.
    pub fn wait(&mut self) -> ExitStatus {
        let status = until("the end of a process", PATIENCE, || self.child.try_wait().expect("status of a child"));
        for listener in self.listeners.drain(..) {
            let _ = listener.join();
        }
        status
    }

    /// Whether it runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- process {} said:\n{}---", self.pid(), tail(&self.said(), 60));
        }
    }
}

/// A server.
pub struct Server {
    /// The process.
    pub program: Program,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// A server with the data of `home`, ready to answer.
    pub fn start(home: &Home) -> Self {
        Self::start_with(home, &[])
    }

    /// The same with more arguments.
    pub fn start_with(home: &Home, arguments: &[&str]) -> Self {
        let mut program = Program::start(Self::command(home, arguments));
        let address = program.address();
        Self { program, address }
    }

    /// The program.
    pub fn binary() -> PathBuf {
        binary("SISKIN_SERVER_BIN", "release/siskin-server")
    }

    /// The command that [`Server::start_with`] runs.
    pub fn command(home: &Home, arguments: &[&str]) -> Command {
        let mut command = Command::new(Self::binary());
        command.arg("serve").arg("--data").arg(home.database());
        if !arguments.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        command.args(arguments).current_dir(&home.0);
        command
    }

    /// A new client of this server.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }
}

/// An agent.
pub struct Agent {
    /// The process.
    pub program: Program,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Agent {
    /// An agent with `home` as its working directory, ready to answer.
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        let mut program = Program::start(Self::command(home, arguments));
        let address = program.address();
        Self { program, address }
    }

    /// The program.
    pub fn binary() -> PathBuf {
        binary("SISKIN_AGENT_BIN", "agent/siskin-agent")
    }

    /// The command that [`Agent::start`] runs.
    pub fn command(home: &Home, arguments: &[&str]) -> Command {
        let mut command = Command::new(Self::binary());
        command.args(["--listen", "127.0.0.1:0"]).args(arguments).current_dir(&home.0);
        command
    }

    /// A new client of this agent.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }
}

/// Now, in milliseconds since 1970.
pub fn unix_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Now, in whole seconds since 1970.
pub fn unix_seconds() -> i64 {
    unix_ms() / 1000
}

/// The program under test: named by the environment, else built beside this test.
///
/// # Panics
/// When it is not there: a test of nothing must not pass.
fn binary(variable: &str, built: &str) -> PathBuf {
    let path = std::env::var_os(variable).map(PathBuf::from).or_else(|| {
        let test = std::env::current_exe().ok()?;
        Some(test.ancestors().find(|folder| folder.join("release").is_dir())?.join(built))
    });
    match path {
        Some(path) if path.is_file() => path,
        Some(path) => panic!("{} is not there: run `make build`, or set {variable}", path.display()),
        None => panic!("set {variable}, or run `make test`"),
    }
}

fn listen(pipe: impl Read + Send + 'static, said: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let mut all = said.lock().unwrap_or_else(PoisonError::into_inner);
            all.push_str(&String::from_utf8_lossy(&line));
            all.push('\n');
        }
    })
}

fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].iter().flat_map(|line| [line, "\n"]).collect()
}

fn bytes_below(path: &Path) -> u64 {
    let Ok(metadata) = path.symlink_metadata() else { return 0 };
    if !metadata.is_dir() {
        return metadata.len();
    }
    std::fs::read_dir(path).map_or(0, |entries| entries.flatten().map(|entry| bytes_below(&entry.path())).sum())
}
