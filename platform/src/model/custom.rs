//! People's own metrics.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One series of people's own, as it stands in a file of the textfile directory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Custom {
    /// Its name and labels, sorted by the labels' names, escaped as in the file: `backup_age_seconds{job="db"}`.
    pub series: String,
    /// Its value, if it moves both ways: a gauge, an untyped one, a quantile of a summary. What is no number (`NaN`) or
    /// infinite is kept here, and null in JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Its value, if it only grows: a counter; buckets, counts and sums of a histogram; counts and sums of a summary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_total: Option<f64>,
    /// What it belongs to. For whoever shows it again where it was read: it does not travel.
    #[serde(skip)]
    pub family: Option<Arc<Family>>,
}

/// Series of one name and meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Family {
    /// Its name. Of the series of a histogram and a summary it is a part: `x` of `x_bucket`.
    pub name: String,
    /// What its `TYPE` line says; untyped where there is none.
    pub kind: FamilyKind,
    /// What its `HELP` line says, escaped as in the file.
    pub help: Option<String>,
}

/// How the values of a family behave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FamilyKind {
    /// Only grows.
    Counter,
    /// Moves both ways.
    Gauge,
    /// Counts in buckets.
    Histogram,
    /// Quantiles.
    Summary,
    /// Nobody says.
    #[default]
    Untyped,
}

impl FamilyKind {
    /// The word of a `TYPE` line.
    pub fn name(self) -> &'static str {
        match self {
            FamilyKind::Counter => "counter",
            FamilyKind::Gauge => "gauge",
            FamilyKind::Histogram => "histogram",
            FamilyKind::Summary => "summary",
            FamilyKind::Untyped => "untyped",
        }
    }
}

impl Custom {
    /// The value, however it behaves.
    pub fn any_value(&self) -> Option<f64> {
        self.value.or(self.value_total)
    }

    /// Its name, and its labels without the braces: `a="b",c="d"`, or nothing.
    pub fn name_and_labels(&self) -> (&str, &str) {
        match self.series.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}').unwrap_or(labels)),
            None => (&self.series, ""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_labels_apart() {
        let custom = |series: &str| Custom { series: series.to_owned(), ..Custom::default() };
        assert_eq!(custom("a_total").name_and_labels(), ("a_total", ""));
        assert_eq!(custom(r#"a{b="{}",c="d"}"#).name_and_labels(), ("a", r#"b="{}",c="d""#));
    }

    #[test]
    fn what_is_no_number_is_null_on_the_wire() {
        let one = |value| Custom { series: "a".to_owned(), value: Some(value), ..Custom::default() };
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let text = serde_json::to_string(&one(value)).unwrap();
            assert_eq!(text, r#"{"series":"a","value":null}"#);
            assert_eq!(serde_json::from_str::<Custom>(&text).unwrap().any_value(), None);
        }
    }
}
