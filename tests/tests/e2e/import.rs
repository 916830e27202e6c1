//! The predecessor's SQLite file, brought over with `siskin-server import`: nothing doubled and nothing missed, however
//! often it is run and however it ends; a file that cannot be taken is named, with the reason.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use rusqlite::{Connection, params};
use serde_json::{Value, json};
use siskin_platform::fleet::Machine;
use siskin_tests::{
    process::{Home, Program, Server, unix_seconds},
    wait::{PATIENCE, until},
};

use crate::support::{body, host, hosts, rows, timestamps};

const TABLES: &str = "
CREATE TABLE metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp INTEGER NOT NULL, hostname TEXT, cpu REAL, ram REAL,
    disk REAL, disk_read REAL, disk_write REAL);
CREATE TABLE host_details (hostname TEXT PRIMARY KEY, details TEXT, updated_at INTEGER);";
const INSERT: &str = "INSERT INTO metrics (timestamp, hostname, cpu, ram, disk, disk_read, disk_write)
    VALUES (?, ?, ?, 40.5, 70.25, 1.5, NULL)";
/// Bytes that a few transactions take in the store, and not all of them.
const BEGUN: u64 = 512 * 1024;

fn old_file(home: &Home) -> (PathBuf, Connection) {
    let path = home.join("metrics.db");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch(TABLES).unwrap();
    (path, connection)
}

/// Adds rows of a host in one transaction: second and `cpu`.
fn add(connection: &Connection, hostname: &str, rows: impl IntoIterator<Item = (i64, f64)>) {
    connection.execute_batch("BEGIN").unwrap();
    let mut insert = connection.prepare(INSERT).unwrap();
    for (second, cpu) in rows {
        insert.execute(params![second, hostname, cpu]).unwrap();
    }
    connection.execute_batch("COMMIT").unwrap();
}

fn command(home: &Home, file: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(Server::binary());
    command.arg("import").arg(file).arg("--data").arg(home.database()).args(arguments);
    command
}

/// Runs it to its end, which must be a good one; answers what it said.
fn import(home: &Home, file: &Path) -> String {
    let mut program = Program::start(command(home, file, &[]));
    let status = program.wait();
    assert!(status.success(), "{}", program.said());
    program.said()
}

/// The same for one that must not succeed.
fn refused(home: &Home, file: &Path) -> String {
    let mut program = Program::start(command(home, file, &[]));
    assert!(!program.wait().success(), "{}", program.said());
    let said = program.said();
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// The number behind a word of the summary.
fn told(said: &str, what: &str) -> u64 {
    let line = said.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(": "));
    let number = line.and_then(|line| line.split([' ', ',']).next()?.parse().ok());
    number.unwrap_or_else(|| panic!("no `{what}` in: {said}"))
}

