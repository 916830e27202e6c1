//! A request to the agent's port.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| siskin_agent::foreign::request(data));
