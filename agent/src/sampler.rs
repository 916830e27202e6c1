//! Takes samples on the schedule, numbers them, and hands them to those who serve and push.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use siskin_platform::collect::{self, Failure, Reader, Setup};
use siskin_platform::model::{Agent, Sample};

use crate::episode::Episode;
use crate::latest::Latest;
use crate::options::Options;
use crate::queue::Queue;
use crate::schedule::Schedule;
use crate::state::State;
use crate::stop::Stop;
use crate::{info, warn};

/// Between the first two samples, so that the first `/system` has a CPU percentage. The kernel counts in ticks of
/// 10 ms: half a second tells 2 % of one core apart.
pub const WARM_UP: Duration = Duration::from_millis(500);
/// The host's facts (name, kernel, addresses) are read again this often. They change at the hands of people.
const HOST_EVERY: Duration = Duration::from_secs(60);

/// The one who reads.
pub struct Sampler {
    options: Options,
    setup: Setup,
    latest: Arc<Latest>,
    queue: Option<Arc<Queue>>,
    state: State,
    /// The sample before the last one, to be written over.
    spare: Sample,
    failures: Vec<Failure>,
    host_read: Instant,
    failing: BTreeMap<&'static str, String>,
    dropping: Episode,
    overrun: Episode,
}

impl Sampler {
    /// Takes the first sample, which carries the number 1.
    pub fn start(options: Options, agent: Agent, stream: u64, queue: Option<Arc<Queue>>, state: State) -> Self {
        let setup = options.setup();
        let latest = Latest::new(agent, stream, Reader::new(&setup), options.named(setup.host()));
        let mut sampler = Self {
            options,
            setup,
            latest: Arc::new(latest),
            queue,
            state,
            spare: Sample::default(),
            failures: Vec::new(),
            host_read: Instant::now(),
            failing: BTreeMap::new(),
            dropping: Episode::default(),
            overrun: Episode::default(),
        };
        sampler.take_until_next(WARM_UP);
        sampler
    }

    /// What the samples are handed to.
    pub fn latest(&self) -> Arc<Latest> {
        Arc::clone(&self.latest)
    }

    /// Takes one more sample.
    pub fn take(&mut self) {
        if self.host_read.elapsed() >= HOST_EVERY {
            self.host_read = Instant::now();
            self.latest.set_host(self.options.named(self.setup.host()));
        }
        self.take_until_next(self.options.interval);
    }

    fn take_until_next(&mut self, interval: Duration) {
        self.latest.take(interval, &mut self.spare, &mut self.failures);
        self.report();
        self.enqueue();
    }

    /// Samples until told to stop. The schedule counts from the sample taken last.
    pub fn run(&mut self, stop: &Stop) {
        let mut schedule = Schedule::new(Instant::now(), self.options.interval);
        while !stop.wait_until(schedule.due()) {
            self.take();
            self.pass(self.queue.as_ref().is_some_and(|queue| queue.is_spooling()));
            match schedule.advance(Instant::now()) {
                0 => {
                    if let Some(skipped) = self.overrun.end() {
                        info!("the schedule is kept again", skipped = skipped);
                    }
                }
                skipped if self.overrun.add(skipped) => {
                    warn!("sampling takes longer than the interval, samples skipped", skipped = skipped);
                }
                _ => {}
            }
        }
        // The last word of a clock that was right.
        self.pass(true);
    }

    /// Takes note that time has passed.
    fn pass(&mut self, disk_in_use: bool) {
        let boot_id = self.latest.agent.boot_id.as_deref();
        self.state.pass(collect::clock(), boot_id, disk_in_use);
    }

    fn enqueue(&mut self) {
        let Some(queue) = &self.queue else { return };
        match queue.push(self.latest.text()) {
            0 => {
                if let Some(dropped) = self.dropping.end() {
                    info!("the queue has room again", dropped = dropped);
                }
            }
            dropped if self.dropping.add(dropped) => {
                warn!("the queue is full, dropping the oldest samples", waiting = queue.waiting().0);
            }
            _ => {}
        }
    }

    /// A collector's failure is told when it begins, changes or ends. Other numbers in the same words are no change: an
    /// odd line may hold counters.
    fn report(&mut self) {
        let mut now = BTreeMap::<_, String>::new();
        for failure in &self.failures {
            let told = now.entry(failure.collector).or_default();
            told.push_str(if told.is_empty() { "" } else { "; " });
            told.push_str(&chain(&failure.error));
        }
        let is_told = |(collector, error): &(&&str, &String)| {
            self.failing.get(**collector).is_some_and(|told| same_words(told, error))
        };
        for (collector, error) in now.iter().filter(|failure| !is_told(failure)) {
            warn!("collector failed", collector = collector, error = error);
        }
        for collector in self.failing.keys().filter(|collector| !now.contains_key(*collector)) {
            info!("collector works again", collector = collector);
        }
        self.failing = now;
    }
}

/// Whether two messages are alike but for their numbers.
pub fn same_words(one: &str, other: &str) -> bool {
    let words = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    words(one) == words(other)
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(error.source(), |error| error.source())
        .fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_in_an_odd_line_are_no_news() {
        assert!(same_words("malformed /proc/net/dev: ` x: 1 2 99`", "malformed /proc/net/dev: ` x: 13 24 100`"));
        assert!(!same_words("malformed /proc/net/dev: ` x: 1`", "malformed /proc/net/dev: ` y: 1`"));
    }
}
