//! `statvfs` with a limit of time. It runs on a helper thread: no call can be taken back from a filesystem that hangs.

use std::{
    ffi::{CStr, CString, OsStr},
    os::unix::ffi::OsStrExt,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    Error,
    ffi::{self, Space},
};

/// For all questions of a reading together. A disk that has to spin up answers within this, or is asked again for the
/// next sample.
const LIMIT: Duration = Duration::from_secs(2);

/// `statvfs` and its like need a few hundred bytes.
const STACK_BYTES: usize = 64 << 10;

/// What asks: the space of the directory at a path; `None` where there is none.
type Ask = dyn Fn(&CStr) -> Option<Space> + Send + Sync;

/// Asks for space, and remembers who owes an answer.
pub(super) struct Spaces {
    ask: Arc<Ask>,
    limit: Duration,
    /// Somebody else asks in the system's place: nothing is known to be prompt.
    is_always_limited: bool,
    hanging: Mutex<Vec<Hanging>>,
}

/// A call that has not returned in time. Nobody else asks at that path until it has: there is at most one thread for
/// each filesystem that hangs.
struct Hanging {
    path: CString,
    returned: Arc<AtomicBool>,
}

impl Spaces {
    /// Asks the system.
    pub(super) fn of_system() -> Self {
        Self { is_always_limited: false, ..Self::new(of_directory, LIMIT) }
    }

    /// Asks as told, for as long as told.
    pub(super) fn new(ask: impl Fn(&CStr) -> Option<Space> + Send + Sync + 'static, limit: Duration) -> Self {
        Self { ask: Arc::new(ask), limit, is_always_limited: true, hanging: Mutex::default() }
    }

    /// Whether even a filesystem that is prompt is asked here, and not directly.
    pub(super) fn is_always_limited(&self) -> bool {
        self.is_always_limited
    }

    /// Begins to ask. One at a time: the next one waits, and does not hang where this one did.
    pub(super) fn begin(&self) -> Asking<'_> {
        let mut hanging = self.hanging.lock().unwrap_or_else(PoisonError::into_inner);
        hanging.retain(|one| !one.returned.load(Ordering::Acquire));
        Asking { spaces: self, hanging, deadline: Instant::now() + self.limit, helper: None }
    }
}

/// Files can be mountpoints too (`/etc/hosts` in a container): they stand for no filesystem.
fn of_directory(path: &CStr) -> Option<Space> {
    ffi::statvfs(path).ok().filter(|_| as_path(path).is_dir())
}

fn as_path(path: &CStr) -> &Path {
    Path::new(OsStr::from_bytes(path.to_bytes()))
}

/// Some questions, one after the other.
pub(super) struct Asking<'a> {
    spaces: &'a Spaces,
    hanging: MutexGuard<'a, Vec<Hanging>>,
    deadline: Instant,
    helper: Option<Helper>,
}

/// The thread that asks. It ends when nobody has a question left.
struct Helper {
    questions: Sender<CString>,
    answers: Receiver<Option<Space>>,
    returned: Arc<AtomicBool>,
}

impl Asking<'_> {
    /// The space of the filesystem at a directory; `None` where there is none. Fails when it does not answer in time,
    /// or another one has used the time up.
    pub(super) fn ask(&mut self, path: &CStr) -> Result<Option<Space>, Error> {
        let hangs = || Error::Hangs { path: as_path(path).to_owned() };
        if self.hanging.iter().any(|one| one.path.as_c_str() == path) {
            return Err(hangs());
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::NotAsked { path: as_path(path).to_owned() });
        }
        let helper = match self.helper.take() {
            Some(helper) => helper,
            None => helper(Arc::clone(&self.spaces.ask))
                .map_err(|source| Error::Read { path: as_path(path).to_owned(), source })?,
        };
        let asked = helper.questions.send(path.to_owned());
        match asked.ok().and_then(|()| helper.answers.recv_timeout(left).ok()) {
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
    let (questions, paths) = channel::<CString>();
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
    use std::sync::{Condvar, atomic::AtomicUsize};

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
        let ask = move |path: &CStr| {
            if path == c"/dead" {
                inside.pass();
            }
            (path != c"/none").then_some(SPACE)
        };
        let spaces = Spaces::new(ask, Duration::from_millis(200));
        let hangs = Err("no answer in time from the filesystem at /dead".to_owned());
        let mut asking = spaces.begin();
        assert_eq!(total(asking.ask(c"/dead")), hangs);
        let late = Err("no time left to ask the filesystem at /".to_owned());
        assert_eq!(total(asking.ask(c"/")), late, "the limit is for all of them");
        drop(asking);
        let mut asking = spaces.begin();
        assert_eq!(total(asking.ask(c"/dead")), hangs);
        assert_eq!(total(asking.ask(c"/")), Ok(Some(9)));
        assert_eq!(total(asking.ask(c"/none")), Ok(None));
        drop(asking);
        assert_eq!(door.calls.load(Ordering::Relaxed), 1);

        *door.open.lock().unwrap() = true;
        door.opened.notify_all();
        let deadline = Instant::now() + Duration::from_secs(60);
        while total(spaces.begin().ask(c"/dead")) != Ok(Some(9)) {
            assert!(Instant::now() < deadline, "asked again when its call has returned");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn only_directories_have_space() {
        let spaces = Spaces::of_system();
        let mut asking = spaces.begin();
        assert!(total(asking.ask(c"/")).unwrap() > Some(0));
        assert_eq!(total(asking.ask(c"/proc/self/status")), Ok(None));
        assert_eq!(total(asking.ask(c"/no/such/path")), Ok(None));
    }
}
