//! What the agent knows at this moment, and the `/system` document made of it.
//!
//! Two truths meet in that document. The predecessor read the host when it was asked, and its clients poll it on
//! schedules of their own: so the predecessor's objects come from a reading at most a second old, taken for the
//! request if need be. A numbered sample must be the same wherever it is seen, pushed or scraped: so `seq` and
//! `sample` are the latest of the schedule, and a reading made for a request has no number and is never pushed.
//! `collected_at` and `sample.at` say which is how old.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use siskin_platform::collect::{self, Roots};
use siskin_platform::model::system::{Document, system};
use siskin_platform::model::{Agent, Host, Sample};

use crate::ring::Numbered;

/// A reading up to this old answers a request. Bounds what clients can make the agent do, and is the shortest time
/// over which a CPU percentage is worth showing.
const FRESH: Duration = Duration::from_secs(1);

/// Shared by the sampler, which writes, and the threads that serve and push.
pub struct Latest {
    /// This agent.
    pub agent: Agent,
    /// Random number of this start.
    pub stream: u64,
    roots: Roots,
    state: Mutex<State>,
}

#[derive(Clone)]
struct State {
    host: Arc<Host>,
    previous: Option<Arc<Sample>>,
    current: Numbered,
    current_read: Instant,
    /// The last reading made for a request since the current sample.
    asked: Option<(Instant, Arc<Sample>)>,
}

impl Latest {
    /// What is known after the first sample.
    pub fn new(agent: Agent, stream: u64, roots: Roots, host: Host, first: Numbered) -> Self {
        let state =
            State { host: Arc::new(host), previous: None, current: first, current_read: Instant::now(), asked: None };
        Self { agent, stream, roots, state: Mutex::new(state) }
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

    /// The state with a reading young enough to answer. Reads outside the lock: a slow kernel file holds up nobody else.
    fn fresh(&self) -> State {
        let state = self.lock().clone();
        let read = state.asked.as_ref().map_or(state.current_read, |(read, _)| *read);
        if read.elapsed() < FRESH {
            return state;
        }
        let asked = Some((Instant::now(), Arc::new(collect::sample(&self.roots, None).sample)));
        let mut now = self.lock();
        if now.current.seq == state.current.seq {
            now.asked.clone_from(&asked);
        }
        State { asked, ..state }
    }

    /// A thread that panicked leaves the state whole: every change is complete when the lock is let go.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
