//! How the columns of a table are stored in a sealed file, and how its view shows them as they were: numbers that are all
//! multiples of something (pages, sectors, hundredths) as how many times it they are, and in two parts (`patch`).

use std::collections::HashMap;
use std::sync::Arc;

use duckdb::arrow::array::{Array, ArrayRef, AsArray};
use duckdb::arrow::compute::cast;
use duckdb::arrow::datatypes::{DataType, Int32Type, Int64Type};
use duckdb::arrow::record_batch::RecordBatch;

use super::file::HostFacts;
use super::pack::{Packed, SCHEMA};
use super::patch::{self, Patching};
use super::schema::{FLAT, Shape};
use super::survey::{Grain, Survey};
use crate::store::directory::HostId;

/// What the base of a column is called, behind its name: no metric has a space in it.
const BASE: &str = " base";
/// A column that has no greater number has bases of 32 bits.
const NARROW: i64 = 1 << 30;

/// The columns of a table, stored and shown.
pub struct Plan {
    stored: Vec<Stored>,
    shown: Vec<String>,
    /// The columns that the view has, each with the stored one that has a value wherever it has one; none for those that
    /// tell rows apart.
    columns: Vec<(String, Option<usize>)>,
    /// An instant is stored as so many microseconds.
    instant_us: i64,
}

struct Stored {
    name: String,
    /// An expression on the rows that are packed.
    from: String,
    form: Form,
}

#[derive(Clone, Copy)]
enum Form {
    /// Of this type.
    AsItIs(&'static str),
    /// A number as an even column and its base.
    Split { narrow: bool },
}

impl Plan {
    pub fn of(shape: &Shape, survey: &Survey) -> Self {
        let (instant_us, from, shown) = match survey.has_us {
            true => (1, "epoch_us(ts)", "make_timestamp"),
            false => (1_000, "epoch_ms(ts)", "make_timestamp_ms"),
        };
        let mut plan = Plan {
            stored: vec![
                Stored { name: "host_id".to_owned(), from: "host_id".to_owned(), form: Form::AsItIs("INTEGER") },
                Stored { name: "ts".to_owned(), from: from.to_owned(), form: Form::Split { narrow: false } },
            ],
            shown: vec!["host_id".to_owned(), format!("{shown}({}) AS ts", sum("ts"))],
            columns: vec![("host_id".to_owned(), None), ("ts".to_owned(), None)],
            instant_us,
        };
        if let Some((name, kind)) = &shape.dimension {
            plan.columns.push((name.clone(), None));
            plan.shown.push(format!("\"{name}\""));
            plan.stored.push(Stored {
                name: name.clone(),
                from: format!("\"{name}\""),
                form: Form::AsItIs(kind.sql()),
            });
        }
        let mut forms = HashMap::new();
        for (name, kind) in &shape.columns {
            let grain = survey.grain(name, *kind);
            let form = match survey.greatest(name, *kind) {
                Some(greatest) if greatest < patch::GREATEST => Form::Split { narrow: greatest < NARROW },
                _ => Form::AsItIs(kind.sql()),
            };
            forms.insert(name.as_str(), (grain, form));
            if grain != Grain::Absent {
                plan.stored.push(Stored { name: name.clone(), from: stored(grain, &shape.kept(name)), form });
            }
        }
        for (name, kind) in &shape.columns {
            let own = |name: &str| {
                let (grain, form) = forms.get(name).filter(|(grain, _)| *grain != Grain::Absent)?;
                Some(shown_as(*grain, *form, name))
            };
            // What is not kept for being the same as another is that.
            let other = shape.unless_same.get(name);
            let from = match (own(name), other.and_then(|other| own(other))) {
                // Those of the predecessor's pushes are few, and some statements name them all.
                (None, None) if shape.name == FLAT => format!("NULL::{}", kind.sql()),
                (None, None) => continue,
                (None, Some(one)) | (Some(one), None) => one,
                (Some(own), Some(other)) => format!("coalesce({own}, {other})"),
            };
            plan.shown.push(format!("{from} AS \"{name}\""));
            let counted = other.unwrap_or(name);
            if let Some(place) = plan.stored.iter().position(|column| column.name == *counted) {
                plan.columns.push((name.clone(), Some(place)));
            }
        }
        plan
    }

    /// How many columns are read of the rows.
    pub fn width(&self) -> usize {
        self.stored.len()
    }

    /// The beginning of the statement that reads the rows.
    pub fn select(&self) -> String {
        let columns = self.stored.iter().map(|column| format!("{} AS \"{}\"", column.from, column.name));
        format!("SELECT {}", columns.collect::<Vec<_>>().join(", "))
    }

