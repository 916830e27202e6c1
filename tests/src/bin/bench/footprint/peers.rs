//! The programs to measure: this project's agent, and its peers where they are installed.

use std::path::PathBuf;

use siskin_tests::process::Agent;

use super::subject::{Kind, Set, Subject};
use crate::programs::{installed, says};

/// The collectors of the agent's core set.
const CORE: &[&str] = &["--collectors", "uptime,cpu,load,memory,filesystem,disk,network"];

/// What node_exporter has for them: its `vmstat` holds swapping, its `stat` the time of boot.
const NODE_EXPORTER_CORE: &[&str] = &[
    "--collector.disable-defaults",
    "--collector.cpu",
    "--collector.loadavg",
    "--collector.meminfo",
    "--collector.vmstat",
    "--collector.filesystem",
    "--collector.diskstats",
    "--collector.netdev",
    "--collector.stat",
];

/// Names a static agent, beside the one of `SISKIN_AGENT_BIN`.
const MUSL_VARIABLE: &str = "SISKIN_AGENT_MUSL_BIN";

/// Prints the versions of what the psutil service needs; fails where one is missing.
const PYTHON_VERSIONS: &[&str] = &[
    "-c",
    "import platform, psutil, fastapi, uvicorn; print('Python', platform.python_version(), 'psutil', \
     psutil.__version__, 'FastAPI', fastapi.__version__, 'uvicorn', uvicorn.__version__)",
];

/// A program that may be there.
struct Candidate {
    name: &'static str,
    binary: Option<PathBuf>,
    /// Why there is no binary.
    missing: &'static str,
    /// Arguments that make it name its version.
    version: &'static [&'static str],
    /// What to measure of it.
    rows: Vec<(&'static str, Kind, Set)>,
}

/// What is there: the subjects in the order of the tables, and a line for each program: its version, or why it is not
/// measured.
///
/// # Errors
/// When the static agent that is named is not there.
pub fn find() -> Result<(Vec<Subject>, Vec<String>), String> {
    let (mut subjects, mut lines) = (Vec::new(), Vec::new());
    for candidate in candidates()? {
        let name = candidate.name;
        let Some(binary) = candidate.binary else {
            lines.push(format!("{name}: NOT MEASURED: {}", candidate.missing));
            continue;
        };
        let version = says(&binary, candidate.version).unwrap_or_else(|| "its version is not known".into());
        lines.push(if version.starts_with(name) { version } else { format!("{name}: {version}") });
        for (name, kind, set) in candidate.rows {
            let subject = Subject { name, binary: binary.clone(), kind, set };
            match subject.start(1.0, None) {
                Ok(_) => subjects.push(subject),
                Err(error) => lines.push(format!("{name}: NOT MEASURED: {error}")),
            }
        }
    }
    Ok((subjects, lines))
}

fn candidates() -> Result<[Candidate; 5], String> {
    Ok([
        Candidate {
            name: "siskin-agent",
            binary: Some(Agent::binary()),
            missing: "",
            version: &["--version"],
            rows: vec![
                ("siskin-agent, core", Kind::Siskin(CORE), Set::Core),
                ("siskin-agent, everything", Kind::Siskin(&[]), Set::Everything),
            ],
        },
        Candidate {
            name: "siskin-agent, musl",
            binary: named(MUSL_VARIABLE)?,
            missing: "SISKIN_AGENT_MUSL_BIN names none",
            version: &["--version"],
            rows: vec![
                ("siskin-agent, core, musl", Kind::Siskin(CORE), Set::Core),
                ("siskin-agent, everything, musl", Kind::Siskin(&[]), Set::Everything),
            ],
        },
        Candidate {
            name: "node_exporter",
            binary: installed(&["node_exporter", "prometheus-node-exporter"]).into_iter().next(),
            missing: "it is not installed",
            version: &["--version"],
            rows: vec![
                ("node_exporter, 8 collectors", Kind::NodeExporter(NODE_EXPORTER_CORE), Set::Core),
                ("node_exporter, as it comes", Kind::NodeExporter(&[]), Set::Everything),
            ],
        },
        Candidate {
            name: "collectd",
            binary: installed(&["collectd"]).into_iter().next(),
            missing: "it is not installed",
            version: &["-h"],
            rows: vec![("collectd, 8 plugins", Kind::Collectd, Set::Core)],
        },
        Candidate {
            name: "psutil service",
            binary: installed(&["python3"]).into_iter().find(|python| says(python, PYTHON_VERSIONS).is_some()),
            missing: "there is no python3 with psutil, fastapi and uvicorn",
            version: PYTHON_VERSIONS,
            rows: vec![("psutil service", Kind::Psutil, Set::Core)],
        },
    ])
}

/// The program that a variable names, under its full path; `None` where it is not set.
fn named(variable: &str) -> Result<Option<PathBuf>, String> {
    let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()) else { return Ok(None) };
    let path = std::path::absolute(path).map_err(|error| format!("{variable}: {error}"))?;
    if path.is_file() { Ok(Some(path)) } else { Err(format!("{variable}: {} is not there", path.display())) }
}
