//! Stands for `tls` in a build without that feature: connections as they are, and words that say why.

use std::path::{Path, PathBuf};

use ureq::unversioned::transport::TcpConnector;

/// Whether this build has TLS.
pub fn available() -> Result<(), String> {
    Err("this build of the agent has no TLS (its feature `tls` is off): use http://, or a build that has it".to_owned())
}

/// Whether a file of CA certificates can be used.
pub fn check(_ca: &Path) -> Result<(), String> {
    available()
}

/// What makes connections. Without TLS a file of CAs changes nothing; `check` has refused it.
pub fn connector(_ca: Option<PathBuf>) -> TcpConnector {
    TcpConnector::default()
}
