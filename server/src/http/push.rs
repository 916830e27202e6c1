//! `POST /metrics`: one sample or many, flat or native. 200 means stored.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use serde::Serialize;

use super::error::ApiError;
use super::{App, body};
use crate::ask::ask;
use crate::clock::now_us;
use crate::ingest::actor::{self as ingest, Submit};
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
    // The agent's clock is judged by the moment at which it sent, not by how long its body took.
    let received_us = now_us();
    let encoding = match open(app).and_then(|()| encoding(headers)) {
        Ok(encoding) => encoding,
        Err(error) => {
            body::discard(body.into_data_stream()).await;
            return Err(error);
        }
    };
    let (body, permit) = body::read(&app.admission, headers, body).await?;
    let number = app.next_ingest.fetch_add(1, Ordering::Relaxed) % app.ingest_actors;
    app.telemetry.backlog(ingest::NAME).inc();
    let submit = |reply| Submit { body, encoding, received_us, permit, reply };
    let decoded = ask(&ingest_name(number), submit).await.ok_or_else(ApiError::closed)??;
    Ok(decoded.stored.await.map_err(|_| ApiError::closed())??)
}

/// Whether anything is taken now.
fn open(app: &App) -> Result<(), ApiError> {
    if app.closing.load(Ordering::Relaxed) {
        return Err(ApiError::closed());
    }
    app.disk.is_full().map_or(Ok(()), |why| Err(ApiError::full(why)))
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, ApiError> {
    let Some(header) = headers.get(header::CONTENT_ENCODING) else {
        return Ok(Encoding::Identity);
    };
    header.to_str().ok().and_then(Encoding::parse).ok_or_else(|| {
        ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported Content-Encoding: gzip, zstd or none")
    })
}
