//! What the writer knows without asking a file: who the hosts are, how far their streams are stored.

use std::collections::HashMap;

use siskin_platform::model::{Agent, Host};

use super::marks::{Marks, Retries};
use crate::store::directory::HostId;

/// What the writer knows without asking the file. Changed after a commit, never before.
#[derive(Default)]
pub struct Memory {
    pub hosts: HashMap<String, Known>,
    pub next_host: i32,
    pub marks: Marks,
    pub retries: Retries,
}

/// A host as it is stored.
#[derive(Clone)]
pub struct Known {
    pub id: HostId,
    pub hostname: String,
    pub native: Option<(Agent, Host)>,
    pub first_seen_us: i64,
    /// Removed; its number and its marks stay, so that nothing old comes back.
    pub deleted: bool,
}

impl Known {
    pub fn differs(&self, hostname: &str, native: Option<(&Agent, &Host)>) -> bool {
        self.deleted || self.hostname != hostname || self.native.as_ref().map(|(agent, host)| (agent, host)) != native
    }
}
