//! A steady reading of this machine asks for no memory: what the first readings asked for is used again.
#![cfg(target_os = "linux")]
#![allow(unsafe_code, clippy::unwrap_used)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use siskin_platform::{
    collect::{Reader, Selection, Setup},
    model::Sample,
};

/// Counts what this thread asks for.
struct Counting;

thread_local! {
    static ASKED: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.with(|asked| asked.set(asked.get() + 1));
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ASKED.with(|asked| asked.set(asked.get() + 1));
        // SAFETY: as the caller promised.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How often memory was asked for in each of so many readings, after as many others.
fn asked(collectors: &str, readings: usize) -> Vec<u64> {
    let collectors = Selection::only(collectors).unwrap();
    let mut reader = Reader::new(&Setup { collectors, ..Setup::default() });
    let (mut before, mut sample, mut failures) = (Sample::default(), Sample::default(), Vec::new());
    let mut read = || {
        let asked = ASKED.with(Cell::get);
        reader.sample(Some(1.0), &mut sample, &mut failures);
        reader.carry(&mut before, &mut sample);
        std::mem::swap(&mut before, &mut sample);
        assert!(failures.is_empty(), "{failures:?}");
        ASKED.with(Cell::get) - asked
    };
    for _ in 0..readings {
        read();
    }
    (0..readings).map(|_| read()).collect()
}

/// Mounts, links and devices of a machine change at times, and other tests run on it: then a reading may ask, but not
/// most of them.
fn median(mut asked: Vec<u64>) -> u64 {
    asked.sort_unstable();
    asked[asked.len() / 2]
}

#[test]
fn a_steady_sample_allocates_nothing() {
    assert_eq!(median(asked("uptime,cpu,load,memory,filesystem,disk,network", 200)), 0);
    assert_eq!(median(asked("pressure,socket,conntrack,kernel,throttling,zfs,timekeeping,raid,edac", 200)), 0);
}

#[test]
fn what_is_asked_for_is_counted() {
    let before = ASKED.with(Cell::get);
    drop(std::hint::black_box(vec![1]));
    assert_eq!(ASKED.with(Cell::get), before + 1);
}
