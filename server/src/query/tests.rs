//! Answers from rollups beside answers from the samples they were made of, in a database of chosen rows.

use std::sync::{Arc, Mutex};

use duckdb::InterruptHandle;
use siskin_platform::model::{Agent, Host};

use super::flat::FlatRow;
use super::source::Source;
use super::*;
use crate::series::frame::Frame;
use crate::series::range::Range;
use crate::series::tier::{Part, Tier};
use crate::store::directory::{Directory, HostEntry, HostId, Native, Source as Origin};
use crate::store::duckdb::{Ask, Reader, Readers, archive};

const SECOND_US: i64 = 1_000_000;
const DAY_US: i64 = 86_400 * SECOND_US;
/// A midnight, seconds since 1970.
const MIDNIGHT: i64 = 1_795_392_000;
const START_US: i64 = MIDNIGHT * SECOND_US;
const NATIVE: HostId = HostId(1);
const FLAT: HostId = HostId(2);
/// Three days, a sample each 30 s: a gap on the first, a reset on the second and one sample of load that stands out.
const ROWS: &str = "
CREATE TEMP TABLE line AS SELECT s, make_timestamp((1795392000 + s) * 1000000) AS ts
    FROM (SELECT range AS s FROM range(0, 259200, 30)) WHERE s NOT BETWEEN 50000 AND 53000;
INSERT INTO host (host_id, ts, interval_seconds, uptime_seconds, cpu_user_seconds_total, cpu_idle_seconds_total,
        cpu_forks_total, load_one, memory_total_bytes, memory_available_bytes, time_synchronized, processes_running)
    SELECT 1, ts, 30, 1000 + s, s * 0.3 + 20 * sin(s / 3000.0), s * 0.7 - 20 * sin(s / 3000.0),
        CASE WHEN s >= 129600 THEN (s - 129600) * 2 ELSE s * 2 END, CASE WHEN s = 100200 THEN 97.25 ELSE 1 + s % 70 / 70.0 END,
        1000000, CASE WHEN s BETWEEN 10800 AND 17999 THEN NULL ELSE 400000 + s END, (s // 700) % 2 = 0, s % 7 FROM line;
INSERT INTO network (host_id, ts, interface, rx_bytes_total)
    SELECT 1, ts, interface, s * speed FROM line, (VALUES ('eth0', 1000), ('wlan0', 77)) AS names(interface, speed);
INSERT INTO filesystem (host_id, ts, mountpoint, total_bytes, free_bytes, available_bytes)
    SELECT 1, ts, '/', 1000000, 900000 - s, 800000 - s FROM line;
INSERT INTO disk (host_id, ts, device, physical, read_bytes_total, written_bytes_total)
    SELECT 1, ts, device, device = 'sda', s * 1048576, s * 2097152 FROM line, (VALUES ('sda'), ('dm-0')) AS names(device);
INSERT INTO flat SELECT 2, ts, s % 100, 40, 50 + s / 10000.0, 1.5, NULL, ts FROM line;";

/// A database whose first days have rollups, and note of where was read.
struct Archive {
    reader: Reader,
    rolled_days: i64,
    read: Arc<Mutex<Vec<Tier>>>,
}

impl Source for Archive {
    fn frames(&self, ask: &Ask<'_>) -> Result<Vec<(HostId, Frame)>, QueryError> {
        self.read.lock().unwrap().push(ask.tier);
        Source::frames(&self.reader, ask)
    }

    /// Day by day, so that neighbours must be joined.
    fn parts(&self, range: Range, step_us: i64) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut from_us = range.from_us;
        while from_us <= range.to_us {
            let day = (from_us - START_US).div_euclid(DAY_US);
            let to_us = range.to_us.min(START_US + (day + 1) * DAY_US - 1);
            let tier = if (0..self.rolled_days).contains(&day) { Tier::coarsest(step_us) } else { Tier::Raw };
            parts.push(Part { tier, range: Range { from_us, to_us } });
            from_us = to_us + 1;
        }
        parts
    }

    fn interrupt_handle(&self) -> Arc<InterruptHandle> {
        Source::interrupt_handle(&self.reader)
    }
}

struct House {
    _place: tempfile::TempDir,
    readers: Readers,
}

impl House {
    /// Everything is sealed and rolled up; how much of it is read from rollups, each engine is told.
    fn new(rows: &str) -> Self {
        let place = tempfile::tempdir().unwrap();
        let readers = archive(&place.path().join("s.duckdb"), rows);
        House { _place: place, readers }
    }

    fn engine(&self, rolled_days: i64) -> (Engine, Arc<Mutex<Vec<Tier>>>) {
        let read = Arc::new(Mutex::new(Vec::new()));
        let source = Archive { reader: self.readers.connect().unwrap(), rolled_days, read: read.clone() };
        let entry = |hostname: &str, source: Origin| HostEntry {
            key: hostname.to_owned(),
            hostname: hostname.to_owned(),
            samples: 1,
            last_sample_us: None,
            last_heard_us: None,
            details: None,
            source,
        };
        let agent = Agent { id: "agent-1".into(), version: "1".into(), boot_id: None };
        let native = Native { agent, host: Host::default(), skew_seconds: None, recent: None, cloned_us: None };
        let directory = Directory::default();
        directory.load([
            (NATIVE, entry("native", Origin::Native(Box::new(native)))),
            (FLAT, entry("flat", Origin::Flat { last: None })),
        ]);
        (Engine::new(source, Arc::new(directory)), read)
    }
}

