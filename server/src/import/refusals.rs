//! The rows that were refused: how many by column, and the first few of each in words.

use std::collections::BTreeMap;
use std::fmt;

use super::record::Fault;

/// So many rows are named for each column.
const EXAMPLES: usize = 3;

#[derive(Debug, Default)]
pub struct Refusals(BTreeMap<&'static str, Refused>);

#[derive(Debug, Default)]
struct Refused {
    rows: u64,
    /// Number of the row, and what is wrong with it.
    examples: Vec<(i64, String)>,
}

impl Refusals {
    /// Takes note of the row with this number.
    pub fn add(&mut self, number: i64, (column, fault): Fault) {
        let refused = self.0.entry(column).or_default();
        refused.rows += 1;
        if refused.examples.len() < EXAMPLES {
            refused.examples.push((number, fault));
        }
    }

    pub fn count(&self) -> u64 {
        self.0.values().map(|refused| refused.rows).sum()
    }
}

impl fmt::Display for Refusals {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (column, refused) in &self.0 {
            writeln!(text, "  {column}: {}", refused.rows)?;
            for (number, fault) in &refused.examples {
                writeln!(text, "    row {number}: {column} {fault}")?;
            }
        }
        Ok(())
    }
}
