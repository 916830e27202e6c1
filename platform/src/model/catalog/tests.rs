//! What the store and the queries rely on.

use std::collections::BTreeSet;

use super::*;

#[derive(Default)]
struct Names {
    tables: BTreeSet<&'static str>,
    asked: BTreeSet<String>,
}

impl Visitor for Names {
    fn table<T: 'static>(&mut self, table: &'static Table<T>) {
        assert!(self.tables.insert(table.name), "two tables {}", table.name);
        let mut columns = BTreeSet::new();
        for metric in table.dimension.iter().chain(table.metrics) {
            let column = metric.column();
            let is_plain = column.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            assert!(is_plain && !column.is_empty(), "{}: {column}", table.name);
            assert!(columns.insert(column), "{}: two columns {}", table.name, metric.column());
            assert_eq!(metric.name.ends_with("_total"), matches!(metric.kind, Counter | Mode), "{}", metric.name);
            let is_named = match metric.unit {
                Unit::Count | Unit::None => true,
                unit => metric.name.contains(unit.name()),
            };
            assert!(is_named, "{} does not name its unit", metric.name);
            let prefix = if table.dimension.is_some() { format!("{}.", table.name) } else { String::new() };
            if !std::ptr::eq(metric, table.dimension.as_ref().unwrap_or(&table.metrics[0])) || prefix.is_empty() {
                let name = format!("{prefix}{}", metric.name);
                assert!(self.asked.insert(name.clone()), "two metrics {name}");
            }
        }
    }
}

#[test]
fn names_are_unique_and_say_kind_and_unit() {
    let mut names = Names::default();
    visit(&mut names);
    assert!(names.asked.contains("memory.total_bytes"));
    assert!(names.asked.contains("disk.busy_seconds_total"));
}
