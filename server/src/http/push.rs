//! `POST /metrics`: one sample or many, flat or native. 200 means stored.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use ractor::ActorRef;
use serde::Serialize;
use tokio::sync::oneshot;

use super::error::ApiError;
use super::{App, body};
use crate::clock::now_us;
use crate::ingest::actor::Submit;
use crate::ingest::encoding::Encoding;
use crate::store::Receipt;
use crate::supervisor::ingest_name;

#[derive(Serialize)]
pub struct Pushed {
    status: &'static str,
    /// Samples stored by this request.
    stored: u64,
    /// Samples that were stored before.
    duplicates: u64,
}

pub async fn push(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Result<Json<Pushed>, ApiError> {
    let result = store(&app, &headers, body).await;
    if let Err(error) = &result {
        app.telemetry.refuse(error.reason());
    }
    let Receipt { stored, duplicates, .. } = result?;
    Ok(Json(Pushed { status: "ok", stored, duplicates }))
}

async fn store(app: &App, headers: &HeaderMap, body: Body) -> Result<Receipt, ApiError> {
    if app.closing.load(Ordering::Relaxed) {
        return Err(ApiError::closed());
    }
    let encoding = encoding(headers)?;
    let (body, permit) = body::read(&app.admission, headers, body).await?;
    let (reply, decoded) = oneshot::channel();
    let number = app.next_ingest.fetch_add(1, Ordering::Relaxed) % app.ingest_actors;
    let ingest = ActorRef::<Submit>::where_is(ingest_name(number)).ok_or_else(ApiError::closed)?;
    app.telemetry.backlog(crate::ingest::actor::NAME).inc();
    ingest
        .cast(Submit { body, encoding, received_us: now_us(), permit, reply: reply.into() })
        .map_err(|_| ApiError::closed())?;
    let decoded = decoded.await.map_err(|_| ApiError::closed())??;
    Ok(decoded.stored.await.map_err(|_| ApiError::closed())??)
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, ApiError> {
    let Some(header) = headers.get(header::CONTENT_ENCODING) else {
        return Ok(Encoding::Identity);
    };
    header.to_str().ok().and_then(Encoding::parse).ok_or_else(|| {
        ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported Content-Encoding: gzip, zstd or none")
    })
}
