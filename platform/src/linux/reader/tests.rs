//! The reader with a collector that does as it is told.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::*;

/// Writes the load, and hangs while it is told to.
struct Slow {
    hangs: Arc<AtomicBool>,
}

impl Collector for Slow {
    fn read(&mut self, sample: &mut Sample, _: &mut Vec<u8>, _: &mut Vec<Error>) -> Result<Found, Error> {
        while self.hangs.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_millis(1));
        }
        sample.load = Some(crate::model::Load { one: 3.0, ..Default::default() });
        Ok(Found::Source)
    }
}

static SLOW: Entry = Entry {
    name: "slow",
    about: "",
    every: Duration::ZERO,
    place: Place::Aside,
    make: |_| None,
    exchange: |one, other| mem::swap(&mut one.load, &mut other.load),
};

/// A reader of one collector, before the collector of uptime.
fn reader(hangs: &Arc<AtomicBool>) -> Reader {
    let mut reader = Reader::new(&Setup { collectors: Selection::only("uptime").unwrap(), ..Setup::default() });
    reader.seats.insert(0, Seat::new(&SLOW, Box::new(Slow { hangs: Arc::clone(hangs) })));
    reader
}

fn told(failures: &[Failure]) -> Vec<String> {
    failures.iter().map(|failure| format!("{}: {}", failure.collector, failure.error)).collect()
}

#[test]
fn a_collector_that_hangs_is_left_behind_and_taken_back_when_it_returns() {
    let hangs = Arc::new(AtomicBool::new(true));
    let mut reader = reader(&hangs);
    let (mut sample, mut failures) = (Sample::default(), Vec::new());
    let started = Instant::now();
    for round in 0..3 {
        reader.sample(None, &mut sample, &mut failures);
        assert_eq!(told(&failures), ["slow: no answer within 2 s"], "also while it rests");
        assert!(sample.load.is_none() && sample.uptime_seconds.is_some());
        let [slow, uptime] = &sample.collectors.latest()[..] else { panic!() };
        assert!(!slow.success && slow.duration_seconds >= LIMIT.as_secs_f64() && uptime.success);
        assert!(reader.seats[0].due.is_some_and(|due| due > Instant::now() + REST / 2));
        if round == 1 {
            // It is asked for once more, and still away.
            reader.seats[0].due = None;
        }
    }
    assert!(started.elapsed() < 2 * LIMIT, "the time is lost once: {:?}", started.elapsed());

    hangs.store(false, Ordering::Release);
    let deadline = Instant::now() + Duration::from_secs(60);
    while sample.load.is_none() {
        assert!(Instant::now() < deadline, "{:?}", told(&failures));
        reader.seats[0].due = None;
        reader.sample(None, &mut sample, &mut failures);
    }
    assert!(failures.is_empty());
}

#[test]
fn a_failure_stays_until_its_collector_reads_again() {
    let mut reader = reader(&Arc::default());
    let (mut sample, mut failures) = (Sample::default(), vec![Failure { collector: "slow", error: overrun() }]);
    reader.seats[0].due = Some(Instant::now() + REST);
    reader.sample(None, &mut sample, &mut failures);
    assert_eq!(failures.len(), 1);
    reader.seats[0].due = None;
    reader.sample(None, &mut sample, &mut failures);
    assert!(failures.is_empty());
}

#[test]
fn what_is_absent_is_silent_and_looked_for_later() {
    let roots = Roots { proc: "/no/such/proc".into(), sys: "/no/such/sys".into(), root: "/no/such/root".into() };
    let setup = Setup { roots, collectors: Selection::only("pressure,raid").unwrap(), ..Setup::default() };
    let mut reader = Reader::new(&setup);
    let Reading { sample, failures } = reader.reading(None);
    assert!(failures.is_empty() && sample.collectors.latest().is_empty());
    assert!(reader.seats.iter().all(|seat| seat.due.is_some_and(|due| due > Instant::now() + REST / 2)));
}

#[test]
fn what_is_not_due_is_carried_and_is_no_part_of_the_sample() {
    let hangs = Arc::default();
    let mut reader = reader(&hangs);
    let (mut before, mut sample, mut failures) = (Sample::default(), Sample::default(), Vec::new());
    reader.sample(None, &mut before, &mut failures);
    assert!(before.load.is_some() && before.collectors.fresh().is_some());

    reader.seats[0].due = Some(Instant::now() + REST);
    reader.sample(None, &mut sample, &mut failures);
    assert!(sample.load.is_none() && sample.collectors.fresh().is_none());
    reader.carry(&mut before, &mut sample);
    assert!(sample.load.is_some() && before.load.is_none());
    assert_eq!(sample.collectors.latest().len(), 2);
}

#[test]
fn a_request_reads_what_takes_no_time() {
    let mut reader = reader(&Arc::new(AtomicBool::new(true)));
    let mut sample = Sample::default();
    reader.refresh(&mut sample);
    assert!(sample.uptime_seconds.is_some() && sample.load.is_none());
}
