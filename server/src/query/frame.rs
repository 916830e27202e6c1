//! Reads frames: rows of one table, some hosts and one time range.

use duckdb::Connection;
use duckdb::arrow::array::{Array, AsArray};
use duckdb::arrow::datatypes::{Float64Type, Int32Type, Int64Type};

use super::{QueryError, sql};
use crate::series::frame::Frame;
use crate::series::metric::FLAT;
use crate::series::range::Range;
use crate::series::tier::Tier;
use crate::store::directory::HostId;

/// Values that one question may read of one table, at 16 bytes each. A week of one host at 10 s has 60 480 rows, times
/// its dimensions and columns.
const MAX_VALUES: usize = 12_000_000;

/// Reads the columns of a table, split by host and dimension.
pub fn read(
    connection: &Connection,
    tier: Tier,
    table: &str,
    dimension: Option<&str>,
    columns: &[&str],
    hosts: &[HostId],
    range: Range,
) -> Result<Vec<(HostId, Frame)>, QueryError> {
    if hosts.is_empty() {
        return Ok(Vec::new());
    }
    let max_rows = MAX_VALUES / (columns.len() + 1);
    let mut statement = connection.prepare(&sql::frame(tier, table, dimension, columns, hosts))?;
    let batches = statement.query_arrow([range.from_us, range.to_us, max_rows as i64 + 1])?;
    let mut frames: Vec<(HostId, Frame)> = Vec::new();
    let mut rows = 0;
    for batch in batches {
        rows += batch.num_rows();
        if rows > max_rows {
            return Err(QueryError::Bad(format!(
                "more than {max_rows} rows of {table}: ask for fewer hosts or metrics, or a shorter time"
            )));
        }
        let hosts = batch.column(0).as_primitive::<Int32Type>();
        let at = batch.column(1).as_primitive::<Int64Type>();
        let names = batch.column(2).as_string::<i32>();
        let values: Vec<_> = (3..batch.num_columns()).map(|i| batch.column(i).as_primitive::<Float64Type>()).collect();
        for row in 0..batch.num_rows() {
            let name = names.is_valid(row).then(|| names.value(row));
            let host = HostId(hosts.value(row));
            if frames.last().is_none_or(|(of, frame)| *of != host || frame.dimension.as_deref() != name) {
                frames.push((host, Frame::new(name, columns.len())));
            }
            let (_, frame) = frames.last_mut().expect("a frame was just pushed");
            // Two samples of one instant (a repaired clock): the first stands. Flat pushes of one second are all kept.
            if table != FLAT && frame.ts.last() == Some(&at.value(row)) {
                continue;
            }
            frame.ts.push(at.value(row));
            for (column, values) in frame.columns.iter_mut().zip(&values) {
                column.push(values.is_valid(row).then(|| values.value(row)));
            }
        }
    }
    Ok(frames)
}
