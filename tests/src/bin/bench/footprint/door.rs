//! Where a program is asked for its readings, once: HTTP, or collectd's socket. Counts what came back.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
};

use serde_json::Value;
use siskin_tests::http::Client;

/// One place to ask.
pub enum Door {
    /// Siskin's `GET /system`.
    Siskin(Client),
    /// `GET /metrics` in Prometheus' text format.
    Exposition(Client),
    /// `GET /system` of a service that answers JSON.
    Json(Client),
    /// collectd's plugin `unixsock`.
    Collectd(BufReader<UnixStream>),
}

/// What one asking brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Values in it.
    pub metrics: u64,
    /// Samples taken so far, where the program says so.
    pub samples: Option<u64>,
    /// Heap allocations so far, where the program's own runtime counts them (Go).
    pub allocations: Option<u64>,
}

impl Door {
    /// collectd's socket.
    ///
    /// # Errors
    /// When nobody listens there.
    pub fn collectd(path: &Path) -> io::Result<Self> {
        Ok(Self::Collectd(BufReader::new(UnixStream::connect(path)?)))
    }

    /// Asks for everything there is.
    ///
    /// # Errors
    /// When no answer comes, or another one than 200.
    pub fn ask(&mut self) -> io::Result<Answer> {
        match self {
            Self::Siskin(client) => {
                let document: Value = serde_json::from_slice(&get(client, "/system")?)?;
                let samples = document["seq"].as_u64();
                Ok(Answer { metrics: numbers(&document["sample"]), samples, allocations: None })
            }
            Self::Json(client) => {
                let document: Value = serde_json::from_slice(&get(client, "/system")?)?;
                Ok(Answer { metrics: numbers(&document), ..Answer::default() })
            }
            Self::Exposition(client) => {
                let page = get(client, "/metrics")?;
                Ok(exposition(&String::from_utf8_lossy(&page)))
            }
            Self::Collectd(socket) => collectd(socket),
        }
    }
}

fn get(client: &mut Client, path: &str) -> io::Result<Vec<u8>> {
    let response = client.send("GET", path, &[], b"")?;
    if response.status == 200 {
        Ok(response.body)
    } else {
        Err(io::Error::other(format!("status {}", response.status)))
    }
}

fn numbers(value: &Value) -> u64 {
    match value {
        Value::Number(_) => 1,
        Value::Array(items) => items.iter().map(numbers).sum(),
        Value::Object(fields) => fields.values().map(numbers).sum(),
        Value::Null | Value::Bool(_) | Value::String(_) => 0,
    }
}

fn exposition(page: &str) -> Answer {
    let lines = page.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mallocs = page.lines().find_map(|line| line.strip_prefix("go_memstats_mallocs_total "));
    let allocations = mallocs.and_then(|value| value.parse::<f64>().ok()).map(|value| value as u64);
    Answer { metrics: lines.count() as u64, samples: None, allocations }
}

/// The list of what there is, then every value of it, asked for in one piece.
fn collectd(socket: &mut BufReader<UnixStream>) -> io::Result<Answer> {
    socket.get_mut().write_all(b"LISTVAL\n")?;
    let list = reply(socket)?;
    let names = list.iter().filter_map(|line| line.split_once(' ')).map(|(_, name)| name);
    let questions: String = names.map(|name| format!("GETVAL \"{name}\"\n")).collect();
    socket.get_mut().write_all(questions.as_bytes())?;
    let mut metrics = 0;
    for _ in &list {
        metrics += reply(socket)?.len() as u64;
    }
    Ok(Answer { metrics, ..Answer::default() })
}

/// The lines after the first, which says how many there are.
fn reply(socket: &mut BufReader<UnixStream>) -> io::Result<Vec<String>> {
    let mut lines = socket.by_ref().lines();
    let mut next = || lines.next().unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()));
    let first = next()?;
    let count: i64 = first.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or(-1);
    (0..count).map(|_| next()).collect()
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufReader, Write},
        os::unix::net::UnixStream,
    };

    use serde_json::json;

    use super::{Answer, Door, exposition, numbers};

    #[test]
    fn counts_numbers_and_nothing_else() {
        assert_eq!(numbers(&json!({"a": [1, 2.5, null], "b": {"c": "3", "d": true, "e": 0}})), 3);
    }

    #[test]
    fn counts_lines_that_hold_a_value() {
        let page = "# HELP a b\n# TYPE a gauge\na{b=\"c\"} 1\n\ngo_memstats_mallocs_total 1.5e+03\n";
        assert_eq!(exposition(page), Answer { metrics: 2, samples: None, allocations: Some(1500) });
    }
    #[test]
    fn counts_what_collectd_has_a_value_for() {
        // In the words of collectd 5.12: a list of three, of which one has two values and one has none yet.
        let (ours, mut theirs) = UnixStream::pair().expect("two ends");
        theirs.write_all(b"3 Values found\n1.5 h/if-lo/octets\n1.5 h/load/load\n1.5 h/cpu-0/cpu-idle\n").expect("sent");
        theirs.write_all(b"2 Values found\nrx=1\ntx=2\n1 Value found\nvalue=3\n-1 No such value\n").expect("sent");
        let answer = Door::Collectd(BufReader::new(ours)).ask().expect("an answer");
        assert_eq!(answer, Answer { metrics: 3, ..Answer::default() });
    }
}
