//! What the agent knows at this moment, and the `/system` document made of it.
//!
//! Two truths meet in that document. The predecessor read the host when it was asked, and its clients poll it on
//! schedules of their own: so the predecessor's objects come from a reading at most a second old, taken for the
//! request if need be. A numbered sample must be the same wherever it is seen, pushed or scraped: so `seq` and
//! `sample` are the latest of the schedule, and a reading made for a request has no number and is never pushed.
//! `collected_at` and `sample.at` say which is how old.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use siskin_platform::collect::{Failure, Reader, exchange_slow};
use siskin_platform::model::system::{Document, system};
use siskin_platform::model::{Agent, Host, Modes, Sample};

use crate::episode::Episode;
use crate::exposition::{Format, Page, Shadowed};
use crate::text::Text;
use crate::{info, warn};

/// A reading up to this old answers a request. Bounds what clients can make the agent do, and is the shortest time
/// over which a CPU percentage is worth showing.
const FRESH: Duration = Duration::from_secs(1);
/// How long a request waits for the reading that somebody else has begun. Then it gets the reading before.
const READING_TIME: Duration = Duration::from_secs(1);

/// Shared by the sampler, which writes, and the threads that serve and push.
pub struct Latest {
    /// This agent.
    pub agent: Agent,
    /// Random number of this start.
    pub stream: u64,
    /// Used by whoever has set `reading`.
    reader: Mutex<Reader>,
    state: Mutex<State>,
    reading_ended: Condvar,
}

struct State {
    host: Arc<Host>,
    /// The last sample of the schedule and its number, which is 0 before the first.
    current: Sample,
    seq: u64,
    current_read: Instant,
    /// Processor times of the sample before.
    previous: Option<Modes>,
    /// The last reading made for a request, if that is younger than the sample.
    asked: Sample,
    asked_read: Option<Instant>,
    /// What the next one is read into.
    spare: Sample,
    /// Whether a reading is going on. There is never more than one.
    reading: bool,
    /// Who waits for its end.
    waiting: usize,
    /// Pages that left out some of people's own metrics.
    shadowing: Episode,
}

impl Latest {
    /// Nothing is known yet but the host's facts.
    pub fn new(agent: Agent, stream: u64, reader: Reader, host: Host) -> Self {
        let state = State {
            host: Arc::new(host),
            current: Sample::default(),
            seq: 0,
            current_read: Instant::now(),
            previous: None,
            asked: Sample::default(),
            asked_read: None,
            spare: Sample::default(),
            reading: false,
            waiting: 0,
            shadowing: Episode::default(),
        };
        let (reader, state) = (Mutex::new(reader), Mutex::new(state));
        Self { agent, stream, reader, state, reading_ended: Condvar::new() }
    }

    /// The host's facts.
    pub fn host(&self) -> Arc<Host> {
        Arc::clone(&self.lock().host)
    }

    /// Replaces the host's facts.
    pub fn set_host(&self, host: Host) {
        self.lock().host = Arc::new(host);
    }

    /// Takes the next sample of the schedule. `spare` is an earlier one that nobody needs any more, and is exchanged for
    /// the sample before; so is the list of failures.
    pub fn take(&self, interval: Duration, spare: &mut Sample, failures: &mut Vec<Failure>) {
        let mut state = self.lock();
        while state.reading {
            state = self.wait(state, Duration::MAX);
        }
        state.reading = true;
        drop(state);

        let ended = Ended(self);
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        reader.sample(Some(interval.as_secs_f64()), spare, failures);
        let mut state = self.lock();
        reader.carry(&mut state.current, spare);
        mem::swap(&mut state.current, spare);
        state.previous = total(spare);
        state.seq += 1;
        state.current_read = Instant::now();
        state.asked_read = None;
        ended.here(&mut state);
    }

    /// The last sample of the schedule as it is sent.
    pub fn text(&self) -> Text {
        let state = self.lock();
        Text::of(state.seq, &state.current)
    }

    /// The `/system` document as JSON.
    pub fn document(&self) -> Result<Vec<u8>, serde_json::Error> {
        let state = self.fresh();
        self.written(&state, &state.current)
    }

    /// The same, with the latest there is of what is not read for every sample.
    pub fn whole_document(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut state = self.fresh();
        let mut current = mem::take(&mut state.current);
        let mut document = Ok(Vec::new());
        current.with_latest(|current| document = self.written(&state, current));
        state.current = current;
        document
    }

    fn written(&self, state: &State, current: &Sample) -> Result<Vec<u8>, serde_json::Error> {
        let (previous, sample) = match state.asked_read {
            Some(_) => (total(current), &state.asked),
            None => (state.previous, current),
        };
        serde_json::to_vec(&Document {
            system: system(&state.host, previous.as_ref(), sample),
            agent: &self.agent,
            host: &state.host,
            stream: self.stream,
            seq: state.seq,
            sample: current,
        })
    }

