//! From the layouts of earlier versions to this one's.

use std::sync::Arc;

use super::file::alias;
use super::instance::{Access, Instance};
use super::layout::{Layout, Tier};
use super::{ledger, schema, sql};

/// The number of the hot file that gets the rows.
const NUMBER: u64 = 1;

/// Version 1 had rows, marks and hosts in one file. Its rows become a hot file, and then it is a ledger. Until the ledger's
/// transaction is committed it is what it was.
pub fn from_version_1(instance: &Arc<Instance>, layout: &Layout) -> duckdb::Result<()> {
    let path = layout.file(Tier::Hot, NUMBER, None);
    // Of an attempt that was cut off.
    super::file::remove(&path);
    let (connection, target) = (instance.connect()?, alias(NUMBER));
    instance.attach(&path, &target, Access::Write)?;
    connection.execute_batch(&format!("USE {target}; BEGIN"))?;
    schema::create_with_texts(&connection)?;
    let mut found = Vec::new();
    for shape in schema::shapes() {
        let parameters = duckdb::params![ledger::ALIAS, shape.name];
        if connection.query_row(sql::LEDGER_HAS_TABLE, parameters, |row| row.get::<_, i64>(0))? > 0 {
            let name = &shape.name;
            connection.execute_batch(&format!("INSERT INTO {name} BY NAME SELECT * FROM {}.{name}", ledger::ALIAS))?;
            found.push(name.clone());
        }
    }
    connection.execute_batch(&format!("COMMIT; CHECKPOINT {target}; USE {}; BEGIN", ledger::ALIAS))?;
    connection.execute_batch(sql::LEDGER_TABLES)?;
    for table in found {
        connection.execute_batch(&format!("DROP TABLE {table}"))?;
    }
    connection.execute(sql::INSERT_HOT, [NUMBER])?;
    connection.execute("INSERT INTO version VALUES (?)", [ledger::VERSION])?;
    connection.execute_batch(&format!("COMMIT; CHECKPOINT {}; USE memory", ledger::ALIAS))?;
    instance.detach(&target)
}
