//! The push thread: takes samples from the queue in order, one batch in flight, and forgets them only when the server
//! has answered that they are durable. What is sent twice is stored once, by stream and number.

mod backoff;
mod body;
mod client;
#[cfg(any(test, fuzzing))]
pub mod foreign;
pub mod gzip;
mod reply;
mod size;
mod told;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use siskin_platform::collect;
use siskin_platform::model::Batch;

use crate::endpoint::{Credentials, Endpoint};
use crate::episode::Episode;
use crate::identity::random_stream;
use crate::latest::Latest;
use crate::queue::Queue;
use crate::spool::Sent;
use crate::{debug, error, info, warn};
use backoff::Backoff;
use body::body;
use client::{Client, Failure};
use reply::{Reply, Verdict};
use size::Size;
use told::Told;

/// About a quarter of an hour at one sample every 10 s: an outage of hours drains in a few dozen requests.
const MAX_BATCH_SAMPLES: usize = 100;
/// Of JSON, before it is packed.
const MAX_BATCH_BYTES: usize = 512 << 10;
/// One attempt, from connecting to the end of the reply. The server may wait for a disk.
const ATTEMPT_TIME: Duration = Duration::from_secs(30);
/// Between attempts while a person has to act (a wrong token, a wrong address).
const BLOCKED_PAUSE: Duration = Duration::from_secs(60);
/// For the last push when the agent is told to stop.
const CLOSING_TIME: Duration = Duration::from_secs(2);

/// The running push thread.
pub struct Push {
    queue: Arc<Queue>,
    done: Receiver<()>,
}

impl Push {
    /// Starts the thread.
    pub fn start(
        latest: Arc<Latest>,
        queue: Arc<Queue>,
        endpoint: Endpoint,
        credentials: Credentials,
        tls_ca: Option<PathBuf>,
    ) -> io::Result<Self> {
        let mut pusher = Pusher {
            latest,
            queue: Arc::clone(&queue),
            client: Client::new(&endpoint, tls_ca),
            credentials,
            size: Size::new(MAX_BATCH_SAMPLES),
            backoff: Backoff::default(),
            outage: Episode::default(),
            told: Told::default(),
        };
        let (finished, done) = sync_channel(1);
        let work = move || {
            pusher.run();
            let _ = finished.send(());
        };
        thread::Builder::new().name("push".to_owned()).spawn(work)?;
        Ok(Self { queue, done })
    }

    /// Gives the rest of the samples one last, short chance, and keeps what is left on disk where there is a spool.
    pub fn finish(self) {
        self.queue.close(Instant::now() + CLOSING_TIME);
        let _ = self.done.recv_timeout(CLOSING_TIME);
        match (self.queue.save(), self.queue.waiting()) {
            (0, (_, 0)) => {}
            (0, (_, bytes)) => info!("stopping, the spool keeps what could not be pushed", bytes = bytes),
            (lost, _) => warn!("stopping with samples that could not be pushed", lost = lost),
        }
    }
}

struct Pusher {
    latest: Arc<Latest>,
    queue: Arc<Queue>,
    client: Client,
    credentials: Credentials,
    size: Size,
    backoff: Backoff,
    outage: Episode,
    told: Told,
}

/// What to do after an attempt.
enum Next {
    Go,
    Wait(Duration),
}

impl Pusher {
    fn run(&mut self) {
        loop {
            self.queue.wait_for_sample();
            let closing = self.queue.close_by();
            let Some(sent) = self.queue.next(self.size.samples(), MAX_BATCH_BYTES) else {
                // Closed, or the spool held nothing that could be read.
                if closing.is_some() {
                    return;
                }
                continue;
            };
            let Next::Wait(pause) = self.push(&sent, closing) else { continue };
            if closing.is_some() {
                return;
            }
            self.queue.wait_until(Instant::now() + pause);
        }
    }

