//! Reads the sources of the project.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const MEMBERS: [&str; 4] = ["platform", "agent", "server", "tests"];

/// One Rust file.
pub struct Source {
    /// Its path from the top, with `/`.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// All there is to check.
pub struct House {
    /// The top folder.
    pub root: PathBuf,
    /// Names at the top, without dot files and what is built.
    pub top: Vec<String>,
    /// Every Rust file.
    pub sources: Vec<Source>,
    /// Path and text of each `Cargo.toml`; the workspace's own first.
    pub manifests: Vec<(String, String)>,
}

impl House {
    /// Reads it.
    pub fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf();
        let mut sources = Vec::new();
        for member in MEMBERS {
            gather(&root, &root.join(member), &mut sources);
        }
        let paths =
            std::iter::once("Cargo.toml".to_owned()).chain(MEMBERS.map(|member| format!("{member}/Cargo.toml")));
        let manifests = paths.map(|path| (path.clone(), std::fs::read_to_string(root.join(&path)).unwrap())).collect();
        let top = top_names(&root).into_iter().filter(|name| !name.starts_with('.')).collect();
        Self { root, top, sources, manifests }
    }
}

/// What git knows at the top, so that what lies about in a working directory does not count; all where git is not.
fn top_names(root: &Path) -> BTreeSet<String> {
    let known = Command::new("git").arg("-C").arg(root).args(["ls-files", "-z"]).output();
    match known {
        Ok(known) if known.status.success() => {
            let paths = String::from_utf8(known.stdout).unwrap();
            paths.split_terminator('\0').map(|path| path.split('/').next().unwrap().to_owned()).collect()
        }
        _ => {
            let entries = std::fs::read_dir(root).unwrap().flatten();
            let names = entries.map(|entry| entry.file_name().into_string().unwrap());
            names.filter(|name| !name.starts_with("target") && name != "data" && name != "dist").collect()
        }
    }
}

fn gather(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != "target" && name != "node_modules" && !path.is_symlink() {
            gather(root, &path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let from_top = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            sources.push(Source { path: from_top, text: std::fs::read_to_string(&path).unwrap() });
        }
    }
}
