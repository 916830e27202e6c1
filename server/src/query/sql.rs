//! The statements of queries. Table and column names come from the catalog, never from a request; values are bound.

/// Rows of one host in a time range: instant, dimension, and the columns as doubles.
pub fn frame(table: &str, dimension: Option<&str>, columns: &[&str]) -> String {
    let dimension = dimension.map_or("NULL::VARCHAR".to_owned(), |name| format!("\"{name}\"::VARCHAR"));
    let columns: String = columns.iter().map(|name| format!(", \"{name}\"::DOUBLE")).collect();
    format!(
        "SELECT epoch_us(ts) AS instant, {dimension} AS dimension{columns} FROM {table} \
         WHERE host_id = ? AND ts BETWEEN make_timestamp(?) AND make_timestamp(?) ORDER BY dimension, instant LIMIT ?"
    )
}
