//! The files of a store, opened by somebody else: the `duckdb` program, where it is installed.

use std::{
    collections::BTreeMap,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

use siskin_tests::{
    process::Home,
    wait::{PATIENCE, until},
};

/// Files of a tier, by their paths.
pub fn files(home: &Home, tier: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(home.join("siskin.duckdb.d").join(tier)).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|ending| ending == "duckdb")).collect()
}

/// Waits until `attach.sql` names exactly the sealed files that there are.
pub fn wait_attached(home: &Home) {
    until("attach.sql of the files that there are", PATIENCE, || {
        let script = std::fs::read_to_string(home.join("siskin.duckdb.d/attach.sql")).unwrap_or_default();
        let sealed: Vec<PathBuf> = ["raw", "minute", "hour"].into_iter().flat_map(|tier| files(home, tier)).collect();
        let all = sealed.iter().all(|path| script.contains(&*path.file_name().unwrap().to_string_lossy()));
        (all && script.matches("ATTACH IF NOT EXISTS").count() == sealed.len()).then_some(())
    });
}

/// Opens every file of a store that nobody writes, reads all of it, and counts what there is of these hosts: as many
/// samples as this, each of them once, and as many in the minutes of the days before `midnight`.
pub fn check(home: &Home, sent: &BTreeMap<String, usize>, midnight: i64) {
    if Command::new("duckdb").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        let _ = writeln!(std::io::stderr(), "SKIPPED: the store's files in stock DuckDB: duckdb is not installed");
        return;
    }
    let hot: Vec<String> =
        (0..).zip(files(home, "hot")).map(|(index, path)| attach(&format!("hot{index}"), &path)).collect();
    let opening = hot.concat() + &attach("ledger", &home.database());
    let tables = ask(
        home,
        &format!(
            "{opening} SELECT database_name, schema_name, table_name FROM duckdb_tables() WHERE database_name <> 'memory'"
        ),
    );
    // All columns of all rows, so all of every file.
    let name = |row: &Vec<String>| format!("\"{}\".\"{}\".\"{}\"", row[0], row[1], row[2]);
    let whole: Vec<String> =
        tables.iter().map(|row| format!("SELECT count(*), bit_xor(hash(rows)) FROM {} AS rows", name(row))).collect();
    assert_eq!(ask(home, &format!("{opening} {}", whole.join(" UNION ALL "))).len(), tables.len());

    let is_hot = |row: &&Vec<String>| row[0].starts_with("hot") && ["host", "flat"].contains(&row[2].as_str());
    let hot: Vec<String> =
        tables.iter().filter(is_hot).map(|row| format!("UNION ALL SELECT host_id, ts FROM {}", name(row))).collect();
    let counted = ask(
        home,
        &format!(
            "{opening} WITH samples AS (SELECT host_id, ts FROM main.host UNION ALL SELECT host_id, ts FROM main.flat {})
             SELECT hostname, count(*), count(DISTINCT ts) FROM samples JOIN main.hosts USING (host_id) GROUP BY ALL",
            hot.join(" ")
        ),
    );
    for (host, sent) in sent {
        let row = counted.iter().find(|row| row[0] == *host).unwrap_or_else(|| panic!("{host} is in no file"));
        assert_eq!(row[1..], [sent.to_string(), sent.to_string()], "{host}: rows, and instants, in the files");
    }
    let rolled = ask(
        home,
        &format!(
            "WITH full_days AS (SELECT host_id, ts::DATE AS day, count(*) AS n FROM main.host
                 WHERE ts < make_timestamp({midnight}000000) GROUP BY ALL),
                 minutes AS (SELECT host_id, ts::DATE AS day, sum(n) AS n FROM minute.host GROUP BY ALL),
                 hours AS (SELECT host_id, ts::DATE AS day, sum(n) AS n FROM hour.host GROUP BY ALL)
             SELECT hostname, day, f.n, m.n, h.n FROM full_days f JOIN main.hosts USING (host_id)
                 LEFT JOIN minutes m USING (host_id, day) LEFT JOIN hours h USING (host_id, day)"
        ),
    );
    let rolled: Vec<_> = rolled.iter().filter(|row| sent.contains_key(&row[0])).collect();
    assert!(rolled.len() >= 2, "hosts with days that are over: {rolled:?}");
    for row in rolled {
        assert!(row[2] == row[3] && row[2] == row[4], "samples of a day, and those in its minutes and hours: {row:?}");
    }
}

fn attach(alias: &str, path: &std::path::Path) -> String {
    format!("ATTACH '{}' AS {alias} (READ_ONLY); ", path.display())
}

/// The rows of the last statement, below `attach.sql`.
fn ask(home: &Home, sql: &str) -> Vec<Vec<String>> {
    let mut duckdb = Command::new("duckdb");
    duckdb.arg("-init").arg(home.join("siskin.duckdb.d/attach.sql")).args(["-bail", "-csv", "-noheader", "-c", sql]);
    let output = duckdb.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("Error"), "duckdb: {said}\n{sql}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split(',').map(String::from).collect()).collect()
}
