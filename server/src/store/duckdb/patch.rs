//! Patching: DuckDB packs numbers by how each differs from the one before, 2048 at a time, as wide as the widest of these steps.
//! One leap (another host, a burst, a reset) is paid for by all its neighbours. So a column of numbers lies in two: one that
//! goes on evenly, and its base, which takes the leaps; the number is their sum. A base changes seldom, and DuckDB keeps how
//! long each of its values lasts.

use duckdb::arrow::array::{Int64Array, Int64Builder};

/// Numbers beyond this are not split: their steps might not be numbers.
pub const GREATEST: i64 = 1 << 60;
/// An even column that has drifted so far begins anew.
const FARTHEST: u64 = 1 << 61;
/// What DuckDB takes for a change of a base beside the value: how long that lasts.
const LENGTH_BITS: usize = 16;

/// Groups for which a window serves at most, and how much more than at first they may cost with it.
const SERVES: u32 = 3;
const NEARLY: f64 = 1.02;

/// A column on its way.
#[derive(Debug)]
pub struct Patching {
    /// What no base comes to, and what a change of it costs.
    base_end: u64,
    leap_bits: usize,
    /// The number before, and its two parts.
    number: i64,
    even: i64,
    base: i64,
    /// The window that was found last, what a step took there, and how many groups it has served since.
    window: (i64, i64),
    usual_bits: f64,
    served: u32,
    /// Reused from group to group.
    steps: Vec<i64>,
    sorted: Vec<i64>,
}

impl Patching {
    /// With bases of 32 bits or of 64.
    pub fn new(narrow: bool) -> Self {
        let (base_end, bits) = if narrow { (1 << 31, 32) } else { (u64::MAX, 64) };
        let leap_bits = bits + LENGTH_BITS;
        Patching {
            base_end,
            leap_bits,
            number: 0,
            even: 0,
            base: 0,
            window: (0, 0),
            usual_bits: 0.0,
            served: SERVES,
            steps: Vec::new(),
            sorted: Vec::new(),
        }
    }

    /// The next numbers of the column as even ones and bases. A null is one in the base; the even column goes on.
    pub fn split(&mut self, numbers: &Int64Array) -> (Int64Array, Int64Array) {
        let mut before = self.number;
        self.steps.clear();
        self.steps.extend(numbers.iter().flatten().map(|number| number - std::mem::replace(&mut before, number)));
        let (least, most) = self.usual_window();
        let idle = 0.clamp(least, most);
        let mut even = Vec::with_capacity(numbers.len());
        let mut bases = Int64Builder::with_capacity(numbers.len());
        for number in numbers {
            match number {
                Some(number) => {
                    self.go(number, (least, most));
                    bases.append_value(self.base);
                }
                None => {
                    self.even = self.even.checked_add(idle).filter(|even| even.unsigned_abs() < FARTHEST).unwrap_or(0);
                    bases.append_null();
                }
            }
            even.push(self.even);
        }
        (even.into(), bases.finish())
    }

    fn go(&mut self, number: i64, (least, most): (i64, i64)) {
        // As near to the number as an even step comes.
        let step = (number - self.base).saturating_sub(self.even).clamp(least, most);
        let even = self.even.saturating_add(step);
        let base = number.saturating_sub(even);
        let fits = even.unsigned_abs() < FARTHEST && base.unsigned_abs() < self.base_end;
        (self.even, self.base) = if fits { (even, base) } else { (number, 0) };
        self.number = number;
    }

    /// The window of the group before, while it serves as well: to look for the best one takes most of the time here.
    fn usual_window(&mut self) -> (i64, i64) {
        self.served += 1;
        if self.served > SERVES || self.step_bits(self.window) > self.usual_bits * NEARLY {
            self.window = self.window();
            self.usual_bits = self.step_bits(self.window);
            self.served = 0;
        }
        self.window
    }

    /// Bits that a step takes with this window, in the mean.
    fn step_bits(&self, (least, most): (i64, i64)) -> f64 {
        let bits = (i64::BITS - most.abs_diff(least).leading_zeros()) as usize;
        let leaps = self.steps.iter().filter(|step| !(least..=most).contains(*step)).count();
        (bits * self.steps.len() + self.leap_bits * leaps) as f64 / self.steps.len().max(1) as f64
    }