fn days(from: f64, to: f64) -> Range {
    Range { from_us: START_US + (from * DAY_US as f64) as i64, to_us: START_US + (to * DAY_US as f64) as i64 - 1 }
}

fn ask(engine: &Engine, host: HostId, metrics: &[&str], range: Range, points: usize) -> SeriesAnswer {
    let metrics = metrics.iter().map(|name| (*name).to_owned()).collect();
    engine.series(&SeriesRequest { host, metrics, range, points }).unwrap()
}

/// The same instants, series and gaps, and the same numbers as near as rollups keep them.
fn assert_same(rolled: &SeriesAnswer, raw: &SeriesAnswer, skip: usize) {
    assert_eq!(rolled.step_seconds, raw.step_seconds);
    assert_eq!(rolled.ts, raw.ts);
    let names = |answer: &SeriesAnswer| {
        answer.series.iter().map(|series| format!("{}{:?}", series.metric, series.labels)).collect::<Vec<_>>()
    };
    assert_eq!(names(rolled), names(raw));
    for (rolled, raw) in rolled.series.iter().zip(&raw.series) {
        let near = if raw.unit.starts_with("bytes") { 1.0 } else { 3e-4 };
        let same = |a: &[Option<f64>], b: &[Option<f64>], what: &str| {
            for (place, (a, b)) in a.iter().zip(b).enumerate().skip(skip) {
                let same = match (a, b) {
                    (Some(a), Some(b)) => (a - b).abs() <= near,
                    (a, b) => a == b,
                };
                assert!(same, "{} {what} at step {place}: {a:?} from rollups, {b:?} from samples", raw.metric);
            }
        };
        same(&rolled.values, &raw.values, "mean");
        same(rolled.min.as_ref().unwrap(), raw.min.as_ref().unwrap(), "min");
        same(rolled.max.as_ref().unwrap(), raw.max.as_ref().unwrap(), "max");
    }
}

const METRICS: [&str; 11] = [
    "cpu.user_ratio",
    "cpu.busy_ratio",
    "cpu.forks_per_s",
    "load.one",
    "memory.available_bytes",
    "memory.used_ratio",
    "time.synchronized",
    "processes.running",
    "network.rx_bytes_per_s",
    "filesystem.used_ratio",
    "disk.read_bytes_per_s",
];

#[test]
fn rollups_and_samples_give_the_same_answer_in_any_mixture() {
    let house = House::new(ROWS);
    let raw = house.engine(0).0;
    for rolled_days in [1, 3] {
        let (engine, read) = house.engine(rolled_days);
        for (range, points, tier) in [
            (days(0.0, 3.0), 1_000, Tier::Minute),
            (days(0.0, 3.0), 72, Tier::Hour),
            (days(0.0, 3.0), 6, Tier::Hour),
            (days(0.5, 1.5), 200, Tier::Minute),
            (days(0.0, 1.0), 1_440, Tier::Minute),
        ] {
            read.lock().unwrap().clear();
            let rolled = ask(&engine, NATIVE, &METRICS, range, points);
            assert!(read.lock().unwrap().contains(&tier), "{points} points from {tier:?}");
            let samples = ask(&raw, NATIVE, &METRICS, range, points);
            assert_eq!(rolled.series.len(), 13);
            assert_same(&rolled, &samples, 0);
        }
        // A range that begins and ends within a step, a bucket and a day.
        let range = Range { from_us: START_US + 12_345 * SECOND_US, to_us: START_US + 2 * DAY_US + 54_321 * SECOND_US };
        let (rolled, samples) = (ask(&engine, NATIVE, &METRICS, range, 900), ask(&raw, NATIVE, &METRICS, range, 900));
        let whole = |mut answer: SeriesAnswer| {
            let last = answer.ts.len() - 1;
            for series in &mut answer.series {
                for values in [Some(&mut series.values), series.min.as_mut(), series.max.as_mut()].into_iter().flatten()
                {
                    values[last] = None;
                }
            }
            answer
        };
        assert_same(&whole(rolled), &whole(samples), 1);
    }
}

#[test]
fn a_sample_that_stands_out_is_seen_at_any_zoom() {
    let house = House::new(ROWS);
    for rolled_days in [0, 2, 3] {
        let engine = house.engine(rolled_days).0;
        for points in [3, 6, 72, 300, 2_000, 10_000] {
            let answer = ask(&engine, NATIVE, &["load.one"], days(0.0, 3.0), points);
            let series = &answer.series[0];
            let seen = series.max.as_ref().unwrap_or(&series.values);
            assert_eq!(seen.iter().flatten().copied().fold(0.0, f64::max), 97.25, "{points} points");
        }
    }
}

