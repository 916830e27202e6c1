//! Takes samples on the schedule, numbers them, and hands them to those who serve and push.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use siskin_platform::collect::{self, Reading};
use siskin_platform::model::Agent;

use crate::episode::Episode;
use crate::latest::Latest;
use crate::options::Options;
use crate::queue::Queue;
use crate::ring::Numbered;
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
    latest: Arc<Latest>,
    queue: Option<Arc<Queue>>,
    state: State,
    seq: u64,
    host_read: Instant,
    failing: BTreeMap<&'static str, String>,
    dropping: Episode,
    overrun: Episode,
}

impl Sampler {
    /// Takes the first sample, which carries the number 1.
    pub fn start(options: Options, agent: Agent, stream: u64, queue: Option<Arc<Queue>>, state: State) -> Self {
        let host = collect::host(&options.roots, &options.disk_mountpoint);
        let reading = collect::sample(&options.roots, Some(WARM_UP.as_secs_f64()));
        let first = Numbered { seq: 1, sample: Arc::new(reading.sample) };
        let roots = options.roots.clone();
        let latest = Arc::new(Latest::new(agent, stream, roots, host, first.clone()));
        let mut sampler = Self {
            options,
            latest,
            queue,
            state,
            seq: 1,
            host_read: Instant::now(),
            failing: BTreeMap::new(),
            dropping: Episode::default(),
            overrun: Episode::default(),
        };
        sampler.report(&reading.failures);
        sampler.enqueue(first);
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
            self.latest.set_host(collect::host(&self.options.roots, &self.options.disk_mountpoint));
        }
        let Reading { sample, failures } =
            collect::sample(&self.options.roots, Some(self.options.interval.as_secs_f64()));
        self.report(&failures);
        self.seq += 1;
        let numbered = Numbered { seq: self.seq, sample: Arc::new(sample) };
        self.latest.set_sample(numbered.clone());
        self.enqueue(numbered);
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

    fn enqueue(&mut self, numbered: Numbered) {
        let Some(queue) = &self.queue else { return };
        match queue.push(numbered) {
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

    /// A collector's failure is told when it begins, changes or ends.
    fn report(&mut self, failures: &[collect::Failure]) {
        let now: BTreeMap<_, _> = failures.iter().map(|failure| (failure.collector, chain(&failure.error))).collect();
        for (collector, error) in now.iter().filter(|(collector, error)| self.failing.get(*collector) != Some(*error)) {
            warn!("collector failed", collector = collector, error = error);
        }
        for collector in self.failing.keys().filter(|collector| !now.contains_key(*collector)) {
            info!("collector works again", collector = collector);
        }
        self.failing = now;
    }
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(error.source(), |error| error.source())
        .fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