    /// The steps that are even, from the least to the greatest: those that make the column smallest, with what the others
    /// cost.
    fn window(&mut self) -> (i64, i64) {
        let sorted = &mut self.sorted;
        sorted.clone_from(&self.steps);
        sorted.sort_unstable();
        let (Some(first), Some(last)) = (sorted.first().copied(), sorted.last().copied()) else { return (0, 0) };
        let all = (i64::BITS - last.abs_diff(first).leading_zeros()) as usize;
        let (mut best, mut cheapest) = ((first, last), all * sorted.len());
        // From wide to narrow: what is left out by one window is left out by all that are narrower.
        for bits in (0..all).rev() {
            let span = (1_u64 << bits) - 1;
            let (from, inside) = fullest(sorted, span);
            let leaps = self.leap_bits * (sorted.len() - inside);
            let cost = bits * sorted.len() + leaps;
            if cost < cheapest {
                (best, cheapest) = ((from, from.saturating_add_unsigned(span).min(last)), cost);
            }
            if leaps >= cheapest {
                break;
            }
        }
        best
    }
}

/// Where the window of this span begins that has most of the numbers, and how many it has.
fn fullest(sorted: &[i64], span: u64) -> (i64, usize) {
    let (mut begin, mut fullest) = (0, (0, 0));
    for (end, to) in sorted.iter().enumerate() {
        while to.abs_diff(sorted[begin]) > span {
            begin += 1;
        }
        if end - begin >= fullest.1 {
            fullest = (sorted[begin], end - begin + 1);
        }
    }
    fullest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(numbers: &[Option<i64>], narrow: bool) -> (Vec<i64>, Vec<Option<i64>>) {
        let mut patching = Patching::new(narrow);
        let (mut even, mut bases) = (Vec::new(), Vec::new());
        for some in numbers.chunks(50) {
            let (some_even, some_bases) = patching.split(&some.iter().copied().collect());
            even.extend(some_even.iter().flatten());
            bases.extend(some_bases.iter());
        }
        (even, bases)
    }

    fn steps(even: &[i64]) -> Vec<i64> {
        even.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    #[test]
    fn leaps_go_into_the_base() {
        // Two hosts that count by three or four, and a burst of one of them.
        let host = |from: i64| (0..50).map(move |row| from + row * 3 + row % 2 + if row > 20 { 9_999 } else { 0 });
        let numbers: Vec<Option<i64>> = host(7_000_000).chain(host(5)).map(Some).collect();
        let (even, bases) = split(&numbers, false);
        assert!(steps(&even).iter().all(|step| (2..=5).contains(step)), "{even:?}");
        let changes = bases.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert_eq!(changes, 3);
        for ((number, even), base) in numbers.iter().zip(even).zip(bases) {
            assert_eq!(*number, base.map(|base| base + even));
        }
    }

    #[test]
    fn a_null_is_one_in_the_base_alone() {
        let numbers: Vec<Option<i64>> = (0..100).map(|row| (row % 10 != 3).then_some(40 + row)).collect();
        let (even, bases) = split(&numbers, true);
        assert!(steps(&even).iter().all(|step| (0..=2).contains(step)), "{even:?}");
        for (number, base) in numbers.iter().zip(&bases) {
            assert_eq!(number.is_some(), base.is_some());
        }
        let (_, bases) = split(&[None; 70], true);
        assert_eq!(bases, [None; 70]);
    }

    proptest! {
        #[test]
        fn both_parts_together_are_the_number(
            numbers in proptest::collection::vec(
                proptest::option::weighted(0.9, prop_oneof![-9_i64..9, -GREATEST..=GREATEST, Just(GREATEST), Just(-GREATEST)]),
                0..300,
            ),
            narrow: bool,
        ) {
            let (even, bases) = split(&numbers, narrow);
            for ((number, even), base) in numbers.iter().zip(even).zip(bases) {
                prop_assert_eq!(*number, base.map(|base| base.checked_add(even).unwrap()));
                prop_assert!(!narrow || base.is_none_or(|base| i32::try_from(base).is_ok()));
            }
        }

        /// However the steps lie, no window is cheaper.
        #[test]
        fn the_window_is_the_cheapest(steps in proptest::collection::vec(prop_oneof![-5_i64..5, -2_000_i64..2_000], 1..60)) {
            let mut patching = Patching::new(false);
            patching.steps.clone_from(&steps);
            let (least, most) = patching.window();
            let cost = |least: i64, most: i64| {
                let bits = (64 - (most - least).leading_zeros()) as usize;
                let outside = steps.iter().filter(|step| !(least..=most).contains(*step)).count();
                bits * steps.len() + patching.leap_bits * outside
            };
            for from in &steps {
                for to in steps.iter().filter(|to| *to >= from) {
                    prop_assert!(cost(least, most) <= cost(*from, *to));
                }
            }
        }
    }
}
