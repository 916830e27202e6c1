//! The statements of the store. Those that depend on the catalog are made by `schema`.

/// Tables beside those of the catalog. Only ever added to.
pub const FIXED_TABLES: &str = "
CREATE TABLE IF NOT EXISTS hosts (
    host_id INTEGER, key VARCHAR, hostname VARCHAR, agent JSON, facts JSON, first_seen TIMESTAMP, deleted BOOLEAN
);
CREATE TABLE IF NOT EXISTS details (host_id INTEGER, document JSON, updated_at TIMESTAMP);
-- Append-only between two compactions: the mark of a stream is its highest number.
CREATE TABLE IF NOT EXISTS marks (host_id INTEGER, stream UBIGINT, seq UBIGINT, updated_at TIMESTAMP);
-- The predecessor's pushes: percentages, and MiB/s.
CREATE TABLE IF NOT EXISTS flat (
    host_id INTEGER, ts TIMESTAMP, cpu DOUBLE, ram DOUBLE, disk DOUBLE, disk_read DOUBLE, disk_write DOUBLE,
    received_at TIMESTAMP
);
";

pub const FORGET_HOST: &str = "UPDATE hosts SET deleted = true WHERE host_id = ?";
pub const DELETE_MARKS: &str = "DELETE FROM marks";

pub const LOAD_HOSTS: &str =
    "SELECT host_id, key, hostname, agent, facts, epoch_us(first_seen), deleted FROM hosts ORDER BY host_id";
pub const LOAD_DETAILS: &str = "SELECT host_id, document, epoch_us(updated_at) FROM details";
pub const LOAD_MARKS: &str = "SELECT host_id, stream, max(seq), epoch_us(max(updated_at)), count(*) FROM marks GROUP BY ALL ORDER BY max(updated_at)";
pub const LOAD_COUNTS: &str = "
SELECT host_id, sum(n)::BIGINT, epoch_us(max(newest)) FROM (
    SELECT host_id, count(*) AS n, max(ts) AS newest FROM host GROUP BY host_id
    UNION ALL SELECT host_id, count(*), max(ts) FROM flat GROUP BY host_id
) GROUP BY host_id";
pub const LOAD_LAST_FLAT: &str = "
SELECT host_id, arg_max(cpu, ts), arg_max(ram, ts), arg_max(disk, ts), arg_max_null(disk_read, ts),
    arg_max_null(disk_write, ts)
FROM flat GROUP BY host_id";
pub const LOAD_RECENT_FLAT: &str = "
SELECT host_id, epoch_us(ts), cpu, ram, disk, disk_read, disk_write, epoch_us(received_at)
FROM flat WHERE received_at >= make_timestamp(?)";
