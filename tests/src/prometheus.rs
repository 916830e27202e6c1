//! A strict reader of Prometheus' text format and of OpenMetrics: what it does not understand fails the test.

use std::collections::{BTreeMap, BTreeSet};

/// One page of metrics.
#[derive(Debug, Default)]
pub struct Page {
    /// The type of each family, by the name on its lines.
    pub types: BTreeMap<String, String>,
    /// The value of each line, by its name and labels as written.
    pub values: BTreeMap<String, f64>,
    /// Each line.
    pub lines: Vec<Line>,
    open_metrics: bool,
    helped: BTreeSet<String>,
    /// Families that other lines have followed.
    closed: BTreeSet<String>,
    family: String,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// Its labels, without escapes.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

impl Page {
    /// Reads a page of Prometheus' own format.
    ///
    /// # Panics
    /// At the first line that the format does not allow.
    pub fn parse(text: &str) -> Self {
        Self::default().read(text)
    }

    /// Reads a page of OpenMetrics.
    ///
    /// # Panics
    /// At the first line that the format does not allow, and where the page does not say that it ends.
    pub fn parse_open_metrics(text: &str) -> Self {
        let text = text.strip_suffix("# EOF\n").expect("a page of OpenMetrics ends with # EOF");
        assert!(!text.contains("\n\n") && !text.starts_with('\n'), "OpenMetrics knows no empty lines");
        Self { open_metrics: true, ..Self::default() }.read(text)
    }

    /// The sum over all lines of a name, whatever their labels. `None` where there is no such line.
    pub fn sum(&self, name: &str) -> Option<f64> {
        let mut lines = self.lines.iter().filter(|line| line.name == name).map(|line| line.value).peekable();
        lines.peek()?;
        Some(lines.sum())
    }

    /// The names of the labels that the lines of a name have.
    pub fn label_names(&self, name: &str) -> BTreeSet<&str> {
        let lines = self.lines.iter().filter(|line| line.name == name);
        lines.flat_map(|line| line.labels.keys().map(String::as_str)).collect()
    }

    /// Whether a family says what it is.
    pub fn is_helped(&self, name: &str) -> bool {
        let short = if self.open_metrics { name.strip_suffix("_total").unwrap_or(name) } else { name };
        self.helped.contains(name) || self.helped.contains(short)
    }

    fn read(mut self, text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line must end");
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap_or_else(|| panic!("no type: {line}"));
                self.head(name, kind, line);
            } else if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap_or_else(|| panic!("no help: {line}"));
                assert!(!help.is_empty(), "no help: {line}");
                assert!(self.helped.insert(name.into()), "helped twice: {line}");
            } else {
                assert!(!line.starts_with('#'), "neither TYPE nor HELP: {line}");
                self.line(line);
            }
        }
        self
    }

    fn head(&mut self, name: &str, kind: &str, line: &str) {
        let unknown = if self.open_metrics { "unknown" } else { "untyped" };
        assert!(["counter", "gauge", "histogram", "summary", unknown].contains(&kind), "{line}");
        assert_eq!(name, name_of(name), "{line}");
        let name = if self.open_metrics && kind == "counter" {
            assert!(!name.ends_with("_total"), "a counter of OpenMetrics is named without _total: {line}");
            assert!(!self.types.contains_key(name), "also the name of another family: {line}");
            format!("{name}_total")
        } else {
            name.to_owned()
        };
        assert!(self.types.insert(name, kind.into()).is_none(), "typed twice: {line}");
    }

    fn line(&mut self, line: &str) {
        let name = name_of(line);
        let (labels, rest) = match line[name.len()..].strip_prefix('{') {
            Some(rest) => labels(rest, line),
            None => (BTreeMap::new(), &line[name.len()..]),
        };
        let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("no value: {line}"));
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("not a number: {line}"));
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        let family = [Some(name), base].into_iter().flatten().find(|family| self.types.contains_key(*family));
        let family = family.unwrap_or_else(|| panic!("no TYPE before {line}")).to_owned();
        if self.family != family {
            assert!(!self.closed.contains(&family), "away from the other lines of its family: {line}");
            let before = std::mem::replace(&mut self.family, family);
            self.closed.insert(before);
        }
        let series = &line[..line.len() - rest.len()];
        assert!(self.values.insert(series.into(), value).is_none(), "twice: {line}");
        let line = Line { name: name.into(), labels, value };
        let twin = |other: &&Line| other.name == line.name && other.labels == line.labels;
        assert!(self.lines.iter().find(twin).is_none(), "twice, with its labels in another order: {series}");
        self.lines.push(line);
    }
}

