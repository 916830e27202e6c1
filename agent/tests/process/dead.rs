//! A filesystem whose other side is gone: a FUSE mount that nobody answers for, which looks to the agent as a dead NFS
//! server does. It is mounted where this test's agents alone see it.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::ptr::null;
use std::time::{Duration, Instant};

use crate::agent::{Agent, command, directory, until};

/// What an answer may take beside the 2 s that a filesystem gets, on a busy machine.
const IN_TIME: Duration = Duration::from_secs(15);

/// The mount, as long as this lives. Then the kernel tells everyone who waits for it that it is gone.
struct Dead {
    device: File,
    at: PathBuf,
}

impl Dead {
    /// `None`, and a line that says so, where such a mount cannot be made.
    fn new(name: &str) -> Option<Self> {
        let at = directory(name);
        // A device is for one mount, which goes with its namespace.
        Self::open(&at).and_then(|tried| tried.seen_by(&mut Command::new("true")).status()).map_err(skipped).ok()?;
        Self::open(&at).map_err(skipped).ok()
    }

    fn open(at: &Path) -> io::Result<Self> {
        let device = OpenOptions::new().read(true).write(true).open("/dev/fuse")?;
        Ok(Self { device, at: at.to_owned() })
    }

    /// The command gets the mount, in a namespace of its own.
    fn seen_by<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let options = format!("fd={},rootmode=40000,user_id=0,group_id=0", self.device.as_raw_fd());
        let (options, at) = (text(options.as_bytes()), text(self.at.as_os_str().as_bytes()));
        let mount = move || {
            // SAFETY: system calls alone, with texts that were made before, as is allowed between fork and exec.
            let failed = unsafe {
                libc::unshare(libc::CLONE_NEWNS) != 0
                    || libc::mount(null(), c"/".as_ptr(), null(), libc::MS_REC | libc::MS_PRIVATE, null()) != 0
                    || mount(c"nas:/", &at, c"fuse.sshfs", &options) != 0
            };
            if failed { Err(io::Error::last_os_error()) } else { Ok(()) }
        };
        // SAFETY: as above.
        unsafe { command.pre_exec(mount) }
    }

    fn agent(&self, args: &[&str]) -> Agent {
        let mut command = command();
        command.args(["--interval", "0.1"]).args(args);
        self.seen_by(&mut command);
        Agent::start(command)
    }
}

fn skipped(error: io::Error) {
    eprintln!("SKIPPED, nothing was tested: no FUSE mount in a namespace of its own here: {error}");
}

fn text(bytes: &[u8]) -> CString {
    CString::new(bytes).unwrap()
}

/// # Safety
/// None is needed beyond that of any system call.
unsafe fn mount(source: &CStr, at: &CStr, kind: &CStr, options: &CStr) -> i32 {
    // SAFETY: four texts that outlive the call.
    unsafe { libc::mount(source.as_ptr(), at.as_ptr(), kind.as_ptr(), 0, options.as_ptr().cast()) }
}

fn told(agent: &Agent, words: &str) -> usize {
    agent.log().lines().filter(|line| line.contains(words)).count()
}

/// Samples go on, the document comes in time, and so does the end.
fn is_well(mut agent: Agent) {
    let sampled = |seq: u64| agent.get("/system").1["seq"].as_u64().filter(|found| *found >= seq);
    let first = until("samples", || sampled(3));
    until("ten more", || sampled(first + 10));
    let asked = Instant::now();
    assert!(agent.get("/system").0.contains(" 200 "));
    assert!(asked.elapsed() < IN_TIME, "{:?}", asked.elapsed());
    let stopped = Instant::now();
    agent.signal("TERM");
    assert_eq!(agent.wait().code(), Some(0), "{}", agent.log());
    assert!(stopped.elapsed() < IN_TIME, "{:?}", stopped.elapsed());
}

#[test]
fn a_dead_network_filesystem_is_not_asked_and_not_told_of() {
    let Some(dead) = Dead::new("dead-unasked") else { return };
    let agent = dead.agent(&[]);
    until("samples", || agent.get("/system").1["seq"].as_u64().filter(|seq| *seq >= 5));
    assert_eq!(told(&agent, "filesystem"), 0, "{}", agent.log());
    is_well(agent);
}

#[test]
fn one_that_is_to_be_asked_is_told_of_once() {
    let Some(dead) = Dead::new("dead-asked") else { return };
    let agent = dead.agent(&["--filesystems", "all"]);
    let words = format!("no answer in time from the filesystem at {}", dead.at.display());
    until("its silence is told", || (told(&agent, &words) > 0).then_some(()));
    let seq = agent.get("/system").1["seq"].as_u64().unwrap();
    let document =
        until("more samples", || Some(agent.get("/system").1).filter(|d| d["seq"].as_u64() > Some(seq + 20)));
    assert_eq!(told(&agent, &words), 1, "{}", agent.log());
    let filesystems = document["sample"]["filesystems"].as_array().unwrap();
    assert!(filesystems.iter().any(|one| one["mountpoint"] == "/"), "the others are there: {filesystems:?}");
    assert!(!filesystems.iter().any(|one| Path::new(one["mountpoint"].as_str().unwrap()) == dead.at));
    is_well(agent);
}

#[test]
fn a_disk_path_on_it_starts_the_agent_and_gives_no_disk() {
    let Some(dead) = Dead::new("dead-disk") else { return };
    let path = dead.at.join("below");
    let agent = dead.agent(&["--disk-path", path.to_str().unwrap()]);
    let document = agent.get("/system").1;
    assert_eq!(document["host"]["disk_mountpoint"], dead.at.to_str().unwrap());
    assert_eq!(document["disk"]["total"], serde_json::Value::Null, "{}", document["disk"]);
    until("it is told", || (told(&agent, "is a network filesystem (fuse.sshfs)") == 1).then_some(()));
    is_well(agent);
}
