//! Bytes of others, for everything here that reads such bytes: each function panics where one finds a fault. The fuzz
//! targets of `tests/fuzz` call them, and a test gives them the corpora that lie there. No part of the agent.

pub use crate::http::foreign::request;
pub use crate::push::foreign::reply;
pub use crate::spool::foreign::{record, spool};

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_corpora_hold_no_finding() {
        for (target, run) in [("record", record as fn(&[u8])), ("spool", spool), ("reply", reply), ("request", request)]
        {
            let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus").join(target);
            let files: Vec<_> = fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
            assert!(files.len() >= 3, "{}", corpus.display());
            for file in files {
                println!("{}", file.display());
                run(&fs::read(file).unwrap());
            }
        }
    }
}
