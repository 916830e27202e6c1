//! A disk of 48 MiB that fills up: first down to the floor, then, by somebody else's file, to its last byte. Nothing that
//! was acknowledged is lost, everything else is answered, and it goes on by itself when there is room.

use std::{
    fs::File,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use siskin_platform::fleet::Machine;
use siskin_tests::{
    http::Client,
    process::{Home, Program, Server, unix_seconds},
    wait::{PATIENCE, until},
};

use crate::storage::{storage, tier};
use crate::support::{body, host, rows, timestamps};

const SIZE: &str = "size=48m";
const DAY: i64 = 86_400;
/// Samples in a body.
const BATCH: i64 = 100;
const FLOOR_BYTES: u64 = 8 << 20;
/// After each body: the server looks at the disk once a second, and the floor must not be used up by then.
const PAUSE: Duration = Duration::from_millis(40);

/// A small disk below a home, unmounted with its owner.
struct Mount(PathBuf);

impl Mount {
    /// None, and a line that says so, where nothing may be mounted.
    fn new(home: &Home) -> Option<Self> {
        let path = home.join("");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(&path).stderr(Stdio::null());
        if !mount.status().is_ok_and(|status| status.success()) {
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: a disk without a byte left: a tmpfs cannot be mounted (needs root)"
            );
            return None;
        }
        Some(Self(path))
    }

    /// Puts a file on it that is not the server's, so that this much is left.
    fn leave(&self, server: &mut Client, bytes: u64) -> PathBuf {
        let path = self.0.join("foreign");
        let free = storage(server)["disk"]["free_bytes"].as_u64().unwrap();
        File::create(&path).unwrap().write_all(&vec![7; (free - bytes) as usize]).unwrap();
        path
    }

    /// The same to the last byte.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("foreign");
        let mut file = File::create(&path).unwrap();
        let mut piece = vec![7; 1 << 20];
        while !piece.is_empty() {
            match file.write(&piece) {
                Ok(written) if written == piece.len() => {}
                // Smaller pieces until not one byte goes in.
                _ => piece.truncate(piece.len() / 2),
            }
        }
        path
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// An agent with a backlog: what was acknowledged is never sent again, what was not is.
struct Backlog {
    machine: Machine,
    next: i64,
    waiting: Option<siskin_platform::model::Batch>,
    acknowledged: Vec<i64>,
}

impl Backlog {
    fn new(first: i64) -> Self {
        Self { machine: Machine::plain(8, 1), next: first, waiting: None, acknowledged: Vec::new() }
    }

    /// Sends what waits or comes next; the status and what it said.
    fn send(&mut self, client: &mut Client) -> (u16, String) {
        let next = self.next;
        let machine = &mut self.machine;
        let mut batch =
            self.waiting.take().unwrap_or_else(|| machine.batch((0..BATCH).map(|index| (next + index) * 1_000)));
        batch.sent_at = machine.clock(siskin_tests::process::unix_ms());
        let answer = client.post("/metrics", &body(&batch));
        std::thread::sleep(PAUSE);
        if answer.status == 200 {
            self.acknowledged.extend(batch.samples.iter().map(|sample| sample.at.unix_ms / 1_000));
            self.next += BATCH;
        } else {
            assert!(answer.header("retry-after").is_some(), "{}", answer.text());
            self.waiting = Some(batch);
        }
        (answer.status, answer.text())
    }

    /// Sends until it is told not to, and gives what it was told. The last page of a file may have room for some.
    fn send_until_refused(&mut self, client: &mut Client) -> String {
        let refusal = || Some(self.send(client)).filter(|(status, _)| *status != 200);
        let (status, said) = until("a refusal", PATIENCE, refusal);
        assert_eq!(status, 503, "{said}");
        said
    }

    /// Every acknowledged sample is there, once, and nothing else but, at most, the batch that waits.
    fn check(&self, client: &mut Client) {
        let shown = timestamps(&rows(client, &format!("?hostname={}&timeframe=7d", self.machine.host.hostname)));
        let extra = shown.len().checked_sub(self.acknowledged.len()).expect("acknowledged samples are gone");
        assert_eq!(shown[..self.acknowledged.len()], self.acknowledged, "acknowledged, and there");
        assert!(
            extra == 0 || extra as i64 == BATCH && self.waiting.is_some(),
            "{extra} samples more than were acknowledged"
        );
        assert_eq!(host(client, &self.machine.host.hostname)["metric_count"], shown.len());
    }
}

fn start(home: &Home, floor: u64, seal_after: &str) -> Server {
    Server::start_with(home, &["--seal-after", seal_after, "--min-free", &floor.to_string()])
}

/// Samples are taken again, days are sealed, and all is there.
fn goes_on(client: &mut Client, backlog: &mut Backlog) {
    until("room is seen", PATIENCE, || (backlog.send(client).0 == 200).then_some(()));
    until("it seals", PATIENCE, || (tier(&storage(client), "raw")["files"].as_u64() > Some(0)).then_some(()));
    backlog.check(client);
}

/// Looks twice as long as the server does between two looks at the disk.
fn answers_all_else(server: &mut Server, backlog: &Backlog) {
    let mut client = server.client();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        assert!(server.program.is_running(), "{}", server.program.said());
        backlog.check(&mut client);
        assert_eq!(client.get("/storage").status, 200);
        assert_eq!(client.get("/metrics").status, 200);
    }
}

