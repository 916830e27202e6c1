//! Rows of one table, one host and one time range, column by column.

use duckdb::Connection;
use duckdb::arrow::array::{Array, AsArray};
use duckdb::arrow::datatypes::{Float64Type, Int64Type};

use super::range::Range;
use super::{QueryError, sql};
use crate::store::directory::HostId;

/// Rows that one question may read of one table. A week of one host at 10 s has 60 480, times its dimensions.
const MAX_ROWS: usize = 3_000_000;

/// The table of the predecessor's pushes.
pub const FLAT: &str = "flat";

/// The rows of one dimension value, in order of time.
#[derive(Debug, Default, PartialEq)]
pub struct Frame {
    pub dimension: Option<String>,
    /// Microseconds since 1970.
    pub ts: Vec<i64>,
    /// One for each column asked for.
    pub columns: Vec<Vec<Option<f64>>>,
}

/// Reads the columns of a table, split by dimension.
pub fn read(
    connection: &Connection,
    table: &str,
    dimension: Option<&str>,
    columns: &[&str],
    host: HostId,
    range: Range,
) -> Result<Vec<Frame>, QueryError> {
    let mut statement = connection.prepare(&sql::frame(table, dimension, columns))?;
    let batches = statement.query_arrow(duckdb::params![host.0, range.from_us, range.to_us, MAX_ROWS as i64 + 1])?;
    let mut frames: Vec<Frame> = Vec::new();
    let mut rows = 0;
    for batch in batches {
        rows += batch.num_rows();
        if rows > MAX_ROWS {
            return Err(QueryError::Bad(format!("more than {MAX_ROWS} rows of {table}: ask for a shorter time")));
        }
        let at = batch.column(0).as_primitive::<Int64Type>();
        let names = batch.column(1).as_string::<i32>();
        let values: Vec<_> = (2..batch.num_columns()).map(|i| batch.column(i).as_primitive::<Float64Type>()).collect();
        for row in 0..batch.num_rows() {
            let name = names.is_valid(row).then(|| names.value(row));
            if frames.last().is_none_or(|frame| frame.dimension.as_deref() != name) {
                frames.push(Frame {
                    dimension: name.map(str::to_owned),
                    ts: Vec::new(),
                    columns: vec![Vec::new(); columns.len()],
                });
            }
            let frame = frames.last_mut().expect("a frame was just pushed");
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
