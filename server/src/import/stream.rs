//! What a host's rows in a file are known by: its first row there. The predecessor only ever adds a row, or removes all
//! rows of a host; so the first row of a host stays while any of its rows does, and every later row has a higher number.

use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

use super::layout::VALUES;

/// Columns that every file has: those that came later may be added to a file between two imports.
const OLDEST_COLUMNS: usize = 5;

/// The stream of a host's rows, from the first of them.
pub fn of_rows(first: &[ValueRef<'_>; VALUES]) -> u64 {
    digest("rows", &first[..OLDEST_COLUMNS])
}

/// The stream of a host's details, whatever file they are from: the newest count.
pub fn of_details(hostname: &str) -> u64 {
    digest("details", &[ValueRef::Text(hostname.as_bytes())])
}

/// A row's number as the store counts: from 0 on, in the same order.
pub fn seq(number: i64) -> u64 {
    (number as u64) ^ (1 << 63)
}

fn digest(of: &str, values: &[ValueRef<'_>]) -> u64 {
    let mut hash = Sha256::new_with_prefix(of);
    for value in values {
        let (kind, bytes) = match value {
            ValueRef::Null => (0u8, Vec::new()),
            ValueRef::Integer(number) => (1, number.to_le_bytes().to_vec()),
            ValueRef::Real(number) => (2, number.to_le_bytes().to_vec()),
            ValueRef::Text(text) => (3, text.to_vec()),
            ValueRef::Blob(bytes) => (4, bytes.to_vec()),
        };
        hash.update([kind]);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    let hash = hash.finalize();
    u64::from_le_bytes(std::array::from_fn(|at| hash[at]))
}

#[cfg(test)]
mod tests {
    use rusqlite::types::ValueRef::{Integer, Null, Text};

    use super::*;

    #[test]
    fn another_first_row_is_another_stream_and_a_later_column_is_not() {
        let row = [Integer(1), Text(b"nas"), Integer(2), Integer(3), Integer(4), Null, Null];
        let (mut grown, mut other) = (row, row);
        grown[5] = Integer(9);
        other[0] = Integer(2);
        assert_eq!(of_rows(&row), of_rows(&grown));
        assert_ne!(of_rows(&row), of_rows(&other));
        // It is written into databases: it must not change from version to version.
        assert_eq!(of_details("nas"), 0x6eb4e56719866c07);
    }

    #[test]
    fn numbers_keep_their_order() {
        assert!(seq(-1) < seq(0) && seq(0) < seq(1) && seq(1) < seq(i64::MAX));
    }
}
