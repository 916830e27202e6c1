//! `siskin-server serve`: its settings, and the server from start to end.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use ractor::Actor;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tracing::{error, info, warn};

use super::quantity::{at_least_one, duration, interval, size};
use super::signals::Signals;
use crate::ask::ask;
use crate::auth::Auth;
use crate::http::{self, App};
use crate::ingest::admission::{Admission, Limits};
use crate::store::actor as storage;
use crate::store::committer::{self, Command};
use crate::store::directory::Directory;
use crate::store::disk::{Disk, Watch};
use crate::store::duckdb::{Database, Inspector, Keeper, KeeperHandle, Readers, Retention, Schedule, Settings, Writer};
use crate::supervisor::{Parts, Supervisor};
use crate::telemetry::Telemetry;

/// Requests that run when the server is told to end have this long to finish.
const DRAIN: Duration = Duration::from_secs(10);
/// Threads that answer queries; DuckDB uses all cores for each.
const QUERY_THREADS: usize = 2;

#[derive(Debug, Args)]
pub struct Serve {
    /// Address to listen on; port 0 takes a free one [default: 127.0.0.1:5050, or the predecessor's MONITOR_PORT]
    #[arg(long, env = "SISKIN_LISTEN", value_name = "HOST:PORT")]
    listen: Option<String>,

    /// The predecessor's: the port on 127.0.0.1, where --listen is not given
    #[arg(long, env = "MONITOR_PORT", default_value_t = 5050, value_name = "PORT", hide = true)]
    monitor_port: u16,

    /// The database file; everything else lies in PATH.d/
    #[arg(long, env = "DATABASE_PATH", default_value = "data/siskin.duckdb", value_name = "PATH")]
    data: PathBuf,

    /// How long the rows of a day that is over wait before they are sealed into that day's segment
    #[arg(long, env = "SISKIN_SEAL_AFTER", default_value = "10m", value_name = "TIME", value_parser = duration)]
    seal_after: Duration,

    /// How long samples are kept as they came
    #[arg(long, env = "SISKIN_RETENTION_RAW", default_value = "30d", value_name = "TIME", value_parser = duration)]
    retention_raw: Duration,

    /// How long the minutes of days that are over are kept
    #[arg(long, env = "SISKIN_RETENTION_MINUTE", default_value = "180d", value_name = "TIME", value_parser = duration)]
    retention_minute: Duration,

    /// How long the hours of days that are over are kept
    #[arg(long, env = "SISKIN_RETENTION_HOUR", default_value = "5y", value_name = "TIME", value_parser = duration)]
    retention_hour: Duration,

    /// How much is kept, such as 20G: beyond it the oldest samples go first, then minutes, then hours; never today's
    /// [default: what age leaves]
    #[arg(long, env = "SISKIN_RETENTION_BYTES", value_name = "SIZE", value_parser = size)]
    retention_bytes: Option<u64>,

    /// What must stay free on the disk, such as 2G: below it pushes get 503 and nothing is sealed [default: 5 % of the
    /// disk, at most 1G]
    #[arg(long, env = "SISKIN_MIN_FREE", value_name = "SIZE", value_parser = size)]
    min_free: Option<u64>,

    /// Make a snapshot in PATH.d/snapshots/ this often [default: never]
    #[arg(long, env = "SISKIN_SNAPSHOT_EVERY", value_name = "TIME", value_parser = interval)]
    snapshot_every: Option<Duration>,

    /// How many snapshots are kept there; older ones are removed when one is made
    #[arg(long, env = "SISKIN_SNAPSHOT_KEEP", default_value_t = 3, value_name = "N", value_parser = at_least_one)]
    snapshot_keep: usize,

    /// File of tokens, one a line; who asks must show one, as Bearer or as Basic password
    #[arg(long, env = "SISKIN_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,

    /// Listen beyond loopback without any token: whoever reaches the port may read, write and delete
    #[arg(long)]
    insecure: bool,

