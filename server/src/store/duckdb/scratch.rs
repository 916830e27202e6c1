//! A database in memory that goes with its owner: rollups on their way into a sealed file.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use duckdb::Connection;
use duckdb::arrow::array::new_null_array;
use duckdb::arrow::datatypes::DataType;
use duckdb::arrow::record_batch::RecordBatch;

use super::instance::Instance;
use super::pack::Source;
use super::rollup;
use super::rows::Finished;
use super::schema::{Kind, Shape};
use super::survey::Survey;

/// Values that wait before they are brought in, at 8 bytes each.
const VALUES_AT_ONCE: usize = 1_000_000;

/// Rows of rollups, table by table.
pub struct Scratch<'a> {
    instance: &'a Instance,
    alias: String,
    /// What was noted of the rows of each table.
    known: RefCell<HashMap<&'static str, Survey>>,
    /// The tables that are there, and their columns.
    tables: RefCell<HashMap<&'static str, BTreeSet<String>>>,
    /// Rows that are not brought in yet, and how many values they have.
    waiting: RefCell<BTreeMap<&'static str, Vec<RecordBatch>>>,
    waiting_values: Cell<usize>,
    /// Hosts come one after the other, each whole.
    is_sorted: Cell<bool>,
}

impl<'a> Scratch<'a> {
    /// An empty one; no other has its number.
    pub fn new(instance: &'a Instance, number: u64) -> duckdb::Result<Self> {
        let scratch = Scratch {
            instance,
            alias: format!("scratch{number}"),
            known: RefCell::default(),
            tables: RefCell::default(),
            waiting: RefCell::default(),
            waiting_values: Cell::default(),
            is_sorted: Cell::new(true),
        };
        instance.attach_memory(&scratch.alias)?;
        Ok(scratch)
    }

    /// Takes rows. They are there once they are brought in.
    pub fn write(&self, connection: &Connection, rows: Finished) -> duckdb::Result<()> {
        let values = rows.batch.num_rows() * rows.batch.num_columns();
        self.known.borrow_mut().entry(rows.table).or_default().note(&rows.batch);
        self.waiting.borrow_mut().entry(rows.table).or_default().push(rows.batch);
        self.waiting_values.set(self.waiting_values.get() + values);
        if self.waiting_values.get() < VALUES_AT_ONCE { Ok(()) } else { self.bring_in(connection) }
    }

    /// Brings in what waits: a statement costs DuckDB more than many rows do.
    pub fn bring_in(&self, connection: &Connection) -> duckdb::Result<()> {
        self.waiting_values.set(0);
        let waiting = self.waiting.take();
        if waiting.is_empty() {
            return Ok(());
        }
        connection.execute_batch(&format!("USE {}", self.alias))?;
        let written = waiting.into_iter().try_for_each(|(table, batches)| self.bring(connection, table, &batches));
        // Also after a failure: a connection that uses what is detached can do nothing any more.
        written.and(connection.execute_batch("USE memory"))
    }

    /// A table gets columns when a row has them: those without values take as much memory.
    fn bring(&self, connection: &Connection, table: &'static str, batches: &[RecordBatch]) -> duckdb::Result<()> {
        let fields: BTreeMap<String, DataType> = batches
            .iter()
            .flat_map(|batch| {
                batch
                    .schema_ref()
                    .fields()
                    .iter()
                    .map(|field| (field.name().clone(), field.data_type().clone()))
                    .collect::<Vec<_>>()
            })
            .collect();
        let mut tables = self.tables.borrow_mut();
        let (is_new, there) = (!tables.contains_key(table), tables.entry(table).or_default());
        let added: Vec<String> = rollup::shapes()
            .iter()
            .filter(|shape| shape.name == table)
            .flat_map(|shape| shape.declared())
            .filter(|(name, _)| fields.contains_key(*name) && there.insert((*name).to_owned()))
            .map(|(name, kind)| format!("\"{name}\" {kind}"))
            .collect();
        if is_new {
            connection.execute_batch(&format!("CREATE TABLE {table} ({})", added.join(", ")))?;
        } else {
            let add = |column: &String| connection.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {column}"));
            added.iter().try_for_each(add)?;
        }
        let columns: Vec<&str> = fields.keys().map(String::as_str).collect();
        let mut appender = connection.appender_with_columns(table, &columns)?;
        for batch in batches {
            let arrays = fields.iter().map(|(name, kind)| {
                let array = batch.column_by_name(name).cloned();
                (name, array.unwrap_or_else(|| new_null_array(kind, batch.num_rows())), true)
            });
            let whole = RecordBatch::try_from_iter_with_nullable(arrays).expect("columns of one length");
            appender.append_record_batch(whole)?;
        }
        appender.flush()
    }

    /// From now on hosts come again that have come before.
    pub fn mix(&self) {
        self.is_sorted.set(false);
    }

    /// Its rows of a table; none if it has no such table.
    pub fn whole(&self, shape: &Shape) -> Option<Source> {
        self.source(shape, "true".to_owned())
    }

    /// Its rows of a table that this condition is true of; none if it has no such table.
    pub fn source(&self, shape: &Shape, filter: String) -> Option<Source> {
        let known = self.known.borrow();
        let survey = known.get(shape.name.as_str())?;
        // A column that was kept only where it differs from another is that one where it was not.
        let (mut shown, mut there) = (Vec::new(), BTreeSet::new());
        for (column, _) in shape.declared() {
            let whole = match shape.unless_same.get(column) {
                Some(other) if survey.has(column) => format!("coalesce(\"{column}\", \"{other}\")"),
                Some(other) if survey.has(other) => format!("\"{other}\""),
                None if survey.has(column) => format!("\"{column}\""),
                _ => continue,
            };
            shown.push(format!("{whole} AS \"{column}\""));
            there.insert(column.to_owned());
        }
        let table = format!("(SELECT {} FROM {}.{})", shown.join(", "), self.alias, shape.name);
        // Its rows come by the text of their dimension, where DuckDB would sort by number.
        let is_by_text = shape.dimension.as_ref().is_none_or(|(_, kind)| *kind == Kind::Text);
        let is_sorted = is_by_text && self.is_sorted.get();
        Some(Source {
            table,
            has: Box::new(move |column| there.contains(column)),
            filter,
            is_sorted,
            survey: Some(survey.clone()),
        })
    }

    /// Its rows of a table in place of these, if it was made of them.
    pub fn of(&self, shape: &Shape, sources: Vec<Source>) -> Vec<Source> {
        if sources.len() > 1 { self.whole(shape).into_iter().collect() } else { sources }
    }
}

impl Drop for Scratch<'_> {
    fn drop(&mut self) {
        let _ = self.instance.detach(&self.alias);
    }
}
