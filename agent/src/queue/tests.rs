//! The queue with and without a spool.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use siskin_platform::collect::{Reader, Setup};
use siskin_platform::model::Sample;

use super::*;
use crate::spool::{Limits, Origin};

fn text(seq: u64) -> Text {
    Text::of(seq, &Sample::default())
}

fn spooling(name: &str, stream: u64) -> (Queue, std::path::PathBuf) {
    let dir = crate::scratch::dir(name);
    (reopened(&dir, stream), dir)
}

fn reopened(dir: &std::path::Path, stream: u64) -> Queue {
    bounded(dir, stream, 1 << 20)
}

fn bounded(dir: &std::path::Path, stream: u64, max_bytes: u64) -> Queue {
    let limits = Limits { max_bytes, max_age: Duration::from_secs(86_400) };
    let spool = Spool::open(dir, limits, Origin { stream, ..Origin::default() }).unwrap();
    Queue::new(stream, MAX_BYTES, Some(spool), Some(Refused::new(dir)), Arc::default())
}

fn next(queue: &Queue) -> Option<(u64, Vec<u64>)> {
    queue.next(9, MAX_BYTES).map(|sent| (sent.stream, sent.samples.iter().map(|text| text.seq).collect()))
}

fn files(dir: &std::path::Path) -> usize {
    std::fs::read_dir(dir).unwrap().count()
}

#[test]
fn without_a_spool_it_is_a_ring() {
    let queue = Queue::new(7, 1, None, None, Arc::default());
    assert_eq!((queue.push(text(1)), queue.push(text(2))), (0, 1));
    queue.server_is_away();
    assert_eq!(queue.save(), 1);
    assert_eq!(next(&queue), Some((7, vec![2])));
    queue.forget(&queue.next(9, 1).unwrap());
    assert_eq!(next(&queue), None);
}

#[test]
fn what_waits_and_what_is_given_up_is_counted() {
    let told = |queue: &Queue| {
        let health = &queue.health;
        (health.queue_samples.get(), health.spool_bytes.get(), health.dropped.get(), health.refused.get())
    };
    let queue = Queue::new(7, 1, None, None, Arc::default());
    let dropped: u64 = (1..=3).map(|seq| queue.push(text(seq))).sum();
    assert_eq!(dropped, 2);
    assert_eq!(told(&queue), (1, 0, 2, 0), "the ring holds one");
    queue.set_aside(&queue.next(9, 1).unwrap(), "no");
    assert_eq!(told(&queue), (0, 0, 2, 1));

    let dir = crate::scratch::dir("counted");
    let queue = bounded(&dir, 7, 4 << 10);
    for seq in 1..=200 {
        queue.push(text(seq));
    }
    assert_eq!(told(&queue), (200, 0, 0, 0));
    queue.server_is_away();
    let (waiting, bytes, dropped, _) = told(&queue);
    assert!(waiting == 0 && (1..=4 << 10).contains(&bytes) && dropped > 0, "{waiting} {bytes} {dropped}");
    let mut left = 0;
    while let Some(sent) = queue.next(9, MAX_BYTES) {
        left += sent.samples.len() as u64;
        queue.forget(&sent);
    }
    assert_eq!((left + dropped, told(&queue)), (200, (0, 0, dropped, 0)));

    let queue = bounded(&crate::scratch::dir("larger"), 8, 1);
    queue.server_is_away();
    queue.push(text(1));
    assert_eq!(told(&queue), (0, 0, 1, 0), "a sample larger than the spool");
}

#[test]
fn nothing_is_written_while_the_server_answers() {
    let (queue, dir) = spooling("answers", 7);
    for seq in 1..=5 {
        queue.push(text(seq));
        queue.forget(&queue.next(9, MAX_BYTES).unwrap());
    }
    assert_eq!((files(&dir), next(&queue)), (0, None));
}

#[test]
fn once_it_is_away_samples_go_to_disk_and_back_in_order() {
    let (queue, dir) = spooling("away", 7);
    queue.push(text(1));
    queue.server_is_away();
    queue.push(text(2));
    assert_eq!((files(&dir), queue.waiting().0), (1, 0));
    assert_eq!(next(&queue), Some((7, vec![1, 2])));
    let sent = queue.next(9, MAX_BYTES).unwrap();
    queue.server_answers();
    queue.push(text(3));
    assert_eq!(queue.waiting().0, 1, "in memory again");
    queue.forget(&sent);
    assert_eq!((next(&queue), files(&dir)), (Some((7, vec![3])), 0));
}

#[test]
fn what_was_acknowledged_while_it_went_to_disk_is_not_sent_again() {
    let (queue, _dir) = spooling("flight", 7);
    queue.push(text(1));
    let sent = queue.next(9, MAX_BYTES).unwrap();
    queue.push(text(2));
    queue.save();
    queue.forget(&sent);
    assert_eq!(next(&queue), Some((7, vec![2])));
}

#[test]
fn a_restart_sends_the_old_stream_before_its_own() {
    let (queue, dir) = spooling("restart", 7);
    queue.push(text(1));
    assert_eq!(queue.save(), 0);
    drop(queue);
    let queue = reopened(&dir, 8);
    queue.push(text(1));
    queue.server_is_away();
    assert_eq!(next(&queue), Some((7, vec![1])));
    queue.forget(&queue.next(9, MAX_BYTES).unwrap());
    assert_eq!(next(&queue), Some((8, vec![1])));
    queue.forget(&queue.next(9, MAX_BYTES).unwrap());
    assert_eq!((next(&queue), files(&dir)), (None, 0));
}