#[test]
fn the_floor_is_kept_and_given_room_it_goes_on() {
    let home = Home::new();
    let Some(disk) = Mount::new(&home) else { return };
    let mut server = start(&home, FLOOR_BYTES, "1h");
    let mut client = server.client();
    let mut backlog = Backlog::new(unix_seconds() / DAY * DAY - 2 * DAY);
    let foreign = disk.leave(&mut client, FLOOR_BYTES + (2 << 20));
    let said = backlog.send_until_refused(&mut client);
    assert!(said.contains("the disk is almost full: "), "{said}");
    assert!(storage(&mut client)["disk"]["free_bytes"].as_u64() > Some(0), "refused before it is full");
    assert!(!backlog.acknowledged.is_empty());
    answers_all_else(&mut server, &backlog);
    assert_eq!(client.get("/health").status, 200, "a full disk is said to those who push");

    server.program.kill();
    // Room comes while it runs.
    let server = start(&home, FLOOR_BYTES, "0s");
    let mut client = server.client();
    backlog.check(&mut client);
    assert_eq!(backlog.send(&mut client).0, 503);
    std::fs::remove_file(foreign).unwrap();
    goes_on(&mut client, &mut backlog);
}

#[test]
fn without_a_byte_left_nothing_is_lost_and_it_goes_on_by_itself() {
    let home = Home::new();
    let Some(disk) = Mount::new(&home) else { return };
    let mut server = start(&home, 0, "1h");
    let mut client = server.client();
    let mut backlog = Backlog::new(unix_seconds() / DAY * DAY - 2 * DAY);
    assert_eq!(backlog.send(&mut client).0, 200);
    let foreign = disk.fill();
    backlog.send_until_refused(&mut client);
    answers_all_else(&mut server, &backlog);
    std::fs::remove_file(&foreign).unwrap();
    until("room is seen", PATIENCE, || (backlog.send(&mut client).0 == 200).then_some(()));
    backlog.check(&mut client);
    assert_eq!(client.get("/health").status, 200);
    disk.fill();
    backlog.send_until_refused(&mut client);

    // Killed without a byte left, it starts, or says why it cannot; what it had is there as soon as there is room.
    server.program.kill();
    let mut again = Program::start(Server::command(&home, &["--seal-after", "0s", "--min-free", "0"]));
    let what = until("a start, or its end", PATIENCE, || match again.is_running() {
        true => again.said().contains("listening").then_some("starts"),
        false => Some("ends"),
    });
    println!("without a byte left it {what}");
    match what {
        "ends" => assert!(again.wait().code() != Some(0) && again.said().contains("No space left"), "{}", again.said()),
        _ => {
            let mut client = Client::new(again.address());
            backlog.check(&mut client);
            std::fs::remove_file(&foreign).unwrap();
            until("room is seen", PATIENCE, || (backlog.send(&mut client).0 == 200).then_some(()));
            again.kill();
        }
    }
    let _ = std::fs::remove_file(&foreign);
    let server = start(&home, 0, "0s");
    let mut client = server.client();
    backlog.check(&mut client);
    goes_on(&mut client, &mut backlog);
}
