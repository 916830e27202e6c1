//! The hosts in memory: who they are, when they were last heard, and their last points. Written by the committer after
//! each commit, read by queries, so that the list of hosts costs no scan.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use siskin_platform::model::system::{Document, system};
use siskin_platform::model::{Agent, Host, Modes, Sample};

use super::FlatValues;

/// The number of a host in the store's tables. Never used again for another host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(pub i32);

/// A clone that has not shown itself for this long is gone.
const CLONE_US: i64 = 600 * 1_000_000;

/// What a host is known by: its agent's id, or, for flat pushes, its name.
pub fn flat_key(hostname: &str) -> String {
    format!("name:{hostname}")
}

#[derive(Clone, Debug)]
pub struct HostEntry {
    /// The agent's id, or `name:` and the name for a host known by flat pushes alone.
    pub key: String,
    pub hostname: String,
    pub samples: u64,
    /// The newest sample, microseconds since 1970.
    pub last_sample_us: Option<i64>,
    /// When the server last heard of it, microseconds since 1970.
    pub last_heard_us: Option<i64>,
    /// The `/system` document of a flat host, or the last one kept of a native host, JSON.
    pub details: Option<Details>,
    pub source: Source,
}

#[derive(Clone, Debug)]
pub struct Details {
    pub document: Arc<str>,
    /// Microseconds since 1970.
    pub updated_us: i64,
}

#[derive(Clone, Debug)]
pub enum Source {
    Flat { last: Option<FlatValues> },
    Native(Box<Native>),
}

/// What only an agent tells.
#[derive(Clone, Debug)]
pub struct Native {
    pub agent: Agent,
    pub host: Host,
    /// How far the agent's wall clock runs ahead of the server's, seconds; none until it was heard in this run.
    pub skew_seconds: Option<f64>,
    pub recent: Option<Recent>,
    /// When it was last seen that two running agents use this id, microseconds since 1970.
    pub cloned_us: Option<i64>,
}

/// The last two samples: one document of rates.
#[derive(Clone, Debug)]
pub struct Recent {
    pub previous: Option<Sample>,
    pub current: Sample,
    pub stream: u64,
    pub seq: u64,
}

impl Recent {
    /// The processor times of the sample before, from which shares of time are computed.
    pub fn modes_before(&self) -> Option<&Modes> {
        Some(&self.previous.as_ref()?.cpu.as_ref()?.total)
    }
}

/// What a commit told of one host.
pub struct Heard {
    pub host: HostId,
    pub key: String,
    pub hostname: String,
    pub stored: u64,
    /// Its newest sample, microseconds since 1970.
    pub newest_us: Option<i64>,
    /// When it was heard, microseconds since 1970.
    pub heard_us: i64,
    pub details: Option<Details>,
    pub source: Source,
}

#[derive(Default)]
pub struct Directory {
    hosts: RwLock<BTreeMap<HostId, HostEntry>>,
}

impl Directory {
    /// Fills it at the start.
    pub fn load(&self, entries: impl IntoIterator<Item = (HostId, HostEntry)>) {
        self.hosts.write().unwrap_or_else(PoisonError::into_inner).extend(entries);
    }

    /// Takes note of what was committed.
    pub fn apply(&self, heard: impl IntoIterator<Item = Heard>) {
        let mut hosts = self.hosts.write().unwrap_or_else(PoisonError::into_inner);
        for heard in heard {
            match hosts.get_mut(&heard.host) {
                Some(entry) => entry.apply(heard),
                None => {
                    hosts.insert(heard.host, HostEntry::new(heard));
                }
            }
        }
    }

    /// So many samples of a host are kept no longer.
    pub fn lessen(&self, host: HostId, samples: u64) {
        if let Some(entry) = self.hosts.write().unwrap_or_else(PoisonError::into_inner).get_mut(&host) {
            entry.samples = entry.samples.saturating_sub(samples);
        }
    }

    /// The samples of a host were removed.
    pub fn clear(&self, host: HostId) {
        if let Some(entry) = self.hosts.write().unwrap_or_else(PoisonError::into_inner).get_mut(&host) {
            // What is known of the host itself stays.
            entry.details = entry.document();
            entry.samples = 0;
            entry.last_sample_us = None;
            match &mut entry.source {
                Source::Flat { last } => *last = None,
                Source::Native(native) => native.recent = None,
            }
        }
    }

