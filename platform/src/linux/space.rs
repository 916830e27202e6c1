//! `statvfs` with a limit of time. It runs on a helper thread: no call can be taken back from a filesystem that hangs.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

use super::{
    Error,
    ffi::{self, Space},
};

/// A disk that has to spin up answers within this, or is asked again for the next sample.
const LIMIT: Duration = Duration::from_secs(2);

/// `statvfs` and its like need a few hundred bytes.
const STACK_BYTES: usize = 64 << 10;

/// What asks: the space of the directory at a path; `None` where there is none.
type Ask = dyn Fn(&Path) -> Option<Space> + Send + Sync;

/// Asks for space, and remembers who owes an answer.
pub(super) struct Spaces {
    ask: Arc<Ask>,
    limit: Duration,
    hanging: Mutex<Vec<Hanging>>,
}

/// A call that has not returned in time. Nobody else asks at that path until it has: there is at most one thread for
/// each filesystem that hangs.
struct Hanging {
    path: PathBuf,
    returned: Arc<AtomicBool>,
}

impl Default for Spaces {
    fn default() -> Self {
        Self::new(of_directory, LIMIT)
    }
}

impl Spaces {
    /// Asks as told, each path for as long as told.
    pub(super) fn new(ask: impl Fn(&Path) -> Option<Space> + Send + Sync + 'static, limit: Duration) -> Self {
        Self { ask: Arc::new(ask), limit, hanging: Mutex::default() }
    }

    /// Begins to ask. One at a time: the next one waits, and does not hang where this one did.
    pub(super) fn begin(&self) -> Asking<'_> {
        let mut hanging = self.hanging.lock().unwrap_or_else(PoisonError::into_inner);
        hanging.retain(|one| !one.returned.load(Ordering::Acquire));
        Asking { spaces: self, hanging, helper: None }
    }
}

/// Files can be mountpoints too (`/etc/hosts` in a container): they stand for no filesystem.
fn of_directory(path: &Path) -> Option<Space> {
    ffi::statvfs(path).ok().filter(|_| path.is_dir())
}

/// Some questions, one after the other.
pub(super) struct Asking<'a> {
    spaces: &'a Spaces,
    hanging: MutexGuard<'a, Vec<Hanging>>,
    helper: Option<Helper>,
}

/// The thread that asks. It ends when nobody has a question left.
struct Helper {
    questions: Sender<PathBuf>,
    answers: Receiver<Option<Space>>,
    returned: Arc<AtomicBool>,
}

impl Asking<'_> {
    /// The space of the filesystem at a directory; `None` where there is none. Fails when it does not answer in time.
    pub(super) fn ask(&mut self, path: &Path) -> Result<Option<Space>, Error> {
        let hangs = || Error::Hangs { path: path.to_owned() };
        if self.hanging.iter().any(|one| one.path == path) {
            return Err(hangs());
        }
        let helper = match self.helper.take() {
            Some(helper) => helper,
            None => {
                helper(Arc::clone(&self.spaces.ask)).map_err(|source| Error::Read { path: path.to_owned(), source })?
            }
        };
        let asked = helper.questions.send(path.to_owned());
        match asked.ok().and_then(|()| helper.answers.recv_timeout(self.spaces.limit).ok()) {
            Some(space) => {
                self.helper = Some(helper);
                Ok(space)
            }
            None => {
                self.hanging.push(Hanging { path: path.to_owned(), returned: helper.returned });
                Err(hangs())
            }
        }
    }
}

fn helper(ask: Arc<Ask>) -> std::io::Result<Helper> {
    let (questions, paths) = channel::<PathBuf>();
    let (results, answers) = channel();
    let returned = Arc::new(AtomicBool::new(false));
    let returns = Arc::clone(&returned);
    let work = move || {
        while let Ok(path) = paths.recv()
            && results.send(ask(&path)).is_ok()
        {}
        returns.store(true, Ordering::Release);
    };
    thread::Builder::new().name("statvfs".to_owned()).stack_size(STACK_BYTES).spawn(work)?;
    Ok(Helper { questions, answers, returned })
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Condvar, atomic::AtomicUsize},
        time::Instant,
    };

    use super::*;

    const SPACE: Space = Space { total_bytes: 9, free_bytes: 6, available_bytes: 3, inodes: 0, inodes_free: 0 };

    /// Until it is opened, `/dead` does not answer.
    #[derive(Default)]
    struct Door {
        open: Mutex<bool>,
        opened: Condvar,
        calls: AtomicUsize,
    }

    impl Door {
        fn pass(&self) {
            self.calls.fetch_add(1, Ordering::Relaxed);
            let open = self.open.lock().unwrap();
            drop(self.opened.wait_while(open, |open| !*open).unwrap());
        }
    }

    fn total(answer: Result<Option<Space>, Error>) -> Result<Option<u64>, String> {
        answer.map(|space| space.map(|space| space.total_bytes)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_filesystem_that_hangs_holds_up_nobody_and_is_not_asked_again() {
        let door = Arc::new(Door::default());
        let inside = Arc::clone(&door);
        let ask = move |path: &Path| {
            if path == Path::new("/dead") {
                inside.pass();
            }
            (path != Path::new("/none")).then_some(SPACE)
        };
        let spaces = Spaces::new(ask, Duration::from_millis(200));
        let hangs = Err("no answer in time from the filesystem at /dead".to_owned());
        for _ in 0..2 {
            let mut asking = spaces.begin();
            assert_eq!(total(asking.ask(Path::new("/dead"))), hangs);
            assert_eq!(total(asking.ask(Path::new("/"))), Ok(Some(9)));
            assert_eq!(total(asking.ask(Path::new("/none"))), Ok(None));
        }
        assert_eq!(door.calls.load(Ordering::Relaxed), 1);

        *door.open.lock().unwrap() = true;
        door.opened.notify_all();
        let deadline = Instant::now() + Duration::from_secs(60);
        while total(spaces.begin().ask(Path::new("/dead"))) != Ok(Some(9)) {
            assert!(Instant::now() < deadline, "asked again when its call has returned");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn only_directories_have_space() {
        let spaces = Spaces::default();
        let mut asking = spaces.begin();
        assert!(total(asking.ask(Path::new("/"))).unwrap() > Some(0));
        assert_eq!(total(asking.ask(Path::new("/proc/self/status"))), Ok(None));
        assert_eq!(total(asking.ask(Path::new("/no/such/path"))), Ok(None));
    }
}
