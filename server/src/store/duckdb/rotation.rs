//! Orders to go on in a new hot file, so that what the one has can be sealed or copied.

use std::sync::atomic::{AtomicU64, Ordering};

/// Orders have numbers: who waits for his is not content with a rotation that had begun before.
#[derive(Debug, Default)]
pub struct Rotation {
    asked: AtomicU64,
    done: AtomicU64,
}

impl Rotation {
    /// Orders one: what is acknowledged by now will be in files that nobody writes any more. Answers the order's number.
    pub fn ask(&self) -> u64 {
        self.asked.fetch_add(1, Ordering::AcqRel) + 1
    }

    pub fn is_wanted(&self) -> bool {
        !self.is_done(self.asked())
    }

    pub fn is_done(&self, order: u64) -> bool {
        self.done.load(Ordering::Acquire) >= order
    }

    /// The last order, which a rotation that begins now carries out with all before it.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Acquire)
    }

    /// This order and all before it are carried out.
    pub fn done(&self, order: u64) {
        self.done.fetch_max(order, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_that_comes_meanwhile_waits_for_the_next() {
        let rotation = Rotation::default();
        assert!(!rotation.is_wanted());
        let first = rotation.ask();
        let begun = rotation.asked();
        let second = rotation.ask();
        rotation.done(begun);
        assert!(rotation.is_done(first) && !rotation.is_done(second) && rotation.is_wanted());
        rotation.done(rotation.asked());
        assert!(rotation.is_done(second) && !rotation.is_wanted());
    }
}
