//! Programs of other people: where they are, which version they say they are, and a port for each.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
};

/// The programs of these names in PATH and where daemons lie.
pub fn installed(names: &[&str]) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let daemons = ["/usr/local/sbin", "/usr/sbin", "/usr/bin", "/opt/collectd/sbin"].map(PathBuf::from);
    let folders = std::env::split_paths(&path).chain(daemons);
    folders.flat_map(|folder| names.iter().map(move |name| folder.join(name))).filter(|path| path.is_file()).collect()
}

/// The line of a program's output that names its version; `None` when it fails.
pub fn says(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let mut lines = text.lines().filter(|line| line.contains(|letter: char| letter.is_ascii_digit()));
    // collectd has its version at the end of its help.
    let line = lines.clone().find(|line| line.contains("http://collectd.org")).or_else(|| lines.next())?;
    let end = line.find(" (branch").or_else(|| line.find(", http")).unwrap_or(line.len());
    output.status.success().then(|| line[..end].to_owned())
}

/// A port of this machine that nobody listens on now.
///
/// # Panics
/// When there is none.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address")
}
