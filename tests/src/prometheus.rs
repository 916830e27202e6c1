//! A strict reader of Prometheus' text format: what it does not understand fails the test.

use std::collections::BTreeMap;

/// One page of metrics.
#[derive(Debug, Default)]
pub struct Page {
    /// The type of each family.
    pub types: BTreeMap<String, String>,
    /// The value of each line, by its name and labels as written.
    pub values: BTreeMap<String, f64>,
}

impl Page {
    /// Reads a page.
    ///
    /// # Panics
    /// At the first line that the format does not allow.
    pub fn parse(text: &str) -> Self {
        let mut page = Self::default();
        assert!(text.ends_with('\n'), "the last line must end");
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap_or_else(|| panic!("no type: {line}"));
                assert!(["counter", "gauge", "histogram", "summary", "untyped"].contains(&kind), "{line}");
                assert!(page.types.insert(name.into(), kind.into()).is_none(), "typed twice: {line}");
            } else if let Some(rest) = line.strip_prefix("# HELP ") {
                assert!(rest.split_once(' ').is_some_and(|(_, help)| !help.is_empty()), "no help: {line}");
            } else {
                assert!(!line.starts_with('#'), "neither TYPE nor HELP: {line}");
                page.line(line);
            }
        }
        page
    }

    /// The sum over all lines of a name, whatever their labels. `None` where there is no such line.
    pub fn sum(&self, name: &str) -> Option<f64> {
        let of_name = |key: &str| key == name || key.strip_prefix(name).is_some_and(|rest| rest.starts_with('{'));
        let mut lines = self.values.iter().filter(|(key, _)| of_name(key)).map(|(_, value)| *value).peekable();
        lines.peek()?;
        Some(lines.sum())
    }

    fn line(&mut self, line: &str) {
        let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
        let name = series.split('{').next().unwrap_or_default();
        let first = name.chars().next().unwrap_or('0');
        assert!(
            !first.is_ascii_digit() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':'),
            "{line}"
        );
        if let Some(labels) = series.strip_prefix(name).filter(|labels| !labels.is_empty()) {
            assert!(labels.starts_with('{') && labels.ends_with('}'), "{line}");
            for pair in labels[1..labels.len() - 1].split_terminator(',') {
                let (_, value) = pair.split_once('=').unwrap_or_else(|| panic!("no label: {line}"));
                assert!(value.len() >= 2 && value.starts_with('"') && value.ends_with('"'), "{line}");
            }
        }
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        assert!(self.types.contains_key(name) || self.types.contains_key(family), "no TYPE before {line}");
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("not a number: {line}"));
        assert!(self.values.insert(series.into(), value).is_none(), "twice: {line}");
    }
}