fn listing(home: &Home) -> Vec<String> {
    let entries = std::fs::read_dir(home.join("")).unwrap().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_server_answers_as_the_predecessor_did() {
    let home = Home::new();
    let (file, old) = old_file(&home);
    let now = unix_seconds();
    let ages = [8 * 86_400, 3 * 86_400, 7_200, 60];
    add(&old, "pi", ages.map(|age| (now - age, 12.5)));
    add(&old, "nas", [(now - 30, 99.0)]);
    let document = json!({"cpu": {"percent": 12.5}, "system": {"hostname": "pi"}});
    old.execute("INSERT INTO host_details VALUES ('pi', ?, ?)", params![document.to_string(), now - 60]).unwrap();
    let said = import(&home, &file);
    assert_eq!((told(&said, "hosts"), told(&said, "rows imported"), told(&said, "details imported")), (2, 5, 1));

    let server = Server::start(&home);
    let mut client = server.client();
    let known = hosts(&mut client);
    let names: Vec<_> = known.iter().map(|host| host["hostname"].as_str().unwrap()).collect();
    assert_eq!(names, ["nas", "pi"]);
    let pi = host(&mut client, "pi");
    assert_eq!((&pi["metric_count"], &pi["last_seen"]), (&json!(4), &json!(now - 60)));
    assert_eq!(pi["details_updated_at"], now - 60);
    let expected = json!({"timestamp": now - 60, "hostname": "pi", "cpu": 12.5, "ram": 40.5, "disk": 70.25,
                          "disk_read": 1.5, "disk_write": null});
    assert_eq!(rows(&mut client, "?hostname=pi&timeframe=1h"), [expected]);
    let week = timestamps(&rows(&mut client, "?hostname=pi&timeframe=7d"));
    assert_eq!(week, ages[1..].iter().map(|age| now - age).collect::<Vec<_>>());
    let details = client.get("/details?hostname=pi").json();
    assert_eq!(details, json!({"hostname": "pi", "details": document, "updated_at": now - 60}));
}

#[test]
fn what_was_imported_is_not_imported_again_and_what_is_new_is() {
    let home = Home::new();
    let (file, old) = old_file(&home);
    let now = unix_seconds();
    // More than one transaction, and rows that are alike.
    add(&old, "pi", (0..12_000).map(|at| (now - 3_000 + at / 6, 12.5)));
    add(&old, "nas", [(now - 60, 1.0)]);
    assert_eq!(told(&import(&home, &file), "rows imported"), 12_001);
    let said = import(&home, &file);
    assert_eq!((told(&said, "rows imported"), told(&said, "rows that were imported before")), (0, 12_001));

    add(&old, "pi", [(now - 40, 2.0)]);
    add(&old, "new", [(now - 30, 3.0)]);
    // Its rows and their numbers are gone, and then it pushes again.
    old.execute("DELETE FROM metrics WHERE hostname = 'nas'", []).unwrap();
    add(&old, "nas", [(now - 20, 4.0)]);
    let said = import(&home, &file);
    assert_eq!((told(&said, "rows imported"), told(&said, "rows that were imported before")), (3, 12_000));

    // A copy is the same file.
    let copy = home.join("copy.db");
    std::fs::copy(&file, &copy).unwrap();
    assert_eq!(told(&import(&home, &copy), "rows imported"), 0);

    let server = Server::start(&home);
    let mut client = server.client();
    let counts = ["nas", "new", "pi"].map(|name| host(&mut client, name)["metric_count"].as_u64().unwrap());
    assert_eq!(counts, [2, 1, 12_001]);
    assert_eq!(client.send("DELETE", "/hosts/nas", &[], b"").unwrap().status, 200);
    drop(server);
    // What was removed on purpose does not come back.
    assert_eq!(told(&import(&home, &file), "rows imported"), 0);
    let server = Server::start(&home);
    assert_eq!(hosts(&mut server.client()).len(), 2);
}

#[test]
fn kills_lose_nothing_and_double_nothing() {
    const HOSTS: i64 = 4;
    const SECONDS: i64 = 75_000;
    let home = Home::new();
    let (file, old) = old_file(&home);
    let begin = unix_seconds() - SECONDS;
    old.execute_batch("BEGIN").unwrap();
    let mut insert = old.prepare(INSERT).unwrap();
    for at in 0..HOSTS * SECONDS {
        insert.execute(params![begin + at / HOSTS, format!("host-{}", at % HOSTS), 12.5]).unwrap();
    }
    drop(insert);
    old.execute_batch("COMMIT").unwrap();

    let mut before = 0;
    for signal in ["KILL", "TERM", "KILL"] {
        let bytes = home.bytes();
        let mut program = Program::start(command(&home, &file, &[]));
        until("some transactions", PATIENCE, || (home.bytes() > bytes + BEGUN).then_some(()));
        program.signal(signal);
        let status = program.wait();
        assert!(!status.success(), "it must be ended before its end: {}", program.said());
        if signal == "TERM" {
            assert!(program.said().contains("interrupted"), "{}", program.said());
            let stored = told(&program.said(), "rows that were imported before");
            assert!(0 < stored && stored < (HOSTS * SECONDS) as u64, "{stored} of the first round");
            before = stored + told(&program.said(), "rows imported");
        }
    }
    let said = import(&home, &file);
    let already = told(&said, "rows that were imported before");
    assert!(already >= before && already < (HOSTS * SECONDS) as u64, "{already}, after {before}");
    assert_eq!(already + told(&said, "rows imported"), (HOSTS * SECONDS) as u64);

    let server = Server::start(&home);
    let mut client = server.client();
    for number in 0..HOSTS {
        let rows = rows(&mut client, &format!("?hostname=host-{number}&timeframe=7d"));
        assert!(timestamps(&rows).into_iter().eq(begin..begin + SECONDS), "host-{number}: each second once");
    }
}

#[test]
fn broken_rows_are_told_and_the_others_imported() {
    let home = Home::new();
    let (file, old) = old_file(&home);
    let now = unix_seconds();
    add(&old, "pi", [(now - 60, 400.0), (now - 50, 12.5), (now - 40, -1.0), (now + 200_000, 1.0)]);
    add(&old, "", [(now, 1.0)]);
    add(&old, "a\nb", [(now, 1.0)]);
    old.execute("INSERT INTO metrics (timestamp, hostname, ram) VALUES (?, NULL, 1)", [now]).unwrap();
    old.execute("INSERT INTO metrics (timestamp, hostname, cpu, ram) VALUES (?, 'pi', 1, 2)", [now]).unwrap();
    old.execute("INSERT INTO host_details VALUES ('pi', 'no JSON', ?)", [now]).unwrap();
    for _ in 0..2 {
        let said = import(&home, &file);
        assert_eq!((told(&said, "rows refused"), told(&said, "details refused")), (7, 1), "{said}");
        for words in ["cpu: 2", "row 1: cpu is 400", "hostname: 3", "timestamp: 1", "disk: 1", "disk must be a number"]
        {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
    let server = Server::start(&home);
    assert_eq!(timestamps(&rows(&mut server.client(), "")), [now - 50]);
}

#[test]
fn an_old_file_without_the_later_columns_and_tables_is_taken() {
    let home = Home::new();
    let file = home.join("old.db");
    let old = Connection::open(&file).unwrap();
    old.execute_batch("CREATE TABLE metrics (hostname TEXT, timestamp TEXT, disk REAL, ram REAL, cpu REAL)").unwrap();
    let now = unix_seconds();
    let insert = "INSERT INTO metrics VALUES ('pi', datetime(?, 'unixepoch'), 3, 2, 1)";
    old.execute(insert, [now - 60]).unwrap();
    import(&home, &file);
    // They come later, and the rows are the same.
    old.execute_batch("ALTER TABLE metrics ADD COLUMN disk_read REAL; ALTER TABLE metrics ADD COLUMN disk_write REAL")
        .unwrap();
    assert_eq!(told(&import(&home, &file), "rows imported"), 0);
    let server = Server::start(&home);
    let row = rows(&mut server.client(), "").remove(0);
    let expected = json!({"timestamp": now - 60, "hostname": "pi", "cpu": 1.0, "ram": 2.0, "disk": 3.0,
                          "disk_read": null, "disk_write": null});
    assert_eq!(row, expected);
}

#[test]
fn the_file_is_left_as_it_is_while_the_predecessor_uses_it_and_after() {
    for mode in ["DELETE", "WAL"] {
        let (home, store) = (Home::new(), Home::new());
        let (file, old) = old_file(&home);
        old.pragma_update(None, "journal_mode", mode).unwrap();
        let now = unix_seconds();
        add(&old, "pi", [(now - 60, 1.0)]);
        // The predecessor has it open, and writes on.
        assert_eq!(told(&import(&store, &file), "rows imported"), 1, "{mode}");
        add(&old, "pi", [(now - 50, 1.0)]);
        assert_eq!(told(&import(&store, &file), "rows imported"), 1, "{mode}");
        drop(old);
        let bytes = std::fs::read(&file).unwrap();
        assert_eq!(told(&import(&store, &file), "rows that were imported before"), 2, "{mode}");
        assert_eq!(std::fs::read(&file).unwrap(), bytes, "{mode}: not a byte is changed");
        assert_eq!(listing(&home), ["metrics.db"], "{mode}: nothing is left beside it");
    }
}

#[test]
fn a_dry_run_checks_and_stores_nothing() {
    let home = Home::new();
    let (file, old) = old_file(&home);
    add(&old, "pi", [(unix_seconds(), 1.0), (unix_seconds(), 400.0)]);
    let mut program = Program::start(command(&home, &file, &["--dry-run"]));
    assert!(program.wait().success());
    let said = program.said();
    assert_eq!((told(&said, "rows that would be imported"), told(&said, "rows refused")), (1, 1));
    assert_eq!(listing(&home), ["metrics.db"]);
}

#[test]
fn newer_details_stay_and_an_agents_host_keeps_its_own() {
    let home = Home::new();
    let (file, old) = old_file(&home);
    let now = unix_seconds();
    let details = |text: &str, at: i64| {
        old.execute("INSERT OR REPLACE INTO host_details VALUES ('pi', ?, ?)", params![text, at]).unwrap();
    };
    details(r#"{"of": "import"}"#, now - 600);
    let kept = |client: &mut siskin_tests::http::Client, query: &str| -> Value {
        client.get(&format!("/details?{query}")).json()["details"]["of"].clone()
    };
    let server = Server::start(&home);
    let push = json!({"hostname": "pi", "timestamp": now, "cpu": 1, "ram": 2, "disk": 3, "details": {"of": "push"}});
    assert_eq!(server.client().post_json("/metrics", &push).status, 200);
    drop(server);
    assert_eq!(told(&import(&home, &file), "details imported"), 0);
    let server = Server::start(&home);
    assert_eq!(kept(&mut server.client(), "hostname=pi"), "push");
    drop(server);

    details(r#"{"of": "import"}"#, now + 600);
    assert_eq!(told(&import(&home, &file), "details imported"), 1);
    let server = Server::start(&home);
    let mut client = server.client();
    assert_eq!(kept(&mut client, "hostname=pi"), "import");

    // An agent of that name is another host: rows go where pushes go.
    let mut machine = Machine::new(1, 1);
    machine.host.hostname = "pi".into();
    let batch = machine.batch([(now - 1) * 1000]);
    assert_eq!(client.post("/metrics", &body(&batch)).status, 200);
    drop(server);
    add(&old, "pi", [(now - 5, 2.0)]);
    let said = import(&home, &file);
    assert!(said.contains("an agent's host bears the same name") && said.contains("pi"), "{said}");
    let server = Server::start(&home);
    let counts: Vec<u64> =
        hosts(&mut server.client()).iter().map(|host| host["metric_count"].as_u64().unwrap()).collect();
    assert_eq!(counts.len(), 2);
    assert!(counts.contains(&1) && counts.contains(&2), "{counts:?}");
}

#[test]
fn a_file_that_cannot_be_taken_is_named_with_the_reason() {
    let home = Home::new();
    let file = home.join("list.txt");
    let says = |words: &[&str]| {
        let said = refused(&home, &file);
        for word in words.iter().copied().chain([file.to_str().unwrap()]) {
            assert!(said.contains(word), "{word}: {said}");
        }
    };
    says(&["No such file"]);
    std::fs::write(&file, "my shopping list, which is longer than a page of a book").unwrap();
    says(&["no SQLite database"]);
    std::fs::remove_file(&file).unwrap();
    let old = Connection::open(&file).unwrap();
    old.execute_batch("CREATE TABLE birds (name)").unwrap();
    says(&["no table metrics", "birds"]);
    old.execute_batch("CREATE TABLE metrics (timestamp, cpu, ram)").unwrap();
    says(&["metrics", "hostname, disk", "timestamp, cpu, ram"]);
    assert_eq!(listing(&home), ["list.txt"], "no database is made for nothing");
}

#[test]
fn a_database_in_use_is_said_with_what_to_do() {
    let home = Home::new();
    let (file, old) = old_file(&home);
    add(&old, "pi", [(unix_seconds(), 1.0)]);
    let server = Server::start(&home);
    let said = refused(&home, &file);
    assert!(said.contains("in use") && said.contains("server: stop it"), "{said}");
    assert!(said.contains(home.database().to_str().unwrap()), "{said}");
    assert_eq!(hosts(&mut server.client()), Vec::<Value>::new(), "the server goes on");

    // And where the predecessor's file is named as the database.
    let mut program = Program::start({
        let mut command = Command::new(Server::binary());
        command.arg("import").arg(&file).arg("--data").arg(&file);
        command
    });
    assert!(!program.wait().success());
    assert!(program.said().contains("another path with --data"), "{}", program.said());
}
