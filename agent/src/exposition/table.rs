//! A table of the catalog as families: each metric in its place, whatever the catalog gains.

use siskin_platform::model::catalog::{Kind as Behaviour, Metric, Read, Table};

use super::labels::Labels;
use super::place::{Place, Scale};
use super::writer::{Head, Kind, Value, Writer};

/// How many of a row's kind there are. On the page the word would name the counts of a histogram.
const COUNT: &str = "count";
const INSTANCES: &str = "instances";

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

/// A table without the type of its rows: what is written of one is compiled once for all of them.
struct Plain<'a> {
    name: &'static str,
    has_dimension: bool,
    metrics: usize,
    metric: &'a dyn Fn(usize) -> Described,
    number: &'a dyn Fn(usize, usize) -> Option<Value>,
    text: &'a dyn Fn(usize, usize) -> Option<&'a str>,
    labels: Rows,
}

/// A metric of such a table.
struct Described {
    name: &'static str,
    help: &'static str,
    kind: Kind,
    is_text: bool,
}

/// Writes all there is of a table, but for what its noun tells by itself.
pub fn write<T>(writer: &mut Writer, table: &Table<T>, rows: &[T], view: &View<T>) {
    if rows.is_empty() {
        return;
    }
    let plain = Plain {
        name: table.name,
        has_dimension: table.dimension.is_some(),
        metrics: table.metrics.len(),
        metric: &|index| described(&table.metrics[index]),
        number: &|index, row| number(&table.metrics[index], &rows[row]),
        text: &|index, row| match table.metrics[index].read {
            Read::Text(read) => read(&rows[row]),
            _ => None,
        },
        labels: Rows::new(rows, view),
    };
    numbers(writer, &plain, view.place);
    texts(writer, &plain, view.place);
}

fn numbers(writer: &mut Writer, table: &Plain, place: fn(&str) -> Place) {
    let mut name = String::new();
    for index in 0..table.metrics {
        let metric = (table.metric)(index);
        let (family, scale, label, help, kind) = match place(metric.name) {
            Place::Told(_) => continue,
            Place::Node(family) => {
                let kind = if family.is_untyped { Kind::Untyped } else { metric.kind };
                (Some(family.name), family.scale, family.label, family.help, kind)
            }
            Place::Own => {
                own_name(&mut name, table.name, table.has_dimension, metric.name);
                (None, Scale::Same, None, None, metric.kind)
            }
        };
        let noun = if help.is_some() { "" } else { noun(table, metric.name) };
        let head = Head { name: family.unwrap_or(&name), kind, noun, help: help.unwrap_or(metric.help) };
        for (row, (labels, is_nodes)) in table.labels.iter().enumerate() {
            if (is_nodes || family.is_none())
                && let Some(value) = (table.number)(index, row)
            {
                writer.line(head, labels, label, scale.of(value));
            }
        }
    }
}

/// The texts of each row as labels of one line: that is how Prometheus holds words.
fn texts(writer: &mut Writer, table: &Plain, place: fn(&str) -> Place) {
    let name = ["siskin_", table.name, "_info"].concat();
    let head = Head { noun: table.name, ..Head::gauge(&name, "what describes it, in words") };
    let mut line = Labels::default();
    for (row, (labels, _)) in table.labels.iter().enumerate() {
        line.set(labels);
        for index in 0..table.metrics {
            let metric = (table.metric)(index);
            if metric.is_text && matches!(place(metric.name), Place::Own) {
                line.add_known(metric.name.rsplit('.').next().unwrap_or(metric.name), (table.text)(index, row));
            }
        }
        if line.text().len() > labels.len() {
            writer.line(head, line.text(), None, true);
        }
    }
}

/// The name that a metric has with us: `siskin_uptime_seconds`, `siskin_disk_physical`, `siskin_process_instances`.
pub fn own_name(name: &mut String, table: &str, has_dimension: bool, metric: &str) {
    name.clear();
    name.push_str("siskin_");
    if has_dimension {
        name.push_str(table);
        name.push('_');
    }
    let metric = if metric == COUNT { INSTANCES } else { metric };
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

fn described<T>(metric: &Metric<T>) -> Described {
    let kind = match metric.kind {
        Behaviour::Counter | Behaviour::Mode => Kind::Counter,
        Behaviour::Gauge | Behaviour::Label => Kind::Gauge,
    };
    Described { name: metric.name, help: metric.help, kind, is_text: matches!(metric.read, Read::Text(_)) }
}

/// What a metric is about: in the table of hosts its name begins with it.
fn noun(table: &Plain, metric: &'static str) -> &'static str {
    if table.has_dimension { table.name } else { metric.split_once('.').map_or("host", |(noun, _)| noun) }
}

fn number<T>(metric: &Metric<T>, row: &T) -> Option<Value> {
    match metric.read {
        Read::Integer(read) => read(row).map(Value::Integer),
        Read::Real(read) => read(row).map(Value::Real),
        Read::Flag(read) => read(row).map(Value::from),
        Read::Text(_) => None,
    }
}
