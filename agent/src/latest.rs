//! What the agent knows at this moment, and the `/system` document made of it.
//!
//! Two truths meet in that document. The predecessor read the host when it was asked, and its clients poll it on
//! schedules of their own: so the predecessor's objects come from a reading at most a second old, taken for the
//! request if need be. A numbered sample must be the same wherever it is seen, pushed or scraped: so `seq` and
//! `sample` are the latest of the schedule, and a reading made for a request has no number and is never pushed.
//! `collected_at` and `sample.at` say which is how old.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use siskin_platform::model::system::{Document, system};
use siskin_platform::model::{Agent, Host, Sample};

use crate::exposition::{Format, Page};
use crate::ring::Numbered;

/// A reading up to this old answers a request. Bounds what clients can make the agent do, and is the shortest time
/// over which a CPU percentage is worth showing.
const FRESH: Duration = Duration::from_secs(1);
/// How long a request waits for the reading that another one has begun. Then it gets the reading before.
const READING_TIME: Duration = Duration::from_secs(1);

/// Shared by the sampler, which writes, and the threads that serve and push.
pub struct Latest {
    /// This agent.
    pub agent: Agent,
    /// Random number of this start.
    pub stream: u64,
    read: Box<dyn Fn() -> Sample + Send + Sync>,
    state: Mutex<State>,
    /// A reading for a request has ended.
    read_ended: Condvar,
}

#[derive(Clone)]
struct State {
    host: Arc<Host>,
    previous: Option<Arc<Sample>>,
    current: Numbered,
    current_read: Instant,
    /// The last reading made for a request since the current sample.
    asked: Option<(Instant, Arc<Sample>)>,
    /// Whether a reading for a request is going on. There is never more than one.
    reading: bool,
}

impl Latest {
    /// What is known after the first sample; `read` takes a reading for a request.
    pub fn new(
        agent: Agent,
        stream: u64,
        read: impl Fn() -> Sample + Send + Sync + 'static,
        host: Host,
        first: Numbered,
    ) -> Self {
        let state = State {
            host: Arc::new(host),
            previous: None,
            current: first,
            current_read: Instant::now(),
            asked: None,
            reading: false,
        };
        Self { agent, stream, read: Box::new(read), state: Mutex::new(state), read_ended: Condvar::new() }
    }

    /// The host's facts.
    pub fn host(&self) -> Arc<Host> {
        Arc::clone(&self.lock().host)
    }

    /// Replaces the host's facts.
    pub fn set_host(&self, host: Host) {
        self.lock().host = Arc::new(host);
    }

    /// Takes note of a new sample.
    pub fn set_sample(&self, numbered: Numbered) {
        let mut state = self.lock();
        let previous = std::mem::replace(&mut state.current, numbered);
        state.previous = Some(previous.sample);
        state.current_read = Instant::now();
        state.asked = None;
    }

    /// The `/system` document as JSON.
    pub fn document(&self) -> Result<Vec<u8>, serde_json::Error> {
        let state = self.fresh();
        let (previous, sample) = match &state.asked {
            Some((_, asked)) => (Some(&state.current.sample), asked),
            None => (state.previous.as_ref(), &state.current.sample),
        };
        serde_json::to_vec(&Document {
            system: system(&state.host, previous.map(Arc::as_ref), sample),
            agent: &self.agent,
            host: &state.host,
            stream: self.stream,
            seq: state.current.seq,
            sample: &state.current.sample,
        })
    }

    /// Writes the page of metrics to the end of `out`.
    pub fn metrics(&self, out: &mut Vec<u8>, format: Format) {
        let state = self.fresh();
        let sample = state.asked.as_ref().map_or(&state.current.sample, |(_, asked)| asked);
        let interval_seconds = state.current.sample.interval_seconds;
        Page { agent: &self.agent, stream: self.stream, host: &state.host, sample, interval_seconds }
            .write(format, out);
    }

    /// The state with a reading young enough to answer, or the best that can be had in time. One request reads, outside
    /// the lock: a slow kernel file holds up nobody but those who ask for what is in it, and those for a second.
    fn fresh(&self) -> State {
        let mut state = self.lock();
        if state.age() < FRESH {
            return state.clone();
        }
        if state.reading {
            let waited = self.read_ended.wait_timeout_while(state, READING_TIME, |state| state.reading);
            return waited.unwrap_or_else(PoisonError::into_inner).0.clone();
        }
        state.reading = true;
        let seq = state.current.seq;
        drop(state);

        let ended = Ended(self);
        let asked = Some((Instant::now(), Arc::new((self.read)())));
        let mut state = self.lock();
        // A sample of the schedule that came meanwhile is as fresh.
        if state.current.seq == seq {
            state.asked = asked;
        }
        let answer = state.clone();
        drop(state);
        drop(ended);
        answer
    }

    /// A thread that panicked leaves the state whole: every change is complete when the lock is let go.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn age(&self) -> Duration {
        self.asked.as_ref().map_or(self.current_read, |(read, _)| *read).elapsed()
    }
}

/// Ends a reading for a request, however it ends.
struct Ended<'a>(&'a Latest);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.lock().reading = false;
        self.0.read_ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    /// What is known of a host whose last sample is older than a second.
    fn stale(read: impl Fn() -> Sample + Send + Sync + 'static) -> Latest {
        let first = Numbered { seq: 1, sample: Arc::default() };
        let latest = Latest::new(Agent::default(), 7, read, Host::default(), first);
        latest.lock().current_read = Instant::now().checked_sub(2 * FRESH).unwrap();
        latest
    }

    #[test]
    fn requests_at_one_moment_share_one_reading() {
        let readings = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&readings);
        let latest = stale(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_millis(100));
            Sample { uptime_seconds: Some(5.0), ..Sample::default() }
        });
        thread::scope(|scope| {
            let requests: Vec<_> = (0..16).map(|_| scope.spawn(|| latest.fresh())).collect();
            for request in requests {
                assert_eq!(request.join().unwrap().asked.unwrap().1.uptime_seconds, Some(5.0));
            }
        });
        assert_eq!(readings.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_reading_that_hangs_costs_the_others_a_second() {
        let latest = Arc::new(stale(|| {
            loop {
                thread::park();
            }
        }));
        let hanging = Arc::clone(&latest);
        thread::spawn(move || hanging.fresh());
        while !latest.lock().reading {
            thread::yield_now();
        }
        let asked = Instant::now();
        assert!(latest.fresh().asked.is_none(), "the sample of the schedule");
        assert!(asked.elapsed() < READING_TIME + Duration::from_secs(30));
    }
}
