//! Reading a body within bounds: of its size, of all bodies together, and of time.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::sync::OwnedSemaphorePermit;

use super::error::ApiError;
use crate::ingest::admission::{Admission, Full};

/// A whole body must have come within this time.
const READ_TIME: Duration = Duration::from_secs(30);
/// A body that is too large is read to its end up to this size and time, so that the sender sees the answer instead of
/// a broken connection; nothing of it is kept.
const DISCARD_BYTES: usize = 256 << 20;
const DISCARD_TIME: Duration = Duration::from_secs(5);

/// The body, and the room it takes until the permit is dropped.
pub async fn read(
    admission: &Admission,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Bytes, OwnedSemaphorePermit), ApiError> {
    let mut body = body;
    match tokio::time::timeout(READ_TIME, admitted(admission, headers, &mut body)).await {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(error)) => {
            let _ = tokio::time::timeout(DISCARD_TIME, discard(body)).await;
            Err(error)
        }
        Err(_) => Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, "the body did not come in time")),
    }
}

async fn admitted(
    admission: &Admission,
    headers: &HeaderMap,
    body: &mut Body,
) -> Result<(Bytes, OwnedSemaphorePermit), ApiError> {
    let limit = admission.limits.body_bytes;
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if declared.is_some_and(|bytes: usize| bytes > limit) {
        return Err(ApiError::too_large(limit));
    }
    let mut permit = admission.admit(declared.unwrap_or(0)).map_err(full)?;
    let mut read = BytesMut::with_capacity(declared.unwrap_or(0));
    let mut frames = std::mem::take(body).into_data_stream();
    while let Some(frame) = frames.next().await {
        let frame = frame.map_err(|error| ApiError::bad("Invalid JSON payload").with("detail", error.to_string()))?;
        if read.len() + frame.len() > limit {
            *body = Body::from_stream(frames);
            return Err(ApiError::too_large(limit));
        }
        if read.len() + frame.len() > permit.num_permits() {
            admission.grow(&mut permit, frame.len()).map_err(full)?;
        }
        read.extend_from_slice(&frame);
    }
    Ok((read.freeze(), permit))
}

async fn discard(body: Body) {
    let mut frames = body.into_data_stream();
    let mut read = 0;
    while let Some(Ok(frame)) = frames.next().await {
        read += frame.len();
        if read > DISCARD_BYTES {
            return;
        }
    }
}

fn full(_: Full) -> ApiError {
    ApiError::busy("too much is in flight")
}
