//! The state file: what an agent knows over restarts and reboots. Its id, and a time that has passed.
//!
//! Written whole and rarely (a flash card wears): at the start when something changed, once a day, once an hour while
//! samples go to disk anyway, and at the end. A file that cannot be read or written costs a warning, never the agent.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use siskin_platform::model::Clock;

use crate::episode::Episode;
use crate::{info, warn};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// 2026-01-01. A clock that shows less is wrong: there was no such agent.
const PLAUSIBLE_MS: i64 = 1_767_225_600_000;
/// Far more than the file ever has.
const MAX_BYTES: u64 = 64 << 10;

/// The file's content, JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Saved {
    /// The agent's id.
    id: Option<String>,
    /// The latest time known to have passed, milliseconds since 1970.
    floor_unix_ms: i64,
    /// The boot in which that was.
    floor_boot_id: Option<String>,
    /// And the time since that boot.
    floor_boottime_ms: Option<u64>,
}

/// What tells that a clock is behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Floor {
    /// A time that had passed when the agent started, milliseconds since 1970.
    pub unix_ms: i64,
    /// The running boot began at this time or later.
    pub boot_unix_ms: i64,
}

/// The state and its file, if there is one.
pub struct State {
    path: Option<PathBuf>,
    saved: Saved,
    failing: Episode,
}

impl State {
    /// Reads the file. Without one nothing is known, and nothing is ever written.
    pub fn load(path: Option<&Path>) -> Self {
        let saved = path.map_or(Ok(Saved::default()), read).unwrap_or_else(|error| {
            warn!("cannot read the state file, starting a new one", error = error);
            Saved::default()
        });
        Self { path: path.map(Path::to_owned), saved, failing: Episode::default() }
    }

    /// The agent's id, once there is one.
    pub fn id(&self) -> Option<&str> {
        self.saved.id.as_deref()
    }

    /// Keeps the agent's id.
    pub fn set_id(&mut self, id: &str) {
        if self.id() != Some(id) {
            self.saved.id = Some(id.to_owned());
            self.write();
        }
    }

    /// The floor as the agent finds it when it starts. One that lies days ahead of a clock that looks right came from a
    /// clock that was wrong, and is dropped.
    pub fn floor(&mut self, now: Clock, boot_id: Option<&str>) -> Floor {
        if now.unix_ms >= PLAUSIBLE_MS && self.saved.floor_unix_ms > now.unix_ms + DAY_MS {
            warn!("the clock is days behind the state file's, believing the clock");
            self.saved.floor_unix_ms = 0;
        }
        let floor = self.saved.floor_unix_ms;
        let same_boot = boot_id.is_some() && self.saved.floor_boot_id.as_deref() == boot_id;
        let since_boot = self.saved.floor_boottime_ms.filter(|_| same_boot);
        Floor {
            unix_ms: floor,
            boot_unix_ms: floor.saturating_sub(since_boot.and_then(|ms| ms.try_into().ok()).unwrap_or(0)),
        }
    }

    /// Raises the floor to the clock's time, but writes at most every hour while the disk is in use anyway, and at most
    /// once a day while it is not.
    pub fn pass(&mut self, now: Clock, boot_id: Option<&str>, disk_in_use: bool) {
        let every_ms = if disk_in_use { HOUR_MS } else { DAY_MS };
        let due = now.unix_ms >= self.saved.floor_unix_ms.saturating_add(every_ms);
        if self.path.is_none() || now.unix_ms < PLAUSIBLE_MS || !due {
            return;
        }
        self.saved.floor_unix_ms = now.unix_ms;
        self.saved.floor_boot_id = boot_id.map(str::to_owned);
        self.saved.floor_boottime_ms = now.boottime_ms;
        self.write();
    }

    fn write(&mut self) {
        let Some(path) = &self.path else { return };
        match replace(path, &self.saved) {
            Ok(()) => {
                if self.failing.end().is_some() {
                    info!("the state file can be written again");
                }
            }
            Err(error) if self.failing.add(1) => {
                warn!("cannot write the state file", file = path.display(), error = error);
            }
            Err(_) => {}
        }
    }
}

