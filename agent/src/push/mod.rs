//! The push thread: takes samples from the queue in order, one batch in flight, and forgets them only when the server
//! has answered that they are durable. What is sent twice is stored once, by stream and number.

mod backoff;
mod client;
mod reply;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use siskin_platform::collect;
use siskin_platform::model::{Batch, Sample};

use crate::endpoint::{Credentials, Endpoint};
use crate::episode::Episode;
use crate::identity::random_stream;
use crate::latest::Latest;
use crate::queue::{Numbered, Queue};
use crate::{debug, error, info, warn};
use backoff::Backoff;
use client::Client;
use reply::{Reply, Verdict};

/// About a quarter of an hour at one sample every 10 s: an outage of hours drains in a few dozen requests.
const MAX_BATCH_SAMPLES: usize = 100;
/// In memory; the JSON of a batch is two to three times as long and stays below a megabyte.
const MAX_BATCH_BYTES: usize = 256 << 10;
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
    ) -> io::Result<Self> {
        let mut pusher = Pusher {
            latest,
            queue: Arc::clone(&queue),
            client: Client::new(&endpoint),
            credentials,
            limit: MAX_BATCH_SAMPLES,
            backoff: Backoff::default(),
            outage: Episode::default(),
        };
        let (finished, done) = sync_channel(1);
        let work = move || {
            pusher.run();
            let _ = finished.send(());
        };
        thread::Builder::new().name("push".to_owned()).spawn(work)?;
        Ok(Self { queue, done })
    }

    /// Gives the rest of the samples one last, short chance.
    pub fn finish(self) {
        self.queue.close(Instant::now() + CLOSING_TIME);
        if self.done.recv_timeout(CLOSING_TIME) == Err(RecvTimeoutError::Timeout) {
            warn!("stopping while the server has not answered, samples may be lost");
        }
    }
}

struct Pusher {
    latest: Arc<Latest>,
    queue: Arc<Queue>,
    client: Client,
    credentials: Credentials,
    limit: usize,
    backoff: Backoff,
    outage: Episode,
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
            let samples = self.queue.take(self.limit, MAX_BATCH_BYTES);
            if samples.is_empty() {
                return;
            }
            let Next::Wait(pause) = self.push(samples, closing) else { continue };
            if closing.is_some() {
                warn!("stopping with samples that could not be pushed", lost = self.queue.len());
                return;
            }
            self.queue.wait_until(Instant::now() + pause);
        }
    }

    /// One attempt with one batch, which goes back into the queue unless its fate is sealed.
    fn push(&mut self, samples: Vec<Numbered>, closing: Option<Instant>) -> Next {
        let by = Instant::now() + ATTEMPT_TIME;
        let reply = match self.send(&samples, closing.map_or(by, |closing| closing.min(by))) {
            Ok(reply) => reply,
            Err(error) => return self.again(samples, None, &error),
        };
        match reply.verdict() {
            Verdict::Stored => {
                self.stored(samples.len());
                Next::Go
            }
            Verdict::Retry(asked) => self.again(samples, asked, &described(&reply)),
            Verdict::TooLarge if samples.len() > 1 => {
                self.limit = samples.len() / 2;
                info!("the server takes no batch as large as this, halving it", samples = samples.len());
                self.put_back(samples);
                Next::Go
            }
            Verdict::Blocked => {
                error!("the server takes nothing from this agent", status = reply.status, error = reply.error());
                self.outage.add(1);
                self.put_back(samples);
                Next::Wait(BLOCKED_PAUSE)
            }
            Verdict::Refused | Verdict::TooLarge => {
                let dropped = samples.len();
                error!("the server refused samples", dropped = dropped, status = reply.status, error = reply.error());
                Next::Go
            }
        }
    }

    fn send(&mut self, samples: &[Numbered], by: Instant) -> Result<Reply, String> {
        let batch = Batch {
            agent: self.latest.agent.clone(),
            host: self.latest.host().as_ref().clone(),
            stream: self.latest.stream,
            first_seq: samples.first().map_or(0, |first| first.seq),
            sent_at: collect::clock(),
            samples: samples.iter().map(|numbered| Sample::clone(&numbered.sample)).collect(),
        };
        let body = serde_json::to_vec(&batch).map_err(|error| error.to_string())?;
        let authorization = self.credentials.authorization()?;
        self.client.post(&body, authorization.as_deref(), by).map_err(|error| error.to_string())
    }

    fn stored(&mut self, samples: usize) {
        self.backoff.reset();
        self.limit = (self.limit + 1).min(MAX_BATCH_SAMPLES);
        debug!("pushed", samples = samples);
        if let Some(failures) = self.outage.end() {
            info!("the server takes samples again", failed_attempts = failures, waiting = self.queue.len());
        }
    }

    fn again(&mut self, samples: Vec<Numbered>, asked: Option<Duration>, error: &str) -> Next {
        let chance = random_stream().unwrap_or(0);
        let pause = match asked {
            Some(asked) => self.backoff.as_asked(asked, chance),
            None => self.backoff.after_failure(chance),
        };
        if self.outage.add(1) {
            warn!("cannot push, trying again", error = error, wait_seconds = pause.as_secs_f64());
        } else {
            debug!("cannot push, trying again", error = error, wait_seconds = pause.as_secs_f64());
        }
        self.put_back(samples);
        Next::Wait(pause)
    }

    fn put_back(&self, samples: Vec<Numbered>) {
        let dropped = self.queue.put_back(samples);
        if dropped > 0 {
            debug!("the queue is full, dropped the oldest samples", dropped = dropped);
        }
    }
}

fn described(reply: &Reply) -> String {
    match reply.error() {
        error if error.is_empty() => format!("status {}", reply.status),
        error => format!("status {}: {error}", reply.status),
    }
}
