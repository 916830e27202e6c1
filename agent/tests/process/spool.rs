//! Outages, kills and full disks: what the agent keeps on disk, and that it writes nothing while the server answers.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::agent::{Agent, command, directory, until};
use crate::server::{Answer, Push, Server};

/// An address where nobody listens yet.
fn unused() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn spooling(server: &str, dir: &Path) -> Command {
    let mut command = command();
    command.args(["--server", server, "--interval", "0.1", "--log-level", "debug", "--spool"]).arg(dir);
    command
}

/// The files of the spool: name, inode, length, time of the last change.
fn files(dir: &Path) -> Vec<(PathBuf, u64, u64, i64)> {
    let mut files: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .filter_map(|entry| {
            let entry = entry.unwrap();
            let facts = entry.metadata().ok()?;
            Some((entry.path(), facts.ino(), facts.len(), facts.mtime_nsec()))
        })
        .collect();
    files.sort();
    files
}

fn segments(dir: &Path) -> Vec<(PathBuf, u64, u64, i64)> {
    files(dir).into_iter().filter(|(path, ..)| path.extension().is_some_and(|ending| ending == "spool1")).collect()
}

/// The stream and the numbered sample that `/system` shows once there are this many.
fn shown(agent: &Agent, seq: u64) -> (u64, u64, Value) {
    until("samples are taken", || {
        let document = agent.get("/system").1;
        let shown = (document["stream"].as_u64()?, document["seq"].as_u64()?, document["sample"].clone());
        (shown.1 >= seq).then_some(shown)
    })
}

/// Each number of each stream once, its content the same whenever it came; streams in the order of their first sample.
fn once(samples: Vec<(u64, u64, Value)>) -> (Vec<u64>, BTreeMap<(u64, u64), Value>) {
    let (mut streams, mut once) = (Vec::new(), BTreeMap::new());
    for (stream, seq, mut sample) in samples {
        if !streams.contains(&stream) {
            streams.push(stream);
        }
        sample.as_object_mut().unwrap().remove("boot_id");
        let next = once.range((stream, 0)..=(stream, u64::MAX)).next_back().map_or(1, |((_, last), _)| last + 1);
        assert!(seq <= next, "{stream}: {seq} comes before {next}");
        let first = once.entry((stream, seq)).or_insert_with(|| sample.clone());
        assert_eq!(*first, sample, "{stream} {seq} has changed");
    }
    (streams, once)
}

#[test]
fn an_outage_with_kills_loses_nothing_and_keeps_the_order() {
    let (dir, address) = (directory("kills"), unused());
    let url = format!("http://{address}");
    let mut seen = Vec::new();
    for kill in 0..4 {
        let agent = Agent::start(spooling(&url, &dir));
        until("the outage is noticed", || agent.log().contains("cannot push").then_some(()));
        until("samples are on disk", || (segments(&dir).len() > kill).then_some(()));
        // From here on each sample is written before the next one is taken.
        let (_, now, _) = shown(&agent, 5);
        let (stream, seq, sample) = shown(&agent, now + 2);
        seen.push((stream, seq - 1, None));
        // The one shown may have been killed on its way to the disk; the one before it may not.
        seen.push((stream, seq, Some(sample)));
        agent.kill();
    }
    let server = Server::start_at(address, |push| match push.attempt {
        1 => Answer::HangUp,
        3 => Answer::Status("503 Busy\r\nRetry-After: 0"),
        _ => Answer::Stored,
    });
    let mut agent = Agent::start(spooling(&url, &dir));
    let (stream, ..) = shown(&agent, 3);
    until("its own samples arrive", || server.samples().iter().any(|(s, ..)| *s == stream).then_some(()));
    agent.signal("TERM");
    assert_eq!(agent.wait().code(), Some(0));

    let (streams, stored) = once(server.samples());
    let mut expected: Vec<_> = seen.iter().map(|(stream, ..)| *stream).collect();
    expected.dedup();
    expected.push(stream);
    assert_eq!(streams, expected, "the oldest stream first, the running one last");
    for (stream, seq, sample) in seen {
        match (stored.get(&(stream, seq)), sample) {
            (Some(found), Some(sample)) => assert_eq!(*found, sample, "{stream} {seq}"),
            (found, None) => assert!(found.is_some(), "{stream} {seq} is lost"),
            (None, Some(_)) => {}
        }
    }
    assert!(segments(&dir).is_empty(), "{:?}", files(&dir));
    let pushes = server.pushes();
    let boots = |push: &Push| push.batch["samples"].as_array().unwrap().iter().all(|s| s.get("boot_id").is_none());
    assert!(pushes.iter().all(boots), "all of the running boot");
}

#[test]
fn a_stop_keeps_what_was_not_pushed_and_the_next_start_delivers_it() {
    let (dir, address) = (directory("stop"), unused());
    let url = format!("http://{address}");
    let mut agent = Agent::start(spooling(&url, &dir));
    let (stream, seq, _) = shown(&agent, 4);
    agent.signal("TERM");
    assert_eq!(agent.wait().code(), Some(0));
    assert!(agent.log().contains("the spool keeps what could not be pushed"), "{}", agent.log());

    let server = Server::start_at(address, |_| Answer::Stored);
    let _agent = Agent::start(spooling(&url, &dir));
    let last = || once(server.samples()).1.into_keys().filter(|(s, _)| *s == stream).count() as u64;
    until("all arrive", || (last() >= seq).then_some(()));
}