    /// The host was removed.
    pub fn forget(&self, host: HostId) {
        self.hosts.write().unwrap_or_else(PoisonError::into_inner).remove(&host);
    }

    pub fn get(&self, host: HostId) -> Option<HostEntry> {
        self.hosts.read().unwrap_or_else(PoisonError::into_inner).get(&host).cloned()
    }

    pub fn len(&self) -> usize {
        self.hosts.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// All hosts, by name and then by key.
    pub fn list(&self) -> Vec<(HostId, HostEntry)> {
        let hosts = self.hosts.read().unwrap_or_else(PoisonError::into_inner);
        let mut list: Vec<_> = hosts.iter().map(|(id, entry)| (*id, entry.clone())).collect();
        list.sort_by(|(_, a), (_, b)| (&a.hostname, &a.key).cmp(&(&b.hostname, &b.key)));
        list
    }

    /// All hosts, oldest first.
    pub fn ids(&self) -> Vec<HostId> {
        self.hosts.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    /// The host with this key.
    pub fn by_key(&self, key: &str) -> Option<HostId> {
        let hosts = self.hosts.read().unwrap_or_else(PoisonError::into_inner);
        hosts.iter().find(|(_, entry)| entry.key == key).map(|(id, _)| *id)
    }

    /// The hosts that bear this name, oldest first.
    pub fn by_name(&self, hostname: &str) -> Vec<HostId> {
        let hosts = self.hosts.read().unwrap_or_else(PoisonError::into_inner);
        hosts.iter().filter(|(_, entry)| entry.hostname == hostname).map(|(id, _)| *id).collect()
    }
}

impl HostEntry {
    /// The host's `/system` document: what its agent sent last, else what was kept.
    pub fn document(&self) -> Option<Details> {
        let Source::Native(native) = &self.source else {
            return self.details.clone();
        };
        let Some(recent) = &native.recent else {
            return self.details.clone();
        };
        let document = Document {
            system: system(&native.host, recent.modes_before(), &recent.current),
            agent: &native.agent,
            host: &native.host,
            stream: recent.stream,
            seq: recent.seq,
            sample: &recent.current,
        };
        let document = serde_json::to_string(&document).ok()?;
        Some(Details { document: document.into(), updated_us: self.last_heard_us? })
    }

    /// Whether two agents were lately seen to use one id.
    pub fn is_cloned(&self, now_us: i64) -> bool {
        match &self.source {
            Source::Native(native) => native.cloned_us.is_some_and(|seen| now_us - seen < CLONE_US),
            Source::Flat { .. } => false,
        }
    }

    fn new(heard: Heard) -> Self {
        HostEntry {
            key: heard.key,
            hostname: heard.hostname,
            samples: heard.stored,
            last_sample_us: heard.newest_us,
            last_heard_us: Some(heard.heard_us),
            details: heard.details,
            source: heard.source,
        }
    }

    fn apply(&mut self, heard: Heard) {
        let (former_us, newest_us, heard_us) = (self.last_sample_us, heard.newest_us, heard.heard_us);
        self.hostname = heard.hostname;
        self.samples += heard.stored;
        self.last_sample_us = self.last_sample_us.max(heard.newest_us);
        self.last_heard_us = self.last_heard_us.max(Some(heard.heard_us));
        if let Some(details) = heard.details {
            self.details = Some(details);
        }
        match (&mut self.source, heard.source) {
            (Source::Flat { last }, Source::Flat { last: heard }) => {
                // An old push that comes late is not the last; one from a clock ahead does not stay it.
                if heard.is_some() && newest_us >= former_us.min(Some(heard_us)) {
                    *last = heard;
                }
            }
            (Source::Native(native), Source::Native(heard)) => native.apply(*heard),
            (source, heard) => *source = heard,
        }
    }
}

impl Native {
    fn apply(&mut self, heard: Native) {
        self.agent = heard.agent;
        self.host = heard.host;
        self.skew_seconds = heard.skew_seconds;
        self.cloned_us = heard.cloned_us.or(self.cloned_us);
        // In the order of commits: an agent sends its samples in order, whatever its clock says.
        if let Some(mut recent) = heard.recent {
            if recent.previous.is_none() {
                recent.previous =
                    self.recent.take().filter(|last| last.stream == recent.stream).map(|last| last.current);
            }
            self.recent = Some(recent);
        }
    }
}
