//! What the values of a table have in common, which says how small they can be stored: asked of DuckDB, or noted of rows
//! while they are written.

use std::collections::HashMap;

use duckdb::arrow::array::{Array, AsArray, Float64Array};
use duckdb::arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use duckdb::arrow::record_batch::RecordBatch;
use duckdb::{Connection, Row};

use super::schema::{Kind, Shape};

/// How many steps make one, of the steps that real numbers are tried with: a page of memory, one, and so many decimals.
/// What is a multiple of one is a multiple of all after it.
const STEPS: [f64; 8] = [1.0 / 4096.0, 1.0, 1e2, 1e3, 1e4, 1e6, 1e7, 1e9];
/// Beyond this a double has no hundredths.
const EXACT: f64 = 9e15;
/// Columns in one question: DuckDB's planner compares each expression with each other.
const COLUMNS_AT_ONCE: usize = 16;

/// What is known of some rows. What is known of more rows than these serves as well.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survey {
    pub rows: u64,
    /// An instant has microseconds.
    pub has_us: bool,
    columns: HashMap<String, Column>,
}

/// What is known of the values of a column that it keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Column {
    values: u64,
    /// Of whole numbers all bits that any of them has.
    bits: i64,
    /// Of real numbers the first step that all are multiples of; beyond all steps if there is none.
    step: usize,
    greatest: f64,
}

/// How a column is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Grain {
    /// It has no value.
    Absent,
    AsItIs,
    /// A whole number, so many times this.
    Times(i64),
    /// A real number, as how many steps it is, of which so many make one.
    Steps(f64),
}

impl Grain {
    /// How many of this grain one of another is; none if that is no whole number.
    pub fn factor(self, other: Grain) -> Option<i64> {
        let whole = |grain| match grain {
            Grain::AsItIs => Some(1),
            Grain::Times(times) => Some(times),
            Grain::Absent | Grain::Steps(_) => None,
        };
        match (self, other) {
            (Grain::Steps(own), Grain::Steps(other)) => {
                (own >= other && (own / other).fract() == 0.0).then_some((own / other) as i64)
            }
            _ => whole(self).zip(whole(other)).filter(|(own, other)| other % own == 0).map(|(own, other)| other / own),
        }
    }
}

impl Survey {
    /// Of the rows of a statement that has all columns of the shape; `has` tells which of them can have a value.
    pub fn ask(
        connection: &Connection,
        shape: &Shape,
        has: impl Fn(&str) -> bool,
        rows: &str,
    ) -> duckdb::Result<Survey> {
        let known: Vec<&(String, Kind)> = shape.columns.iter().filter(|(name, _)| has(name)).collect();
        let counts: String = known.iter().map(|(name, _)| format!(", count({})", shape.kept(name))).collect();
        let statement =
            format!("SELECT count(*), coalesce(bool_or(epoch_us(ts) % 1000 <> 0), false){counts} FROM ({rows})");
        let (mut survey, counts) = connection.query_row(&statement, [], |row| {
            let survey = Survey { rows: row.get::<_, i64>(0)? as u64, has_us: row.get(1)?, columns: HashMap::new() };
            let counts = (0..known.len()).map(|place| row.get(2 + place)).collect::<Result<Vec<i64>, _>>()?;
            Ok((survey, counts))
        })?;
        let present: Vec<_> = known.into_iter().zip(counts).filter(|(_, values)| *values > 0).collect();
        for some in present.chunks(COLUMNS_AT_ONCE) {
            let asked: Vec<String> = some.iter().map(|((name, kind), _)| question(&shape.kept(name), *kind)).collect();
            connection.query_row(&format!("SELECT {} FROM ({rows})", asked.join(", ")), [], |row| {
                let mut next = 0;
                for ((name, kind), values) in some {
                    let column = Column { values: *values as u64, ..answer(row, &mut next, *kind)? };
                    survey.columns.insert(name.clone(), column);
                }
                Ok(())
            })?;
        }
        Ok(survey)
    }