    /// Writes the page of metrics to the end of `out`.
    pub fn metrics(&self, out: &mut Vec<u8>, format: Format) {
        let mut state = self.fresh();
        let State { host, current, asked, asked_read, .. } = &mut *state;
        let interval_seconds = current.interval_seconds;
        let mut shadowed = None;
        let page = |sample: &Sample| {
            let page = Page { agent: &self.agent, stream: self.stream, host, sample, interval_seconds };
            shadowed = page.write(format, out);
        };
        if asked_read.is_some() {
            // What is not read for requests is lent to the one that was.
            exchange_slow(current, asked);
            asked.with_latest(page);
            exchange_slow(current, asked);
        } else {
            current.with_latest(page);
        }
        match shadowed {
            Some(Shadowed { series, family }) if state.shadowing.add(1) => {
                let told = "/metrics leaves out series of textfiles whose names the agent uses itself";
                warn!(told, series = series, family = family);
            }
            Some(_) => {}
            None => {
                if let Some(pages) = state.shadowing.end() {
                    info!("/metrics shows all series of textfiles again", pages = pages);
                }
            }
        }
    }

    /// The state with a reading young enough to answer, or the best that can be had in time. One request reads, outside
    /// the lock: a slow kernel file holds up nobody but those who ask for what is in it, and those for a second.
    fn fresh(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        if state.age() < FRESH {
            return state;
        }
        if state.reading {
            return self.wait(state, READING_TIME);
        }
        state.reading = true;
        let mut asked = mem::take(&mut state.spare);
        drop(state);

        let ended = Ended(self);
        self.reader.lock().unwrap_or_else(PoisonError::into_inner).refresh(&mut asked);
        let mut state = self.lock();
        mem::swap(&mut state.asked, &mut asked);
        state.spare = asked;
        state.asked_read = Some(Instant::now());
        // Who waits sees the reading and its end at once.
        ended.here(&mut state);
        state
    }

    /// Until the reading ends.
    fn wait<'a>(&'a self, mut state: MutexGuard<'a, State>, limit: Duration) -> MutexGuard<'a, State> {
        state.waiting += 1;
        let waited = self.reading_ended.wait_timeout_while(state, limit, |state| state.reading);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.waiting -= 1;
        state
    }

    /// A thread that panicked leaves the state whole: every change is complete when the lock is let go.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn age(&self) -> Duration {
        self.asked_read.unwrap_or(self.current_read).elapsed()
    }
}

fn total(sample: &Sample) -> Option<Modes> {
    sample.cpu.as_ref().map(|cpu| cpu.total)
}

/// Ends a reading, however it ends.
struct Ended<'a>(&'a Latest);

impl Ended<'_> {
    /// Ends it while the state is locked.
    fn here(self, state: &mut State) {
        self.end(state);
        mem::forget(self);
    }

    fn end(&self, state: &mut State) {
        state.reading = false;
        if state.waiting > 0 {
            self.0.reading_ended.notify_all();
        }
    }
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.end(&mut self.0.lock());
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use siskin_platform::collect::Setup;

    use super::*;

    /// What is known of a host whose last sample is older than a second.
    fn stale() -> Latest {
        let latest = Latest::new(Agent::default(), 7, Reader::new(&Setup::default()), Host::default());
        latest.take(FRESH, &mut Sample::default(), &mut Vec::new());
        latest.lock().current_read = Instant::now().checked_sub(2 * FRESH).unwrap();
        latest
    }

    #[test]
    fn requests_at_one_moment_share_one_reading() {
        let latest = stale();
        let mut last = latest.lock().current.at;
        for _ in 0..20 {
            let read = || {
                let state = latest.fresh();
                assert!(state.asked_read.is_some() && state.asked.cpu.is_some());
                state.asked.at
            };
            let ats: Vec<_> = thread::scope(|scope| {
                let requests: Vec<_> = (0..16).map(|_| scope.spawn(read)).collect();
                requests.into_iter().map(|request| request.join().unwrap()).collect()
            });
            assert!(ats.iter().all(|at| *at == ats[0] && at.boottime_ms > last.boottime_ms), "{last:?} {ats:?}");
            last = ats[0];
            let mut state = latest.lock();
            state.asked_read = state.asked_read.and_then(|read| read.checked_sub(2 * FRESH));
            thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn a_reading_that_hangs_costs_the_others_a_second() {
        let latest = stale();
        latest.lock().reading = true;
        let asked = Instant::now();
        assert!(latest.fresh().asked_read.is_none(), "the sample of the schedule");
        assert!(asked.elapsed() >= READING_TIME && asked.elapsed() < READING_TIME + Duration::from_secs(30));
    }

    #[test]
    fn a_sample_ends_what_was_read_for_requests() {
        let latest = stale();
        assert!(latest.fresh().asked_read.is_some());
        latest.take(FRESH, &mut Sample::default(), &mut Vec::new());
        let state = latest.fresh();
        assert!(state.asked_read.is_none() && state.seq == 2 && state.previous.is_some());
    }
}
