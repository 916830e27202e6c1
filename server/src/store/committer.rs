//! The one thread that writes: gathers what waits into a group, commits it, and only then answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ractor::RpcReplyPort;
use tokio::sync::OwnedSemaphorePermit;
use tracing::{error, warn};

use super::{Backend, Receipt, Removal, Removed, StoreError, Submission, actor, directory::HostId};
use crate::telemetry::Telemetry;

/// A commit costs an fsync, however little it holds: under load it waits this long for company.
const WINDOW: Duration = Duration::from_millis(40);
/// Samples in one transaction at most: bounds its memory and the time others wait behind it.
const GROUP_SAMPLES: usize = 20_000;
/// A group of so many waits for nobody: what comes along would not be much cheaper.
const ENOUGH_SAMPLES: usize = 400;
const TICK: Duration = Duration::from_secs(1);

pub enum Command {
    Write { submission: Submission, permit: OwnedSemaphorePermit, reply: RpcReplyPort<Result<Receipt, StoreError>> },
    Remove { host: HostId, what: Removal, reply: RpcReplyPort<Result<Removed, StoreError>> },
    Close { reply: RpcReplyPort<Result<(), StoreError>> },
}

struct Waiting {
    reply: RpcReplyPort<Result<Receipt, StoreError>>,
    // Held until the answer is out: admitted bytes are those not yet durable.
    _permit: OwnedSemaphorePermit,
}

/// Starts the thread. It ends after `Close`, or when the store is broken.
/// `failing` tells whether the last commit failed.
pub fn spawn(
    backend: impl Backend,
    telemetry: Telemetry,
    failing: Arc<AtomicBool>,
) -> std::io::Result<(Sender<Command>, JoinHandle<()>)> {
    let (sender, receiver) = channel();
    let thread = std::thread::Builder::new()
        .name("committer".into())
        .spawn(move || Committer { backend, telemetry, failing, last_commit: None, crowded: false }.run(&receiver))?;
    Ok((sender, thread))
}

struct Committer<B> {
    backend: B,
    telemetry: Telemetry,
    failing: Arc<AtomicBool>,
    last_commit: Option<Instant>,
    /// Whether the last group had more than one member.
    crowded: bool,
}

impl<B: Backend> Committer<B> {
    fn run(mut self, commands: &Receiver<Command>) {
        let mut next_tick = Instant::now() + TICK;
        let mut pending: Option<Command> = None;
        loop {
            let command = match pending.take() {
                Some(command) => Ok(command),
                None => commands.recv_timeout(next_tick.saturating_duration_since(Instant::now())),
            };
            if Instant::now() >= next_tick {
                next_tick = Instant::now() + TICK;
                if is_broken(self.backend.tick(), "housekeeping") {
                    return;
                }
            }
            let outcome = match command {
                Ok(Command::Write { submission, permit, reply }) => {
                    let (group, waiting, rest) = self.gather(submission, permit, reply, commands);
                    pending = rest;
                    self.commit(group, waiting).and_then(|()| self.backend.settle())
                }
                Ok(Command::Remove { host, what, reply }) => {
                    self.taken(1);
                    answer(reply, self.backend.remove(host, what))
                }
                Ok(Command::Close { reply }) => {
                    self.taken(1);
                    let _ = reply.send(self.backend.close());
                    return;
                }
                Err(RecvTimeoutError::Timeout) => Ok(()),
                Err(RecvTimeoutError::Disconnected) => {
                    if let Err(error) = self.backend.close() {
                        error!(%error, "cannot close the store");
                    }
                    return;
                }
            };
            if is_broken(outcome, "a store command") {
                return;
            }
        }
    }