#[test]
fn narrow_steps_and_readings_that_stand_are_read_from_samples() {
    let house = House::new(ROWS);
    let (engine, read) = house.engine(3);
    let tiers = |metrics: &[&str], range, points| {
        read.lock().unwrap().clear();
        let step = ask(&engine, NATIVE, metrics, range, points).step_seconds;
        let read = read.lock().unwrap();
        (step, read.contains(&Tier::Minute), read.contains(&Tier::Raw))
    };
    let hour = |hours: f64| days(0.0, hours / 24.0);
    assert_eq!(tiers(&["load.one"], hour(1.0), 10_000), (None, false, true));
    assert_eq!(tiers(&["load.one"], hour(10.0), 600), (Some(60.0), true, false));
    assert_eq!(tiers(&["load.one", "collector.success"], hour(10.0), 600), (Some(60.0), false, true));
    assert_eq!(tiers(&["load.one", "collector.success"], hour(20.0), 600), (Some(120.0), true, false));
}

#[test]
fn a_host_that_is_sampled_seldom_keeps_its_samples() {
    // 90 s apart: a step of a minute has no two of them.
    let rows = ROWS.replace("259200, 30", "259200, 90").replace("ts, 30,", "ts, 90,");
    let house = House::new(&rows);
    let (rolled, raw) = (house.engine(3).0, house.engine(0).0);
    let [rolled, raw] = [&rolled, &raw].map(|engine| ask(engine, NATIVE, &["load.one"], days(0.0, 1.0), 1_440));
    assert_eq!((rolled.step_seconds, raw.step_seconds), (None, None));
    assert_eq!(rolled.series[0].values, raw.series[0].values);
}

#[test]
fn a_month_comes_from_hours() {
    let rows = ROWS.replace("259200, 30", "2592000, 300").replace("ts, 30,", "ts, 300,");
    let house = House::new(&rows);
    let (engine, read) = house.engine(29);
    let raw = house.engine(0).0;
    for (from, points, step) in [(0.0, 600, 7_200.0), (23.0, 168, 3_600.0)] {
        let range = days(from, 30.0);
        let rolled = ask(&engine, NATIVE, &["cpu.forks_per_s", "network.rx_bytes_per_s"], range, points);
        assert_eq!(rolled.step_seconds, Some(step));
        assert_same(&rolled, &ask(&raw, NATIVE, &["cpu.forks_per_s", "network.rx_bytes_per_s"], range, points), 0);
    }
    assert!(read.lock().unwrap().contains(&Tier::Hour) && !read.lock().unwrap().contains(&Tier::Minute));
}

#[test]
fn pushes_of_the_predecessor_are_read_from_rollups_too() {
    let house = House::new(ROWS);
    let raw = house.engine(0).0;
    let metrics = ["cpu.busy_ratio", "memory.used_ratio", "filesystem.used_ratio", "disk.read_bytes_per_s"];
    for rolled_days in [1, 3] {
        let (engine, read) = house.engine(rolled_days);
        let rolled = ask(&engine, FLAT, &metrics, days(0.0, 3.0), 72);
        assert!(read.lock().unwrap().contains(&Tier::Hour));
        assert_eq!(rolled.series.len(), 4);
        assert_same(&rolled, &ask(&raw, FLAT, &metrics, days(0.0, 3.0), 72), 0);
    }
}

#[test]
fn rows_of_more_hosts_than_fit_come_as_means_of_minutes_and_hours() {
    let house = House::new(ROWS);
    let range = days(0.0, 3.0);
    let (engine, read) = house.engine(2);
    let entries = [NATIVE, FLAT].map(|host| (host, engine.directory.get(host).unwrap())).into();
    let rows = |host: HostId, step_us: i64| -> Vec<FlatRow> {
        let parts = engine.parts(range, step_us);
        parts
            .iter()
            .flat_map(|part| engine.part_rows(&[host], *part, &entries).unwrap())
            .flat_map(|(_, rows)| rows)
            .collect()
    };
    for host in [NATIVE, FLAT] {
        let hours = rows(host, Tier::Hour.step_us());
        // Two days of hours, of which none is wholly in the gap, and a day of samples.
        assert_eq!(hours.len(), 48 + 2_880, "{host:?}");
        assert!(hours.windows(2).all(|pair| pair[0].timestamp < pair[1].timestamp));
        let minutes = rows(host, Tier::Minute.step_us());
        assert_eq!(minutes.len(), 2_880 - 49 + 2_880, "{host:?}");
    }
    assert!(read.lock().unwrap().contains(&Tier::Minute));
    let hour = &rows(NATIVE, Tier::Hour.step_us())[5];
    assert_eq!((hour.timestamp, hour.disk_read, hour.disk_write), (MIDNIGHT + 5 * 3_600, Some(1.0), Some(2.0)));
    assert!(hour.cpu.is_some_and(|cpu| (25.0..35.0).contains(&cpu)) && hour.ram.is_some() && hour.disk.is_some());
    let flat = &rows(FLAT, Tier::Hour.step_us())[5];
    assert_eq!((flat.cpu, flat.ram, flat.disk_read, flat.disk_write), (Some(45.0), Some(40.0), Some(1.5), None));
}
