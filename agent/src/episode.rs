//! A condition that lasts: counted each time, told when it begins and when it ends, silent between.

/// How often something has happened since it last stopped happening.
#[derive(Debug, Default)]
pub struct Episode {
    count: u64,
}

impl Episode {
    /// It happened `times` more. True when that begins an episode, which is the moment to log it.
    pub fn add(&mut self, times: u64) -> bool {
        let begins = self.count == 0 && times > 0;
        self.count = self.count.saturating_add(times);
        begins
    }

    /// It has stopped. The count of the episode that ends here, if there was one.
    pub fn end(&mut self) -> Option<u64> {
        (self.count > 0).then(|| std::mem::take(&mut self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_beginning_and_the_end_once() {
        let mut episode = Episode::default();
        assert_eq!(episode.end(), None);
        assert!(!episode.add(0));
        assert!(episode.add(2));
        assert!(!episode.add(3));
        assert_eq!(episode.end(), Some(5));
        assert_eq!(episode.end(), None);
        assert!(episode.add(1));
    }
}