#[test]
fn nothing_is_written_while_the_server_answers() {
    let dir = directory("answers");
    let server = Server::start(|_| Answer::Stored);
    let agent = Agent::start(spooling(&server.url(), &dir));
    until("it runs", || (server.stored().len() >= 2).then_some(()));
    let before = files(&dir);
    assert!(before.len() == 1 && before[0].0.ends_with("state"), "{before:?}");
    let changed = || std::fs::metadata(&dir).map(|facts| (facts.ino(), facts.mtime(), facts.mtime_nsec())).unwrap();
    let directory = changed();
    until("more samples", || (server.stored().len() >= 25).then_some(()));
    assert_eq!((files(&dir), changed()), (before, directory), "{}", agent.log());
}

#[test]
fn a_refused_sample_is_set_aside_and_the_rest_arrives() {
    let (dir, address) = (directory("poison"), unused());
    let agent = Agent::start(spooling(&format!("http://{address}"), &dir));
    let (stream, ..) = shown(&agent, 12);
    let server = Server::start_at(address, |push| match push.seqs().contains(&7) {
        true => Answer::Status("422 Unprocessable\r\n\r\n{\"error\":\"seven is no number\"}"),
        false => Answer::Stored,
    });
    until("the others arrive", || (server.stored().len() >= 15).then_some(()));
    let stored = server.stored();
    assert!(stored.iter().copied().eq((1..=stored.len() as u64 + 1).filter(|seq| *seq != 7)), "{stored:?}");
    let aside = std::fs::read_to_string(dir.join("refused.jsonl")).unwrap();
    let aside: Value = serde_json::from_str(aside.trim()).unwrap();
    assert_eq!((&aside["stream"], &aside["seq"]), (&stream.into(), &7.into()));
    assert_eq!(aside["error"], "status 422: seven is no number");
    assert!(aside["sample"]["at"]["unix_ms"].is_i64());
}

#[test]
fn a_full_disk_is_survived_in_memory() {
    let (dir, address) = (directory("full"), unused());
    // Files of this process end at 4 KiB: what a full disk is to it, without a disk to fill.
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -f 8; trap '' XFSZ; exec \"$@\"", "sh"]).env_clear();
    let unlimited = spooling(&format!("http://{address}"), &dir);
    limited.arg(unlimited.get_program()).args(unlimited.get_args());
    limited.env("PATH", "/usr/bin:/bin").envs(unlimited.get_envs().filter_map(|(key, value)| Some((key, value?))));
    let agent = Agent::start(limited);
    until("the disk is full", || agent.log().contains("cannot write to the spool").then_some(()));
    let (stream, seq, sample) = shown(&agent, 20);
    assert!(segments(&dir).iter().all(|(_, _, bytes, _)| *bytes <= 8 * 512), "{:?}", files(&dir));
    let server = Server::start_at(address, |_| Answer::Stored);
    until("all arrive", || (server.stored().len() as u64 >= seq).then_some(()));
    let (streams, stored) = once(server.samples());
    assert_eq!((streams, stored.get(&(stream, seq))), (vec![stream], Some(&sample)));
    assert_eq!(stored.keys().filter(|(_, found)| *found <= seq).count() as u64, seq, "none is missing");
}

#[test]
fn a_directory_is_for_one_agent_and_an_unusable_one_costs_only_the_spool() {
    let (dir, address) = (directory("one"), unused());
    let url = format!("http://{address}");
    let first = Agent::start(spooling(&url, &dir));
    first.address();
    let second = spooling(&url, &dir).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8(second.stderr).unwrap().contains("another agent uses the spool"));

    let file = directory("unusable").join("file");
    std::fs::write(&file, "").unwrap();
    let agent = Agent::start(spooling(&url, &file.join("below")));
    assert!(agent.get("/health").0.contains(" 200 "));
    assert!(agent.log().contains("cannot use the spool, samples wait in memory"), "{}", agent.log());
}

#[test]
fn the_id_stays_when_the_machines_changes() {
    let root = directory("identity");
    std::fs::create_dir_all(root.join("etc")).unwrap();
    let (state, proc) = (root.join("state"), root.join("proc"));
    // Another root goes with another proc: this one under another name.
    std::os::unix::fs::symlink("/proc", &proc).unwrap();
    let run = |machine: &str, args: &[&str]| {
        std::fs::write(root.join("etc/machine-id"), machine).unwrap();
        let mut command = command();
        command.env_remove("SISKIN_AGENT_ID").arg("--root").arg(&root).arg("--proc").arg(&proc);
        command.arg("--state").arg(&state).args(args);
        let agent = Agent::start(command);
        agent.get("/system").1["agent"]["id"].as_str().unwrap().to_owned()
    };
    let id = run("0123456789abcdef0123456789abcdef\n", &[]);
    assert_eq!(run("uninitialized\n", &[]), id);
    assert_eq!(run("uninitialized\n", &["--id", "told"]), "told");
    assert_eq!(run("00000000000000000000000000000000\n", &[]), id);
    std::fs::write(&state, "{").unwrap();
    assert_ne!(run("uninitialized\n", &[]), id, "a new one, kept from now on");
}