/// The name that a line begins with.
fn name_of(line: &str) -> &str {
    let end = line.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':').unwrap_or(line.len());
    assert!(end > 0 && !line.starts_with(|c: char| c.is_ascii_digit()), "no name: {line}");
    &line[..end]
}

/// Labels from behind the brace, and what follows the closing one.
fn labels<'a>(mut rest: &'a str, line: &str) -> (BTreeMap<String, String>, &'a str) {
    let mut labels = BTreeMap::new();
    while !rest.starts_with('}') {
        let name = name_of(rest);
        assert!(!name.contains(':'), "a label without a colon: {line}");
        rest = rest[name.len()..].strip_prefix("=\"").unwrap_or_else(|| panic!("no label: {line}"));
        let mut value = String::new();
        let mut letters = rest.char_indices();
        loop {
            match letters.next().unwrap_or_else(|| panic!("a label without an end: {line}")) {
                (at, '"') => break rest = &rest[at + 1..],
                (_, '\\') => value.push(match letters.next() {
                    Some((_, 'n')) => '\n',
                    Some((_, letter @ ('\\' | '"'))) => letter,
                    _ => panic!("no such escape: {line}"),
                }),
                (_, letter) => value.push(letter),
            }
        }
        assert!(labels.insert(name.to_owned(), value).is_none(), "a label twice: {line}");
        rest = match rest.strip_prefix(',') {
            Some(rest) => rest,
            None if rest.starts_with('}') => rest,
            None => panic!("neither a comma nor the end of labels: {line}"),
        };
    }
    (labels, &rest[1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# HELP a_total b\n# TYPE a_total counter\na_total{x=\"1,\\\"\\\\}\\n\",y=\"\"} 2\na_total 3.5e2\n\
                        # HELP b c\n# TYPE b gauge\nb +Inf\n";

    #[test]
    fn a_page_is_read() {
        let page = Page::parse(PAGE);
        assert_eq!(page.sum("a_total"), Some(352.0));
        assert_eq!(page.sum("a"), None);
        assert_eq!(page.lines[0].labels["x"], "1,\"\\}\n");
        assert_eq!(page.label_names("a_total").into_iter().collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(page.types["b"], "gauge");
        let open = PAGE.replace(" a_total b", " a b").replace(" a_total counter", " a counter") + "# EOF\n";
        assert_eq!(Page::parse_open_metrics(&open).lines, page.lines);
    }

    #[test]
    fn what_is_wrong_is_seen() {
        for (right, wrong) in [
            ("b +Inf\n", "b +Inf"),
            ("b +Inf\n", "b +Inf\na_total{z=\"\"} 1\n"),
            ("b +Inf\n", "b +Inf\nb 1\n"),
            ("b +Inf\n", "b +Inf\nc 1\n"),
            ("b +Inf\n", "b x\n"),
            ("b +Inf\n", "b{} +Inf 1\n"),
            ("gauge", "info"),
            ("# TYPE b gauge", "# TYPE b gauge\n# TYPE b gauge"),
            ("# HELP b c", "# HELP b "),
            ("\\\\", "\\x"),
            ("y=\"\"", "x=\"\""),
            ("y=\"\"", "y=\"\" "),
            ("y=\"\"", "y=\""),
            ("a_total 3.5e2", "a_total{y=\"\",x=\"1,\\\"\\\\}\\n\"} 3.5e2"),
        ] {
            let page = PAGE.replacen(right, wrong, 1);
            assert_ne!(page, PAGE);
            assert!(std::panic::catch_unwind(|| Page::parse(&page)).is_err(), "{page}");
        }
        assert!(std::panic::catch_unwind(|| Page::parse_open_metrics(PAGE)).is_err());
    }
}
