//! A directory of spool files, read back and sent.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| siskin_agent::foreign::spool(data));
