//! What is read every 10 s from a host that is sampled every second: drawn through, and broken where a reading is missing.

use serde_json::{Value, json};
use siskin_platform::{
    fleet::Machine,
    model::{Collection, Process, ProcessCounts},
};
use siskin_tests::{
    http::Client,
    process::{Home, Server, unix_seconds},
};

use crate::support::{host, push, series};

const SECONDS: i64 = 41;
/// The reading that is missing.
const MISSING: usize = 30;

/// Samples a second apart; names of processes in every tenth, how the collectors fared in the first.
fn push_a_machine(client: &mut Client) {
    let mut machine = Machine::new(1, 1);
    let last = unix_seconds() * 1000;
    let mut batch = machine.batch((0..SECONDS).map(|number| last - (SECONDS - 1 - number) * 1000));
    for (index, sample) in batch.samples.iter_mut().enumerate() {
        sample.interval_seconds = Some(1.0);
        if index == 0 {
            let collection = |collector: &'static str, success| Collection {
                collector: collector.into(),
                duration_seconds: 0.25,
                success,
            };
            *sample.collectors.renew() = vec![collection("cpu", true), collection("disk", false)];
        }
        if index % 10 == 0 && index != MISSING {
            let count = index as u64;
            *sample.process_counts.renew() = Some(ProcessCounts { count, ..ProcessCounts::default() });
            *sample.processes.renew() = vec![Process {
                name: "postgres".into(),
                cpu_seconds_total: index as f64 / 2.0,
                resident_bytes: count,
                ..Process::default()
            }];
        }
    }
    push(client, &batch);
}

fn data(client: &mut Client, points: u32) -> Value {
    let id = host(client, "machine-0001")["id"].as_str().unwrap().to_owned();
    let metrics = "process.cpu_seconds_per_s,process.resident_bytes,processes.count,collector.success";
    let response = client.get(&format!("/data?id={id}&metrics={metrics}&timeframe=15m&points={points}"));
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()
}

fn values(data: &Value, metric: &str, labels: &Value) -> Vec<Option<f64>> {
    series(data, metric, labels).iter().map(Value::as_f64).collect()
}

#[test]
fn a_reading_stands_until_the_next_is_due_and_a_missing_one_is_null() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    push_a_machine(&mut client);
    let data = data(&mut client, 10_000);
    let second = |second: usize| second..second + 10;
    let of_name = json!({"name": "postgres"});
    let memory = values(&data, "process.resident_bytes", &of_name);
    assert_eq!(memory.len(), SECONDS as usize);
    for (start, value) in [(0, Some(0.0)), (10, Some(10.0)), (20, Some(20.0)), (MISSING, None)] {
        assert_eq!(memory[second(start)], [value; 10], "from {start} on: {memory:?}");
    }
    assert_eq!(memory[40], Some(40.0));
    assert_eq!(values(&data, "processes.count", &json!({})), memory);

    let rates = values(&data, "process.cpu_seconds_per_s", &of_name);
    assert_eq!(rates[0], None, "before the second reading nobody knows");
    assert_eq!(rates[1..MISSING], [Some(0.5); MISSING - 1], "{rates:?}");
    assert_eq!(rates[MISSING..40], [None; 10], "{rates:?}");
    // Two readings twenty seconds apart still tell how much it grew.
    assert_eq!(rates[40], Some(0.5));

    let fared = |name: &str| values(&data, "collector.success", &json!({"collector": name}));
    assert_eq!((fared("cpu"), fared("disk")), (vec![Some(1.0); 41], vec![Some(0.0); 41]));
}

#[test]
fn steps_narrower_than_the_readings_are_apart_have_no_holes() {
    let home = Home::new();
    let server = Server::start(&home);
    let mut client = server.client();
    push_a_machine(&mut client);
    let data = data(&mut client, 450);
    assert_eq!(data["step_seconds"], 2.0);
    let memory = values(&data, "process.resident_bytes", &json!({"name": "postgres"}));
    assert!(memory[..14].iter().all(Option::is_some), "{memory:?}");
    assert!(memory[16..19].iter().all(Option::is_none), "{memory:?}");
    let rates = values(&data, "process.cpu_seconds_per_s", &json!({"name": "postgres"}));
    assert!(rates[1..14].iter().all(|rate| *rate == Some(0.5)), "{rates:?}");
}
