//! The kernel's files: the parser that SISKIN_FUZZ_PARSER names, or all of them.
#![no_main]

use std::sync::LazyLock;

#[path = "../../../platform/tests/parsers/mod.rs"]
mod parsers;

use parsers::PARSERS;

static CHOSEN: LazyLock<Vec<fn(&str)>> = LazyLock::new(|| {
    let name = std::env::var("SISKIN_FUZZ_PARSER").ok();
    let chosen = PARSERS.iter().filter(|(each, _)| name.as_deref().is_none_or(|name| name.is_empty() || name == *each));
    let chosen: Vec<_> = chosen.map(|(_, parse)| *parse).collect();
    assert!(!chosen.is_empty(), "no parser {name:?}");
    chosen
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // As `kept` reads a file: what is not UTF-8 is replaced.
    let text = String::from_utf8_lossy(data);
    CHOSEN.iter().for_each(|parse| parse(&text));
});
