//! `/data` in its new form: rates from raw counters, gaps as null, one axis of time, coarser steps.

use serde_json::{Value, json};
use siskin_platform::{
    fleet::Machine,
    model::{Batch, Sample, Throttling},
};
use siskin_tests::{
    http::Client,
    process::{Home, Server, unix_seconds},
};

use crate::support::{flat, host, push, series};

/// Samples ten seconds apart, the last of them now; each gets what `change` does to it.
fn batch(machine: &mut Machine, count: i64, mut change: impl FnMut(usize, &mut Sample)) -> Batch {
    let last = unix_seconds() * 1000;
    let mut batch = machine.batch((0..count).map(|number| last - (count - 1 - number) * 10_000));
    batch.samples.iter_mut().enumerate().for_each(|(index, sample)| change(index, sample));
    batch
}

fn data(client: &mut Client, name: &str, query: &str) -> Value {
    let id = host(client, name)["id"].as_str().unwrap().to_owned();
    let response = client.get(&format!("/data?id={id}&{query}"));
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()
}

fn numbers(values: &[Value]) -> Vec<Option<f64>> {
    values.iter().map(Value::as_f64).collect()
}

#[test]
fn a_rate_is_the_growth_per_second_and_a_reset_is_a_gap() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let mut machine = Machine::new(1, 1);
    let counter = [1_000, 2_000, 5_000, 100, 600];
    push(&mut client, &batch(&mut machine, 5, |index, sample| sample.networks[0].rx_bytes_total = counter[index]));
    let data = data(&mut client, "machine-0001", "metrics=network.rx_bytes_per_s&timeframe=15m&points=1000");
    assert_eq!(data["series"][0]["unit"], "bytes_per_second");
    let rates = numbers(series(&data, "network.rx_bytes_per_s", &json!({"interface": "eth0"})));
    let known: Vec<f64> = rates.iter().copied().flatten().collect();
    assert_eq!(known, [100.0, 300.0, 50.0], "the counter went back once: {rates:?}");
    assert!(rates.iter().flatten().all(|rate| *rate >= 0.0));
}

#[test]
fn shares_of_cpu_time_add_up_to_one() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let mut machine = Machine::new(1, 1);
    push(&mut client, &batch(&mut machine, 10, |_, _| {}));
    let modes = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];
    let metrics = modes.map(|mode| format!("cpu.{mode}_ratio")).join(",");
    let data =
        data(&mut client, "machine-0001", &format!("metrics={metrics},cpu.busy_ratio&timeframe=15m&points=1000"));
    let of = |metric: &str| numbers(series(&data, metric, &json!({})));
    let all: Vec<_> = modes.iter().map(|mode| of(&format!("cpu.{mode}_ratio"))).collect();
    let busy = of("cpu.busy_ratio");
    let mut checked = 0;
    for index in 0..busy.len() {
        let Some(shares) = all.iter().map(|values| values[index]).collect::<Option<Vec<f64>>>() else { continue };
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{shares:?}");
        assert!((busy[index].unwrap() - (1.0 - shares[3] - shares[4])).abs() < 1e-6);
        checked += 1;
    }
    assert_eq!(checked, 9, "each sample but the first");
}

#[test]
fn a_gap_in_time_has_a_null_in_it_and_no_rate_across() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let mut machine = Machine::new(1, 1);
    let now = unix_seconds() * 1000;
    // Two minutes of silence with an interval of ten seconds.
    let ages = [150, 140, 130, 10, 0];
    let mut batch = machine.batch(ages.map(|age| now - age * 1000));
    for (index, sample) in batch.samples.iter_mut().enumerate() {
        sample.networks[0].rx_bytes_total = 1_000 * (index as u64 + 1);
    }
    push(&mut client, &batch);
    let data = data(&mut client, "machine-0001", "metrics=load.one,network.rx_bytes_per_s&timeframe=15m&points=1000");
    let times: Vec<f64> = data["ts"].as_array().unwrap().iter().map(|ts| ts.as_f64().unwrap()).collect();
    let load = numbers(series(&data, "load.one", &json!({})));
    let inside = |time: f64| time > (now / 1000 - 130) as f64 && time < (now / 1000 - 10) as f64;
    let gap: Vec<_> = times.iter().zip(&load).filter(|(time, _)| inside(**time)).collect();
    assert!(!gap.is_empty() && gap.iter().all(|(_, value)| value.is_none()), "{times:?} {load:?}");
    assert_eq!(load.iter().flatten().count(), 5);
    let rates = numbers(series(&data, "network.rx_bytes_per_s", &json!({"interface": "eth0"})));
    assert_eq!(rates.iter().flatten().copied().collect::<Vec<f64>>(), [100.0, 100.0, 100.0], "{rates:?}");
}

#[test]
fn a_reading_that_is_missing_is_null_and_a_metric_that_is_missing_has_no_series() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let mut machine = Machine::new(1, 1);
    let batch = batch(&mut machine, 3, |index, sample| {
        sample.swap = None;
        if index == 1 {
            sample.memory = None;
        }
    });
    push(&mut client, &batch);
    let data = data(&mut client, "machine-0001", "metrics=memory.free_bytes,swap.free_bytes&timeframe=15m&points=1000");
    let free = numbers(series(&data, "memory.free_bytes", &json!({})));
    let expected = |index: usize| batch.samples[index].memory.as_ref().map(|memory| memory.free_bytes as f64);
    assert_eq!(free, [expected(0), None, expected(2)]);
    assert_eq!(data["series"].as_array().unwrap().len(), 1, "{data}");
}

