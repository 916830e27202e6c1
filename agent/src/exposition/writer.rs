//! The two text formats: Prometheus' 0.0.4 and OpenMetrics 1.0. Knows how a line is written, not what is measured.

use std::io::Write;

/// Of the largest `u64`.
const MAX_DIGITS: usize = 20;
/// Whole numbers below this are exact as `f64`: 2 to the 53rd.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Prometheus' own, version 0.0.4.
    Prometheus,
    /// OpenMetrics 1.0: a counter's family goes by its name without `_total`, and the page says where it ends.
    OpenMetrics,
}

impl Format {
    /// The page's `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// How a family behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows. Its name ends in `_total`.
    Counter,
    /// Moves both ways.
    Gauge,
    /// node_exporter does not say.
    Untyped,
}

/// What stands above the lines of a family.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    /// The name on the lines.
    pub name: &'a str,
    /// How it behaves.
    pub kind: Kind,
    /// What it is about, before a colon; may be empty.
    pub noun: &'a str,
    /// What it is. Without a backslash, a quote or the end of a line: these would have to be escaped.
    pub help: &'a str,
}

impl<'a> Head<'a> {
    /// Of a gauge.
    pub fn gauge(name: &'a str, help: &'a str) -> Self {
        Self { name, kind: Kind::Gauge, noun: "", help }
    }
}

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A whole one, written with all its digits.
    Integer(u64),
    /// A real one.
    Real(f64),
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Integer(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Integer(flag.into())
    }
}

/// Writes a page. The lines of one family must follow each other.
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
    format: Format,
    /// The name on the lines of the family at hand.
    name: String,
}

impl<'a> Writer<'a> {
    /// Begins a page at the end of `out`.
    pub fn new(out: &'a mut Vec<u8>, format: Format) -> Self {
        Self { out, format, name: String::new() }
    }

    /// One line, below its family's head, which is written with the first of them. `labels` are as
    /// [`Labels`](super::labels::Labels) holds them; `last` is one more, whose value needs no escapes.
    pub fn line(&mut self, head: Head, labels: &[u8], last: Option<(&str, &str)>, value: impl Into<Value>) {
        if self.name != head.name {
            self.head(head);
        }
        self.out.extend_from_slice(head.name.as_bytes());
        if !labels.is_empty() || last.is_some() {
            self.out.push(b'{');
            self.out.extend_from_slice(labels);
            if let Some((name, value)) = last {
                let comma = if labels.is_empty() { "" } else { "," };
                self.text(&[comma, name, "=\"", value, "\""]);
            }
            self.out.push(b'}');
        }
        self.out.push(b' ');
        self.number(value.into());
        self.out.push(b'\n');
    }

    /// Which format it is.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether the page has a family of this name.
    pub fn has(&self, family: &str) -> bool {
        let head = ["# TYPE ", self.short(family, "counter"), " "].concat();
        self.out.windows(head.len()).any(|window| window == head.as_bytes())
    }

    /// The head of a family in words of others: `kind` is the word of the format, `help` is escaped.
    pub fn family(&mut self, name: &str, kind: &str, help: Option<&str>) {
        let family = self.short(name, kind);
        if let Some(help) = help {
            self.text(&["# HELP ", family, " ", help, "\n"]);
        }
        self.text(&["# TYPE ", family, " ", kind, "\n"]);
    }

    /// A line of such a family: name and labels as they are written.
    pub fn series(&mut self, series: &str, value: f64) {
        self.text(&[series, " "]);
        self.number(value.into());
        self.out.push(b'\n');
    }

