//! Where the kernel's files are found. In a container the host's are mounted somewhere else.

use std::{
    io,
    path::{Path, PathBuf},
};

/// The directories that stand for `/proc`, `/sys` and `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// The proc filesystem.
    pub proc: PathBuf,
    /// The sys filesystem.
    pub sys: PathBuf,
    /// The host's root directory.
    pub root: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Self { proc: "/proc".into(), sys: "/sys".into(), root: "/".into() }
    }
}

impl Roots {
    /// A file of the proc filesystem.
    pub(super) fn in_proc(&self, file: &str) -> PathBuf {
        self.proc.join(file)
    }

    /// A file of the process that sees mounts and network as the host does: ourselves, and when another `/proc` is
    /// read, the first process of that one. (`/proc/net` and `/proc/mounts` always show the reader's own view.)
    pub(super) fn in_process(&self, file: &str) -> PathBuf {
        let process = if self.proc == Path::new("/proc") { "self" } else { "1" };
        self.proc.join(process).join(file)
    }

    /// A file of the sys filesystem.
    pub(super) fn in_sys(&self, file: &str) -> PathBuf {
        self.sys.join(file)
    }

    /// A file of the host, by the absolute path under which the host knows it.
    pub(super) fn in_root(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// Where a path of the host leads when its links are followed. Fails when there is nothing at it.
    pub fn resolve(&self, path: &str) -> io::Result<String> {
        let there = self.in_root(path);
        let real = match there.canonicalize() {
            Ok(real) => real,
            // An absolute link of a root that is mounted somewhere leads into our own.
            Err(_) if !self.is_own() && there.symlink_metadata().is_ok() => return Ok(path.to_owned()),
            Err(error) => return Err(error),
        };
        let root = self.root.canonicalize()?;
        let inside = real.strip_prefix(root).ok();
        Ok(inside.map_or_else(|| path.to_owned(), |inside| format!("/{}", inside.to_string_lossy())))
    }

    /// Whether the files belong to the system we run in and not to one that is mounted somewhere.
    pub(super) fn is_own(&self) -> bool {
        self.root == Path::new("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_proc_is_seen_through_its_first_process() {
        assert_eq!(Roots::default().in_process("net/dev"), Path::new("/proc/self/net/dev"));
        let host = Roots { proc: "/host/proc".into(), sys: "/host/sys".into(), root: "/host".into() };
        assert_eq!(host.in_process("net/dev"), Path::new("/host/proc/1/net/dev"));
    }

    #[test]
    fn links_are_followed_and_a_path_to_nothing_is_an_error() {
        let own = Roots::default();
        assert_eq!(own.resolve("/").unwrap(), "/");
        assert_eq!(own.resolve("/proc/sys/../").unwrap(), "/proc");
        assert_eq!(own.resolve("/proc/self").unwrap(), format!("/proc/{}", std::process::id()));
        assert!(own.resolve("/no/such/path").is_err());
        let other = Roots { root: "/proc".into(), ..Roots::default() };
        assert_eq!(other.resolve("/sys/kernel/").unwrap(), "/sys/kernel");
        assert_eq!(other.resolve("/self/root").unwrap(), "/self/root");
    }

    #[test]
    fn host_paths_lie_below_the_root() {
        let host = Roots { root: "/host".into(), ..Roots::default() };
        assert_eq!(host.in_root("/var/lib"), Path::new("/host/var/lib"));
        assert_eq!(Roots::default().in_root("/var/lib"), Path::new("/var/lib"));
        assert_eq!(Roots::default().in_root("/"), Path::new("/"));
    }
}
