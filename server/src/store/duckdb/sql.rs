//! The statements of the store. Those that depend on the catalog are made by `schema` and `pack`.

use std::fmt::Write;

use crate::store::directory::HostId;

/// What the ledger and each hot file have beside rows: who the hosts are and how far their streams are stored. Rows are
/// appended and the last one counts. Tables and columns are only ever added.
pub const STATE_TABLES: &str = "
CREATE TABLE IF NOT EXISTS hosts (
    host_id INTEGER, key VARCHAR, hostname VARCHAR, agent JSON, facts JSON, first_seen TIMESTAMP, deleted BOOLEAN
);
-- Without a document: the host was removed.
CREATE TABLE IF NOT EXISTS details (host_id INTEGER, document JSON, updated_at TIMESTAMP);
-- The mark of a stream is its highest number.
CREATE TABLE IF NOT EXISTS marks (host_id INTEGER, stream UBIGINT, seq UBIGINT, updated_at TIMESTAMP);
-- All journals with a lower number are in the files.
CREATE TABLE IF NOT EXISTS journal (number UBIGINT);
";

/// The predecessor's pushes: percentages, and MiB/s.
pub const FLAT_TABLE: &str = "
CREATE TABLE IF NOT EXISTS flat (
    host_id INTEGER, ts TIMESTAMP, cpu DOUBLE, ram DOUBLE, disk DOUBLE, disk_read DOUBLE, disk_write DOUBLE,
    received_at TIMESTAMP
);
";

/// The names that rows have numbers for, in a hot file. Where that table is not, the rows have the texts.
pub const NAMES_TABLE: &str = "CREATE TABLE IF NOT EXISTS names (id INTEGER, name VARCHAR);";
pub const LOAD_NAMES: &str = "SELECT id, name FROM names";

/// The tables and columns of a file, so that who opens it need not ask DuckDB for those of all files.
pub const CONTENTS_TABLE: &str = "CREATE TABLE IF NOT EXISTS contents (table_name VARCHAR, column_name VARCHAR);";

pub const LEDGER_TABLES: &str = "
CREATE TABLE IF NOT EXISTS version (version INTEGER);
CREATE TABLE IF NOT EXISTS files (
    number UBIGINT, tier VARCHAR, period INTEGER, bytes UBIGINT, samples UBIGINT, amount UBIGINT, oldest TIMESTAMP,
    newest TIMESTAMP
);
CREATE TABLE IF NOT EXISTS file_hosts (number UBIGINT, host_id INTEGER, samples UBIGINT, newest TIMESTAMP);
-- A host's rows are hidden in every file with a lower number.
CREATE TABLE IF NOT EXISTS tombstones (host_id INTEGER, number UBIGINT);
-- Pushes that may come again.
CREATE TABLE IF NOT EXISTS recent_flat (
    host_id INTEGER, ts TIMESTAMP, cpu DOUBLE, ram DOUBLE, disk DOUBLE, disk_read DOUBLE, disk_write DOUBLE,
    received_at TIMESTAMP
);
";

pub const LEDGER_VERSION: &str = "SELECT max(version) FROM version";
pub const LEDGER_HAS_TABLE: &str = "SELECT count(*) FROM duckdb_tables() WHERE database_name = ? AND table_name = ?";
pub const LOAD_FILES: &str = "
SELECT number, tier, period, bytes, samples, amount, epoch_us(oldest), epoch_us(newest) FROM files ORDER BY number";
pub const LOAD_FILE_HOSTS: &str = "SELECT number, host_id, samples, epoch_us(newest) FROM file_hosts";
pub const LOAD_TOMBSTONES: &str = "SELECT host_id, number FROM tombstones";
pub const INSERT_HOT: &str = "INSERT INTO files (number, tier, bytes, samples, amount) VALUES (?, 'hot', 0, 0, 0)";
pub const INSERT_TOMBSTONE: &str = "INSERT INTO tombstones VALUES (?, ?)";
pub const INSERT_JOURNAL: &str = "INSERT INTO journal VALUES (?)";
pub const DELETE_RECENT_FLAT: &str = "DELETE FROM recent_flat WHERE host_id = ?";
pub const DELETE_TOMBSTONE: &str = "DELETE FROM tombstones WHERE host_id = ? AND number = ?";
pub const DELETE_FILE: &str = "DELETE FROM files WHERE number = ?";
pub const DELETE_FILE_HOSTS: &str = "DELETE FROM file_hosts WHERE number = ?";

/// What a sealed file is made of: its tables, with whether they have hosts, and its views.
pub const TABLES_OF: &str = "
SELECT schema_name, table_name, EXISTS (
    FROM duckdb_columns() AS c WHERE c.table_oid = t.table_oid AND c.database_oid = t.database_oid AND column_name = 'host_id'
) FROM duckdb_tables() AS t WHERE database_name = ? ORDER BY table_oid";
pub const VIEWS_OF: &str = "
SELECT view_name, sql FROM duckdb_views() WHERE database_name = ? AND NOT internal ORDER BY view_oid";

/// A mark is kept this long after its last use, days; longer than any agent keeps samples.
const MARK_DAYS: u32 = 90;

