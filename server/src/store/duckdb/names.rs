//! The names of a hot file: every text that its rows have is there once, and the rows have its number. A number has a
//! meaning in its file alone. Sealed files keep texts: DuckDB packs those of sorted rows as well as numbers.

use std::collections::HashMap;
use std::sync::Arc;

use duckdb::arrow::array::{Array, ArrayRef, AsArray, Int32Array};
use duckdb::arrow::datatypes::DataType;
use duckdb::{Connection, params};

use super::{schema, sql};

/// A file with more names than this is followed by a new one. They are held in memory, some 100 bytes each.
pub const MAX_NAMES: usize = 200_000;

/// What the file that is written has.
#[derive(Debug, Default)]
pub struct Names(HashMap<Box<str>, i32>);

/// What it gets with the rows that use it. It is learned when they are committed.
#[derive(Debug, Default)]
pub struct Fresh(HashMap<Box<str>, i32>);

impl Names {
    /// Those of the database that the connection uses.
    pub fn load(connection: &Connection) -> duckdb::Result<Self> {
        let mut statement = connection.prepare(sql::LOAD_NAMES)?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(1)?.into(), row.get(0)?)))?;
        Ok(Names(rows.collect::<duckdb::Result<_>>()?))
    }

    pub fn are_many(&self) -> bool {
        self.0.len() > MAX_NAMES
    }

    pub fn learn(&mut self, fresh: Fresh) {
        self.0.extend(fresh.0);
    }
}

impl Fresh {
    /// A column of texts as numbers; any other as it is.
    pub fn numbered(&mut self, known: &Names, column: &ArrayRef) -> ArrayRef {
        if *column.data_type() != DataType::Utf8 {
            return column.clone();
        }
        let texts = column.as_string::<i32>();
        Arc::new(texts.iter().map(|text| text.map(|text| self.number(known, text))).collect::<Int32Array>())
    }

    /// Writes them in the transaction of the connection.
    pub fn write(&self, connection: &Connection) -> duckdb::Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut appender = connection.appender(schema::NAMES)?;
        for (name, number) in &self.0 {
            appender.append_row(params![number, &**name])?;
        }
        appender.flush()
    }

    fn number(&mut self, known: &Names, text: &str) -> i32 {
        if let Some(number) = known.0.get(text).or_else(|| self.0.get(text)) {
            return *number;
        }
        // Names are never taken back, so the next number is their count.
        let number = (known.0.len() + self.0.len()) as i32;
        self.0.insert(text.into(), number);
        number
    }
}

/// The type that a column of this type has where texts are numbered.
pub fn stored_as(kind: &DataType) -> DataType {
    if *kind == DataType::Utf8 { DataType::Int32 } else { kind.clone() }
}

#[cfg(test)]
mod tests {
    use duckdb::arrow::array::{Int64Array, StringArray};
    use duckdb::arrow::datatypes::Int32Type;

    use super::*;

    fn numbers(fresh: &mut Fresh, known: &Names, texts: &[Option<&str>]) -> Vec<Option<i32>> {
        let column: ArrayRef = Arc::new(texts.iter().copied().collect::<StringArray>());
        fresh.numbered(known, &column).as_primitive::<Int32Type>().iter().collect()
    }

    #[test]
    fn a_name_has_one_number_and_no_name_has_none() {
        let (mut known, mut fresh) = (Names::default(), Fresh::default());
        let texts = [Some("sda"), None, Some("sdb"), Some("sda"), Some("")];
        assert_eq!(numbers(&mut fresh, &known, &texts), [Some(0), None, Some(1), Some(0), Some(2)]);
        // What was not committed was never there.
        let mut again = Fresh::default();
        assert_eq!(numbers(&mut again, &known, &[Some("sdc")]), [Some(0)]);
        known.learn(fresh);
        let mut next = Fresh::default();
        assert_eq!(numbers(&mut next, &known, &[Some("sdc"), Some("sdb"), Some("sdc")]), [Some(3), Some(1), Some(3)]);
        assert_eq!(next.0.len(), 1);
        let others: ArrayRef = Arc::new(Int64Array::from(vec![7]));
        assert_eq!(&next.numbered(&known, &others), &others);
    }
}