    /// Takes what waits already and, under load, what comes within the window.
    fn gather(
        &mut self,
        submission: Submission,
        permit: OwnedSemaphorePermit,
        reply: RpcReplyPort<Result<Receipt, StoreError>>,
        commands: &Receiver<Command>,
    ) -> (Vec<Submission>, Vec<Waiting>, Option<Command>) {
        let busy = self.crowded || self.last_commit.is_some_and(|at| at.elapsed() < WINDOW);
        let deadline = Instant::now() + if busy { WINDOW } else { Duration::ZERO };
        let mut samples = submission.weight();
        let mut group = vec![submission];
        let mut waiting = vec![Waiting { reply, _permit: permit }];
        let mut rest = None;
        while samples < GROUP_SAMPLES {
            let patience = match samples < ENOUGH_SAMPLES {
                true => deadline.saturating_duration_since(Instant::now()),
                false => Duration::ZERO,
            };
            match commands.recv_timeout(patience) {
                Ok(Command::Write { submission, permit, reply }) => {
                    samples += submission.weight();
                    group.push(submission);
                    waiting.push(Waiting { reply, _permit: permit });
                }
                Ok(other) => {
                    rest = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        self.crowded = group.len() > 1;
        self.taken(group.len());
        (group, waiting, rest)
    }

    fn commit(&mut self, group: Vec<Submission>, waiting: Vec<Waiting>) -> Result<(), StoreError> {
        match self.timed(&group) {
            Ok(receipts) => {
                for (waiting, receipt) in waiting.into_iter().zip(receipts) {
                    let _ = waiting.reply.send(Ok(receipt));
                }
                Ok(())
            }
            // One bad submission must not fail its neighbours: each alone.
            Err(StoreError::Failed(error)) if group.len() > 1 => {
                warn!(error, members = group.len(), "group commit failed, committing one by one");
                for (submission, waiting) in group.into_iter().zip(waiting) {
                    let result = self.timed(std::slice::from_ref(&submission)).map(|receipts| receipts[0]);
                    match answer(waiting.reply, result) {
                        Err(fatal @ StoreError::Fatal(_)) => return Err(fatal),
                        Err(error) => warn!(%error, "refused one submission"),
                        Ok(()) => {}
                    }
                }
                Ok(())
            }
            Err(error) => {
                for waiting in waiting {
                    let _ = waiting.reply.send(Err(error.clone()));
                }
                Err(error)
            }
        }
    }

    fn timed(&mut self, group: &[Submission]) -> Result<Vec<Receipt>, StoreError> {
        let start = Instant::now();
        let result = self.backend.commit(group);
        self.failing.store(result.is_err(), Ordering::Relaxed);
        let receipts = result?;
        self.telemetry.commit_seconds.observe(start.elapsed().as_secs_f64());
        self.last_commit = Some(Instant::now());
        for receipt in &receipts {
            self.telemetry.stored.inc_by(receipt.stored);
            self.telemetry.duplicates.inc_by(receipt.duplicates);
            self.telemetry.lost.inc_by(receipt.lost);
        }
        Ok(receipts)
    }

    fn taken(&self, commands: usize) {
        self.telemetry.backlog(actor::NAME).sub(commands as i64);
    }
}

/// Says what failed, and whether the thread has to end for it.
fn is_broken(outcome: Result<(), StoreError>, what: &str) -> bool {
    match outcome {
        Ok(()) => false,
        Err(StoreError::Fatal(error)) => {
            error!(error, "the store is broken, its thread ends");
            true
        }
        Err(error) => {
            warn!(%error, "{what} failed");
            false
        }
    }
}

/// Sends the result; hands back an error so that the thread can judge it.
fn answer<T>(reply: RpcReplyPort<Result<T, StoreError>>, result: Result<T, StoreError>) -> Result<(), StoreError> {
    let error = result.as_ref().err().cloned();
    let _ = reply.send(result);
    error.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::sync::{Semaphore, oneshot};

    use super::*;
    use crate::store::{FlatSample, FlatValues, Write};

    /// Remembers the sizes of groups; fails as it is told by the hostnames in them.
    #[derive(Clone, Default)]
    struct Fake(Arc<Mutex<Vec<usize>>>);

    impl Backend for Fake {
        fn commit(&mut self, group: &[Submission]) -> Result<Vec<Receipt>, StoreError> {
            self.0.lock().unwrap().push(group.len());
            let names = |name: &str| {
                group.iter().flat_map(|s| &s.writes).any(|w| matches!(w, Write::Flat(f) if f.hostname == name))
            };
            if names("fatal") {
                return Err(StoreError::Fatal("gone".into()));
            }
            if names("bad") {
                return Err(StoreError::Failed("bad".into()));
            }
            Ok(group.iter().map(|_| Receipt { stored: 1, ..Receipt::default() }).collect())
        }
        fn remove(&mut self, _: HostId, _: Removal) -> Result<Removed, StoreError> {
            Ok(Removed::default())
        }
        fn settle(&mut self) -> Result<(), StoreError> {
            Ok(())
        }
        fn tick(&mut self) -> Result<(), StoreError> {
            Ok(())
        }
        fn close(&mut self) -> Result<(), StoreError> {
            Ok(())
        }
    }

    type Reply = oneshot::Receiver<Result<Receipt, StoreError>>;

    fn write(hostname: &str) -> (Command, Reply) {
        let (reply, answer) = oneshot::channel();
        let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let flat = FlatSample {
            hostname: hostname.into(),
            timestamp: 0,
            values: FlatValues::default(),
            details: None,
            received_us: 0,
        };
        let submission = Submission { writes: vec![Write::Flat(flat)], origin: None };
        (Command::Write { submission, permit, reply: reply.into() }, answer)
    }

    /// Queues all before the committer starts, so that they wait together.
    fn run(names: &[&str]) -> (Vec<usize>, Vec<Option<Result<Receipt, StoreError>>>) {
        let (sender, receiver) = channel();
        let mut answers = Vec::new();
        for name in names {
            let (command, answer) = write(name);
            sender.send(command).unwrap();
            answers.push(answer);
        }
        drop(sender);
        let fake = Fake::default();
        let telemetry = Telemetry::new().unwrap();
        let committer =
            Committer { backend: fake.clone(), telemetry, failing: Arc::default(), last_commit: None, crowded: true };
        committer.run(&receiver);
        let groups = fake.0.lock().unwrap().clone();
        (groups, answers.into_iter().map(|mut answer| answer.try_recv().ok()).collect())
    }

    #[test]
    fn those_who_wait_together_share_a_commit() {
        let (groups, answers) = run(&["a", "b", "c"]);
        assert_eq!(groups, [3]);
        assert!(answers.iter().all(|answer| matches!(answer, Some(Ok(Receipt { stored: 1, .. })))));
    }

    #[test]
    fn a_bad_one_does_not_fail_its_neighbours() {
        let (groups, answers) = run(&["a", "bad", "c"]);
        assert_eq!(groups, [3, 1, 1, 1]);
        assert!(matches!(answers[0], Some(Ok(_))));
        assert!(matches!(answers[1], Some(Err(StoreError::Failed(_)))));
        assert!(matches!(answers[2], Some(Ok(_))));
    }

    #[test]
    fn a_broken_store_ends_the_thread_and_acknowledges_nothing() {
        let (groups, answers) = run(&["a", "fatal"]);
        assert_eq!(groups, [2]);
        assert!(answers.iter().all(|answer| matches!(answer, Some(Err(StoreError::Fatal(_))))));
    }
}
