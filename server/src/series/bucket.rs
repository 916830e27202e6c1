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

    /// The bucket of `weight` samples of which this is known. A bucket of a rollup weighs what its table has samples in it,
    /// also where some of them lack this reading.
    pub fn of(weight: f64, mean: f64, min: f64, max: f64) -> Self {
        Bucket { weight, sum: mean * weight, min, max }
    }

    pub fn add(&mut self, value: f64) {
        self.merge(&Bucket { weight: 1.0, sum: value, min: value, max: value });
    }

    pub fn merge(&mut self, other: &Bucket) {
        self.weight += other.weight;
        self.sum += other.sum;
        self.min = if other.min < self.min { other.min } else { self.min };
        self.max = if other.max > self.max { other.max } else { self.max };
    }

    /// With all values times a factor above zero.
    pub fn scaled(self, factor: f64) -> Self {
        Bucket { sum: self.sum * factor, min: self.min * factor, max: self.max * factor, ..self }
    }

    pub fn is_empty(&self) -> bool {
        self.weight == 0.0
    }

    /// None where nothing was gathered.
    pub fn mean(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.sum / self.weight)
    }

    /// None where nothing was gathered.
    pub fn least(&self) -> Option<f64> {
        (!self.is_empty()).then_some(self.min)
    }

    /// None where nothing was gathered.
    pub fn greatest(&self) -> Option<f64> {
        (!self.is_empty()).then_some(self.max)
    }
}
