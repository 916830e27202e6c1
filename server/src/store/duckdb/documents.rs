//! Which native hosts' `/system` documents are to be written, so that they are there after a restart. Who the host is stands
//! in the table of hosts at once; what moves in its document, with each sample, is written seldom.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::store::directory::HostId;

/// A host that is new or has changed is written after this, or at once if what it had was not written for longer.
const CHANGED: Duration = Duration::from_secs(10);
/// A host that was not heard for so long has fallen silent: its last document is written, for no other may come.
const SILENT: Duration = Duration::from_secs(300);
/// What moves is written this often.
const MOVED: Duration = Duration::from_secs(3_600);
/// So many at a time, some 10 kB each: no acknowledgement waits long behind them.
const AT_A_TIME: usize = 100;

/// Hosts whose documents have not been written as they are.
#[derive(Debug, Default)]
pub struct Documents(HashMap<HostId, Unkept>);

#[derive(Debug)]
struct Unkept {
    since: Instant,
    heard: Instant,
    changed: bool,
}

impl Documents {
    /// A host's document is another now. `changed` tells that the host itself is, not only its readings.
    pub fn heard(&mut self, host: HostId, changed: bool, now: Instant) {
        let unkept = self.0.entry(host).or_insert(Unkept { since: now, heard: now, changed });
        unkept.heard = now;
        unkept.changed |= changed;
    }

    /// Those to be written now.
    pub fn due(&self, now: Instant) -> Vec<HostId> {
        let is_due = |it: &Unkept| {
            let age = now.duration_since(it.since);
            age >= MOVED || (it.changed && age >= CHANGED) || now.duration_since(it.heard) >= SILENT
        };
        self.0.iter().filter(|(_, unkept)| is_due(unkept)).map(|(host, _)| *host).take(AT_A_TIME).collect()
    }

    pub fn all(&self) -> Vec<HostId> {
        self.0.keys().copied().collect()
    }

    /// These are written, or gone.
    pub fn kept(&mut self, hosts: &[HostId]) {
        for host in hosts {
            self.0.remove(host);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thousand hosts, each heard every ten seconds for a day.
    #[test]
    fn what_moves_is_written_once_an_hour_and_what_changes_at_once() {
        let (start, hosts) = (Instant::now(), 1_000);
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut documents = Documents::default();
        let mut written = HashMap::<HostId, Vec<u64>>::new();
        for second in 0..86_400 {
            // Host 1 is another from noon on, and host 2 falls silent later.
            for host in (0..hosts).filter(|host| second % 10 == *host as u64 % 10 && (*host != 2 || second < 45_000)) {
                documents.heard(HostId(host), second < 10 || (host == 1 && second == 43_201), after(second));
            }
            let due = documents.due(after(second));
            assert!(due.len() <= AT_A_TIME);
            documents.kept(&due);
            due.into_iter().for_each(|host| written.entry(host).or_default().push(second));
        }
        let all: usize = written.values().map(Vec::len).sum();
        assert!((23_900..25_000).contains(&all), "{all}");
        assert!(written.values().all(|seconds| seconds[0] < 30), "new ones");
        assert!(written[&HostId(1)].iter().any(|second| (43_201..43_220).contains(second)));
        assert_eq!(written[&HostId(2)].last(), Some(&(44_992 + SILENT.as_secs())));
    }

    #[test]
    fn what_was_written_is_not_written_again_until_it_is_heard() {
        let start = Instant::now();
        let mut documents = Documents::default();
        documents.heard(HostId(7), false, start);
        assert_eq!((documents.due(start + CHANGED), documents.all()), (vec![], vec![HostId(7)]));
        assert_eq!(documents.due(start + SILENT), [HostId(7)]);
        documents.kept(&[HostId(7)]);
        assert_eq!(documents.due(start + MOVED * 2), []);
    }
}