    /// Largest body as it travels
    #[arg(long, env = "SISKIN_MAX_BODY_BYTES", default_value_t = 8 << 20, value_name = "BYTES",
          value_parser = clap::value_parser!(u32).range(1024..))]
    max_body_bytes: u32,

    /// Largest body after decompression
    #[arg(long, env = "SISKIN_MAX_DECODED_BYTES", default_value_t = 32 << 20, value_name = "BYTES",
          value_parser = clap::value_parser!(u32).range(1024..))]
    max_decoded_bytes: u32,

    /// All bodies that are admitted and not yet answered; who finds no room gets 503 and Retry-After
    #[arg(long, env = "SISKIN_MAX_INFLIGHT_BYTES", default_value_t = 64 << 20, value_name = "BYTES",
          value_parser = clap::value_parser!(u32).range(1024..))]
    max_inflight_bytes: u32,

    /// What to log: error, warn, info, debug, or a filter such as siskin_server=debug
    #[arg(long, env = "SISKIN_LOG_LEVEL", default_value = "info", value_name = "LEVEL")]
    log_level: String,

    /// How to log
    #[arg(long, env = "SISKIN_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

impl Serve {
    /// Runs until SIGTERM or SIGINT, or until the store is broken.
    pub fn run(self) -> anyhow::Result<()> {
        self.start_logging()?;
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("cannot start the runtime")?
            .block_on(self.serve())
    }

    async fn serve(self) -> anyhow::Result<()> {
        let mut signals = Signals::new()?;
        let auth = self.auth()?;
        let limits = self.limits()?;
        let address = self.address().await?;
        self.check_exposure(address, &auth)?;
        let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;

        let telemetry = Telemetry::new()?;
        let directory = Arc::new(Directory::default());
        let (store, readers) = self.open_store(&directory, &telemetry).await?;
        let admission = Admission::new(limits);
        let ingest_actors = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        let (fatal, mut broken) = mpsc::unbounded_channel();
        let parts = Parts {
            admission: admission.clone(),
            telemetry: telemetry.clone(),
            directory: directory.clone(),
            readers,
            commands: store.commands,
            ingest_actors,
            query_threads: QUERY_THREADS,
            fatal,
        };
        let (supervisor, actors) = Supervisor::spawn(Some("supervisor".into()), Supervisor, parts).await?;

        let app = Arc::new(App {
            loopback_only: address.ip().is_loopback() && auth.is_open(),
            auth,
            admission,
            directory,
            telemetry,
            ingest_actors,
            next_ingest: AtomicUsize::new(0),
            failing: store.failing,
            store: Arc::new(store.inspector),
            disk: store.disk,
            orders: store.keeper.orders(),
            closing: AtomicBool::new(false),
        });
        let (stop, stopped) = oneshot::channel::<()>();
        info!(address = %listener.local_addr()?, data = %self.data.display(), "listening");
        let server = tokio::spawn(http::serve(listener, app.clone(), async { drop(stopped.await) }));

        let failure = tokio::select! {
            name = signals.next() => {
                info!(signal = name, "ending");
                None
            }
            reason = broken.recv() => reason,
        };
        app.closing.store(true, Ordering::Relaxed);
        let _ = stop.send(());
        if let Some(reason) = failure {
            bail!("the store is broken: {reason}; the server ends so that its service manager can start it anew");
        }
        if tokio::time::timeout(DRAIN, server).await.is_err() {
            warn!("some requests did not end in time");
        }
        close(store.thread, store.keeper, store.watch).await?;
        supervisor.stop(None);
        let _ = actors.await;
        info!("ended");
        Ok(())
    }

