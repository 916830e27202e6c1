//! A board without a clock of its own, rebooted while the server was away: its samples are stored at the agent's floor, and
//! say so.

use std::{path::Path, process::Command};

use serde_json::{Value, json};
use siskin_tests::{
    process::{Agent, Home, Server, unix_ms},
    wait::{PATIENCE, until},
};

use crate::support::{hosts, series};

/// A floor so far ahead makes this machine's clock look as slow as a board's; the server takes times up to a day ahead.
const AHEAD_MS: i64 = 2 * 3_600_000;

/// The kernel's files of a made-up board, in its boot of that name.
fn boot(home: &Home, id: &str) {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../platform/fixtures/arm-board/proc");
    if !home.join("proc").exists() {
        let copied = Command::new("cp").arg("-r").arg(tree).arg(home.join("proc")).status().unwrap();
        assert!(copied.success());
    }
    let random = home.join("proc/sys/kernel/random");
    std::fs::create_dir_all(&random).unwrap();
    std::fs::write(random.join("boot_id"), format!("{id}\n")).unwrap();
}

fn start(home: &Home, server: &str) -> Agent {
    let proc = home.join("proc");
    let spool = home.join("spool");
    let paths = ["--proc", proc.to_str().unwrap(), "--spool", spool.to_str().unwrap()];
    Agent::start(home, &[&paths[..], &["--server", server, "--interval", "1", "--id", "board"]].concat())
}

#[test]
fn samples_of_an_earlier_boot_with_a_slow_clock_are_stored_at_the_floor_and_flagged() {
    let homes = (Home::new(), Home::new());
    let mut server = Server::start(&homes.0);
    let address = server.address.to_string();
    server.program.kill();
    let now_ms = unix_ms();
    let floor_ms = now_ms + AHEAD_MS;
    // Known to have passed in the boot that is about to be sampled, just now by the time since boot.
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
    let boottime_ms = (uptime.split(' ').next().unwrap().parse::<f64>().unwrap() * 1000.0) as u64;
    let state = json!({"floor_unix_ms": floor_ms, "floor_boot_id": "boot-1", "floor_boottime_ms": boottime_ms});
    std::fs::create_dir_all(homes.1.join("spool")).unwrap();
    std::fs::write(homes.1.join("spool/state"), state.to_string()).unwrap();

    boot(&homes.1, "boot-1");
    let mut agent = start(&homes.1, &format!("http://{address}"));
    let mut asked = agent.client();
    let seq = until("samples without a server", PATIENCE, || {
        asked.get("/system").json()["seq"].as_u64().filter(|seq| *seq >= 3)
    });
    agent.program.terminate();

    boot(&homes.1, "boot-2");
    let server = Server::start_with(&homes.0, &["--listen", &address]);
    let _agent = start(&homes.1, &format!("http://{address}"));
    let mut client = server.client();
    until("samples of both boots", PATIENCE, || {
        (hosts(&mut client).first()?["metric_count"].as_u64()? >= seq + 3).then_some(())
    });

    let mut flags = |from_ms: i64| {
        let (from, to) = (from_ms / 1000 - 60, from_ms / 1000 + 600);
        let query = format!("/data?id=board&metrics=time.is_estimated&from={from}&to={to}&points=10000");
        let data = client.get(&query).json();
        let values = series(&data, "time.is_estimated", &json!({})).iter().filter_map(Value::as_f64);
        values.collect::<Vec<f64>>()
    };
    let (of_before, of_now) = (flags(floor_ms), flags(now_ms));
    assert!(of_before.len() as u64 >= seq && of_before.iter().all(|flag| *flag == 1.0), "{of_before:?}");
    assert!(of_now.len() >= 3 && of_now.iter().all(|flag| *flag == 0.0), "{of_now:?}");
}
