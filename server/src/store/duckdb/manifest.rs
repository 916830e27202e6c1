//! Which files count: a list that is replaced as a whole, so that who reads has all rows once, whatever is sealed meanwhile.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::file::File;
use super::group::{Group, Tail};
use super::layout::{Day, Tier};
use crate::store::directory::HostId;

/// The files at one moment.
#[derive(Clone, Default)]
pub struct Manifest {
    /// By number, which is the order in which they were made.
    pub files: BTreeMap<u64, Arc<File>>,
    /// Hosts whose rows are hidden in every file with a number below this.
    pub tombstones: HashMap<HostId, u64>,
    /// Rows that are not in a file yet.
    pub tail: Arc<Tail>,
}

impl Manifest {
    pub fn of_tier(&self, tier: Tier) -> impl Iterator<Item = &Arc<File>> {
        self.files.values().filter(move |file| file.tier == tier)
    }

    /// The file of a sealed tier that has this day.
    pub fn of_day(&self, tier: Tier, day: Day) -> Option<&Arc<File>> {
        self.of_tier(tier).find(|file| file.has_day(day))
    }

    /// Rows that no file has yet. The one that will have them is told before: who asks must find it.
    pub fn wait(&mut self, group: Arc<Group>) {
        if let Some(file) = self.files.get(&self.tail.file) {
            file.remember(&group.instants_us);
        }
        let Tail { file, rows, groups } = &*self.tail;
        let mut groups = groups.clone();
        groups.push(group);
        self.tail = Arc::new(Tail { file: *file, rows: rows.clone(), groups });
    }

    /// Whether a host's rows in a file are to be passed over.
    pub fn hides(&self, host: HostId, file: &File) -> bool {
        self.tombstones.get(&host).is_some_and(|number| file.number < *number)
    }

    /// The hosts whose rows in a file are to be passed over.
    pub fn hidden_in(&self, file: &File) -> Vec<HostId> {
        let mut hidden: Vec<HostId> =
            self.tombstones.iter().filter(|(_, number)| file.number < **number).map(|(host, _)| *host).collect();
        hidden.sort_unstable();
        hidden
    }

    /// Samples of the host in sealed files, and its newest there.
    pub fn sealed_of(&self, host: HostId) -> (u64, Option<i64>) {
        self.of_tier(Tier::Raw).filter(|file| !self.hides(host, file)).fold((0, None), |(samples, newest), file| {
            match file.hosts.get(&host) {
                Some(facts) => (samples + facts.samples, newest.max(Some(facts.newest_us))),
                None => (samples, newest),
            }
        })
    }
}

/// The manifest that counts now.
#[derive(Default)]
pub struct Files {
    now: RwLock<Arc<Manifest>>,
    next: AtomicU64,
    order: Mutex<()>,
}

/// Numbers for files that are made of what a manifest has.
pub struct Numbers(RefCell<Range<u64>>);

impl Numbers {
    pub fn next(&self) -> u64 {
        self.0.borrow_mut().next().expect("as many were reserved as there are files")
    }
}

impl Files {
    pub fn new(manifest: Manifest) -> Self {
        let next = manifest.files.keys().copied().chain(manifest.tombstones.values().copied()).max().unwrap_or(0) + 1;
        Files { now: RwLock::new(Arc::new(manifest)), next: AtomicU64::new(next), order: Mutex::default() }
    }

    pub fn now(&self) -> Arc<Manifest> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A number that no file and no tombstone has.
    pub fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// The files that count now, and numbers for those that are made of them. A tombstone that is not among these has a
    /// higher number, so that it hides in what is made of them what it hides in them.
    pub fn reserve(&self, numbers: u64) -> (Arc<Manifest>, Numbers) {
        let _order = self.in_order();
        let first = self.next.fetch_add(numbers, Ordering::Relaxed);
        (self.now(), Numbers(RefCell::new(first..first + numbers)))
    }

    /// Held from the moment a tombstone gets its number until it is on the list.
    pub fn in_order(&self) -> MutexGuard<'_, ()> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the list by a changed one.
    pub fn change(&self, change: impl FnOnce(&mut Manifest)) {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = Manifest::clone(&now);
        change(&mut next);
        *now = Arc::new(next);
    }
}
