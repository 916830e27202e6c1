//! `siskin-server snapshot DIR`: a copy of the whole store, taken from a running server.

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;

use super::client::Client;
use super::signals;
use crate::store::snapshot::Snapshot;

/// The server may be sealing a large day when it is asked.
const TIMEOUT: Duration = Duration::from_secs(1_800);
/// No answer is longer.
const ANSWER_BYTES: u64 = 1 << 20;

#[derive(Debug, Args)]
pub struct Take {
    /// Where to; must be empty, or not there yet. To restore, a server is started on the copy
    #[arg(value_name = "DIR")]
    directory: PathBuf,

    /// The server, which must run on this machine
    #[arg(long, default_value = "http://127.0.0.1:5050", value_name = "URL")]
    server: String,

    /// File with a token of the server
    #[arg(long, env = "SISKIN_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// A file to be copied, by its path below the snapshot.
struct Item {
    path: PathBuf,
    bytes: u64,
}

impl Take {
    pub fn run(self) -> anyhow::Result<()> {
        let client = Client::new(&self.server, self.token_file.as_deref(), TIMEOUT, ANSWER_BYTES)?;
        self.check_target()?;
        // If this ends before the answer is there, the server removes what it made.
        let snapshot: Snapshot = client.post("/snapshot").context("cannot have a snapshot made")?;
        let stop = signals::stop().context("cannot listen for signals")?;
        // The one beside the data is not needed any more, whatever comes of its copy.
        let copied = self.copy(&snapshot, &stop);
        let removed: anyhow::Result<serde_json::Value> = client.delete(&format!("/snapshots/{}", snapshot.name));
        let data = copied?;
        removed.with_context(|| format!("the copy is made, but {} could not be removed", snapshot.path.display()))?;
        eprintln!(
            "{} files, {} MiB. It is a whole store: siskin-server serve --data {}",
            snapshot.files,
            snapshot.bytes >> 20,
            data.display()
        );
        Ok(())
    }

    fn check_target(&self) -> anyhow::Result<()> {
        let directory = self.directory.display();
        match std::fs::read_dir(&self.directory) {
            Ok(mut entries) => match entries.next() {
                Some(_) => bail!("{directory} is not empty: name a new directory"),
                None => Ok(()),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error).with_context(|| format!("cannot look into {directory}")),
        }
    }

    /// Copies everything, the ledger last: without it a copy that was cut off is no store.
    fn copy(&self, snapshot: &Snapshot, stop: &AtomicBool) -> anyhow::Result<PathBuf> {
        if !snapshot.path.is_dir() {
            bail!(
                "the snapshot lies in {} on the server's machine, which is not this one, or you may not read there: \
                 run this command there, as a user who may",
                snapshot.path.display()
            );
        }
        let name = snapshot.data.file_name().context("the server names no file")?;
        let mut items = Vec::new();
        list(&snapshot.path, Path::new(""), &self.directory, &mut items)?;
        items.sort_by_key(|item| item.path == Path::new(name));
        let (all, mut done) = (items.iter().map(|item| item.bytes).sum::<u64>(), 0);
        let mut progress = Progress::new(all);
        for item in items {
            if stop.load(Ordering::Relaxed) {
                progress.end();
                bail!("broken off: {} is no whole copy, remove it", self.directory.display());
            }
            let (from, to) = (snapshot.path.join(&item.path), self.directory.join(&item.path));
            put(&from, &to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
            done += item.bytes;
            progress.show(done);
        }
        progress.end();
        Ok(self.directory.join(name))
    }
}

/// All files below a directory, whose directories are made in the target.
fn list(root: &Path, below: &Path, target: &Path, items: &mut Vec<Item>) -> anyhow::Result<()> {
    let made = target.join(below);
    std::fs::create_dir_all(&made).with_context(|| format!("cannot create {}", made.display()))?;
    let directory = root.join(below);
    for entry in std::fs::read_dir(&directory).with_context(|| format!("cannot read {}", directory.display()))? {
        let entry = entry?;
        let (path, metadata) = (below.join(entry.file_name()), entry.metadata()?);
        if metadata.is_dir() {
            list(root, &path, target, items)?;
        } else {
            items.push(Item { path, bytes: metadata.len() });
        }
    }
    Ok(())
}

/// On the same disk a second name is enough: sealed files are never written, and the others are the snapshot's own.
fn put(from: &Path, to: &Path) -> std::io::Result<()> {
    if std::fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    std::fs::copy(from, to)?;
    std::fs::File::open(to)?.sync_all()
}

/// How far it is, where a person looks on.
struct Progress {
    all: u64,
    is_shown: bool,
}

impl Progress {
    fn new(all: u64) -> Self {
        Progress { all, is_shown: std::io::stderr().is_terminal() }
    }

    fn show(&mut self, done: u64) {
        if self.is_shown {
            eprint!("\rcopying {} of {} MiB", done >> 20, self.all >> 20);
            let _ = std::io::stderr().flush();
        }
    }

    fn end(&self) {
        if self.is_shown {
            eprintln!();
        }
    }
}
