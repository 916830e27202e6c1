//! People's own metrics, as `hostile` and the fuzz target `textfile` give them to their parser.

use std::collections::BTreeSet;

use siskin_platform::collect::textfile::parse;

/// The longest fault, bytes.
const LIMIT_FOUND_BYTES: usize = 1024;

/// A file's bytes. What is not UTF-8 is refused before anything is parsed.
pub fn bytes(bytes: &[u8]) {
    if let Ok(text) = str::from_utf8(bytes) {
        check(text);
    }
}

/// Panics where what is taken is not whole, is there twice or does not say the same when it is read again; and where a
/// fault is long, or would move the cursor of whoever reads it.
pub fn check(text: &str) {
    match parse(text) {
        Ok(all) => {
            let mut seen = BTreeSet::new();
            for one in &all {
                assert!(one.family.is_some() && one.any_value().is_some() && seen.insert(&one.series), "{one:?}");
                assert!(one.value.is_none() || one.value_total.is_none(), "{one:?}");
                let again = parse(&format!("{} 1\n", one.series)).expect("what was taken is taken again");
                assert!(again.len() == 1 && again[0].series == one.series, "{one:?}");
            }
        }
        Err(fault) => {
            assert!(fault.line >= 1 && fault.line <= text.lines().count().max(1), "{fault:?}");
            let found = &fault.found;
            assert!(found.len() <= LIMIT_FOUND_BYTES && !found.contains(char::is_control), "{fault:?}");
        }
    }
}
