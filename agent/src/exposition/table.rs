//! A table of the catalog as families: each metric in its place, whatever the catalog gains.

use siskin_platform::model::catalog::{Kind as Behaviour, Metric, Read, Table};

use super::labels::Labels;
use super::place::{Place, Scale};
use super::writer::{Head, Kind, Value, Writer};

/// How node_exporter sees a table.
pub struct View<'a, T> {
    /// Writes the labels of a row. False where node_exporter has no such row: then it appears under our own names
    /// only.
    pub labels: &'a dyn Fn(&T, &mut Labels) -> bool,
    /// Where a metric appears.
    pub place: fn(&str) -> Place,
}

/// The labels of all rows, one after the other.
struct Rows {
    text: Vec<u8>,
    /// Where the labels of each row end, and whether node_exporter has that row.
    ends: Vec<(usize, bool)>,
}

impl Rows {
    fn new<T>(rows: &[T], view: &View<T>) -> Self {
        let mut text = Vec::with_capacity(rows.len() * 48);
        let mut labels = Labels::default();
        let labelled = |row| {
            labels.clear();
            let is_nodes = (view.labels)(row, &mut labels);
            text.extend_from_slice(labels.text());
            (text.len(), is_nodes)
        };
        let ends = rows.iter().map(labelled).collect();
        Self { text, ends }
    }

    /// Labels of each row, and whether node_exporter has it.
    fn iter(&self) -> impl Iterator<Item = (&[u8], bool)> {
        let mut start = 0;
        self.ends.iter().map(move |&(end, is_nodes)| {
            let labels = &self.text[start..end];
            start = end;
            (labels, is_nodes)
        })
    }
}

/// Writes all there is of a table, but for what its noun tells by itself.
pub fn write<T>(writer: &mut Writer, table: &Table<T>, rows: &[T], view: &View<T>) {
    if rows.is_empty() {
        return;
    }
    let labels = Rows::new(rows, view);
    let mut name = String::new();
    for metric in table.metrics {
        let (family, scale, label, help, kind) = match (view.place)(metric.name) {
            Place::Told(_) => continue,
            Place::Node(family) => {
                let kind = if family.is_untyped { Kind::Untyped } else { kind(metric) };
                (Some(family.name), family.scale, family.label, family.help, kind)
            }
            Place::Own => {
                own_name(&mut name, table, metric.name);
                (None, Scale::Same, None, None, kind(metric))
            }
        };
        let noun = if help.is_some() { "" } else { noun(table, metric) };
        let head = Head { name: family.unwrap_or(&name), kind, noun, help: help.unwrap_or(metric.help) };
        for (row, (labels, is_nodes)) in rows.iter().zip(labels.iter()) {
            if (is_nodes || family.is_none())
                && let Some(value) = value(metric, row)
            {
                writer.line(head, labels, label, scale.of(value));
            }
        }
    }
    texts(writer, table, rows, view, &labels);
}

/// The texts of each row as labels of one line: that is how Prometheus holds words.
fn texts<T>(writer: &mut Writer, table: &Table<T>, rows: &[T], view: &View<T>, labels: &Rows) {
    let own =
        |metric: &&Metric<T>| matches!(metric.read, Read::Text(_)) && matches!((view.place)(metric.name), Place::Own);
    let name = ["siskin_", table.name, "_info"].concat();
    let head = Head { noun: table.name, ..Head::gauge(&name, "what describes it, in words") };
    let mut line = Labels::default();
    for (row, (labels, _)) in rows.iter().zip(labels.iter()) {
        line.set(labels);
        for metric in table.metrics.iter().filter(own) {
            if let Read::Text(read) = metric.read {
                line.add_known(metric.name.rsplit('.').next().unwrap_or(metric.name), read(row));
            }
        }
        if line.text().len() > labels.len() {
            writer.line(head, line.text(), None, true);
        }
    }
}

/// The name that a metric has with us: `siskin_uptime_seconds`, `siskin_disk_physical`.
pub fn own_name<T>(name: &mut String, table: &Table<T>, metric: &str) {
    name.clear();
    name.push_str("siskin_");
    if table.dimension.is_some() {
        name.push_str(table.name);
        name.push('_');
    }
    name.extend(metric.chars().map(|letter| if letter == '.' { '_' } else { letter }));
}

/// The labels of a row where nothing else is said: its dimension.
pub fn dimension<T>(table: &Table<T>, row: &T, labels: &mut Labels) {
    let Some(dimension) = &table.dimension else { return };
    match dimension.read {
        Read::Text(read) => labels.add_known(dimension.name, read(row)),
        Read::Integer(read) => {
            if let Some(number) = read(row) {
                labels.add_number(dimension.name, number);
            }
        }
        Read::Real(_) | Read::Flag(_) => {}
    }
}

fn kind<T>(metric: &Metric<T>) -> Kind {
    match metric.kind {
        Behaviour::Counter | Behaviour::Mode => Kind::Counter,
        Behaviour::Gauge | Behaviour::Label => Kind::Gauge,
    }
}

/// What a metric is about: in the table of hosts its name begins with it.
fn noun<T>(table: &Table<T>, metric: &Metric<T>) -> &'static str {
    match table.dimension {
        Some(_) => table.name,
        None => metric.name.split_once('.').map_or("host", |(noun, _)| noun),
    }
}

fn value<T>(metric: &Metric<T>, row: &T) -> Option<Value> {
    match metric.read {
        Read::Integer(read) => read(row).map(Value::Integer),
        Read::Real(read) => read(row).map(Value::Real),
        Read::Flag(read) => read(row).map(Value::from),
        Read::Text(_) => None,
    }
}
