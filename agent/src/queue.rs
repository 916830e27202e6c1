//! Samples that wait to be pushed: those on disk before those in memory, those in the order they were taken.
//! While the server answers they are in memory alone; once it does not, they go to disk as soon as they are taken.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::episode::Episode;
use crate::health::Health;
use crate::ring::Ring;
use crate::spool::{Refused, Sent, Spool};
use crate::text::Text;
use crate::{error, info};

/// Some six hours of a small host with all collectors at one sample every 10 s (measured: `how_many_samples_of_this_host_fit`),
/// and small enough for a router.
pub const MAX_BYTES: usize = 4 << 20;

/// The queue between the sampler, which adds, and the push thread, which sends and forgets.
pub struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    stream: u64,
    refused: Option<Refused>,
    /// What waits here and was given up here.
    pub health: Arc<Health>,
}

struct State {
    ring: Ring,
    /// Samples that the ring had no room for.
    ring_dropped: u64,
    spool: Option<Spool>,
    /// The last push failed: what is taken now goes to disk.
    away: bool,
    /// The last number of this start that the server has.
    stored_to: u64,
    unwritable: Episode,
    close_by: Option<Instant>,
}

impl Queue {
    /// A queue of at most `max_bytes` of samples of this stream in memory, and of the spool where there is one. Where an
    /// earlier start left samples there, the server is taken to be away still: those of this start follow.
    pub fn new(
        stream: u64,
        max_bytes: usize,
        spool: Option<Spool>,
        refused: Option<Refused>,
        health: Arc<Health>,
    ) -> Self {
        let away = spool.as_ref().is_some_and(|spool| !spool.is_empty());
        let state = State {
            ring: Ring::new(max_bytes),
            ring_dropped: 0,
            spool,
            away,
            stored_to: 0,
            unwritable: Episode::default(),
            close_by: None,
        };
        state.tell(&health);
        Self { state: Mutex::new(state), changed: Condvar::new(), stream, refused, health }
    }

    /// Adds the newest sample. Returns how many of the oldest in memory were dropped for it.
    pub fn push(&self, text: Text) -> u64 {
        let mut state = self.lock();
        state.ring.push(text);
        if state.away || state.ring.is_over() {
            state.spill();
        }
        let dropped = state.ring.shrink();
        state.ring_dropped += dropped;
        state.tell(&self.health);
        let unsynced = state.spool.as_mut().and_then(Spool::sync_due);
        drop(state);
        self.changed.notify_all();
        if let Some(Err(error)) = unsynced.map(|file| file.sync_data()) {
            error!("cannot make the spool durable", error = error);
        }
        dropped
    }

    /// The oldest samples: one stream, consecutive numbers, up to `max_samples` and `max_bytes` of text. At least one,
    /// unless there is none. They wait on until [`Queue::forget`].
    pub fn next(&self, max_samples: usize, max_bytes: usize) -> Option<Sent> {
        let mut state = self.lock();
        let (own, stored_to) = (self.stream, state.stored_to);
        let stored = |stream, seq| stream == own && seq <= stored_to;
        let spooled = state.spool.as_mut().and_then(|spool| spool.peek(max_samples, max_bytes, stored));
        state.tell(&self.health);
        spooled.or_else(|| {
            let samples = state.ring.peek(max_samples, max_bytes);
            (!samples.is_empty()).then_some(Sent { stream: own, samples, end: None })
        })
    }

    /// The fate of these samples is sealed.
    pub fn forget(&self, sent: &Sent) {
        let Some(last) = sent.samples.last() else { return };
        let mut state = self.lock();
        if sent.stream == self.stream {
            state.stored_to = state.stored_to.max(last.seq);
            state.ring.forget(last.seq);
        }
        if let (Some(spool), Some(end)) = (&mut state.spool, sent.end) {
            spool.sent(end);
        }
        state.tell(&self.health);
    }

    /// Keeps samples that the server will never take where a person can find them, if there is such a place.
    pub fn set_aside(&self, sent: &Sent, words: &str) {
        for text in &sent.samples {
            let added = self.refused.as_ref().map(|r| r.add(sent.stream, text.seq, words, &text.json));
            if let Some(Err(error)) = added {
                error!("cannot set a refused sample aside, it is lost", seq = text.seq, error = error);
            }
        }
        self.health.refused.add(sent.samples.len() as u64);
        self.forget(sent);
    }

    /// The server took a push: what is taken from now on stays in memory.
    pub fn server_answers(&self) {
        self.lock().away = false;
    }

    /// A push failed: what waits goes to disk, and what is taken from now on follows.
    pub fn server_is_away(&self) {
        let mut state = self.lock();
        state.away = true;
        state.spill();
        state.tell(&self.health);
    }

    /// Whether samples go to disk now.
    pub fn is_spooling(&self) -> bool {
        let state = self.lock();
        state.away && state.spool.is_some()
    }

    /// Writes what waits, to survive a loss of power. Returns how many samples stay in memory.
    pub fn save(&self) -> usize {
        let mut state = self.lock();
        state.spill();
        if let Some(Err(error)) = state.spool.as_mut().filter(|spool| !spool.is_empty()).map(Spool::sync) {
            error!("cannot make the spool durable", error = error);
        }
        state.tell(&self.health);
        state.ring.len()
    }

    /// Samples that wait in memory, and bytes that wait on disk.
    pub fn waiting(&self) -> (usize, u64) {
        let state = self.lock();
        (state.ring.len(), state.spool.as_ref().map_or(0, Spool::bytes))
    }

    /// Blocks while nothing waits and the queue is not closed.
    pub fn wait_for_sample(&self) {
        let idle = |state: &mut State| {
            state.ring.len() == 0 && state.spool.as_ref().is_none_or(Spool::is_empty) && state.close_by.is_none()
        };
        drop(self.changed.wait_while(self.lock(), idle));
    }

    /// Blocks until `deadline`, or until the queue is closed.
    pub fn wait_until(&self, deadline: Instant) {
        let state = self.lock();
        let left = deadline.saturating_duration_since(Instant::now());
        drop(self.changed.wait_timeout_while(state, left, |state| state.close_by.is_none()));
    }

    /// No more samples come; what waits may be sent until `close_by`.
    pub fn close(&self, close_by: Instant) {
        self.lock().close_by = Some(close_by);
        self.changed.notify_all();
    }

    /// Until when the rest may be sent, once the queue is closed.
    pub fn close_by(&self) -> Option<Instant> {
        self.lock().close_by
    }

    /// A thread that panicked leaves the queue whole: every change is complete when the lock is let go.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Shows what waits, and what was given up so far.
    fn tell(&self, health: &Health) {
        health.queue_samples.set(self.ring.len() as u64);
        health.spool_bytes.set(self.spool.as_ref().map_or(0, Spool::bytes));
        health.dropped.set(self.ring_dropped + self.spool.as_ref().map_or(0, Spool::dropped));
    }

    /// Moves the samples in memory to disk, oldest first, as far as the disk takes them.
    fn spill(&mut self) {
        let Some(spool) = &mut self.spool else { return };
        while let Some(oldest) = self.ring.front() {
            if let Err(error) = spool.append(oldest) {
                if self.unwritable.add(1) {
                    error!("cannot write to the spool, samples stay in memory", error = error);
                }
                return;
            }
            self.ring.pop();
        }
        if let Some(failures) = self.unwritable.end() {
            info!("the spool can be written again", failures = failures);
        }
    }
}

#[cfg(test)]
mod tests;
