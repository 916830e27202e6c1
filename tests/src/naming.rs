//! What `promtool check metrics` says against a family's name and labels, for where there is no promtool.

use crate::prometheus::Page;

/// Endings that a histogram or a summary gives to its lines.
const RESERVED_ENDINGS: [&str; 3] = ["_bucket", "_count", "_sum"];

/// Labels that they give.
const RESERVED_LABELS: [&str; 2] = ["le", "quantile"];

const KINDS: [&str; 4] = ["counter", "gauge", "histogram", "summary"];

/// Units that have a base unit, each beside it.
const UNITS: [(&str, &[&str]); 6] = [
    ("seconds", &["minutes", "hours", "days", "weeks"]),
    ("celsius", &["kelvin", "kelvins", "fahrenheit", "rankine"]),
    ("meters", &["metres", "inches", "yards", "miles"]),
    ("bytes", &["bits"]),
    ("joules", &["calories"]),
    ("grams", &["pounds", "ounces"]),
];

/// Units that may only be used without a prefix.
const BASES: [&str; 8] = ["amperes", "bytes", "celsius", "grams", "joules", "meters", "seconds", "volts"];

const PREFIXES: [&str; 18] = [
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega", "mibi", "giga", "gibi",
    "tera", "tebi", "peta", "pebi",
];

const ABBREVIATIONS: [&str; 14] = ["s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d"];

/// The complaints about the families of a page whose names begin so.
pub fn complaints(page: &Page, prefix: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, kind) in page.types.iter().filter(|(name, _)| name.starts_with(prefix)) {
        let mut complain = |is_wrong: bool, what: &str| {
            if is_wrong {
                complaints.push(format!("{name}: {what}"));
            }
        };
        complain(!page.is_helped(name), "no help");
        let is_plain = !["histogram", "summary"].contains(&kind.as_str());
        complain(kind == "counter" && !name.ends_with("_total"), "a counter without _total");
        complain(
            ["gauge", "histogram", "summary"].contains(&kind.as_str()) && name.ends_with("_total"),
            "only counters end in _total",
        );
        complain(is_plain && RESERVED_ENDINGS.iter().any(|ending| name.ends_with(ending)), "an ending of histograms");
        let labels = page.label_names(name);
        complain(is_plain && RESERVED_LABELS.iter().any(|label| labels.contains(label)), "a label of histograms");
        complain(name.contains(':'), "a colon");
        complain(is_camel(name) || labels.iter().any(|label| is_camel(label)), "not snake_case");
        let words: Vec<&str> = name.split('_').collect();
        complain(words.iter().any(|word| KINDS.contains(word)), "its type in its name");
        complain(words.iter().any(|word| is_scaled(word)), "not in a base unit");
        complain(words.last().is_some_and(|word| ABBREVIATIONS.contains(word)), "an abbreviated unit");
    }
    complaints
}

fn is_camel(name: &str) -> bool {
    name.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

/// Whether a word is a unit that is some multiple of a base unit.
fn is_scaled(word: &str) -> bool {
    let is_other = |word: &str| UNITS.iter().any(|(_, others)| others.contains(&word));
    let of_prefix =
        |prefix: &str| word.strip_prefix(prefix).is_some_and(|unit| BASES.contains(&unit) || is_other(unit));
    is_other(word) || PREFIXES.into_iter().any(of_prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, kind: &str, label: &str) -> Vec<String> {
        let page = format!("# HELP {name} what it is\n# TYPE {name} {kind}\n{name}{{{label}=\"x\"}} 1\n");
        complaints(&Page::parse(&page), "siskin_")
    }

    #[test]
    fn good_names_are_let_pass() {
        for (name, kind) in [
            ("siskin_a_seconds_total", "counter"),
            ("siskin_process_instances", "gauge"),
            ("siskin_fan_revolutions_per_minute", "gauge"),
            ("siskin_a_total", "untyped"),
            ("node_memory_MemTotal_bytes", "gauge"),
        ] {
            assert_eq!(of(name, kind, "mode"), Vec::<String>::new());
        }
    }

    #[test]
    fn each_rule_is_told() {
        for (name, kind, label, what) in [
            ("siskin_a", "counter", "mode", "a counter without _total"),
            ("siskin_a_total", "gauge", "mode", "only counters end in _total"),
            ("siskin_process_count", "gauge", "mode", "an ending of histograms"),
            ("siskin_a_bucket", "gauge", "mode", "an ending of histograms"),
            ("siskin_a", "gauge", "le", "a label of histograms"),
            ("siskin_a:b", "gauge", "mode", "a colon"),
            ("siskin_aB", "gauge", "mode", "not snake_case"),
            ("siskin_a", "gauge", "aB", "not snake_case"),
            ("siskin_gauge_a", "gauge", "mode", "its type in its name"),
            ("siskin_a_bits", "gauge", "mode", "not in a base unit"),
            ("siskin_a_milliseconds", "gauge", "mode", "not in a base unit"),
            ("siskin_a_ms", "gauge", "mode", "an abbreviated unit"),
        ] {
            assert_eq!(of(name, kind, label), [format!("{name}: {what}")]);
        }
        let page = Page::parse("# TYPE siskin_a gauge\nsiskin_a 1\n");
        assert_eq!(complaints(&page, "siskin_"), ["siskin_a: no help"]);
    }
}
