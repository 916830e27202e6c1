//! `GET /storage`: what the store says of itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::App;
use super::error::ApiError;
use crate::store::report::Report;

pub async fn storage(State(app): State<Arc<App>>) -> Result<Json<Report>, ApiError> {
    report(&app).await.map(Json)
}

/// The report, made where a disk that hangs holds nobody up.
pub async fn report(app: &App) -> Result<Report, ApiError> {
    let store = app.store.clone();
    let report = tokio::task::spawn_blocking(move || store.report()).await;
    report.map_err(|error| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}