    /// Adds what is known of more rows, whose columns have the values that they keep.
    pub fn note(&mut self, rows: &RecordBatch) {
        self.rows += rows.num_rows() as u64;
        for (field, array) in rows.schema().fields().iter().zip(rows.columns()) {
            if !self.columns.contains_key(field.name()) {
                self.columns.insert(field.name().clone(), Column::default());
            }
            let column = self.columns.get_mut(field.name()).expect("it is there");
            column.values += (array.len() - array.null_count()) as u64;
            if let Some(instants) = array.as_primitive_opt::<TimestampMicrosecondType>() {
                self.has_us |= field.name() == "ts" && instants.values().iter().any(|at| at % 1_000 != 0);
            } else if let Some(numbers) = array.as_primitive_opt::<Int64Type>() {
                column.bits |= numbers.iter().flatten().fold(0, |bits, number| bits | number);
            } else if let Some(numbers) = array.as_primitive_opt::<Float64Type>() {
                column.note(numbers);
            }
        }
    }

    /// Adds what is known of other rows.
    pub fn merge(&mut self, other: &Survey) {
        self.rows += other.rows;
        self.has_us |= other.has_us;
        for (name, more) in &other.columns {
            let column = self.columns.entry(name.clone()).or_default();
            column.values += more.values;
            column.bits |= more.bits;
            column.step = column.step.max(more.step);
            column.greatest = column.greatest.max(more.greatest);
        }
    }

    /// Forgets other columns than these.
    pub fn retain(&mut self, mut is_wanted: impl FnMut(&str) -> bool) {
        self.columns.retain(|name, _| is_wanted(name));
    }

    pub fn has(&self, column: &str) -> bool {
        self.columns.get(column).is_some_and(|column| column.values > 0)
    }

    /// What no number of a column exceeds as it is stored, where that is a whole number; none where it is not, or negative.
    pub fn greatest(&self, column: &str, kind: Kind) -> Option<i64> {
        let known = self.columns.get(column)?;
        match (kind, self.grain(column, kind)) {
            (Kind::Integer, Grain::AsItIs) if known.bits >= 0 => Some(known.bits),
            (Kind::Integer, Grain::Times(grain)) if known.bits >= 0 => Some(known.bits / grain),
            (Kind::Real, Grain::Steps(steps)) => Some((known.greatest * steps).ceil() as i64),
            _ => None,
        }
    }

    pub fn grain(&self, column: &str, kind: Kind) -> Grain {
        let Some(column) = self.columns.get(column).filter(|column| column.values > 0) else { return Grain::Absent };
        match kind {
            Kind::Integer if column.bits.trailing_zeros() == 0 || column.bits == 0 => Grain::AsItIs,
            Kind::Integer => Grain::Times(1 << column.bits.trailing_zeros().min(62)),
            Kind::Real => match STEPS.get(column.step) {
                Some(steps) if column.greatest * steps < EXACT => Grain::Steps(*steps),
                _ => Grain::AsItIs,
            },
            Kind::Flag | Kind::Text => Grain::AsItIs,
        }
    }
}

impl Column {
    fn note(&mut self, numbers: &Float64Array) {
        let is_multiple = |number: f64, steps: f64| (number * steps).round() / steps == number;
        for number in numbers.iter().flatten() {
            self.greatest = self.greatest.max(number.abs());
            while STEPS.get(self.step).is_some_and(|steps| !is_multiple(number, *steps)) {
                self.step += 1;
            }
        }
    }
}

/// What is asked of a column's values.
fn question(kept: &str, kind: Kind) -> String {
    match kind {
        Kind::Integer => format!("bit_or({kept})"),
        Kind::Real => {
            let steps = STEPS.iter().enumerate();
            let cases: String = steps
                .map(|(step, steps)| format!(" WHEN round({kept} * {steps:e}) / {steps:e} = {kept} THEN {step}"))
                .collect();
            format!("max(CASE WHEN {kept} IS NULL THEN 0{cases} ELSE {} END), max(abs({kept}))", STEPS.len())
        }
        Kind::Flag | Kind::Text => "NULL".to_owned(),
    }
}