    /// The statement that makes the table.
    pub fn create(&self, table: &str) -> String {
        let columns = self.stored.iter().map(|Stored { name, form, .. }| match form {
            Form::AsItIs(kind) => format!("\"{name}\" {kind}"),
            Form::Split { narrow } => {
                let base = if *narrow { "INTEGER" } else { "BIGINT" };
                format!("\"{name}\" BIGINT, \"{name}{BASE}\" {base}")
            }
        });
        format!("CREATE TABLE {table} ({})", columns.collect::<Vec<_>>().join(", "))
    }

    /// The statement that makes the view of the same name.
    pub fn view(&self, table: &str) -> String {
        format!("CREATE VIEW {table} AS SELECT {} FROM {SCHEMA}.{table}", self.shown.join(", "))
    }
}

fn sum(name: &str) -> String {
    format!("(\"{name}\" + \"{name}{BASE}\")")
}

/// What is stored of an expression.
fn stored(grain: Grain, of: &str) -> String {
    match grain {
        Grain::Absent | Grain::AsItIs => of.to_owned(),
        Grain::Times(grain) => format!("({of} // {grain})::BIGINT"),
        Grain::Steps(steps) => format!("round({of} * {steps:e})::BIGINT"),
    }
}

/// What a stored column is shown as.
fn shown_as(grain: Grain, form: Form, name: &str) -> String {
    let stored = match form {
        Form::AsItIs(_) => format!("\"{name}\""),
        Form::Split { .. } => sum(name),
    };
    match grain {
        Grain::Absent | Grain::AsItIs => stored,
        Grain::Times(grain) => format!("{stored} * {grain}"),
        Grain::Steps(steps) if steps < 1.0 => format!("{stored} * {:e}", 1.0 / steps),
        Grain::Steps(steps) => format!("{stored} / {steps:e}"),
    }
}

/// Rows on their way into the table of a plan, and what they come to.
pub struct Packer<'a> {
    plan: &'a Plan,
    /// Of each stored column, where it is split.
    patching: Vec<Option<Patching>>,
    /// How many values each has.
    values: Vec<u64>,
    packed: Packed,
}

impl<'a> Packer<'a> {
    pub fn new(plan: &'a Plan) -> Self {
        let patching = |column: &Stored| match column.form {
            Form::AsItIs(_) => None,
            Form::Split { narrow } => Some(Patching::new(narrow)),
        };
        let patching: Vec<_> = plan.stored.iter().map(patching).collect();
        Packer { plan, values: vec![0; patching.len()], patching, packed: Packed::default() }
    }

    /// What has become of all rows.
    pub fn finish(self) -> Packed {
        let mut packed = self.packed;
        for (name, counted) in &self.plan.columns {
            let values = counted.map(|place| self.values[place]);
            if values != Some(0) {
                packed.columns.insert(name.clone());
                packed.values += values.unwrap_or(0);
            }
        }
        packed
    }

    /// The next rows, as they are stored.
    pub fn take(&mut self, rows: &RecordBatch) -> RecordBatch {
        self.count(rows);
        let mut columns: Vec<(String, ArrayRef, bool)> = Vec::with_capacity(2 * rows.num_columns());
        for ((Stored { name, form, .. }, patching), array) in
            self.plan.stored.iter().zip(&mut self.patching).zip(rows.columns())
        {
            let Some(patching) = patching else {
                columns.push((name.clone(), array.clone(), true));
                continue;
            };
            let (even, bases) = patching.split(array.as_primitive::<Int64Type>());
            let bases: ArrayRef = match form {
                Form::Split { narrow: true } => cast(&bases, &DataType::Int32).expect("a narrow base has 32 bits"),
                _ => Arc::new(bases),
            };
            columns.push((name.clone(), Arc::new(even), true));
            columns.push((format!("{name}{BASE}"), bases, true));
        }
        RecordBatch::try_from_iter_with_nullable(columns).expect("columns of one length")
    }

    fn count(&mut self, rows: &RecordBatch) {
        for (values, array) in self.values.iter_mut().zip(rows.columns()) {
            *values += (array.len() - array.null_count()) as u64;
        }
        let hosts = rows.column(0).as_primitive::<Int32Type>();
        let instants = rows.column(1).as_primitive::<Int64Type>();
        let packed = &mut self.packed;
        packed.rows += rows.num_rows() as u64;
        for (host, instant) in hosts.values().iter().zip(instants.values()) {
            let at = instant * self.plan.instant_us;
            packed.oldest_us = Some(packed.oldest_us.map_or(at, |oldest| oldest.min(at)));
            packed.newest_us = packed.newest_us.max(Some(at));
            let facts = packed.hosts.entry(HostId(*host)).or_insert(HostFacts { samples: 0, newest_us: at });
            facts.samples += 1;
            facts.newest_us = facts.newest_us.max(at);
        }
    }
}
