//! A server's reply, by way of a socket and the HTTP client.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| siskin_agent::foreign::reply(data));