/// Brings what hot files have beside rows into the ledger, in which each host and stream then has one row. A clock that
/// has leapt makes no mark old: it is at most a day since the newest mark that the ledger had.
/// `sealed` are the names of the files, each with a condition on the rows that count.
pub fn take_over(sealed: &[(String, String)], now_us: i64) -> String {
    let all = |table: &str, columns: &str| {
        let mut union = format!("SELECT {columns}, 0 AS place FROM {table}");
        for (place, (alias, _)) in sealed.iter().enumerate() {
            write!(union, " UNION ALL SELECT {columns}, {} FROM {alias}.{table}", place + 1).expect("a string grows");
        }
        union
    };
    let hosts = all("hosts", "host_id, key, hostname, agent, facts, first_seen, deleted, rowid AS line");
    let details = all("details", "host_id, document, updated_at, rowid AS line");
    let marks = all("marks", "host_id, stream, seq, updated_at");
    let journal = all("journal", "number");
    let mut recent = "SELECT * FROM recent_flat".to_owned();
    for (alias, counts) in sealed {
        write!(recent, " UNION ALL SELECT * FROM {alias}.flat WHERE {counts}").expect("a string grows");
    }
    format!(
        "
CREATE OR REPLACE TEMP TABLE hosts_now AS
    SELECT DISTINCT ON (host_id) * FROM ({hosts}) ORDER BY host_id, place DESC, line DESC;
CREATE OR REPLACE TEMP TABLE details_now AS
    SELECT DISTINCT ON (host_id) * FROM ({details}) ORDER BY host_id, place DESC, line DESC;
CREATE OR REPLACE TEMP TABLE marks_now AS
    SELECT host_id, stream, max(seq) AS seq, max(updated_at) AS updated_at FROM ({marks}) GROUP BY ALL;
CREATE OR REPLACE TEMP TABLE journal_now AS SELECT max(number) AS number FROM ({journal});
CREATE OR REPLACE TEMP TABLE clock_now AS
    SELECT least(make_timestamp({now_us}), max(updated_at) + INTERVAL 1 DAY) AS now FROM marks;
CREATE OR REPLACE TEMP TABLE recent_now AS
    SELECT * FROM ({recent}) WHERE received_at >= make_timestamp({now_us}) - INTERVAL 10 MINUTE;
DELETE FROM hosts; DELETE FROM details; DELETE FROM marks; DELETE FROM recent_flat;
DELETE FROM journal;
INSERT INTO journal SELECT number FROM journal_now WHERE number IS NOT NULL;
INSERT INTO hosts SELECT * EXCLUDE (line, place) FROM hosts_now;
INSERT INTO details SELECT * EXCLUDE (line, place) FROM details_now WHERE document IS NOT NULL;
INSERT INTO marks SELECT * FROM marks_now
    WHERE host_id < 0 OR updated_at > (SELECT now FROM clock_now) - INTERVAL {MARK_DAYS} DAY;
INSERT INTO recent_flat SELECT * FROM recent_now;
DROP TABLE hosts_now; DROP TABLE details_now; DROP TABLE marks_now; DROP TABLE clock_now; DROP TABLE journal_now; DROP TABLE recent_now;
"
    )
}

/// The statements that read a file's state, where it is attached under this name.
pub fn load_hosts(alias: &str) -> String {
    format!(
        "SELECT host_id, key, hostname, agent, facts, epoch_us(first_seen), deleted FROM {alias}.hosts ORDER BY rowid"
    )
}

pub fn load_details(alias: &str) -> String {
    format!("SELECT host_id, document, epoch_us(updated_at) FROM {alias}.details ORDER BY rowid")
}

pub fn load_journal(alias: &str) -> String {
    format!("SELECT max(number) FROM {alias}.journal")
}

pub fn load_marks(alias: &str) -> String {
    format!(
        "SELECT host_id, stream, max(seq), epoch_us(max(updated_at)) FROM {alias}.marks GROUP BY ALL \
         ORDER BY max(updated_at)"
    )
}

/// Samples of each host and day in a hot file.
pub fn load_counts(alias: &str) -> String {
    format!(
        "SELECT host_id, sum(n)::BIGINT, epoch_us(max(newest)), epoch_us(min(oldest)) FROM (
            SELECT host_id, count(*) AS n, max(ts) AS newest, min(ts) AS oldest, ts::DATE AS day FROM {alias}.host GROUP BY ALL
            UNION ALL SELECT host_id, count(*), max(ts), min(ts), ts::DATE FROM {alias}.flat GROUP BY ALL
        ) GROUP BY host_id, day"
    )
}

pub fn load_last_flat(alias: &str) -> String {
    format!(
        "SELECT host_id, arg_max(cpu, ts), arg_max(ram, ts), arg_max(disk, ts), arg_max_null(disk_read, ts),
            arg_max_null(disk_write, ts), epoch_us(max(ts))
        FROM {alias}.flat GROUP BY host_id"
    )
}

/// The pushes since an instant, in a table of the predecessor's pushes.
pub fn load_recent_flat(table: &str) -> String {
    format!(
        "SELECT host_id, epoch_us(ts), cpu, ram, disk, disk_read, disk_write, epoch_us(received_at)
        FROM {table} WHERE received_at >= make_timestamp(?)"
    )
}

/// Samples of each host in a hot file, those of which this is true.
pub fn count_where(alias: &str, condition: &str) -> String {
    format!(
        "SELECT host_id, count(*) FROM (
            SELECT host_id, ts FROM {alias}.host UNION ALL SELECT host_id, ts FROM {alias}.flat
        ) WHERE {condition} GROUP BY host_id"
    )
}

/// The numbers of hosts as a list. Numbers of our own, no words of a request.
pub fn numbers(hosts: &[HostId]) -> String {
    hosts.iter().map(|host| host.0.to_string()).collect::<Vec<_>>().join(",")
}
