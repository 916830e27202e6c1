//! Readiness, and the server's own metrics.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::error::ApiError;
use super::{App, storage};
use crate::query::actor as query;
use crate::store::actor as committer;

/// Ready: the actors that take and answer are there.
pub async fn health(State(app): State<Arc<App>>) -> Result<Json<Value>, ApiError> {
    if app.closing.load(Ordering::Relaxed) {
        return Err(ApiError::busy("the server is shutting down"));
    }
    if app.failing.load(Ordering::Relaxed) {
        return Err(ApiError::busy("the last commit failed: see the server's log"));
    }
    for name in [committer::NAME, query::NAME] {
        if ractor::registry::where_is(name).is_none() {
            return Err(ApiError::busy(format!("the {name} actor is not running")));
        }
    }
    Ok(Json(json!({"status": "ok"})))
}

/// `GET /metrics`: Prometheus text.
pub async fn metrics(State(app): State<Arc<App>>) -> Result<impl IntoResponse, ApiError> {
    app.telemetry.queue_bytes.set(app.admission.used_bytes() as i64);
    app.telemetry.hosts.set(app.directory.len() as i64);
    app.telemetry.store(&storage::report(&app).await?);
    let text =
        app.telemetry.text().map_err(|error| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}
