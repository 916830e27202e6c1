//! Collectors that may take long read on a thread of their own, and are left there when they do not come back in time.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel},
    },
    thread,
    time::Duration,
};

use super::{
    Error,
    collector::{Collector, Found},
};
use crate::model::Sample;

/// Reading a directory takes a few kilobytes, a library of a graphics driver some more.
const STACK_BYTES: usize = 256 << 10;

/// What a collector came back with.
pub(super) struct Back {
    pub collector: Box<dyn Collector>,
    pub result: Result<Found, Error>,
    pub odd: Vec<Error>,
}

/// The thread, and the sample that it reads into.
pub(super) struct Aside {
    to: SyncSender<(Box<dyn Collector>, Vec<Error>)>,
    from: Receiver<Back>,
    tray: Arc<Mutex<Sample>>,
}

/// One collector that has not come back.
pub(super) struct Away {
    from: Receiver<Back>,
}

impl Aside {
    /// Starts the thread. It ends when this is dropped and its collector has come back.
    pub fn start() -> Result<Self, Error> {
        let (to, work) = sync_channel::<(Box<dyn Collector>, Vec<Error>)>(1);
        let (back, from) = sync_channel(1);
        let tray = Arc::new(Mutex::new(Sample::default()));
        let into = Arc::clone(&tray);
        let run = move || {
            let mut text = Vec::new();
            while let Ok((mut collector, mut odd)) = work.recv() {
                let result = collector.read(&mut lock(&into), &mut text, &mut odd);
                if back.send(Back { collector, result, odd }).is_err() {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name("aside".to_owned()).stack_size(STACK_BYTES).spawn(run);
        thread.map(|_| Self { to, from, tray }).map_err(|source| Error::Thread { source })
    }

    /// Has a collector read. When it does not come back within the limit, it and the thread are left behind.
    pub fn read(self, collector: Box<dyn Collector>, odd: Vec<Error>, limit: Duration) -> Result<(Self, Back), Away> {
        let sent = self.to.send((collector, odd));
        debug_assert!(sent.is_ok(), "the thread waits for work");
        match self.from.recv_timeout(limit) {
            Ok(back) => Ok((self, back)),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Err(Away { from: self.from }),
        }
    }

    /// What was read.
    pub fn tray(&self) -> MutexGuard<'_, Sample> {
        lock(&self.tray)
    }
}

impl Away {
    /// The collector, if it has come back meanwhile. What it read is of no use any more.
    pub fn back(&self) -> Option<Box<dyn Collector>> {
        match self.from.try_recv() {
            Ok(back) => Some(back.collector),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
        }
    }
}

/// A thread that panicked leaves a sample behind, of which nothing is taken.
fn lock(tray: &Mutex<Sample>) -> MutexGuard<'_, Sample> {
    tray.lock().unwrap_or_else(PoisonError::into_inner)
}
