//! Rollups written to DuckDB and read back.

use duckdb::Connection;

use super::*;
use crate::series::rollup::tables;

const SECOND_US: i64 = 1_000_000;

/// A minute of two hosts with two cores, in a table made for it.
#[test]
fn rollups_of_several_hosts_fill_a_table() {
    let table = tables().iter().find(|table| table.name == "core").unwrap();
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(&shape(table).create("")).unwrap();

    let ts: Vec<i64> = (0..4).map(|row| row * 30 * SECOND_US).collect();
    let line = Timeline::native(ts.clone(), &[Some(30.0); 4], &[None; 4]);
    let frame = |core: &str, user: f64| Frame {
        dimension: Some(core.into()),
        ts: ts.clone(),
        columns: table
            .columns
            .iter()
            .map(|name| match *name {
                "user_seconds_total" => (0..4).map(|row| Some(user * f64::from(row))).collect(),
                "idle_seconds_total" => (0..4).map(|row| Some((30.0 - user) * f64::from(row))).collect(),
                _ => vec![None; 4],
            })
            .collect(),
    };
    let mut rolling = Rolling::new(table);
    for host in [3, 4] {
        let frames = [frame("0", 15.0), frame("10", f64::from(host) * 3.0)];
        rolling.push(HostId(host), &frames, &line, 0..3_600 * SECOND_US);
    }
    let rolled = rolling.finish().unwrap();
    let hour = rolled.hour.unwrap();
    assert_eq!((hour.table, hour.batch.num_rows()), ("core", 4));
    let Finished { table, columns, batch } = rolled.minute.unwrap();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut appender = connection.appender_with_columns(table, &columns).unwrap();
    appender.append_record_batch(batch).unwrap();
    appender.flush().unwrap();

    let mut statement = connection
        .prepare(
            "SELECT host_id, epoch_us(ts), core, n, busy_ratio_avg, coalesce(busy_ratio_max, busy_ratio_avg), frequency_hertz_avg FROM core
             WHERE ts = make_timestamp(60000000) ORDER BY host_id, core",
        )
        .unwrap();
    type Row = (i32, i64, i64, i32, f64, f64, Option<f64>);
    let rows: Vec<Row> = statement
        .query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
        })
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let minute = 60 * SECOND_US;
    assert_eq!(
        rows,
        [
            (3, minute, 0, 2, 0.5, 0.5, None),
            (3, minute, 10, 2, 0.3, 0.3, None),
            (4, minute, 0, 2, 0.5, 0.5, None),
            (4, minute, 10, 2, 0.4, 0.4, None),
        ]
    );
}

#[test]
fn every_table_has_columns_for_what_can_be_asked_of_it() {
    for table in tables() {
        let shape = shape(table);
        let columns = shape.declared();
        let names: std::collections::HashSet<_> = columns.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), columns.len(), "{}", table.name);
        let fixed = 3 + usize::from(table.dimension.is_some());
        assert_eq!(columns.len(), fixed + 3 * table.metrics.len());
        let mut rolling = Rolling::new(table);
        rolling.push(HostId(1), &[], &Timeline::default(), 0..1);
        let rolled = rolling.finish().unwrap();
        assert!(rolled.minute.is_none() && rolled.hour.is_none());
    }
    let host = tables().iter().find(|table| table.name == "host").unwrap();
    for name in ["n", "cpu_busy_ratio_avg", "memory_used_ratio_min", "cpu_forks_per_s_max", "time_synchronized_avg"] {
        assert!(shape(host).declared().iter().any(|(column, _)| column == &name), "{name}");
    }
}

#[test]
fn a_table_without_rows_has_no_batch_and_a_flat_one_has_the_predecessors_columns() {
    let flat = tables().iter().find(|table| table.name == "flat").unwrap();
    let names: Vec<String> = shape(flat).declared().into_iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names[..5], ["host_id", "ts", "n", "cpu_avg", "cpu_min"]);
    assert_eq!(names.last().unwrap(), "disk_write_max");
}
