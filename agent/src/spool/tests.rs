//! The spool on a real directory: bounds, restarts, and damage at any byte.

use std::fs;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use proptest::prelude::*;
use siskin_platform::model::{Clock, Sample};

use super::*;

const DAY: Duration = Duration::from_secs(86_400);
const ROOMY: Limits = Limits { max_bytes: 1 << 20, max_age: DAY };

fn open(dir: &Path, limits: Limits, stream: u64, boot: &str) -> Spool {
    let boot_id = (!boot.is_empty()).then(|| boot.to_owned());
    Spool::open(dir, limits, Origin { stream, boot_id, floor: FLOOR }).unwrap()
}

const FLOOR: Floor = Floor { unix_ms: 1_000_000, boot_unix_ms: 1_000_000 };

/// A sample that tells its number.
fn sample(seq: u64) -> Sample {
    let at = Clock { unix_ms: 2_000_000 + seq as i64, boottime_ms: Some(seq) };
    Sample { at, uptime_seconds: Some(seq as f64), ..Sample::default() }
}

fn fill(spool: &mut Spool, seqs: impl IntoIterator<Item = u64>) {
    for seq in seqs {
        spool.append(&Text::of(seq, &sample(seq))).unwrap();
    }
}

/// Sends everything. Stream, number and sample of each.
fn drain(spool: &mut Spool) -> Vec<(u64, u64, Sample)> {
    let mut all = Vec::new();
    while let Some(sent) = spool.peek(7, 1 << 20, |_, _| false) {
        all.extend(sent.samples.iter().map(|t| (sent.stream, t.seq, serde_json::from_str(&t.json).unwrap())));
        spool.sent(sent.end.unwrap());
    }
    all
}

