//! Errors as answers: a status, a JSON body with `error`, and whether and when to try again.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use crate::clock::now_us;
use crate::ingest::DecodeError;
use crate::query::QueryError;
use crate::store::StoreError;

/// Seconds after which a sender may try again; not the same for all, or all would come back together.
fn retry_seconds() -> u64 {
    1 + now_us().unsigned_abs() % 4
}

/// Somebody has to make room first.
const FULL_RETRY_SECONDS: u64 = 30;

#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    body: Map<String, Value>,
    retry_after: Option<u64>,
}

impl ApiError {
    pub fn new(status: StatusCode, error: impl Into<String>) -> Self {
        let body = Map::from_iter([("error".to_owned(), Value::String(error.into()))]);
        ApiError { status, body, retry_after: None }
    }

    pub fn bad(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    pub fn not_found(error: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, error)
    }

    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method not allowed here")
    }

    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "a token is required: as Bearer, or as the password of Basic")
    }

    pub fn foreign(error: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, error)
    }

    pub fn too_large(limit: usize) -> Self {
        let error = format!("the body is larger than {limit} bytes: send fewer samples at once");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, error)
    }

    /// The server cannot now; the same request may go through later.
    pub fn busy(error: impl Into<String>) -> Self {
        ApiError { retry_after: Some(retry_seconds()), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, error) }
    }

    /// The disk is full: room comes in minutes, if it comes.
    pub fn full(error: impl Into<String>) -> Self {
        ApiError { retry_after: Some(FULL_RETRY_SECONDS + retry_seconds()), ..Self::busy(error) }
    }

    pub fn closed() -> Self {
        Self::busy("the server is shutting down or starting an actor again")
    }

    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.body.insert(key.to_owned(), value.into());
        self
    }

    fn line(self, line: Option<usize>) -> Self {
        match line {
            Some(line) => self.with("line", line),
            None => self,
        }
    }

    /// The reason by which refusals are counted.
    pub fn reason(&self) -> &'static str {
        match self.status {
            StatusCode::BAD_REQUEST => "invalid",
            StatusCode::UNAUTHORIZED => "unauthorized",
            StatusCode::FORBIDDEN => "foreign",
            StatusCode::REQUEST_TIMEOUT => "timeout",
            StatusCode::PAYLOAD_TOO_LARGE => "too_large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "encoding",
            _ => "busy",
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(Value::Object(self.body))).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"siskin\""));
        }
        response
    }
}

/// The predecessor's texts, and beside them what is wrong and where.
impl From<DecodeError> for ApiError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Json { detail, line } => Self::bad("Invalid JSON payload").with("detail", detail).line(line),
            DecodeError::Missing { fields, detail, line } => {
                Self::bad(format!("Missing fields: {}", fields.join(", ")))
                    .with("field", fields.into_iter().next().unwrap_or_default())
                    .with("detail", detail)
                    .line(line)
            }
            DecodeError::Field { field, detail, line } => {
                Self::bad("Invalid field types").with("field", field).with("detail", detail).line(line)
            }
            DecodeError::TooLarge { limit } => Self::too_large(limit).with("detail", "after decompression"),
            DecodeError::Damaged { encoding, detail } => {
                Self::bad("Invalid JSON payload").with("detail", format!("cannot unpack {encoding}: {detail}"))
            }
            DecodeError::Busy => Self::busy("too much is in flight"),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Closed => Self::closed(),
            // What went wrong is in the server's log; the sender needs to know only that it should try again.
            StoreError::Failed(_) | StoreError::Fatal(_) => Self::busy("cannot store now"),
        }
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Bad(detail) => Self::bad(detail),
            QueryError::Deadline(_) | QueryError::Busy => Self::busy(error.to_string()),
            QueryError::Closed => Self::closed(),
            QueryError::Store(error) => {
                tracing::error!(%error, "a query failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "cannot read the store")
            }
        }
    }
}
