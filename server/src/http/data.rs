//! `GET /data`: the predecessor's rows, or, when `metrics` are named, series on one axis: samples, or
//! steps with their mean, least and greatest value.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ractor::RpcReplyPort;
use serde::Deserialize;

use super::App;
use super::error::ApiError;
use super::extract::Parameters;
use super::hosts::{Named, named_hosts, one_host};
use crate::ask::ask;
use crate::clock::now_us;
use crate::query::actor::{self, Question};
use crate::query::{FlatRequest, MAX_METRICS, MAX_POINTS, QueryError, SeriesRequest, Timeframe};
use crate::series::range::Range;

const DEFAULT_POINTS: usize = 600;

#[derive(Debug, Deserialize)]
pub struct Asked {
    hostname: Option<String>,
    id: Option<String>,
    timeframe: Option<String>,
    from: Option<String>,
    to: Option<String>,
    metrics: Option<String>,
    points: Option<String>,
}

pub async fn data(
    State(app): State<Arc<App>>,
    Parameters(parameters): Parameters<Asked>,
) -> Result<Response, ApiError> {
    match &parameters.metrics {
        Some(metrics) => series(&app, &parameters, metrics).await,
        None => rows(&app, &parameters).await,
    }
}

async fn rows(app: &App, parameters: &Asked) -> Result<Response, ApiError> {
    let timeframe = match parameters.timeframe.as_deref() {
        None => Timeframe::PREDECESSOR_DEFAULT,
        Some(text) => Timeframe::predecessor(text).ok_or_else(|| {
            ApiError::bad("Unsupported timeframe")
                .with("detail", "1h, 24h or 7d; with metrics= any, such as 15m or 30d")
        })?,
    };
    let hosts = named_hosts(app, &Named { id: parameters.id.clone(), hostname: parameters.hostname.clone() });
    let request = FlatRequest { hosts, range: timeframe.until(now_us()) };
    let answer = query(|reply| Question::Flat { request, reply }).await?;
    Ok(Json(answer).into_response())
}

async fn series(app: &App, parameters: &Asked, metrics: &str) -> Result<Response, ApiError> {
    let host = one_host(app, &Named { id: parameters.id.clone(), hostname: parameters.hostname.clone() })?;
    let metrics: Vec<String> =
        metrics.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if metrics.is_empty() || metrics.len() > MAX_METRICS {
        return Err(ApiError::bad(format!("metrics must name 1 to {MAX_METRICS} metrics, separated by commas")));
    }
    let points = match parameters.points.as_deref().map(str::parse) {
        None => DEFAULT_POINTS,
        Some(Ok(points)) if (1..=MAX_POINTS).contains(&points) => points,
        Some(_) => return Err(ApiError::bad(format!("points must be a number from 1 to {MAX_POINTS}"))),
    };
    let range =
        Range::parse(parameters.timeframe.as_deref(), parameters.from.as_deref(), parameters.to.as_deref(), now_us())?;
    let request = SeriesRequest { host, metrics, range, points };
    let answer = query(|reply| Question::Series { request, reply }).await?;
    Ok(Json(answer).into_response())
}

async fn query<T: Send + 'static>(
    question: impl FnOnce(RpcReplyPort<Result<T, QueryError>>) -> Question,
) -> Result<T, QueryError> {
    ask(actor::NAME, question).await.ok_or(QueryError::Closed)?
}
