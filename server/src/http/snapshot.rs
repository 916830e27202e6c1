//! `POST /snapshot` and `DELETE /snapshots/NAME`: copies of the store, beside it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::App;
use super::error::ApiError;
use super::extract::Name;
use crate::store::snapshot::{Order, Snapshot, SnapshotError};

pub async fn take(State(app): State<Arc<App>>) -> Result<Json<Snapshot>, ApiError> {
    Ok(Json(ask(&app, |reply| Order::Snapshot { reply }).await?))
}

pub async fn discard(State(app): State<Arc<App>>, Name(name): Name) -> Result<Json<Value>, ApiError> {
    ask(&app, |reply| Order::Discard { name, reply }).await?;
    Ok(Json(json!({"status": "ok"})))
}

/// Gives the keeper an order and waits until it is carried out.
async fn ask<T>(
    app: &App,
    order: impl FnOnce(oneshot::Sender<Result<T, SnapshotError>>) -> Order,
) -> Result<T, SnapshotError> {
    let (reply, answer) = oneshot::channel();
    app.orders.send(order(reply)).map_err(|_| SnapshotError::Closed)?;
    answer.await.map_err(|_| SnapshotError::Closed)?
}

impl From<SnapshotError> for ApiError {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::NoRoom { .. } => Self::full(error.to_string()),
            SnapshotError::TooMany { .. } => Self::new(StatusCode::CONFLICT, error.to_string()),
            SnapshotError::Unknown(_) => Self::not_found(&error.to_string()),
            SnapshotError::Closed => Self::closed(),
            SnapshotError::Failed(_) => {
                tracing::error!(%error, "a snapshot failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
            }
        }
    }
}
