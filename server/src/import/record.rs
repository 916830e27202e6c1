//! One row of the file as the store takes it, or what is wrong with it. The bounds are those of a push.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rusqlite::types::ValueRef;
use siskin_platform::model::hostname_fault;

use super::layout::VALUES;
use crate::ingest::bounds;
use crate::store::FlatValues;
use crate::store::directory::Details;

/// Why a row is refused: the column, and what is wrong with its value.
pub type Fault = (&'static str, String);

/// The host that a row of samples belongs to.
pub fn hostname<'a>([_, hostname, ..]: &[ValueRef<'a>; VALUES]) -> Result<&'a str, Fault> {
    name(*hostname)
}

/// Reads `timestamp, hostname, cpu, ram, disk, disk_read, disk_write`: unix seconds, and what was measured then. `now_us`
/// is the time, microseconds since 1970.
pub fn sample(row: &[ValueRef<'_>; VALUES], now_us: i64) -> Result<(i64, FlatValues), Fault> {
    let [timestamp, _, cpu, ram, disk, disk_read, disk_write] = *row;
    let percentage = |column, value| number(value).and_then(bounds::percentage).map_err(|fault| (column, fault));
    let rate = |column, value| match value {
        ValueRef::Null => Ok(None),
        value => number(value).map(bounds::rate).map_err(|fault| (column, fault)),
    };
    let seconds = moment(timestamp).and_then(|seconds| bounds::timestamp(seconds, now_us));
    let values = FlatValues {
        cpu: percentage("cpu", cpu)?,
        ram: percentage("ram", ram)?,
        disk: percentage("disk", disk)?,
        disk_read: rate("disk_read", disk_read)?,
        disk_write: rate("disk_write", disk_write)?,
    };
    Ok((seconds.map_err(|fault| ("timestamp", fault))?, values))
}

/// Reads `hostname, details, updated_at`.
pub fn details(row: &[ValueRef<'_>; 3], now_us: i64) -> Result<(String, Details), Fault> {
    let [hostname, document, updated_at] = *row;
    let hostname = name(hostname)?.to_owned();
    let document = text(document).map_err(|fault| ("details", fault))?;
    if !document.trim_ascii_start().starts_with('{') {
        return Err(("details", "is no JSON object".into()));
    }
    bounds::details(document).map_err(|fault| ("details", fault))?;
    let updated = moment(updated_at).and_then(|seconds| bounds::timestamp(seconds, now_us).map(|_| seconds));
    let updated_us = (updated.map_err(|fault| ("updated_at", fault))? * 1e6) as i64;
    Ok((hostname, Details { document: document.into(), updated_us }))
}

fn name(value: ValueRef<'_>) -> Result<&str, Fault> {
    let name = text(value).map_err(|fault| ("hostname", fault))?;
    hostname_fault(name).map_or(Ok(name), |fault| Err(("hostname", fault)))
}

fn text(value: ValueRef<'_>) -> Result<&str, String> {
    match value {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).map_err(|_| "is not UTF-8".into()),
        value => Err(format!("must be a text, is {}", kind(value))),
    }
}

fn number(value: ValueRef<'_>) -> Result<f64, String> {
    let number = match value {
        ValueRef::Integer(number) => Some(number as f64),
        ValueRef::Real(number) => Some(number),
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok().and_then(|text| text.trim().parse().ok()),
        value => return Err(format!("must be a number, is {}", kind(value))),
    };
    number.filter(|number| number.is_finite()).ok_or_else(|| "must be a finite number".into())
}

/// Unix seconds, from a number or from a date; a date that names no zone is UTC.
fn moment(value: ValueRef<'_>) -> Result<f64, String> {
    if let (Err(_), Ok(text)) = (number(value), text(value)) {
        let text = text.trim();
        let zoned = text.parse::<Timestamp>().ok();
        let plain = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
        let moment = zoned.or_else(plain).ok_or("must be unix seconds, or a date such as 2024-05-01 12:00:00")?;
        return Ok(moment.as_microsecond() as f64 / 1e6);
    }
    number(value)
}

fn kind(value: ValueRef<'_>) -> &'static str {
    match value {
        ValueRef::Null => "null",
        ValueRef::Integer(_) | ValueRef::Real(_) => "a number",
        ValueRef::Text(_) => "a text",
        ValueRef::Blob(_) => "a blob",
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::types::ValueRef::{Blob, Integer, Null, Real, Text};

    use super::*;

    const NOW_US: i64 = 1_800_000_000_000_000;
    const GOOD: [ValueRef<'_>; VALUES] =
        [Integer(1_700_000_000), Text(b"nas"), Real(12.5), Integer(40), Text(b"70.25"), Null, Real(-3.0)];

    fn with(at: usize, value: ValueRef<'static>) -> [ValueRef<'static>; VALUES] {
        let mut row = GOOD;
        row[at] = value;
        row
    }

    #[test]
    fn a_row_is_read_as_a_push_would_be() {
        let (timestamp, values) = sample(&GOOD, NOW_US).unwrap();
        assert_eq!((hostname(&GOOD), timestamp), (Ok("nas"), 1_700_000_000));
        // A negative rate is no reading.
        let expected = FlatValues { cpu: 12.5, ram: 40.0, disk: 70.25, disk_read: None, disk_write: None };
        assert_eq!(values, expected);
    }

    #[test]
    fn times_come_as_numbers_and_as_dates() {
        for value in [
            Real(1_700_000_000.9),
            Text(b"1700000000"),
            Text(b"2023-11-14T22:13:20Z"),
            Text(b"2023-11-14 22:13:20.500000"),
            Text(b"2023-11-14T22:13:20"),
            Text(b"2023-11-15 00:13:20+02:00"),
        ] {
            assert_eq!(sample(&with(0, value), NOW_US).unwrap().0, 1_700_000_000, "{value:?}");
        }
    }

    #[test]
    fn each_bad_value_names_its_column() {
        for (at, column, value) in [
            (0, "timestamp", Null),
            (0, "timestamp", Text(b"yesterday")),
            (0, "timestamp", Integer(1_700_000_000_000)),
            (0, "timestamp", Integer(-1)),
            (1, "hostname", Null),
            (1, "hostname", Text(b"")),
            (1, "hostname", Text(b"a\nb")),
            (1, "hostname", Text(b"\xff")),
            (1, "hostname", Integer(7)),
            (2, "cpu", Null),
            (2, "cpu", Real(100.1)),
            (3, "ram", Real(f64::INFINITY)),
            (4, "disk", Text(b"full")),
            (5, "disk_read", Blob(b"1")),
        ] {
            let row = with(at, value);
            let fault = hostname(&row).and_then(|_| sample(&row, NOW_US)).unwrap_err();
            assert_eq!(fault.0, column, "{value:?}");
        }
    }

    #[test]
    fn details_are_an_object_and_have_a_time() {
        let read = |row: [ValueRef<'_>; 3]| details(&row, NOW_US);
        let (hostname, kept) = read([Text(b"nas"), Text(b"{\"a\":1}"), Real(1_700_000_000.25)]).unwrap();
        assert_eq!((hostname.as_str(), &*kept.document, kept.updated_us), ("nas", "{\"a\":1}", 1_700_000_000_250_000));
        for (row, column) in [
            ([Text(b"nas"), Text(b"[1]"), Integer(1)], "details"),
            ([Text(b"nas"), Text(b"{\"a\":NaN}"), Integer(1)], "details"),
            ([Text(b"nas"), Null, Integer(1)], "details"),
            ([Text(b"nas"), Text(b"{}"), Null], "updated_at"),
            ([Null, Text(b"{}"), Integer(1)], "hostname"),
        ] {
            assert_eq!(read(row).err().map(|(column, _)| column), Some(column), "{row:?}");
        }
    }
}
