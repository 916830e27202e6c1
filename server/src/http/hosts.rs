//! The list of hosts, one host's document, and the removal of either.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use siskin_platform::model::Tags;

use super::App;
use super::error::ApiError;
use super::extract::{Name, Parameters};
use crate::ask::ask;
use crate::clock::now_us;
use crate::store::committer::Command;
use crate::store::directory::HostId;
use crate::store::status::{Latest, Liveness, Status};
use crate::store::{Removal, Removed, StoreError, actor as storage};

/// How a request names a host: by its id, or by the name that people see.
#[derive(Debug, Deserialize)]
pub struct Named {
    pub id: Option<String>,
    pub hostname: Option<String>,
}

#[derive(Serialize)]
pub struct Listed {
    hostname: String,
    metric_count: u64,
    /// Unix seconds.
    last_seen: Option<i64>,
    details_updated_at: Option<i64>,
    id: String,
    state: Liveness,
    interval_seconds: f64,
    agent_version: Option<String>,
    skew_seconds: Option<f64>,
    /// What the agent was told of its host; none of a host that pushes flat.
    tags: Tags,
    cloned: bool,
    latest: Latest,
}

#[derive(Serialize)]
pub struct HostList {
    hosts: Vec<Listed>,
}

#[derive(Serialize)]
pub struct HostDetails {
    hostname: String,
    details: Box<RawValue>,
    /// Unix seconds.
    updated_at: i64,
}

/// `GET /hosts`
pub async fn list(State(app): State<Arc<App>>) -> Json<HostList> {
    let now_us = now_us();
    let listed = |(_, entry): (HostId, crate::store::directory::HostEntry)| {
        let status = Status::of(&entry, now_us);
        Listed {
            metric_count: entry.samples,
            last_seen: entry.last_sample_us.map(seconds),
            details_updated_at: status.details_updated_us.map(seconds),
            state: status.liveness,
            interval_seconds: status.interval_seconds,
            agent_version: status.agent_version,
            skew_seconds: status.skew_seconds,
            tags: status.tags,
            cloned: status.cloned,
            latest: status.latest,
            hostname: entry.hostname,
            id: entry.key,
        }
    };
    Json(HostList { hosts: app.directory.list().into_iter().map(listed).collect() })
}

/// `GET /details?hostname=`
pub async fn details(
    State(app): State<Arc<App>>,
    Parameters(named): Parameters<Named>,
) -> Result<Json<HostDetails>, ApiError> {
    if named.id.is_none() && named.hostname.as_deref().is_none_or(str::is_empty) {
        return Err(ApiError::bad("hostname query parameter required"));
    }
    // Of two hosts with one name, the one that was heard last.
    let newest = named_hosts(&app, &named)
        .into_iter()
        .filter_map(|host| app.directory.get(host))
        .filter_map(|entry| Some((entry.document()?, entry.hostname)))
        .max_by_key(|(details, _)| details.updated_us);
    let (details, hostname) = newest.ok_or_else(|| ApiError::not_found("hostname not found"))?;
    let document = RawValue::from_string(details.document.to_string())
        .map_err(|error| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(Json(HostDetails { hostname, details: document, updated_at: seconds(details.updated_us) }))
}

/// `POST /hosts/{hostname}/clean`
pub async fn clean(
    State(app): State<Arc<App>>,
    Name(hostname): Name,
    Parameters(named): Parameters<Named>,
) -> Result<Json<Value>, ApiError> {
    let removed = remove(&app, hostname, named, Removal::Samples).await?;
    Ok(Json(json!({"status": "ok", "metrics_deleted": removed.samples})))
}

/// `DELETE /hosts/{hostname}`
pub async fn delete(
    State(app): State<Arc<App>>,
    Name(hostname): Name,
    Parameters(named): Parameters<Named>,
) -> Result<Json<Value>, ApiError> {
    let removed = remove(&app, hostname, named, Removal::Host).await?;
    Ok(Json(json!({"status": "ok", "metrics": removed.samples, "details": removed.details})))
}

async fn remove(app: &App, hostname: String, named: Named, what: Removal) -> Result<Removed, ApiError> {
    let hosts = named_hosts(app, &Named { id: named.id, hostname: Some(hostname) });
    let host = match hosts.as_slice() {
        // As the predecessor: what is not there is removed already.
        [] => return Ok(Removed::default()),
        [host] => *host,
        several => return Err(ambiguous(app, several)),
    };
    Ok(ask(storage::NAME, |reply| Command::Remove { host, what, reply }).await.ok_or(StoreError::Closed)??)
}

/// The hosts that a request names; all when it names none.
pub fn named_hosts(app: &App, named: &Named) -> Vec<HostId> {
    let named_so = match &named.hostname {
        Some(hostname) => app.directory.by_name(hostname),
        None => app.directory.ids(),
    };
    match &named.id {
        Some(id) => app.directory.by_key(id).filter(|host| named_so.contains(host)).into_iter().collect(),
        None => named_so,
    }
}

/// The one host that a request names.
pub fn one_host(app: &App, named: &Named) -> Result<HostId, ApiError> {
    if named.id.is_none() && named.hostname.is_none() {
        return Err(ApiError::bad("id or hostname is required with metrics"));
    }
    match named_hosts(app, named).as_slice() {
        [] => Err(ApiError::not_found("hostname not found")),
        [host] => Ok(*host),
        several => Err(ambiguous(app, several)),
    }
}

fn ambiguous(app: &App, hosts: &[HostId]) -> ApiError {
    let ids: Vec<Value> =
        hosts.iter().filter_map(|host| app.directory.get(*host)).map(|entry| Value::String(entry.key)).collect();
    ApiError::new(StatusCode::CONFLICT, "several hosts bear this name: choose one with id=").with("ids", ids)
}

fn seconds(us: i64) -> i64 {
    us.div_euclid(1_000_000)
}
