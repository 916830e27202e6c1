//! The doors: routes, and handlers that extract, call and map. No SQL and no arithmetic here.

mod body;
mod dashboard;
mod data;
mod error;
mod extract;
mod guard;
mod health;
mod hosts;
mod push;
mod snapshot;
mod storage;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::mpsc::Sender;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post};
use tokio::net::TcpListener;
use tower_http::compression::CompressionLayer;

use crate::auth::Auth;
use crate::ingest::admission::Admission;
use crate::store::directory::Directory;
use crate::store::disk::Disk;
use crate::store::report::Inspect;
use crate::store::snapshot::Order;
use crate::telemetry::Telemetry;
use error::ApiError;

/// What handlers reach.
pub struct App {
    pub auth: Auth,
    pub admission: Admission,
    pub directory: Arc<Directory>,
    pub telemetry: Telemetry,
    pub ingest_actors: usize,
    /// Which ingest actor the next body goes to.
    pub next_ingest: AtomicUsize,
    /// Open to everyone here: then only under the names of this machine.
    pub loopback_only: bool,
    /// Whether the last commit failed.
    pub failing: Arc<AtomicBool>,
    /// Tells about the store.
    pub store: Arc<dyn Inspect>,
    pub disk: Arc<Disk>,
    /// Where the store's keeper takes orders.
    pub orders: Sender<Order>,
    /// Set when the server stops taking requests.
    pub closing: AtomicBool,
}

/// Serves until `stopped`, then lets the requests that run finish.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, router(app)).with_graceful_shutdown(stopped).await
}

fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/metrics", get(health::metrics).post(push::push))
        .route("/data", get(data::data))
        .route("/storage", get(storage::storage))
        .route("/snapshot", post(snapshot::take))
        .route("/snapshots/{name}", delete(snapshot::discard))
        .route("/details", get(hosts::details))
        .route("/hosts", get(hosts::list))
        .route("/hosts/{hostname}/clean", post(hosts::clean))
        .route("/hosts/{hostname}", delete(hosts::delete))
        .route("/", get(dashboard::home))
        .route("/dashboard", get(dashboard::page))
        .route("/dashboard/", get(dashboard::page))
        .route("/dashboard/{*path}", get(dashboard::file))
        .layer(from_fn_with_state(app.clone(), guard::guard))
        .route("/health", get(health::health))
        .fallback(async || ApiError::not_found("no such page"))
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(CompressionLayer::new())
        .with_state(app)
}