fn numbers(all: &[(u64, u64, Sample)]) -> Vec<(u64, u64)> {
    all.iter().map(|(stream, seq, _)| (*stream, *seq)).collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn streams_are_drained_in_order_over_restarts_and_leave_no_file() {
    let dir = crate::scratch::dir("order");
    for stream in 1..=3 {
        fill(&mut open(&dir, ROOMY, stream, "b"), 1..=20);
    }
    let mut spool = open(&dir, ROOMY, 4, "b");
    let expected: Vec<_> = (1..=3).flat_map(|stream| (1..=20).map(move |seq| (stream, seq))).collect();
    let all = drain(&mut spool);
    assert_eq!(numbers(&all), expected);
    assert!(all.iter().all(|(_, seq, found)| *found == sample(*seq)));
    assert!(spool.is_empty() && files(&dir).is_empty());
}

#[test]
fn what_was_not_acknowledged_comes_again() {
    let dir = crate::scratch::dir("again");
    let mut spool = open(&dir, ROOMY, 1, "b");
    fill(&mut spool, 1..=9);
    let first = spool.peek(4, 1 << 20, |_, _| false).unwrap();
    assert_eq!(spool.peek(4, 1 << 20, |_, _| false).unwrap().samples[0].seq, 1);
    spool.sent(first.end.unwrap());
    assert_eq!(spool.peek(4, 1 << 20, |_, _| false).unwrap().samples[0].seq, 5);
    drop(spool);
    let again = drain(&mut open(&dir, ROOMY, 2, "b"));
    assert_eq!(again.len(), 9, "a file is deleted when all of it has arrived");
}

#[test]
fn the_oldest_files_are_dropped_and_the_bound_holds() {
    let dir = crate::scratch::dir("bounds");
    let limits = Limits { max_bytes: 16 << 10, ..ROOMY };
    let mut spool = open(&dir, limits, 1, "b");
    for seq in 1..=2_000 {
        fill(&mut spool, [seq]);
        assert!(spool.bytes() <= limits.max_bytes);
    }
    let on_disk: u64 = files(&dir).iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    assert_eq!(on_disk, spool.bytes());
    assert!(on_disk > limits.max_bytes * 7 / 8, "no more is dropped than must be");
    let kept = numbers(&drain(&mut spool));
    assert!(kept.iter().copied().eq((2_001 - kept.len() as u64..=2_000).map(|seq| (1, seq))));
    drop(spool);
    let less = Limits { max_bytes: 1, ..ROOMY };
    fill(&mut open(&dir, less, 2, "b"), [1]);
    assert!(files(&dir).is_empty(), "larger than the bound");
}

/// A host's clocks that a test sets.
#[derive(Clone)]
struct Clocks(Arc<[AtomicI64; 2]>);

impl Clocks {
    fn new(unix_ms: i64, boottime_ms: i64) -> Self {
        Self(Arc::new([unix_ms, boottime_ms].map(AtomicI64::new)))
    }

    /// Time passes.
    fn pass(&self, time: Duration) {
        for clock in self.0.iter() {
            clock.fetch_add(time.as_millis() as i64, Ordering::Relaxed);
        }
    }

    /// Somebody sets the clock of the day.
    fn jump(&self, days: i64) {
        self.0[0].fetch_add(days * DAY.as_millis() as i64, Ordering::Relaxed);
    }

    fn open(&self, dir: &Path, stream: u64) -> Spool {
        let clocks = self.clone();
        let [unix_ms, boottime_ms] = [0, 1].map(|index| move |of: &Clocks| of.0[index].load(Ordering::Relaxed));
        let now = move || Now { unix_ms: unix_ms(&clocks), boottime_ms: boottime_ms(&clocks) };
        Spool::open_by(dir, ROOMY, Origin { stream, floor: FLOOR, ..Origin::default() }, now).unwrap()
    }
}

fn now_ms() -> i64 {
    Now::read().unix_ms
}

#[test]
fn old_files_are_dropped_unless_their_clock_was_wrong() {
    let dir = crate::scratch::dir("age");
    for stream in 1..=3 {
        fill(&mut open(&dir, ROOMY, stream, "b"), [1]);
    }
    let aged = |index: usize, time: SystemTime| {
        let file = fs::File::options().append(true).open(&files(&dir)[index]).unwrap();
        file.set_modified(time).unwrap();
    };
    aged(0, SystemTime::now() - 2 * DAY);
    aged(1, SystemTime::UNIX_EPOCH + DAY);
    let clocks = Clocks::new(now_ms(), 5_000);
    let mut spool = clocks.open(&dir, 4);
    assert_eq!((files(&dir).len(), spool.dropped()), (3, 0), "the clock may have just started");
    clocks.pass(DAY / 24);
    assert_eq!(numbers(&drain(&mut spool)), [(2, 1), (3, 1)]);
    assert_eq!(spool.dropped(), 1);
}

#[test]
fn a_clock_that_jumps_ahead_takes_no_file_with_it() {
    let dir = crate::scratch::dir("jump");
    fill(&mut open(&dir, ROOMY, 1, "b"), [1]);
    // The board starts years ahead, and is set right a minute later.
    let clocks = Clocks::new(now_ms(), 5_000);
    clocks.jump(9_000);
    let mut spool = clocks.open(&dir, 2);
    clocks.pass(DAY / 1_440);
    clocks.jump(-9_000);
    fill(&mut spool, [1]);
    clocks.pass(DAY / 24);
    clocks.jump(2);
    fill(&mut spool, [2]);
    let first = spool.peek(9, 1 << 20, |_, _| false).unwrap();
    assert_eq!((first.stream, spool.dropped()), (1, 0));
    // And what is truly old goes, whatever the clock says.
    clocks.jump(-60);
    clocks.pass(DAY);
    clocks.pass(DAY / 24);
    assert!(spool.peek(9, 1 << 20, |_, _| false).is_none());
    assert_eq!((files(&dir).len(), spool.dropped()), (0, 3));
}

#[test]
fn times_of_earlier_boots_are_mended_where_the_clock_was_behind_the_floor() {
    let dir = crate::scratch::dir("floor");
    let mut wrong = sample(5_000);
    wrong.at.unix_ms = 60_000;
    for (stream, boot) in [(1, "a"), (2, ""), (3, "b")] {
        let mut spool = open(&dir, ROOMY, stream, boot);
        spool.append(&Text::of(1, &wrong)).unwrap();
        spool.append(&Text::of(2, &sample(7_000))).unwrap();
    }
    let all = drain(&mut open(&dir, ROOMY, 4, "b"));
    let times: Vec<_> = all.iter().map(|(_, _, s)| (s.at.unix_ms, s.at.boottime_ms, s.boot_id.as_deref())).collect();
    let estimated: Vec<_> = all.iter().map(|(_, _, s)| s.time_is_estimated).collect();
    assert_eq!(estimated, [true, false, true, false, false, false], "those whose time was changed say so");
    assert_eq!(times[..2], [(1_005_000, Some(5_000), Some("a")), (2_007_000, Some(7_000), Some("a"))]);
    assert_eq!(times[2..4], [(1_005_000, None, None), (2_007_000, None, None)], "of some boot: cannot be anchored");
    assert_eq!(
        times[4..],
        [(60_000, Some(5_000), None), (2_007_000, Some(7_000), None)],
        "the server anchors this boot"
    );
}

#[test]
fn one_agent_a_directory() {
    let dir = crate::scratch::dir("two");
    let _one = open(&dir, ROOMY, 1, "b");
    let two = Spool::open(&dir, ROOMY, Origin::default());
    assert_eq!(two.err().unwrap().kind(), ErrorKind::WouldBlock);
}

#[test]
fn files_of_others_are_left_alone() {
    let dir = crate::scratch::dir("others");
    fs::write(dir.join("0000000000000001.spool2"), "of a later version").unwrap();
    fs::write(dir.join("0000000000000001.spool1"), "no spool at all").unwrap();
    assert_eq!(drain(&mut open(&dir, ROOMY, 1, "b")).len(), 0);
    assert_eq!(files(&dir), [dir.join("0000000000000001.spool2")]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Kills at any byte of any file, and changed bytes: each file is cut or changed once.
    #[test]
    fn damage_loses_only_what_it_hit_and_invents_and_doubles_nothing(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), 1u8..), 1..4), samples in 1u64..30,
    ) {
        let dir = crate::scratch::dir("damage");
        let mut expected = Vec::new();
        for (stream, (at, cut, flip)) in (1..).zip(&damage) {
            fill(&mut open(&dir, ROOMY, stream, "b"), 1..=samples);
            let file = files(&dir).pop().unwrap();
            let mut bytes = fs::read(&file).unwrap();
            let at = at.index(bytes.len());
            let (mut from, mut seq) = (FILE_HEADER.len(), 0);
            while let Some(record) = record::next(&bytes, from) {
                seq += 1;
                if if *cut { record.end <= at } else { !(record.start..record.end).contains(&at) } {
                    expected.push((stream, seq));
                }
                from = record.end;
            }
            if *cut { bytes.truncate(at) } else { bytes[at] ^= flip }
            fs::write(&file, bytes).unwrap();
        }
        let mut spool = open(&dir, ROOMY, 99, "b");
        fill(&mut spool, [1]);
        expected.push((99, 1));
        let all = drain(&mut spool);
        prop_assert_eq!(numbers(&all), expected);
        prop_assert!(all.iter().all(|(_, seq, found)| *found == sample(*seq)));
        prop_assert!(files(&dir).is_empty());
        fs::remove_dir_all(dir).unwrap();
    }
}
