//! The programs to measure: this project's agent, and its peers where they are installed.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use siskin_tests::process::Agent;

use super::subject::{Kind, Set, Subject};

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

/// What is there: the subjects in the order of the tables, and a line for each program: its version, or why it is not
/// measured.
///
/// # Errors
/// When the static agent that is named is not there.
pub fn find() -> Result<(Vec<Subject>, Vec<String>), String> {
    let mut subjects = Vec::new();
    let mut lines = Vec::new();
    let mut add = |name, binary: &Path, kind, set| {
        let subject = Subject { name, binary: binary.into(), kind, set };
        match subject.start(1.0, None) {
            Ok(_) => subjects.push(subject),
            Err(error) => lines.push(format!("{name}: NOT MEASURED: {error}")),
        }
    };
    let agent = Agent::binary();
    add("siskin-agent, core", &agent, Kind::Siskin(CORE), Set::Core);
    add("siskin-agent, everything", &agent, Kind::Siskin(&[]), Set::Everything);
    let musl = named(MUSL_VARIABLE)?;
    if let Some(musl) = &musl {
        add("siskin-agent, core, musl", musl, Kind::Siskin(CORE), Set::Core);
        add("siskin-agent, everything, musl", musl, Kind::Siskin(&[]), Set::Everything);
    }
    let exporter = installed(&["node_exporter", "prometheus-node-exporter"]).into_iter().next();
    if let Some(exporter) = &exporter {
        add("node_exporter, 8 collectors", exporter, Kind::NodeExporter(NODE_EXPORTER_CORE), Set::Core);
        add("node_exporter, as it comes", exporter, Kind::NodeExporter(&[]), Set::Everything);
    }
    let collectd = installed(&["collectd"]).into_iter().next();
    if let Some(collectd) = &collectd {
        add("collectd, 8 plugins", collectd, Kind::Collectd, Set::Core);
    }
    let python = installed(&["python3"]).into_iter().find(|python| says(python, &["-c", PYTHON_VERSIONS]).is_some());
    if let Some(python) = &python {
        add("psutil service", python, Kind::Psutil, Set::Core);
    }

    let version = |name: &str, binary: Option<&PathBuf>, arguments: &[&str], missing: &str| match binary {
        Some(binary) => says(binary, arguments).unwrap_or_else(|| format!("{name}: its version is not known")),
        None => format!("{name}: NOT MEASURED: {missing}"),
    };
    let all = [
        version("siskin-agent", Some(&agent), &["--version"], ""),
        version("siskin-agent, musl", musl.as_ref(), &["--version"], &format!("{MUSL_VARIABLE} names none")),
        version("node_exporter", exporter.as_ref(), &["--version"], "it is not installed"),
        version("collectd", collectd.as_ref(), &["-h"], "it is not installed"),
        version(
            "psutil service",
            python.as_ref(),
            &["-c", PYTHON_VERSIONS],
            "no python3 with psutil, fastapi, uvicorn",
        ),
    ];
    Ok((subjects, all.into_iter().chain(lines).collect()))
}

/// Prints them on one line; fails where one is missing.
const PYTHON_VERSIONS: &str = "import platform, psutil, fastapi, uvicorn; print('psutil service: Python', \
     platform.python_version(), 'psutil', psutil.__version__, 'FastAPI', fastapi.__version__, 'uvicorn', \
     uvicorn.__version__)";

/// The program that a variable names, under its full path; `None` where it is not set.
fn named(variable: &str) -> Result<Option<PathBuf>, String> {
    let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()) else { return Ok(None) };
    let path = std::path::absolute(path).map_err(|error| format!("{variable}: {error}"))?;
    if path.is_file() { Ok(Some(path)) } else { Err(format!("{variable}: {} is not there", path.display())) }
}

/// The programs of these names in PATH and where daemons lie.
fn installed(names: &[&str]) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let daemons = ["/usr/local/sbin", "/usr/sbin", "/usr/bin", "/opt/collectd/sbin"].map(PathBuf::from);
    let folders = std::env::split_paths(&path).chain(daemons);
    folders.flat_map(|folder| names.iter().map(move |name| folder.join(name))).filter(|path| path.is_file()).collect()
}

/// The line of a program's output that names its version; `None` when it fails.
fn says(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let mut lines = text.lines().filter(|line| line.contains(|letter: char| letter.is_ascii_digit()));
    // collectd has its version at the end of its help.
    let line = lines.clone().find(|line| line.contains("http://collectd.org")).or_else(|| lines.next())?;
    let end = line.find(" (branch").or_else(|| line.find(", http")).unwrap_or(line.len());
    output.status.success().then(|| line[..end].to_owned())
}
