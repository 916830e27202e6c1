//! What of an outage is news: its beginning, another reason, and where a person has to act the hour that has passed.

use std::time::{Duration, Instant};

use crate::sampler::same_words;

/// A person who has to act is told again this often: logs are looked at by the day, and those of a week ago are gone.
const AGAIN: Duration = Duration::from_secs(3600);

/// The reason that was told last, if an outage goes on.
#[derive(Debug, Default)]
pub struct Told(Option<Reason>);

#[derive(Debug)]
struct Reason {
    /// Of a server that takes nothing until a person acts.
    status: Option<u16>,
    words: String,
    at: Instant,
}

impl Told {
    /// A push failed in these words. True if that is news: a server that comes back may have another certificate.
    pub fn failed(&mut self, words: &str) -> bool {
        self.is_news(None, words, Instant::now(), Duration::MAX)
    }

    /// A server takes nothing until a person acts. True if that is to be told now.
    pub fn blocked(&mut self, status: u16, words: &str, now: Instant) -> bool {
        self.is_news(Some(status), words, now, AGAIN)
    }

    /// The outage is over.
    pub fn forget(&mut self) {
        self.0 = None;
    }

    fn is_news(&mut self, status: Option<u16>, words: &str, at: Instant, again: Duration) -> bool {
        let is_told = self.0.as_ref().is_some_and(|told| {
            told.status == status && same_words(&told.words, words) && at.duration_since(told.at) < again
        });
        if !is_told {
            self.0 = Some(Reason { status, words: words.to_owned(), at });
        }
        !is_told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocked_agent_tells_the_reason_at_once_when_it_changes_and_each_hour() {
        let (start, mut told) = (Instant::now(), Told::default());
        let mut blocked =
            |minute: u64, status, words: &str| told.blocked(status, words, start + Duration::from_secs(60 * minute));
        assert!(blocked(0, 401, "token required"));
        let hours: Vec<_> = (1..=180).filter(|minute| blocked(*minute, 401, "token required")).collect();
        assert_eq!(hours, [60, 120, 180]);
        assert!(blocked(181, 403, "token required"), "another status");
        assert!(blocked(182, 403, "another host's token"), "other words");
        assert!(!blocked(183, 403, "another host's token"));
    }

    #[test]
    fn a_failure_is_told_when_it_begins_and_when_its_words_change() {
        let mut told = Told::default();
        assert!(told.failed("refused by port 1"));
        assert!(!told.failed("refused by port 2"));
        assert!(told.failed("no route"));
        assert!(told.blocked(401, "no route", Instant::now()));
        assert!(told.failed("no route"));
        told.forget();
        assert!(told.failed("no route"), "another outage");
    }
}
