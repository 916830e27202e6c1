//! One file of the spool.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| siskin_agent::foreign::record(data));
