//! Rollups of rows whose minutes and hours are known beforehand.

use std::time::Instant;

use super::*;
use crate::series::timeline::SAMPLING;

const SECOND_US: i64 = 1_000_000;
/// A midnight.
const DAY: i64 = 1_795_392_000 * SECOND_US;

fn table(name: &str) -> &'static Table {
    tables().iter().find(|table| table.name == name).unwrap()
}

/// Instants, seconds after midnight, in microseconds since 1970.
fn at(seconds: impl IntoIterator<Item = i64>) -> Vec<i64> {
    seconds.into_iter().map(|second| DAY + second * SECOND_US).collect()
}

/// A frame of the table of which some columns are filled; the others were never read.
fn frame(table: &Table, ts: &[i64], filled: &[(&str, Vec<Option<f64>>)]) -> Frame {
    let column = |name: &&str| match filled.iter().find(|(column, _)| column == name) {
        Some((_, values)) => values.clone(),
        None => vec![None; ts.len()],
    };
    assert!(filled.iter().all(|(name, _)| table.columns.contains(name)));
    Frame { dimension: None, ts: ts.to_vec(), columns: table.columns.iter().map(column).collect() }
}

fn host(ts: &[i64], interval: f64, filled: &[(&'static str, Vec<Option<f64>>)]) -> (Frame, Timeline) {
    let mut filled = filled.to_vec();
    filled.push((SAMPLING[0], vec![Some(interval); ts.len()]));
    let frame = frame(table("host"), ts, &filled);
    let timeline = Timeline::of(&frame, &table("host").columns);
    (frame, timeline)
}

fn day() -> Range<i64> {
    DAY..DAY + 86_400 * SECOND_US
}

/// Begin in seconds after midnight, mean, least, greatest.
fn of(table: &Table, rollup: &Rollup, metric: &str) -> Vec<(i64, Option<[f64; 3]>)> {
    let place = table.metrics.iter().position(|of| of.name == metric).unwrap();
    let Summary { avg, min, max } = &rollup.metrics[place];
    let row = |(row, begin): (usize, &i64)| {
        let kept = [avg[row], min[row], max[row]];
        ((begin - DAY) / SECOND_US, (!kept[0].is_nan()).then_some(kept))
    };
    rollup.begins.iter().enumerate().map(row).collect()
}

#[test]
fn one_sample_that_stands_out_is_the_greatest_of_its_minute_and_hour() {
    let ts = at((0..7_200).step_by(10));
    let load = |row: usize| Some(if row == 400 { 97.25 } else { 1.0 });
    let (frame, line) = host(&ts, 10.0, &[("load_one", (0..720).map(load).collect())]);
    let rollups = table("host").roll(&[frame], &line, day());
    let minutes = of(table("host"), &rollups.minute[0], "load.one");
    assert_eq!(minutes.len(), 120);
    assert_eq!(minutes[65], (3_900, Some([1.0, 1.0, 1.0])));
    assert_eq!(minutes[66], (3_960, Some([17.0417, 1.0, 97.25])));
    let hours = of(table("host"), &rollups.hour[0], "load.one");
    assert_eq!(hours, [(0, Some([1.0; 3])), (3_600, Some([1.2674, 1.0, 97.25]))]);
    assert_eq!((rollups.minute[0].samples[66], rollups.hour[0].samples[1]), (6, 360));
}

#[test]
fn a_gap_has_no_bucket_and_a_rate_neither_crosses_it_nor_a_reset() {
    // Two samples, a minute of silence, and a counter that went back at 150 s.
    let ts = at([0, 30, 120, 150, 180]);
    let forks = [100.0, 400.0, 9_000.0, 60.0, 90.0].map(Some).to_vec();
    let (frame, line) = host(&ts, 30.0, &[("cpu_forks_total", forks)]);
    let rollups = table("host").roll(&[frame], &line, day());
    let minutes = of(table("host"), &rollups.minute[0], "cpu.forks_per_s");
    assert_eq!(minutes, [(0, Some([10.0; 3])), (120, None), (180, Some([1.0; 3]))]);
    assert_eq!(rollups.minute[0].samples, [2, 2, 1]);
    assert_eq!(of(table("host"), &rollups.hour[0], "cpu.forks_per_s"), [(0, Some([5.5, 1.0, 10.0]))]);
}

#[test]
fn a_missing_reading_is_left_out_and_a_minute_without_any_has_none() {
    let ts = at((0..120).step_by(20));
    let free = [Some(10.0), None, Some(21.0), None, None, None].to_vec();
    let (frame, line) = host(&ts, 20.0, &[("memory_free_bytes", free)]);
    let rollups = table("host").roll(&[frame], &line, day());
    let minutes = of(table("host"), &rollups.minute[0], "memory.free_bytes");
    assert_eq!(minutes, [(0, Some([16.0, 10.0, 21.0])), (60, None)]);
    assert_eq!(rollups.minute[0].samples, [3, 3]);
}

#[test]
fn the_first_rate_of_a_day_is_computed_from_the_sample_before_it() {
    let ts = at([-20, -10, 0, 10, 86_390, 86_400, 86_410]);
    let forks = [0.0, 1_000.0, 1_020.0, 1_030.0, 5_000.0, 6_000.0, 7_000.0].map(Some).to_vec();
    let (frame, line) = host(&ts, 10.0, &[("cpu_forks_total", forks.clone())]);
    let rollups = table("host").roll(&[frame], &line, day());
    let minutes = of(table("host"), &rollups.minute[0], "cpu.forks_per_s");
    // Neither the day before nor the day after has a bucket here.
    assert_eq!(minutes, [(0, Some([1.5, 1.0, 2.0])), (86_340, None)]);

    let (frame, line) = host(&ts[2..4], 10.0, &[("cpu_forks_total", forks[2..4].to_vec())]);
    let rollups = table("host").roll(&[frame], &line, day());
    assert_eq!(of(table("host"), &rollups.minute[0], "cpu.forks_per_s"), [(0, Some([1.0; 3]))]);
}

#[test]
fn shares_and_what_is_busy_are_ratios_and_a_flag_is_the_share_of_time() {
    let ts = at([-15, 0, 15, 30, 45]);
    let user = [0.0, 5.0, 10.0, 15.0, 30.0].map(Some).to_vec();
    let idle = [0.0, 10.0, 20.0, 30.0, 30.0].map(Some).to_vec();
    let synchronized = [1.0, 1.0, 1.0, 0.0, 1.0].map(Some).to_vec();
    let filled =
        [("cpu_user_seconds_total", user), ("cpu_idle_seconds_total", idle), ("time_synchronized", synchronized)];
    let (frame, line) = host(&ts, 15.0, &filled);
    let rollups = table("host").roll(&[frame], &line, day());
    let minute = |name: &str| of(table("host"), &rollups.minute[0], name)[0].1.unwrap();
    assert_eq!(minute("cpu.busy_ratio"), [0.5, 0.3333, 1.0]);
    assert_eq!(minute("cpu.idle_ratio"), [0.5, 0.0, 0.6667]);
    assert_eq!(minute("time.synchronized"), [0.75, 0.0, 1.0]);
}

#[test]
fn what_not_every_sample_has_is_computed_from_those_that_do() {
    let ts = at(0..120);
    let every_tenth = |row: usize| (row % 10 == 5).then_some(row as f64);
    let line = host(&ts, 1.0, &[("processes_running", (0..120).map(every_tenth).collect())]);
    let rollups = table("host").roll(&[line.0], &line.1, day());
    let minutes = of(table("host"), &rollups.minute[0], "processes.running");
    assert_eq!(minutes, [(0, Some([30.0, 5.0, 55.0])), (60, Some([90.0, 65.0, 115.0]))]);
    assert_eq!(rollups.minute[0].samples, [60, 60]);
}

#[test]
fn each_dimension_value_has_buckets_of_its_own() {
    let ts = at([0, 30, 60]);
    let (_, line) = host(&ts, 30.0, &[]);
    let network = table("network");
    let named = |name: &str, ts: &[i64], growth: f64| {
        let counter = (0..ts.len()).map(|row| Some(growth * row as f64)).collect();
        Frame { dimension: Some(name.into()), ..frame(network, ts, &[("rx_bytes_total", counter)]) }
    };
    let rollups = network.roll(&[named("eth0", &ts, 300.0), named("wlan0", &ts[1..], 30.0)], &line, day());
    let names: Vec<_> = rollups.minute.iter().map(|rollup| rollup.dimension.as_deref().unwrap()).collect();
    assert_eq!(names, ["eth0", "wlan0"]);
    assert_eq!(
        of(network, &rollups.minute[0], "network.rx_bytes_per_s"),
        [(0, Some([10.0; 3])), (60, Some([10.0; 3]))]
    );
    assert_eq!(of(network, &rollups.minute[1], "network.rx_bytes_per_s"), [(0, None), (60, Some([1.0; 3]))]);
}

#[test]
fn pushes_of_the_predecessor_are_rolled_up_as_they_are() {
    let flat = table("flat");
    let cpu = [20.0, 41.123_4, 3.0].map(Some).to_vec();
    let frame = frame(flat, &at([0, 30, 30]), &[("cpu", cpu), ("disk_read", vec![None, Some(0.25), None])]);
    let rollups = flat.roll(&[frame], &Timeline::default(), day());
    assert_eq!(of(flat, &rollups.hour[0], "cpu"), [(0, Some([21.374, 3.0, 41.124]))]);
    assert_eq!(of(flat, &rollups.hour[0], "disk_read"), [(0, Some([0.25; 3]))]);
    assert_eq!(of(flat, &rollups.hour[0], "disk_write"), [(0, None)]);
    assert_eq!(rollups.hour[0].samples, [3]);
}

/// `cargo test --release -p siskin-server -- --ignored --nocapture nanoseconds_a_value`
#[test]
#[ignore = "measures"]
fn nanoseconds_a_value() {
    let ts = at((-10..86_400).step_by(10));
    let columns: Vec<_> = table("host").columns.iter().copied().filter(|name| *name != SAMPLING[0]).take(60).collect();
    let filled: Vec<_> = columns
        .iter()
        .map(|name| (*name, (0..ts.len()).map(|row| Some((row * 37 % 1_009) as f64 + row as f64)).collect()))
        .collect();
    let (frame, _) = host(&ts, 10.0, &filled);
    let frames = [frame];
    let values = ts.len() * columns.len();
    for _ in 0..3 {
        let start = Instant::now();
        let line = Timeline::of(&frames[0], &table("host").columns);
        let rollups = table("host").roll(&frames, &line, day());
        assert_eq!((rollups.minute[0].begins.len(), rollups.hour[0].begins.len()), (1_440, 24));
        let passed = start.elapsed().as_nanos() as f64;
        println!(
            "{:.2} ns a value of {} filled columns ({} columns, {} metrics)",
            passed / values as f64,
            columns.len(),
            table("host").columns.len(),
            table("host").metrics.len()
        );
    }
}
