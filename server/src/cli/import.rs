//! `siskin-server import FILE`: the predecessor's history into the database, and what became of it.

use std::io::{Write, stdout};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::Args;

use super::progress::Progress;
use super::signals;
use crate::import::{Outcome, Source, Transfer, TransferError};
use crate::store::Backend;
use crate::store::directory::Directory;
use crate::store::duckdb::{Database, OpenError, Writer};

#[derive(Debug, Args)]
pub struct Import {
    /// The predecessor's SQLite file: it is read, never changed, and its server may go on writing to it
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The database that the rows go to; it is made if it is not there
    #[arg(long, env = "DATABASE_PATH", default_value = "data/siskin.duckdb", value_name = "PATH")]
    data: PathBuf,

    /// Read and check every row, store nothing; rows that were imported before are not told apart
    #[arg(long)]
    dry_run: bool,
}

impl Import {
    /// Runs to the end of the file, or until SIGINT or SIGTERM asks it to end after the transaction.
    pub fn run(self) -> anyhow::Result<()> {
        tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_writer(std::io::stderr).init();
        let stop = signals::stop().context("cannot listen for signals")?;
        let source = Source::open(&self.file)?;
        let directory = Arc::new(Directory::default());
        let mut store = if self.dry_run { None } else { Some(self.open_store(&directory)?) };

        let started = Instant::now();
        let mut outcome = Outcome::default();
        let mut transfer = Transfer {
            source: &source,
            store: store.as_mut().map(|store| store as &mut dyn Backend),
            directory: &directory,
            stop: &stop,
        };
        let result = transfer.count().map_err(TransferError::from).and_then(|total| {
            let mut progress = Progress::new(total);
            let result = transfer.run(&mut outcome, |outcome| progress.show(outcome.rows()));
            progress.end();
            result
        });
        // What was stored is in the log of the database, also if this fails.
        let closed = store.as_mut().map_or(Ok(()), Backend::close);
        write!(stdout(), "{}", self.summary(&outcome, &directory, started.elapsed().as_secs_f64()))?;
        result.context("the import has stopped; what it stored stays, and run again it goes on from there")?;
        closed.context("everything is stored, but the database cannot be closed in good order")?;
        if outcome.interrupted {
            bail!("interrupted; what was stored stays, and run again it goes on from there");
        }
        Ok(())
    }

    fn open_store(&self, directory: &Arc<Directory>) -> anyhow::Result<Writer> {
        let database = Database::open(&self.data).map_err(|error| match error {
            OpenError::Locked { path, .. } => anyhow::anyhow!(
                "{0} is in use by another process, most likely the server: stop it, import, and start it again \
                 (or import into a database of its own with --data)",
                path.display()
            ),
            error => error.into(),
        })?;
        Writer::new(database, directory.clone(), &crate::ingest::again)
            .with_context(|| format!("cannot read {}", self.data.display()))
    }

    fn summary(&self, outcome: &Outcome, directory: &Directory, seconds: f64) -> String {
        let (samples, details) = (&outcome.samples, &outcome.details);
        let mut lines = vec![format!("hosts: {}", outcome.hosts().len())];
        if self.dry_run {
            lines.push(format!("rows that would be imported: {}", samples.stored));
            lines.push(format!("details that would be imported: {}", details.stored));
        } else {
            lines.push(format!("rows imported: {} in {seconds:.1} s", samples.stored));
            lines.push(format!("rows that were imported before: {}", samples.duplicates));
            lines.push(format!(
                "details imported: {}, no newer than those of their hosts: {}",
                details.stored, details.duplicates
            ));
        }
        let mut text = lines.join("\n") + "\n";
        for (what, refusals) in [("rows", &outcome.refusals), ("details", &outcome.refused_details)] {
            if refusals.count() > 0 {
                text += &format!("{what} refused: {}\n{refusals}", refusals.count());
            }
        }
        let mut shared: Vec<&str> = outcome.hosts().filter(|name| directory.by_name(name).len() > 1).collect();
        shared.sort_unstable();
        if !shared.is_empty() {
            text += &format!(
                "an agent's host bears the same name, the imported rows are under ?id=name:NAME: {}\n",
                shared.join(", ")
            );
        }
        text
    }
}
