//! Rows of one table, one host and one dimension value, column by column: what is read, and what series are made of.

/// The rows of one host and dimension value, in order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    pub dimension: Option<String>,
    /// Microseconds since 1970.
    pub ts: Vec<i64>,
    /// One for each column asked for.
    pub columns: Vec<Vec<Option<f64>>>,
}

impl Frame {
    /// A frame without rows.
    pub fn new(dimension: Option<&str>, columns: usize) -> Self {
        Frame { dimension: dimension.map(str::to_owned), ts: Vec::new(), columns: vec![Vec::new(); columns] }
    }

    /// In order of time, whatever order its rows came in; of several rows of one instant the first, unless all are wanted.
    pub fn ordered(self, twice: bool) -> Frame {
        let in_order = |pair: &[i64]| if twice { pair[0] <= pair[1] } else { pair[0] < pair[1] };
        if self.ts.windows(2).all(in_order) {
            return self;
        }
        let mut rows: Vec<usize> = (0..self.ts.len()).collect();
        rows.sort_by_key(|row| self.ts[*row]);
        if !twice {
            rows.dedup_by_key(|row| self.ts[*row]);
        }
        Frame {
            ts: rows.iter().map(|row| self.ts[*row]).collect(),
            columns: self.columns.iter().map(|column| rows.iter().map(|row| column[*row]).collect()).collect(),
            dimension: self.dimension,
        }
    }

    /// These columns, and of them the rows in which one has a reading.
    pub fn where_known(&self, columns: &[usize]) -> Frame {
        let columns: Vec<&[Option<f64>]> = columns.iter().map(|column| self.columns[*column].as_slice()).collect();
        let rows: Vec<usize> =
            (0..self.ts.len()).filter(|row| columns.iter().any(|column| column[*row].is_some())).collect();
        Frame {
            dimension: self.dimension.clone(),
            ts: rows.iter().map(|row| self.ts[*row]).collect(),
            columns: columns.iter().map(|column| rows.iter().map(|row| column[*row]).collect()).collect(),
        }
    }
}
