//! How many samples the next batch has: more while it goes well, fewer where the server, the line or a sample does not
//! take it. Pure.

/// Adapts to what became of the last batches.
#[derive(Debug)]
pub struct Size {
    limit: usize,
    /// A server that refused a batch as too large is not asked for much more than half of it again.
    ceiling: usize,
    max: usize,
    /// Among the next so many samples is one that the server refuses.
    suspects: Option<usize>,
}

impl Size {
    /// Begins with the largest batch.
    pub fn new(max: usize) -> Self {
        Self { limit: max, ceiling: max, max, suspects: None }
    }

    /// Samples of the next batch, at most. While a refused sample is sought, half of those it may be among.
    pub fn samples(&self) -> usize {
        match self.suspects {
            Some(suspects) => (suspects / 2).clamp(1, self.limit),
            None => self.limit,
        }
    }

    /// So many samples were taken.
    pub fn stored(&mut self, samples: usize) {
        self.ceiling = (self.ceiling + 1).min(self.max);
        self.limit = (self.limit * 2).min(self.ceiling);
        self.suspects = self.suspects.and_then(|suspects| suspects.checked_sub(samples)).filter(|left| *left > 0);
    }

    /// So many samples were too many.
    pub fn too_large(&mut self, samples: usize) {
        self.ceiling = (samples / 2).max(1);
        self.limit = self.ceiling;
    }

    /// So many samples did not get through in time.
    pub fn too_slow(&mut self, samples: usize) {
        self.limit = (samples / 2).max(1);
    }

    /// One among so many was refused.
    pub fn refused(&mut self, samples: usize) {
        self.suspects = Some(samples);
    }

    /// The refused one was found.
    pub fn found(&mut self) {
        self.suspects = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends samples to a server that refuses some, until all are gone. Batches sent, and what was set aside.
    fn send(samples: usize, refused: &[usize]) -> (usize, Vec<usize>) {
        let (mut size, mut at, mut batches, mut aside) = (Size::new(100), 0, 0, Vec::new());
        while at < samples {
            let end = (at + size.samples()).min(samples);
            batches += 1;
            match refused.iter().any(|sample| (at..end).contains(sample)) {
                false => {
                    size.stored(end - at);
                    at = end;
                }
                true if end - at == 1 => {
                    size.found();
                    aside.push(at);
                    at = end;
                }
                true => size.refused(end - at),
            }
        }
        (batches, aside)
    }

    #[test]
    fn a_refused_sample_is_found_wherever_it_is() {
        for refused in 0..100 {
            let (batches, aside) = send(100, &[refused]);
            assert_eq!(aside, [refused]);
            assert!(batches <= 16, "{batches}");
        }
        let all: Vec<_> = (0..250).step_by(3).collect();
        assert_eq!(send(250, &all).1, all);
    }

    #[test]
    fn too_large_stays_small_and_too_slow_recovers() {
        let mut size = Size::new(100);
        size.too_large(100);
        size.stored(50);
        assert_eq!(size.samples(), 51);
        let mut size = Size::new(100);
        size.too_slow(100);
        size.too_slow(50);
        assert_eq!(size.samples(), 25);
        size.stored(25);
        size.stored(50);
        assert_eq!(size.samples(), 100);
        size.too_slow(1);
        assert_eq!(size.samples(), 1);
    }
}
