//! Reading a body within bounds: of its size, of all bodies together, and of time.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::sync::OwnedSemaphorePermit;

use super::error::ApiError;
use crate::ingest::admission::{Admission, Full};

/// A whole body must have come within this time.
const READ_TIME: Duration = Duration::from_secs(30);
/// A body that is refused is read to its end up to this size and time, so that the sender sees the answer instead of a
/// broken connection; nothing of it is kept.
const DISCARD_BYTES: usize = 256 << 20;
const DISCARD_TIME: Duration = Duration::from_secs(5);

/// The body, and the room it takes until the permit is dropped.
pub async fn read(
    admission: &Admission,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Bytes, OwnedSemaphorePermit), ApiError> {
    let mut frames = body.into_data_stream();
    match tokio::time::timeout(READ_TIME, admitted(admission, headers, &mut frames)).await {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(error)) => {
            discard(frames).await;
            Err(error)
        }
        Err(_) => Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, "the body did not come in time")),
    }
}

/// Reads what is refused.
pub async fn discard(mut frames: BodyDataStream) {
    let all = async {
        let mut read = 0;
        while let Some(Ok(frame)) = frames.next().await {
            read += frame.len();
            if read > DISCARD_BYTES {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(DISCARD_TIME, all).await;
}

/// Room is taken for what has come, never for what was announced: an announcement costs its sender nothing.
async fn admitted(
    admission: &Admission,
    headers: &HeaderMap,
    frames: &mut BodyDataStream,
) -> Result<(Bytes, OwnedSemaphorePermit), ApiError> {
    let limit = admission.limits.body_bytes;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: usize| bytes > limit) {
        return Err(ApiError::too_large(limit));
    }
    let mut permit = admission.admit(0).map_err(full)?;
    let mut read = BytesMut::new();
    while let Some(frame) = frames.next().await {
        let frame = frame.map_err(|error| ApiError::bad("Invalid JSON payload").with("detail", error.to_string()))?;
        if read.len() + frame.len() > limit {
            return Err(ApiError::too_large(limit));
        }
        admission.grow(&mut permit, frame.len()).map_err(full)?;
        read.extend_from_slice(&frame);
    }
    Ok((read.freeze(), permit))
}

fn full(_: Full) -> ApiError {
    ApiError::busy("too much is in flight")
}
