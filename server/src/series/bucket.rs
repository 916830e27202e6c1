//! What is gathered of the values of one bucket of time.

/// How many values, their sum, the least and the greatest. Values may weigh more than one: the mean of a bucket counts
/// for its samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    pub weight: f64,
    pub sum: f64,
    pub min: f64,
    pub max: f64,
}

impl Bucket {
    pub const EMPTY: Bucket = Bucket { weight: 0.0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY };

    pub fn add(&mut self, value: f64) {
        self.merge(&Bucket { weight: 1.0, sum: value, min: value, max: value });
    }

    pub fn merge(&mut self, other: &Bucket) {
        self.weight += other.weight;
        self.sum += other.sum;
        self.min = if other.min < self.min { other.min } else { self.min };
        self.max = if other.max > self.max { other.max } else { self.max };
    }

    pub fn is_empty(&self) -> bool {
        self.weight == 0.0
    }

    /// None where nothing was gathered.
    pub fn mean(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.sum / self.weight)
    }

    /// None where nothing was gathered.
    pub fn extremes(&self) -> Option<(f64, f64)> {
        (!self.is_empty()).then_some((self.min, self.max))
    }
}