#[test]
fn a_start_in_an_outage_writes_its_first_sample_at_once() {
    let (queue, dir) = spooling("outage", 7);
    queue.push(text(1));
    queue.server_is_away();
    drop(queue);
    let queue = reopened(&dir, 8);
    queue.push(text(1));
    assert_eq!(queue.waiting().0, 0, "on disk, before anyone has tried the server");
    drop(queue);
    let queue = reopened(&dir, 9);
    assert_eq!(next(&queue), Some((7, vec![1])));
    queue.forget(&queue.next(9, MAX_BYTES).unwrap());
    assert_eq!(next(&queue), Some((8, vec![1])));
}

#[test]
fn a_disk_that_takes_nothing_leaves_memory() {
    let (queue, dir) = spooling("gone", 7);
    std::fs::remove_dir_all(dir).unwrap();
    queue.push(text(1));
    queue.server_is_away();
    queue.push(text(2));
    assert_eq!(next(&queue), Some((7, vec![1, 2])));
}

#[test]
fn closing_wakes_those_who_wait() {
    let queue = Arc::new(Queue::new(7, MAX_BYTES, None, None, Arc::default()));
    let waiting = Arc::clone(&queue);
    let thread = std::thread::spawn(move || {
        waiting.wait_for_sample();
        waiting.wait_until(Instant::now() + Duration::from_secs(600));
    });
    queue.close(Instant::now());
    thread.join().unwrap();
    assert!(queue.close_by().is_some());
}

/// What happens to an agent.
#[derive(Clone, Copy, Debug)]
enum Event {
    Sample,
    Push { samples: usize, stored: bool },
    Kill,
    Stop,
}

fn event() -> impl Strategy<Value = Event> {
    let push = |stored| (1..6_usize).prop_map(move |samples| Event::Push { samples, stored });
    prop_oneof![8 => Just(Event::Sample), 3 => push(true), 2 => push(false), 1 => Just(Event::Kill), 1 => Just(Event::Stop)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_happens_what_reached_the_disk_arrives_in_order(events in prop::collection::vec(event(), 1..80)) {
        let dir = crate::scratch::dir("events");
        let (mut stream, mut seq, mut away) = (1, 0, false);
        let (mut due, mut unsaved, mut arrived) = (BTreeSet::new(), Vec::new(), Vec::new());
        let mut queue = reopened(&dir, stream);
        let drained = std::iter::repeat_n(Event::Push { samples: 9, stored: true }, 200);
        for event in events.into_iter().chain(drained) {
            match event {
                Event::Sample => {
                    seq += 1;
                    let uptime_seconds = Some((stream * 1_000 + seq) as f64);
                    queue.push(Text::of(seq, &Sample { uptime_seconds, ..Sample::default() }));
                    unsaved.push((stream, seq));
                }
                Event::Push { samples, stored } => match queue.next(samples, MAX_BYTES) {
                    Some(sent) if stored => {
                        for text in &sent.samples {
                            let sample: Sample = serde_json::from_str(&text.json).unwrap();
                            prop_assert_eq!(sample.uptime_seconds, Some((sent.stream * 1_000 + text.seq) as f64));
                            arrived.push((sent.stream, text.seq));
                        }
                        queue.forget(&sent);
                        queue.server_answers();
                        away = false;
                    }
                    _ if !stored => {
                        queue.server_is_away();
                        away = true;
                    }
                    _ => {}
                },
                Event::Kill | Event::Stop => {
                    if matches!(event, Event::Stop) {
                        prop_assert_eq!(queue.save(), 0);
                        due.extend(unsaved.drain(..));
                    }
                    unsaved.clear();
                    drop(queue);
                    (stream, seq, away) = (stream + 1, 0, files(&dir) > 0);
                    queue = reopened(&dir, stream);
                }
            }
            if away {
                due.extend(unsaved.drain(..));
            }
        }
        due.extend(unsaved);
        let mut first: Vec<_> = arrived.clone();
        let mut seen = BTreeSet::new();
        first.retain(|number| seen.insert(*number));
        prop_assert!(first.is_sorted(), "{first:?}");
        prop_assert!(arrived.is_sorted_by_key(|(stream, _)| *stream), "{arrived:?}");
        prop_assert!(due.is_subset(&seen), "lost: {:?}", due.difference(&seen).collect::<Vec<_>>());
        prop_assert_eq!(files(&dir), 0);
        std::fs::remove_dir_all(dir).unwrap();
    }
}

/// Prints how many samples of this host wait in memory before the first is dropped, and what one takes in the spool. Takes
/// five minutes: `cargo test -p siskin-agent --lib -- --ignored --nocapture of_this_host`.
#[test]
#[ignore = "measures"]
fn how_many_samples_of_this_host_fit() {
    const READ: usize = 32;
    const INTERVAL: Duration = Duration::from_secs(10);
    let mut reader = Reader::new(&Setup::default());
    let read = |_| {
        std::thread::sleep(INTERVAL);
        let mut sample = Sample::default();
        reader.sample(Some(INTERVAL.as_secs_f64()), &mut sample, &mut Vec::new());
        sample
    };
    let read: Vec<_> = (0..READ).map(read).collect();
    let texts = || (1..).zip(read.iter().cycle()).map(|(seq, sample)| Text::of(seq, sample));

    let queue = Queue::new(7, MAX_BYTES, None, None, Arc::default());
    let fit = texts().take_while(|text| queue.push(text.clone()) == 0).count();
    let json = texts().take(READ).map(|text| text.json.len()).sum::<usize>() / READ;
    let (queue, _) = spooling("fit", 7);
    queue.server_is_away();
    for text in texts().take(READ) {
        queue.push(text);
    }
    let spooled = queue.waiting().1 / READ as u64;
    let hours = INTERVAL.as_secs_f64() * fit as f64 / 3600.0;
    println!("{fit} samples in memory, {hours:.1} hours; one has {json} bytes, {spooled} in the spool");
}