    /// One attempt with one batch, which waits on in the queue unless its fate is sealed.
    fn push(&mut self, sent: &Sent, closing: Option<Instant>) -> Next {
        let samples = sent.samples.len();
        let by = Instant::now() + ATTEMPT_TIME;
        let by = closing.map_or(by, |closing| closing.min(by));
        let reply = match self.send(sent, samples, by) {
            Ok(reply) => reply,
            Err(failure) => {
                if failure.slow && closing.is_none() {
                    self.size.too_slow(samples);
                }
                return self.again(None, &failure.error);
            }
        };
        match reply.verdict() {
            Verdict::Stored => self.stored(sent),
            Verdict::Retry(asked) => self.again(asked, &described(&reply)),
            Verdict::TooLarge if samples > 1 => {
                self.size.too_large(samples);
                info!("the server takes no batch as large as this, halving it", samples = samples);
                Next::Go
            }
            Verdict::Blocked => self.blocked(&reply),
            Verdict::TooLarge => self.set_aside(sent, &reply),
            Verdict::Refused if samples > 1 => {
                self.size.refused(samples);
                debug!("the server refused a batch, seeking the sample", samples = samples, error = reply.error());
                Next::Go
            }
            Verdict::Refused => self.judge(sent, &reply, by),
        }
    }

    /// One sample alone was refused. It is set aside only if the server takes the same batch without it: else nothing is
    /// wrong with the sample, and all the others would follow it.
    fn judge(&mut self, sent: &Sent, refusal: &Reply, by: Instant) -> Next {
        match self.send(sent, 0, by) {
            Err(failure) => self.again(None, &failure.error),
            Ok(reply) => match reply.verdict() {
                Verdict::Stored => self.set_aside(sent, refusal),
                Verdict::Retry(asked) => self.again(asked, &described(&reply)),
                _ => self.blocked(&reply),
            },
        }
    }

    /// Sends the first so many samples.
    fn send(&self, sent: &Sent, samples: usize, by: Instant) -> Result<Reply, Failure> {
        let envelope = Batch {
            agent: self.latest.agent.clone(),
            host: self.latest.host().as_ref().clone(),
            stream: sent.stream,
            first_seq: sent.samples.first().map_or(1, |first| first.seq),
            sent_at: collect::clock(),
            samples: Vec::new(),
        };
        let body = body(&envelope, &sent.samples[..samples]).map_err(|error| Failure::of(&error))?;
        let authorization = self.credentials.authorization().map_err(|error| Failure::of(&error))?;
        self.client.post(&body, authorization.as_deref(), by)
    }

    fn stored(&mut self, sent: &Sent) -> Next {
        self.backoff.reset();
        self.size.stored(sent.samples.len());
        self.queue.forget(sent);
        self.queue.server_answers();
        self.queue.health.pushed();
        self.told.forget();
        debug!("pushed", samples = sent.samples.len());
        if let Some(failures) = self.outage.end() {
            let (samples, bytes) = self.queue.waiting();
            info!(
                "the server takes samples again",
                failed_attempts = failures,
                waiting = samples,
                spooled_bytes = bytes
            );
        }
        Next::Go
    }

    fn set_aside(&mut self, sent: &Sent, reply: &Reply) -> Next {
        self.queue.set_aside(sent, &described(reply));
        self.size.found();
        error!(
            "the server refused a sample, set it aside",
            stream = sent.stream,
            seq = sent.samples.first().map_or(0, |first| first.seq),
            status = reply.status,
            error = reply.error(),
            refused_total = self.queue.health.refused.get()
        );
        Next::Go
    }

    fn blocked(&mut self, reply: &Reply) -> Next {
        if self.told.blocked(reply.status, &reply.error(), Instant::now()) {
            error!("the server takes nothing from this agent", status = reply.status, error = reply.error());
        } else {
            debug!("the server takes nothing from this agent", status = reply.status, error = reply.error());
        }
        self.failed();
        Next::Wait(BLOCKED_PAUSE)
    }

    fn again(&mut self, asked: Option<Duration>, error: &str) -> Next {
        let chance = random_stream().unwrap_or(0);
        let pause = match asked {
            Some(asked) => self.backoff.as_asked(asked, chance),
            None => self.backoff.after_failure(chance),
        };
        if self.told.failed(error) {
            warn!("cannot push, trying again", error = error, wait_seconds = pause.as_secs_f64());
        } else {
            debug!("cannot push, trying again", error = error, wait_seconds = pause.as_secs_f64());
        }
        self.failed();
        Next::Wait(pause)
    }

    /// The batch waits, and the outage goes on.
    fn failed(&mut self) {
        self.outage.add(1);
        self.queue.health.push_failures.add(1);
        self.queue.server_is_away();
    }
}

fn described(reply: &Reply) -> String {
    match reply.error() {
        error if error.is_empty() => format!("status {}", reply.status),
        error => format!("status {}: {error}", reply.status),
    }
}
