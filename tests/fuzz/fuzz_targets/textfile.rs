//! People's own metrics.
#![no_main]

#[path = "../../../platform/tests/parsers/textfile.rs"]
mod textfile;

libfuzzer_sys::fuzz_target!(|data: &[u8]| textfile::bytes(data));