fn answer(row: &Row<'_>, next: &mut usize, kind: Kind) -> duckdb::Result<Column> {
    let place = *next;
    *next += if kind == Kind::Real { 2 } else { 1 };
    Ok(match kind {
        Kind::Integer => Column { bits: row.get(place)?, ..Column::default() },
        Kind::Real => {
            Column { step: row.get::<_, i32>(place)? as usize, greatest: row.get(place + 1)?, ..Column::default() }
        }
        Kind::Flag | Kind::Text => Column::default(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use duckdb::arrow::array::{ArrayRef, Int32Array, Int64Array, TimestampMicrosecondArray};

    use super::*;

    /// Columns, and how they are stored.
    fn columns() -> Vec<(&'static str, Vec<Option<f64>>, Grain)> {
        vec![
            ("pages", vec![Some(8192.0), None, Some(-4096.0)], Grain::Steps(1.0 / 4096.0)),
            ("whole", vec![Some(8192.0), Some(3.0), None], Grain::Steps(1.0)),
            ("hundredths", vec![Some(0.29), Some(0.57), Some(4096.0)], Grain::Steps(1e2)),
            ("billionths", vec![Some(0.000_000_001), Some(1.0), None], Grain::Steps(1e9)),
            ("any", vec![Some(1.0 / 3.0), Some(1.0), None], Grain::AsItIs),
            // So many hundredths a double cannot count.
            ("vast", vec![Some(1e15), Some(0.25), None], Grain::AsItIs),
            ("nothing", vec![None, None, None], Grain::Absent),
        ]
    }

    fn shape() -> Shape {
        let reals = columns().into_iter().map(|(name, ..)| (name.to_owned(), Kind::Real));
        let whole = [("sectors".to_owned(), Kind::Integer), ("zero".to_owned(), Kind::Integer)];
        Shape { name: "rows".to_owned(), dimension: None, columns: reals.chain(whole).collect(), ..Shape::default() }
    }

    fn batch() -> RecordBatch {
        let instants = TimestampMicrosecondArray::from(vec![3_000, 1_000, 2_000]);
        let mut arrays: Vec<(String, ArrayRef)> = vec![
            ("host_id".to_owned(), Arc::new(Int32Array::from(vec![1, 1, 1]))),
            ("ts".to_owned(), Arc::new(instants)),
        ];
        arrays.extend(columns().into_iter().map(|(name, values, _)| {
            let array: ArrayRef = Arc::new(Float64Array::from(values));
            (name.to_owned(), array)
        }));
        arrays.push(("sectors".to_owned(), Arc::new(Int64Array::from(vec![Some(512), None, Some(1536)]))));
        arrays.push(("zero".to_owned(), Arc::new(Int64Array::from(vec![0, 0, 0]))));
        RecordBatch::try_from_iter_with_nullable(arrays.into_iter().map(|(name, array)| (name, array, true))).unwrap()
    }

    #[test]
    fn what_duckdb_is_asked_is_what_is_noted_of_rows() {
        let (shape, batch) = (shape(), batch());
        let mut noted = Survey::default();
        let mut merged = Survey::default();
        for row in 0..3 {
            noted.note(&batch.slice(row, 1));
            let mut one = Survey::default();
            one.note(&batch.slice(row, 1));
            merged.merge(&one);
        }
        assert_eq!(merged, noted);
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(&shape.create("")).unwrap();
        let mut appender = connection.appender("rows").unwrap();
        appender.append_record_batch(batch).unwrap();
        appender.flush().unwrap();
        let asked = Survey::ask(&connection, &shape, |_| true, "SELECT * FROM rows").unwrap();
        for survey in [&noted, &asked] {
            assert!(survey.rows == 3 && !survey.has_us);
            for (name, values, grain) in columns() {
                assert_eq!(survey.has(name), values.iter().any(Option::is_some), "{name}");
                assert_eq!(survey.grain(name, Kind::Real), grain, "{name}");
            }
            assert_eq!(survey.grain("sectors", Kind::Integer), Grain::Times(512));
            assert_eq!(survey.grain("zero", Kind::Integer), Grain::AsItIs);
        }
    }
}
