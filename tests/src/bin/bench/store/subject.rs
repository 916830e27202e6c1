//! A program that keeps a fleet's history: started anew with a directory of its own, pushed to, looked at, ended.

use std::{
    net::SocketAddr,
    path::PathBuf,
    time::{Duration, Instant},
};

use siskin_platform::model::Batch;
use siskin_tests::{
    http::Client,
    kernel,
    process::{Home, Program, Server},
};

use super::{pushed::Pushed, remote_write, siskin, victoria};
use crate::programs::{installed, says};

/// What is measured.
pub enum Kind {
    /// This project's server.
    Siskin {
        /// More arguments of `serve`.
        arguments: Vec<String>,
    },
    /// VictoriaMetrics, single node.
    Victoria {
        /// Where it is.
        binary: PathBuf,
    },
}

/// What a history came to on disk. What a program does not tell is `None`.
#[derive(Default)]
pub struct Settled {
    /// Bytes for each value before it is sealed.
    pub hot_bytes_per_value: Option<f64>,
    /// Bytes for each value at full resolution, settled.
    pub raw_bytes_per_value: Option<f64>,
    /// Bytes of all there is, for each value.
    pub all_bytes_per_value: Option<f64>,
    /// From the last answer until all was settled, seconds.
    pub seconds: Option<f64>,
    /// What the last sealing took by the program's own account, seconds.
    pub last_seal_seconds: Option<f64>,
    /// Processor time in it, seconds.
    pub cpu_seconds: Option<f64>,
    /// Peak of resident memory since the start, bytes.
    pub peak_bytes: Option<u64>,
}

/// A started program.
pub struct Running<'a> {
    kind: &'a Kind,
    /// The process.
    pub program: Program,
    /// Where it listens.
    pub address: SocketAddr,
    /// Where its data lies.
    pub home: Home,
}

/// What is there: this project's server first, then its peer if it is installed; and a line for each.
pub fn find() -> (Vec<Kind>, Vec<String>) {
    let own = Server::binary();
    let unknown = |name: &str| format!("{name}: its version is not known");
    let mut lines = vec![says(&own, &["--version"]).unwrap_or_else(|| unknown("siskin-server"))];
    let mut arguments = Vec::new();
    if siskin::knows_seal_after(&own) {
        arguments.extend(["--seal-after".to_owned(), siskin::SEAL_AFTER.to_owned()]);
    } else {
        lines.push("siskin-server: this one has no --seal-after: it seals when it likes, if at all".into());
    }
    let mut kinds = vec![Kind::Siskin { arguments }];
    match installed(&["victoria-metrics", "victoria-metrics-prod"]).into_iter().next() {
        Some(binary) => {
            let version = says(&binary, &["-version"]).or_else(victoria::packaged_version);
            lines.push(version.unwrap_or_else(|| unknown("VictoriaMetrics")));
            kinds.push(Kind::Victoria { binary });
        }
        None => lines.push(format!("VictoriaMetrics: NOT MEASURED: {}", victoria::MISSING)),
    }
    (kinds, lines)
}

impl Kind {
    /// What to call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Siskin { .. } => "Siskin",
            Self::Victoria { .. } => "VictoriaMetrics",
        }
    }
}

impl<'a> Running<'a> {
    /// Starts one with nothing stored.
    ///
    /// # Errors
    /// When it does not start: what it said last.
    pub fn start(kind: &'a Kind) -> Result<Self, String> {
        let home = Home::new();
        let (program, address) = begin(kind, &home)?;
        Ok(Self { kind, program, address, home })
    }

    /// Starts it again on what it has; it has ended before. From the start of the process to its first answer, seconds.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_again(&mut self) -> Result<f64, String> {
        let begun = Instant::now();
        (self.program, self.address) = begin(self.kind, &self.home)?;
        let answer = self.client().send("GET", "/health", &[], b"");
        let took = begun.elapsed().as_secs_f64();
        match answer {
            Ok(answer) if answer.status == 200 => Ok(took),
            Ok(answer) => Err(format!("{} is not well: {} {}", self.kind.name(), answer.status, answer.text())),
            Err(error) => Err(format!("{} does not answer: {error}", self.kind.name())),
        }
    }

    /// A new connection.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// A batch in the words of this program.
    pub fn body(&self, batch: &Batch) -> Vec<u8> {
        match self.kind {
            Kind::Siskin { .. } => serde_json::to_vec(batch).expect("a batch is JSON"),
            Kind::Victoria { .. } => remote_write::body(batch),
        }
    }

    /// Posts a body and gives the time until its answer.
    ///
    /// # Errors
    /// When it is refused, or no answer comes.
    pub fn post(&self, client: &mut Client, body: &[u8]) -> Result<Duration, String> {
        let asked = Instant::now();
        let response = match self.kind {
            Kind::Siskin { .. } => client.send("POST", "/metrics", &[("Content-Type", "application/json")], body),
            Kind::Victoria { .. } => client.send("POST", "/api/v1/write", &remote_write::HEADERS, body),
        };
        let took = asked.elapsed();
        match response {
            Ok(response) if matches!(response.status, 200 | 204) => Ok(took),
            Ok(response) => Err(format!("{} refused ({}): {}", self.kind.name(), response.status, response.text())),
            Err(error) => Err(format!("{} does not answer: {error}", self.kind.name())),
        }
    }

    /// Waits until all that was pushed lies on disk as it will stay.
    ///
    /// # Errors
    /// When that never comes.
    pub fn settle(&mut self, pushed: &Pushed) -> Result<Settled, String> {
        match self.kind {
            Kind::Siskin { .. } => siskin::settle(self, pushed),
            Kind::Victoria { .. } => victoria::settle(self, pushed),
        }
    }

    /// The buckets of its commits: upper bounds in seconds, each with the count up to it.
    pub fn commits(&self) -> Option<Vec<(f64, f64)>> {
        match self.kind {
            Kind::Siskin { .. } => siskin::commits(self),
            Kind::Victoria { .. } => None,
        }
    }

    /// Processor time so far, seconds.
    pub fn cpu_seconds(&self) -> f64 {
        kernel::cpu_seconds(self.program.pid()).unwrap_or(f64::NAN)
    }

    /// A line of `/proc/PID/status` that counts memory, bytes.
    pub fn memory_bytes(&self, field: &str) -> u64 {
        kernel::memory_bytes(self.program.pid(), "status", field).unwrap_or(0)
    }

    /// Ends it cleanly.
    ///
    /// # Errors
    /// When it ends otherwise.
    pub fn end(mut self) -> Result<(), String> {
        self.terminate()
    }

    /// The same; its data stays for as long as this does.
    ///
    /// # Errors
    /// When it ends otherwise.
    pub fn terminate(&mut self) -> Result<(), String> {
        if !self.program.is_running() {
            return Ok(());
        }
        let status = self.program.terminate();
        let failed = || format!("{} ended with {status}: {}", self.kind.name(), self.program.said());
        status.success().then_some(()).ok_or_else(failed)
    }
}

fn begin(kind: &Kind, home: &Home) -> Result<(Program, SocketAddr), String> {
    match kind {
        Kind::Siskin { arguments } => {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let server = Server::start_with(home, &arguments);
            Ok((server.program, server.address))
        }
        Kind::Victoria { binary } => victoria::start(binary, home),
    }
}
