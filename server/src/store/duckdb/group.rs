//! Groups of samples that are acknowledged and not yet in a file: they are in the journal, and questions find them here.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use duckdb::Connection;
use duckdb::arrow::array::{ArrayRef, AsArray, UInt32Array, new_null_array};
use duckdb::arrow::compute::{concat_batches, take_record_batch};
use duckdb::arrow::datatypes::{DataType, Int32Type, Schema};
use duckdb::arrow::error::ArrowError;
use duckdb::arrow::record_batch::RecordBatch;

use super::marks::Mark;
use super::memory::Known;
use super::names::{Fresh, Names, stored_as};
use super::rows::Finished;
use super::{schema, tables};
use crate::store::directory::{Details, HostId};

/// What one commit brings.
#[derive(Default)]
pub struct Group {
    pub tables: Vec<Finished>,
    /// Hosts that are new or have changed.
    pub hosts: HashMap<String, Known>,
    pub marks: HashMap<(HostId, u64), Mark>,
    pub details: HashMap<HostId, Details>,
    pub samples: u64,
    /// When they were taken, microseconds since 1970.
    pub instants_us: Vec<i64>,
}

/// What is newer than the files.
#[derive(Default)]
pub struct Tail {
    /// The hot file that is written, and how many rows of each table in it count: what is beyond is in the groups.
    pub file: u64,
    pub rows: Arc<HashMap<&'static str, u64>>,
    pub groups: Vec<Arc<Group>>,
}

impl Tail {
    pub fn samples(&self) -> u64 {
        self.groups.iter().map(|group| group.samples).sum()
    }

    /// What its rows have in all their columns, nulls too.
    pub fn values(&self) -> u64 {
        let batches = self.groups.iter().flat_map(|group| &group.tables).map(|table| &table.batch);
        batches.map(|batch| (batch.num_rows() * batch.num_columns()) as u64).sum()
    }
}

/// Groups as one, ready to be written: texts are numbered.
pub struct Prepared<'a> {
    hosts: HashMap<&'a String, &'a Known>,
    marks: HashMap<(HostId, u64), Mark>,
    details: HashMap<HostId, Details>,
    tables: Vec<(&'static str, Vec<&'a str>, RecordBatch)>,
    names: Fresh,
}

impl<'a> Prepared<'a> {
    /// `names` are those of the file into which they go.
    pub fn of(groups: &'a [Arc<Group>], names: &Names) -> Result<Self, ArrowError> {
        let mut prepared = Prepared {
            hosts: HashMap::new(),
            marks: HashMap::new(),
            details: HashMap::new(),
            tables: Vec::new(),
            names: Fresh::default(),
        };
        let mut rows: BTreeMap<&'static str, Vec<&Finished>> = BTreeMap::new();
        for group in groups {
            prepared.hosts.extend(&group.hosts);
            prepared.marks.extend(&group.marks);
            prepared.details.extend(group.details.iter().map(|(host, details)| (*host, details.clone())));
            for finished in &group.tables {
                rows.entry(finished.table).or_default().push(finished);
            }
        }
        for (table, parts) in rows {
            let columns = columns(&parts);
            let fresh = &mut prepared.names;
            let batches: Vec<_> =
                parts.iter().map(|part| padded(part, &columns, names, fresh)).collect::<Result<_, _>>()?;
            prepared.tables.push((table, columns.into_keys().collect(), by_host(&batches)?));
        }
        Ok(prepared)
    }

    /// The tables and columns that they have.
    pub fn columns(&self) -> Vec<(&'static str, Vec<&'a str>)> {
        self.tables.iter().map(|(table, columns, _)| (*table, columns.clone())).collect()
    }

    /// Writes them in the transaction of the connection. Answers the names that the file then has, once that is committed.
    pub fn write(self, connection: &Connection) -> duckdb::Result<Fresh> {
        tables::write_hosts(connection, self.hosts.into_iter())?;
        self.names.write(connection)?;
        for (table, columns, rows) in self.tables {
            let mut appender = connection.appender_with_columns_to_db(table, schema::place(table), &columns)?;
            appender.append_record_batch(rows)?;
            appender.flush()?;
        }
        let marks = self.marks.into_iter().map(|((host, stream), mark)| (host, stream, mark));
        tables::write_marks(connection, marks)?;
        tables::write_details(connection, &self.details)?;
        Ok(self.names)
    }

    /// How many rows each table gets.
    pub fn rows(&self) -> Vec<(&'static str, u64)> {
        self.tables.iter().map(|(table, _, rows)| (*table, rows.num_rows() as u64)).collect()
    }
}

/// All rows, those of a host together and in the order in which they came: who reads some hosts passes over the rest.
fn by_host(batches: &[RecordBatch]) -> Result<RecordBatch, ArrowError> {
    let schema = batches.first().map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
    let all = concat_batches(&schema, batches)?;
    let Some(hosts) = all.column_by_name("host_id").and_then(|hosts| hosts.as_primitive_opt::<Int32Type>()) else {
        return Ok(all);
    };
    let hosts = hosts.values();
    if hosts.is_sorted() {
        return Ok(all);
    }
    let mut places: Vec<u32> = (0..all.num_rows() as u32).collect();
    places.sort_by_key(|place| hosts[*place as usize]);
    take_record_batch(&all, &UInt32Array::from(places))
}

/// All columns that one of the parts has.
fn columns<'a>(parts: &[&'a Finished]) -> BTreeMap<&'a str, DataType> {
    let of_part = |part: &&'a Finished| {
        let types = part.batch.columns().iter().map(|column| stored_as(column.data_type()));
        part.columns.iter().map(String::as_str).zip(types).collect::<Vec<_>>()
    };
    parts.iter().flat_map(of_part).collect()
}

/// A part with all these columns, null where it has none.
fn padded(
    part: &Finished,
    columns: &BTreeMap<&str, DataType>,
    names: &Names,
    fresh: &mut Fresh,
) -> Result<RecordBatch, ArrowError> {
    let mut array = |name: &str, kind: &DataType| -> ArrayRef {
        match part.columns.iter().position(|column| column == name) {
            Some(place) => fresh.numbered(names, part.batch.column(place)),
            None => new_null_array(kind, part.batch.num_rows()),
        }
    };
    let arrays = columns.iter().map(|(name, kind)| (*name, array(name, kind), true));
    RecordBatch::try_from_iter_with_nullable(arrays)
}