    async fn open_store(&self, directory: &Arc<Directory>, telemetry: &Telemetry) -> anyhow::Result<(Store, Readers)> {
        let (path, directory, telemetry) = (self.data.clone(), directory.clone(), telemetry.clone());
        let min_free = self.min_free;
        let retention = Retention {
            raw: self.retention_raw,
            minute: self.retention_minute,
            hour: self.retention_hour,
            bytes: self.retention_bytes,
        };
        let settings = Settings {
            seal_after: self.seal_after,
            retention,
            snapshots: Schedule::new(self.snapshot_every, self.snapshot_keep),
        };
        tokio::task::spawn_blocking(move || {
            let start = Instant::now();
            let database = Database::open(&path)?;
            let readers = database.readers();
            let disk = Arc::new(Disk::new(database.shared.layout.side(), min_free));
            let watch = disk.watch().context("cannot start a thread")?;
            let keeper =
                Keeper::new(database.shared.clone(), directory.clone(), disk.clone(), telemetry.clone(), settings)?;
            let inspector = keeper.inspector();
            let writer =
                Writer::new(database, directory.clone(), &crate::ingest::again).context("cannot read the store")?;
            let failing = Arc::new(AtomicBool::new(false));
            let (commands, thread) =
                committer::spawn(writer, telemetry, failing.clone()).context("cannot start a thread")?;
            info!(hosts = directory.len(), seconds = start.elapsed().as_secs_f64(), "store open");
            let keeper = keeper.spawn().context("cannot start a thread")?;
            Ok((Store { commands, thread, keeper, inspector, disk, watch, failing }, readers))
        })
        .await?
    }

    fn auth(&self) -> anyhow::Result<Auth> {
        match &self.token_file {
            Some(path) => Ok(Auth::from_file(path)?),
            None => Ok(Auth::open()),
        }
    }

    async fn address(&self) -> anyhow::Result<SocketAddr> {
        let listen = self.listen.clone().unwrap_or_else(|| format!("127.0.0.1:{}", self.monitor_port));
        let mut found = tokio::net::lookup_host(&listen)
            .await
            .with_context(|| format!("--listen {listen}: expected HOST:PORT, such as 127.0.0.1:5050 or [::]:5050"))?;
        found.next().with_context(|| format!("--listen {listen}: no such address"))
    }

    /// Beyond loopback nobody gets in without a token, unless it was asked for aloud.
    fn check_exposure(&self, address: SocketAddr, auth: &Auth) -> anyhow::Result<()> {
        if address.ip().is_loopback() || !auth.is_open() {
            return Ok(());
        }
        if !self.insecure {
            bail!(
                "{address} can be reached from other machines, and no token is set: give --token-file FILE \
                 (one token a line), or listen on 127.0.0.1, or say --insecure"
            );
        }
        warn!(%address, "INSECURE: whoever reaches this address may read, write and delete everything");
        Ok(())
    }

    fn limits(&self) -> anyhow::Result<Limits> {
        let (body, decoded, inflight) = (self.max_body_bytes, self.max_decoded_bytes, self.max_inflight_bytes);
        if u64::from(inflight) < u64::from(body) + u64::from(decoded) {
            bail!(
                "--max-inflight-bytes {inflight} is less than --max-body-bytes {body} and --max-decoded-bytes {decoded} \
                 together: the largest body would be told to come back for ever"
            );
        }
        Ok(Limits { body_bytes: body as usize, decoded_bytes: decoded as usize, inflight_bytes: inflight as usize })
    }

    fn start_logging(&self) -> anyhow::Result<()> {
        let filter = tracing_subscriber::EnvFilter::try_new(&self.log_level)
            .with_context(|| format!("--log-level {}", self.log_level))?;
        let logger = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        match self.log_format {
            LogFormat::Text => logger.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init(),
            LogFormat::Json => logger.json().init(),
        }
        Ok(())
    }
}

struct Store {
    commands: std::sync::mpsc::Sender<Command>,
    thread: JoinHandle<()>,
    keeper: KeeperHandle,
    inspector: Inspector,
    disk: Arc<Disk>,
    watch: Watch,
    /// Whether the last commit failed.
    failing: Arc<AtomicBool>,
}

/// Everything that was admitted is committed, and the file is left in good order.
async fn close(thread: JoinHandle<()>, keeper: KeeperHandle, watch: Watch) -> anyhow::Result<()> {
    tokio::task::spawn_blocking(|| {
        keeper.stop();
        watch.stop();
    })
    .await?;
    let closed = ask(storage::NAME, |reply| Command::Close { reply }).await;
    if let Err(error) = closed.context("the store's thread is gone")? {
        // Everything acknowledged is in the WAL all the same.
        error!(%error, "cannot checkpoint");
    }
    tokio::task::spawn_blocking(move || thread.join()).await?.map_err(|_| anyhow::anyhow!("the committer panicked"))
}
