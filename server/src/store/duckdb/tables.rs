//! Writing the tables, a group at a time: one statement or one appender a table, however many rows.

use std::collections::HashMap;

use duckdb::{Connection, params};

use super::marks::Mark;
use super::memory::Known;
use crate::store::directory::{Details, HostId};

pub fn write_marks(connection: &Connection, marks: impl Iterator<Item = (HostId, u64, Mark)>) -> duckdb::Result<()> {
    let mut marks = marks.peekable();
    if marks.peek().is_none() {
        return Ok(());
    }
    let mut appender = connection.appender("marks")?;
    for (host, stream, mark) in marks {
        appender.append_row(params![host.0, stream, mark.seq, timestamp(mark.updated_us)])?;
    }
    appender.flush()
}

/// Hosts that are new or have changed: the last row of a host counts.
pub fn write_hosts<'a>(
    connection: &Connection,
    hosts: impl Iterator<Item = (&'a String, &'a Known)>,
) -> duckdb::Result<()> {
    let mut hosts = hosts.peekable();
    if hosts.peek().is_none() {
        return Ok(());
    }
    let mut appender = connection.appender("hosts")?;
    for (key, known) in hosts {
        let agent = known.native.as_ref().map(|(agent, _)| json(agent));
        let facts = known.native.as_ref().map(|(_, host)| json(host));
        let first_seen = timestamp(known.first_seen_us);
        appender.append_row(params![known.id.0, key, known.hostname, agent, facts, first_seen, known.deleted])?;
    }
    appender.flush()
}

pub fn write_details(connection: &Connection, details: &HashMap<HostId, Details>) -> duckdb::Result<()> {
    if details.is_empty() {
        return Ok(());
    }
    let mut appender = connection.appender("details")?;
    for (host, details) in details {
        appender.append_row(params![host.0, &*details.document, timestamp(details.updated_us)])?;
    }
    appender.flush()
}

/// The host is removed: what was written of it before no longer counts.
pub fn forget_host(connection: &Connection, key: &str, known: &Known, now_us: i64) -> duckdb::Result<()> {
    write_hosts(connection, std::iter::once((&key.to_owned(), known)))?;
    let mut appender = connection.appender("details")?;
    appender.append_row(params![known.id.0, None::<&str>, timestamp(now_us)])?;
    appender.flush()
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain data serializes")
}

/// An instant as a value.
pub fn timestamp(us: i64) -> duckdb::types::Value {
    duckdb::types::Value::Timestamp(duckdb::types::TimeUnit::Microsecond, us)
}
