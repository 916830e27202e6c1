//! A small generator of numbers (SplitMix64), and the few distributions that a fleet is drawn from.

/// Above this mean a count is drawn as a rounded normal number: nobody could tell the difference.
const FEW: f64 = 12.0;

/// A generator of numbers. The same seed gives the same numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.any() % end.max(1)
    }

    /// A number from 0 to 1.
    pub fn unit(&mut self) -> f64 {
        (self.any() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number between two.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// True this often, of 1.
    pub fn happens(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// About normal: mean 0, deviation 1, never beyond 3.5.
    pub fn normal(&mut self) -> f64 {
        let sum: f64 = (0..4).map(|_| self.unit()).sum();
        (sum - 2.0) * 3f64.sqrt()
    }

    /// How many of something that comes by chance, `mean` on average.
    pub fn count(&mut self, mean: f64) -> u64 {
        if mean >= FEW {
            return (mean + mean.sqrt() * self.normal()).round() as u64;
        }
        let (floor, mut product, mut count) = ((-mean).exp(), self.unit(), 0);
        while product > floor {
            product *= self.unit();
            count += 1;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn counts_have_the_mean_that_was_asked_for() {
        let mut random = Random::new(1);
        for mean in [0.0, 0.3, 5.0, 40.0] {
            let sum: u64 = (0..20_000).map(|_| random.count(mean)).sum();
            let got = sum as f64 / 20_000.0;
            assert!((got - mean).abs() <= 0.02 * mean.max(0.5), "{got} instead of {mean}");
        }
    }

    #[test]
    fn normal_numbers_spread_by_one() {
        let mut random = Random::new(2);
        let numbers: Vec<f64> = (0..20_000).map(|_| random.normal()).collect();
        let mean = numbers.iter().sum::<f64>() / 20_000.0;
        let spread = (numbers.iter().map(|number| number * number).sum::<f64>() / 20_000.0).sqrt();
        assert!(mean.abs() < 0.03 && (spread - 1.0).abs() < 0.03, "{mean} {spread}");
    }
}