fn read(path: &Path) -> Result<Saved, String> {
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Saved::default()),
        Ok(facts) if facts.len() > MAX_BYTES => return Err(told(&"too large")),
        _ => {}
    }
    let bytes = fs::read(path).map_err(|error| told(&error))?;
    serde_json::from_slice(&bytes).map_err(|error| told(&error))
}

/// Old or new, whenever the power goes.
fn replace(path: &Path, saved: &Saved) -> io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let mut file = File::create(&new)?;
    file.write_all(&serde_json::to_vec(saved)?)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = PLAUSIBLE_MS + 400 * DAY_MS;

    fn clock(unix_ms: i64) -> Clock {
        Clock { unix_ms, boottime_ms: Some(50_000) }
    }

    fn floor(state: &State) -> i64 {
        State::load(state.path.as_deref()).saved.floor_unix_ms
    }

    #[test]
    fn the_id_and_the_floor_survive() {
        let path = crate::scratch::dir("state").join("below/state");
        let mut state = State::load(Some(&path));
        assert_eq!(state.id(), None);
        assert_eq!(state.floor(clock(NOW), Some("a")).unix_ms, 0);
        state.set_id("board-7");
        state.pass(clock(NOW), Some("a"), false);
        let mut state = State::load(Some(&path));
        assert_eq!(state.id(), Some("board-7"));
        let later = Floor { unix_ms: NOW, boot_unix_ms: NOW };
        assert_eq!(state.floor(clock(1_000), Some("b")), later, "another boot began after it");
        let same = Floor { boot_unix_ms: NOW - 50_000, ..later };
        assert_eq!(state.floor(clock(NOW), Some("a")), same, "this boot began before it");
    }

    #[test]
    fn it_is_written_seldom_and_never_by_a_wrong_clock() {
        let path = crate::scratch::dir("seldom").join("state");
        let mut state = State::load(Some(&path));
        state.pass(clock(60_000), None, true);
        assert!(!path.exists(), "1970");
        state.pass(clock(NOW), None, false);
        for (ahead, disk_in_use, written) in
            [(HOUR_MS, false, 0), (HOUR_MS - 1, true, 0), (HOUR_MS, true, HOUR_MS), (2 * HOUR_MS, false, HOUR_MS)]
        {
            state.pass(clock(NOW + ahead), None, disk_in_use);
            assert_eq!(floor(&state), NOW + written, "{ahead} {disk_in_use}");
        }
        state.pass(clock(NOW - HOUR_MS), None, true);
        assert_eq!(floor(&state), NOW + HOUR_MS, "never lower");
        state.pass(clock(NOW + 2 * DAY_MS), None, false);
        assert_eq!(floor(&state), NOW + 2 * DAY_MS);
    }

    #[test]
    fn a_floor_from_a_wrong_clock_is_dropped() {
        let path = crate::scratch::dir("future").join("state");
        let mut state = State::load(Some(&path));
        state.pass(clock(NOW + 9_000 * DAY_MS), None, false);
        assert_eq!(state.floor(clock(NOW), None).unix_ms, 0);
        state.pass(clock(NOW), None, false);
        assert_eq!(floor(&state), NOW);
    }

    #[test]
    fn a_damaged_file_is_replaced_and_none_is_none() {
        let path = crate::scratch::dir("damaged").join("state");
        fs::write(&path, "{\"id\":").unwrap();
        let mut state = State::load(Some(&path));
        assert_eq!(state.id(), None);
        state.set_id("x");
        assert_eq!(State::load(Some(&path)).id(), Some("x"));
        let mut none = State::load(None);
        none.set_id("x");
        none.pass(clock(NOW), None, true);
        assert_eq!(none.floor(clock(NOW), None), Floor::default());
    }
}
