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
/// A double counts so far: real numbers are summed as whole ones.
const EXACT: i64 = 1 << 53;
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
        let laid = laid(shape, survey);
        for (name, _) in &shape.columns {
            if let Some(own) = laid.get(name.as_str()) {
                plan.stored.push(Stored {
                    name: name.clone(),
                    from: own.stored(&shape.kept(name), &laid),
                    form: own.form,
                });
            }
        }
        for (name, kind) in &shape.columns {
            let own = |name: &str| laid.get(name).map(|own| own.shown(name, &laid));
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

/// How a column that has values is laid down.
struct Laid {
    grain: Grain,
    form: Form,
    /// It is stored with so many times what is stored of these: then it is nearly a line.
    near: Vec<(i64, String)>,
}

/// All columns that have values.
fn laid<'a>(shape: &'a Shape, survey: &Survey) -> HashMap<&'a str, Laid> {
    let mut all = HashMap::new();
    for (name, kind) in &shape.columns {
        let grain = survey.grain(name, *kind);
        if grain == Grain::Absent {
            continue;
        }
        let own = survey.greatest(name, *kind).filter(|greatest| *greatest < patch::GREATEST);
        let with_others = own.and_then(|own| near(shape, survey, name, (grain, own)));
        let (near, greatest) = with_others.map_or((Vec::new(), own), |(near, greatest)| (near, Some(greatest)));
        let form = match greatest {
            Some(greatest) => Form::Split { narrow: greatest < NARROW },
            None => Form::AsItIs(kind.sql()),
        };
        all.insert(name.as_str(), Laid { grain, form, near });
    }
    all
}

/// The columns that one is near to, with how many of its grain theirs is, and what no sum exceeds; none if it is stored alone.
fn near(
    shape: &Shape,
    survey: &Survey,
    name: &str,
    (grain, mut greatest): (Grain, i64),
) -> Option<(Vec<(i64, String)>, i64)> {
    let mut near = Vec::new();
    for (times, other) in shape.near.get(name)? {
        let (_, kind) = shape.columns.iter().find(|(column, _)| column == other)?;
        let of_other = survey.grain(other, *kind);
        if of_other == Grain::Absent {
            continue;
        }
        let factor = grain.factor(of_other)?;
        greatest = greatest.checked_add(survey.greatest(other, *kind)?.checked_mul(factor)?)?;
        near.push((times * factor, other.clone()));
    }
    (!near.is_empty() && greatest < EXACT).then_some((near, greatest))
}

impl Laid {
    /// What is stored of an expression on whole values.
    fn stored(&self, of: &str, all: &HashMap<&str, Laid>) -> String {
        let own = match self.grain {
            Grain::Absent | Grain::AsItIs => of.to_owned(),
            Grain::Times(grain) => format!("({of} // {grain})::BIGINT"),
            Grain::Steps(steps) => format!("round({of} * {steps:e})::BIGINT"),
        };
        let near = self.near.iter().map(|(times, other)| {
            format!(" + {times} * coalesce({}, 0)", all[other.as_str()].stored(&format!("\"{other}\""), all))
        });
        format!("{own}{}", near.collect::<String>())
    }

    /// What its stored column is shown as.
    fn shown(&self, name: &str, all: &HashMap<&str, Laid>) -> String {
        let stored = self.whole(name, all);
        match self.grain {
            Grain::Absent | Grain::AsItIs => stored,
            Grain::Times(grain) => format!("{stored} * {grain}"),
            Grain::Steps(steps) if steps < 1.0 => format!("{stored} * {:e}", 1.0 / steps),
            Grain::Steps(steps) => format!("{stored} / {steps:e}"),
        }
    }

    /// Its own number, in its grain.
    fn whole(&self, name: &str, all: &HashMap<&str, Laid>) -> String {
        let near = self
            .near
            .iter()
            .map(|(times, other)| format!(" - {times} * coalesce({}, 0)", all[other.as_str()].whole(other, all)));
        match (self.form, near.collect::<String>()) {
            (Form::AsItIs(_), _) => format!("\"{name}\""),
            (Form::Split { .. }, near) if near.is_empty() => sum(name),
            (Form::Split { .. }, near) => format!("({}{near})", sum(name)),
        }
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