    /// The name by which a family goes.
    fn short<'n>(&self, name: &'n str, kind: &str) -> &'n str {
        match self.format {
            Format::OpenMetrics if kind == "counter" => name.strip_suffix("_total").unwrap_or(name),
            _ => name,
        }
    }

    /// Ends the page.
    pub fn finish(self) {
        if self.format == Format::OpenMetrics {
            self.out.extend_from_slice(b"# EOF\n");
        }
    }

    fn head(&mut self, head: Head) {
        self.name.clear();
        self.name.push_str(head.name);
        let (family, kind) = match (self.format, head.kind) {
            (_, Kind::Gauge) => (head.name, "gauge"),
            (Format::Prometheus, Kind::Counter) => (head.name, "counter"),
            (Format::Prometheus, Kind::Untyped) => (head.name, "untyped"),
            (Format::OpenMetrics, Kind::Counter) => (head.name.strip_suffix("_total").unwrap_or(head.name), "counter"),
            (Format::OpenMetrics, Kind::Untyped) => (head.name, "unknown"),
        };
        let colon = if head.noun.is_empty() { "" } else { ": " };
        self.text(&["# HELP ", family, " ", head.noun, colon, head.help, "\n# TYPE ", family, " ", kind, "\n"]);
    }

    fn text(&mut self, parts: &[&str]) {
        for part in parts {
            self.out.extend_from_slice(part.as_bytes());
        }
    }

    /// The shortest text that gives the same number back. Very large and very small ones need an exponent.
    fn number(&mut self, value: Value) {
        let written = match value {
            Value::Integer(number) => return self.digits(number),
            // Most real numbers are whole, and `Display` takes its time.
            Value::Real(number) if (0.0..EXACT).contains(&number) && number.fract() == 0.0 => {
                return self.digits(number as u64);
            }
            Value::Real(number) if number.is_nan() => write!(self.out, "NaN"),
            Value::Real(number) if number.is_infinite() => {
                write!(self.out, "{}", if number > 0.0 { "+Inf" } else { "-Inf" })
            }
            Value::Real(number) if !(1e-6..1e18).contains(&number.abs()) => write!(self.out, "{number:e}"),
            Value::Real(number) => write!(self.out, "{number}"),
        };
        debug_assert!(written.is_ok(), "memory takes what is written to it");
    }

    fn digits(&mut self, mut number: u64) {
        let mut digits = [0; MAX_DIGITS];
        let mut first = digits.len();
        loop {
            first -= 1;
            digits[first] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                return self.out.extend_from_slice(&digits[first..]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: Head<'_> = Head { name: "a_total", kind: Kind::Counter, noun: "disk", help: "what it is" };

    fn page(format: Format, write: impl Fn(&mut Writer)) -> String {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out, format);
        write(&mut writer);
        writer.finish();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_family_has_one_head() {
        let lines = |writer: &mut Writer| {
            writer.line(HEAD, b"x=\"1\"", None, 1_u64);
            writer.line(HEAD, b"x=\"2\"", Some(("mode", "idle")), 0.5);
            writer.line(Head::gauge("b", "another"), b"", None, true);
            writer.line(Head { kind: Kind::Untyped, ..Head::gauge("c", "a third") }, b"", Some(("y", "z")), 2_u64);
        };
        let text = "# HELP a_total disk: what it is\n# TYPE a_total counter\na_total{x=\"1\"} 1\n\
                    a_total{x=\"2\",mode=\"idle\"} 0.5\n# HELP b another\n# TYPE b gauge\nb 1\n\
                    # HELP c a third\n# TYPE c untyped\nc{y=\"z\"} 2\n";
        assert_eq!(page(Format::Prometheus, lines), text);
        let open = text.replace("HELP a_total", "HELP a").replace("TYPE a_total", "TYPE a");
        assert_eq!(page(Format::OpenMetrics, lines), open.replace("untyped", "unknown") + "# EOF\n");
    }

    #[test]
    fn numbers_come_back_as_they_were() {
        let value = |value: Value| {
            let page = page(Format::Prometheus, |writer| writer.line(Head::gauge("a", "b"), b"", None, value));
            page.lines().last().unwrap()["a ".len()..].to_owned()
        };
        assert_eq!(value(u64::MAX.into()), "18446744073709551615");
        assert_eq!(value(9_007_199_254_740_993.into()), "9007199254740993");
        for (number, text) in [
            (0.0, "0"),
            (-0.125, "-0.125"),
            (-3.0, "-3"),
            (9_007_199_254_740_991.0, "9007199254740991"),
            (1e17, "100000000000000000"),
            (1_795_440_000.123, "1795440000.123"),
            (5e-324, "5e-324"),
            (1.5e300, "1.5e300"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(value(number.into()), text);
        }
    }
}
