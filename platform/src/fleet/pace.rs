//! How busy a machine is: a curve over the day, which wanders, and bursts of work now and then.

use super::Random;

const DAY_MS: f64 = 86_400_000.0;
const HOUR_SECONDS: f64 = 3_600.0;

/// How long a mood lasts, seconds.
const MOOD_SECONDS: f64 = 150.0;
/// How much a mood makes: the deviation of a logarithm.
const MOOD_SPREAD: f64 = 0.30;
/// The same for what changes from sample to sample.
const NOISE_SPREAD: f64 = 0.12;
/// A burst lasts this long on average, seconds.
const BURST_SECONDS: f64 = 70.0;

/// How a machine spends its days: drawn once, kept for life.
#[derive(Clone, Debug)]
pub struct Habits {
    /// Share of its processors that it uses at night.
    pub quiet: f64,
    /// What the busiest hour adds.
    pub rush: f64,
    /// When that is, in hours UTC.
    pub rush_hour: f64,
    /// Bursts an hour.
    pub bursts_per_hour: f64,
    /// When it copies everything away, in hours UTC.
    pub backup_hour: f64,
}

impl Habits {
    /// Those of any machine.
    pub fn draw(random: &mut Random) -> Self {
        Self {
            quiet: random.between(0.01, 0.08),
            rush: random.between(0.05, 0.40),
            rush_hour: random.between(9.0, 19.0),
            bursts_per_hour: random.between(0.2, 3.0),
            backup_hour: random.between(1.0, 4.0),
        }
    }
}

/// The pace of one machine, from moment to moment.
#[derive(Clone, Debug)]
pub struct Pace {
    habits: Habits,
    mood: f64,
    burst: f64,
    burst_seconds: f64,
}

/// How busy it was over one step.
#[derive(Clone, Copy, Debug)]
pub struct Busy {
    /// Seconds that the step took.
    pub seconds: f64,
    /// Share of the processors in use: 0 to 1.
    pub cpu: f64,
    /// Work asked of it, against the mean of its day: about 1.
    pub demand: f64,
    /// How hard a burst or a backup drives its disks: 0 mostly, up to 1.
    pub burst: f64,
    /// The curve of the day: 0 at its quietest, 1 in the rush.
    pub day: f64,
}

impl Pace {
    /// A machine of these habits, in no mood.
    pub fn new(habits: Habits) -> Self {
        Self { habits, mood: 0.0, burst: 0.0, burst_seconds: 0.0 }
    }

    /// Goes on to a moment, `seconds` after the last.
    pub fn advance(&mut self, unix_ms: i64, seconds: f64, random: &mut Random) -> Busy {
        let kept = (-seconds / MOOD_SECONDS).exp();
        self.mood = self.mood * kept + MOOD_SPREAD * (1.0 - kept * kept).sqrt() * random.normal();
        self.burst_seconds -= seconds;
        if self.burst_seconds <= 0.0 {
            let share = (self.habits.bursts_per_hour * seconds.min(HOUR_SECONDS) / HOUR_SECONDS).min(0.5);
            self.burst = if random.happens(share) { random.between(0.1, 1.0) } else { 0.0 };
            self.burst_seconds = if self.burst > 0.0 { -BURST_SECONDS * random.unit().max(1e-9).ln() } else { 0.0 };
        }
        let hour = unix_ms as f64 / DAY_MS * 24.0 % 24.0;
        let day = day_curve(hour - self.habits.rush_hour);
        let backup = if (hour - self.habits.backup_hour).rem_euclid(24.0) < 0.3 { 0.7 } else { 0.0 };
        let burst = self.burst.max(backup);
        let weather = (self.mood + NOISE_SPREAD * random.normal()).exp();
        let cpu = (self.habits.quiet + self.habits.rush * day) * weather + 0.25 * burst;
        Busy { seconds, cpu: cpu.clamp(0.002, 0.97), demand: (0.2 + 1.6 * day) * weather, burst, day }
    }
}

/// 1 at the hour of the rush, 0 half a day from it, steeper by day than by night.
fn day_curve(hours_from_rush: f64) -> f64 {
    let wave = 0.5 + 0.5 * (hours_from_rush / 24.0 * std::f64::consts::TAU).cos();
    wave * wave.sqrt()
}
