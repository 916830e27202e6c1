//! The statements of queries. Table and column names come from the catalog, never from a request; values are bound.

use crate::series::tier::Tier;
use crate::store::directory::HostId;

/// Rows of some hosts in a time range: host, instant, dimension, and the columns as doubles.
pub fn frame(tier: Tier, table: &str, dimension: Option<&str>, columns: &[&str], hosts: &[HostId]) -> String {
    let place = match tier {
        Tier::Raw => "",
        Tier::Minute => "minute.",
        Tier::Hour => "hour.",
    };
    // Numbers of our own, no words of a request.
    let hosts: Vec<String> = hosts.iter().map(|host| host.0.to_string()).collect();
    let hosts = hosts.join(",");
    let dimension = dimension.map_or("NULL::VARCHAR".to_owned(), |name| format!("\"{name}\"::VARCHAR"));
    let columns: String = columns.iter().map(|name| format!(", \"{name}\"::DOUBLE")).collect();
    format!(
        "SELECT host_id, epoch_us(ts) AS instant, {dimension} AS dimension{columns} FROM {place}{table} \
         WHERE host_id IN ({hosts}) AND ts BETWEEN make_timestamp(?) AND make_timestamp(?) ORDER BY host_id, dimension, instant LIMIT ?"
    )
}
