//! What watching costs: the agent at one sample and one GET a second, beside node_exporter where that is installed.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use siskin_tests::{
    http::Client,
    kernel,
    process::{Agent, Home, Program},
    wait::{PATIENCE, until},
};

/// Seconds before the watch begins: start-up is not what is measured.
const WARM_UP_SECONDS: u64 = 3;

/// Measures and prints.
pub fn report(seconds: u64) {
    println!("footprint: one sample and one GET a second, over {seconds} s");
    println!("{:<34}{:>12}{:>12}{:>12}{:>14}", "", "binary, kB", "RSS, kB", "PSS, kB", "CPU, µs/s");
    let home = Home::new();
    let binary = PathBuf::from(Agent::command(&home, &[]).get_program());
    let mut agent = Agent::start(&home, &["--interval", "1"]);
    row("siskin-agent", &binary, &mut agent.program, agent.address, "/system", seconds);
    let exporter = ["node_exporter", "prometheus-node-exporter"].iter().find_map(|name| in_path(name));
    let Some(binary) = exporter else {
        println!("{:<34}{:>12}", "node_exporter", "NOT MEASURED: it is not installed");
        return;
    };
    let address = free_address();
    let mut command = Command::new(&binary);
    command.arg(format!("--web.listen-address={address}"));
    let mut program = Program::start(command);
    until("node_exporter's answer", PATIENCE, || std::net::TcpStream::connect(address).ok());
    row("node_exporter, as it comes", &binary, &mut program, address, "/metrics", seconds);
}

fn row(name: &str, binary: &Path, program: &mut Program, address: SocketAddr, path: &str, seconds: u64) {
    let mut client = Client::new(address);
    get_each_second(&mut client, path, WARM_UP_SECONDS);
    let (before, started) = (cpu_microseconds(program.pid()), Instant::now());
    get_each_second(&mut client, path, seconds);
    let cpu = (cpu_microseconds(program.pid()) - before) / started.elapsed().as_secs_f64();
    let size = std::fs::metadata(binary).map_or(0, |metadata| metadata.len());
    let kilobytes = |file, field| kernel::memory_bytes(program.pid(), file, field).unwrap_or(0) / 1000;
    println!(
        "{name:<34}{:>12}{:>12}{:>12}{cpu:>14.0}",
        size / 1000,
        kilobytes("status", "VmRSS"),
        kilobytes("smaps_rollup", "Pss")
    );
    program.kill();
}

/// One GET each second, on a schedule that does not drift.
fn get_each_second(client: &mut Client, path: &str, seconds: u64) {
    let started = Instant::now();
    for second in 1..=seconds {
        assert_eq!(client.get(path).status, 200);
        std::thread::sleep((started + Duration::from_secs(second)).saturating_duration_since(Instant::now()));
    }
}

fn cpu_microseconds(pid: u32) -> f64 {
    kernel::cpu_seconds(pid).map_or(f64::NAN, |seconds| seconds * 1e6)
}

fn in_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address")
}