#[test]
fn a_flag_is_0_or_1_and_in_steps_the_share_in_which_it_was_set() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let mut machine = Machine::new(1, 1);
    let batch = batch(&mut machine, 360, |index, sample| {
        sample.networks[0].up = (index != 1).then_some(index % 4 != 0);
        sample.throttling = Some(Throttling { throttled: index >= 180, ..Throttling::default() });
        sample.timekeeping = None;
    });
    push(&mut client, &batch);
    let metrics = "metrics=network.up,throttling.throttled,time.synchronized,time.is_estimated";
    let fine = data(&mut client, "machine-0001", &format!("{metrics}&timeframe=2h&points=10000"));
    let up = numbers(series(&fine, "network.up", &json!({"interface": "eth0"})));
    assert_eq!(up[..5], [Some(0.0), None, Some(1.0), Some(1.0), Some(0.0)]);
    let throttled = numbers(series(&fine, "throttling.throttled", &json!({})));
    assert_eq!(throttled[178..182], [Some(0.0), Some(0.0), Some(1.0), Some(1.0)]);
    assert!(numbers(series(&fine, "time.is_estimated", &json!({}))).iter().all(|value| *value == Some(0.0)));
    let all = fine["series"].as_array().unwrap();
    assert!(all.iter().all(|series| series["unit"] == "ratio" && series["metric"] != "time.synchronized"), "{all:?}");

    let coarse = data(&mut client, "machine-0001", &format!("{metrics}&timeframe=2h&points=60"));
    assert_eq!(coarse["step_seconds"], 120.0);
    let up = numbers(series(&coarse, "network.up", &json!({"interface": "eth0"})));
    // Whole steps have twelve samples, of which every fourth is down; one of the first is missing.
    assert!(up[2..up.len() - 1].iter().all(|share| *share == Some(0.75)), "{up:?}");
}

#[test]
fn many_samples_come_in_steps_that_keep_the_mean() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let mut machine = Machine::new(1, 1);
    let batch = batch(&mut machine, 360, |index, sample| {
        if let Some(load) = &mut sample.load {
            load.one = 1.5;
            load.five = if index == 180 { 97.25 } else { 2.0 };
        }
    });
    push(&mut client, &batch);
    let fine = data(&mut client, "machine-0001", "metrics=load.one&timeframe=2h&points=10000");
    assert!(fine["series"][0].get("max").is_none(), "samples are their own extremes");
    let data = data(&mut client, "machine-0001", "metrics=load.one,load.five&timeframe=1h&points=60");
    let five = &data["series"][1];
    let most = |of: &str| numbers(five[of].as_array().unwrap()).into_iter().flatten().fold(0.0, f64::max);
    assert_eq!((most("min"), most("max")), (2.0, 97.25), "one sample that stands out");
    assert!(most("values") < 50.0);
    let times = data["ts"].as_array().unwrap();
    assert!((30..=61).contains(&times.len()), "{} points", times.len());
    assert!(data["step_seconds"].as_f64().unwrap() >= 60.0, "{}", data["step_seconds"]);
    let load = numbers(series(&data, "load.one", &json!({})));
    assert!(load.iter().flatten().all(|value| (value - 1.5).abs() < 1e-9));
    assert!(load.iter().flatten().count() >= 58);
}

#[test]
fn hosts_of_flat_pushes_have_the_five_they_send() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    let now = unix_seconds();
    for age in [20, 10, 0] {
        client.post_json("/metrics", &flat("old", now - age, 25.0));
    }
    let metrics = "cpu.busy_ratio,memory.used_ratio,filesystem.used_ratio,disk.read_bytes_per_s,disk.written_bytes_per_s,load.one";
    let data = data(&mut client, "old", &format!("metrics={metrics}&timeframe=15m&points=1000"));
    for (metric, labels, value) in [
        ("cpu.busy_ratio", json!({}), 0.25),
        ("memory.used_ratio", json!({}), 0.405),
        ("filesystem.used_ratio", json!({"mountpoint": "/"}), 0.7025),
        ("disk.read_bytes_per_s", json!({"device": "all"}), 1.5 * 1_048_576.0),
        ("disk.written_bytes_per_s", json!({"device": "all"}), 0.25 * 1_048_576.0),
    ] {
        let values = numbers(series(&data, metric, &labels));
        assert_eq!(values.iter().flatten().count(), 3, "{metric}: {values:?}");
        assert!(
            values.iter().flatten().all(|found| (found - value).abs() < 1e-6 * value.max(1.0)),
            "{metric}: {values:?}"
        );
    }
    assert_eq!(data["series"].as_array().unwrap().len(), 5, "{data}");
}

#[test]
fn questions_that_cannot_be_answered_are_refused() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    push(&mut client, &batch(&mut Machine::new(1, 1), 2, |_, _| {}));
    let id = host(&mut client, "machine-0001")["id"].as_str().unwrap().to_owned();
    for (query, named) in [
        (format!("id={id}&metrics=no.such_metric&timeframe=1h"), "no.such_metric"),
        (format!("id={id}&metrics=load.one,filesystem.kind&timeframe=1h"), "filesystem.kind is a text"),
        (format!("id={id}&metrics=load.one&timeframe=1h&points=0"), "points"),
        (format!("id={id}&metrics=load.one&timeframe=1h&points=many"), "points"),
        (format!("id={id}&metrics=load.one&timeframe=1h&points=100000000"), "points"),
    ] {
        let response = client.get(&format!("/data?{query}"));
        assert_eq!(response.status, 400, "{query}: {}", response.text());
        assert!(response.json()["error"].as_str().unwrap().contains(named), "{query}: {}", response.text());
    }
    let response = client.get("/data?id=nobody&metrics=load.one&timeframe=1h");
    assert_eq!(response.status, 404, "{}", response.text());
    assert!(response.json()["error"].is_string());
}
