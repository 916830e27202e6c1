//! People's own metrics, shown again as they stand in their files, and those files.

use siskin_platform::model::{Custom, FamilyKind, Textfile};

use super::labels::Labels;
use super::place::{Place, node};
use super::writer::{Format, Head, Writer};

/// `file="/srv/metrics/backup.prom"`.
pub fn labels(textfile: &Textfile, labels: &mut Labels) -> bool {
    labels.add("file", &textfile.file);
    true
}

/// A metric of a file.
pub fn place(metric: &str) -> Place {
    match metric {
        "modified_seconds" => node("node_textfile_mtime_seconds"),
        _ => Place::Own,
    }
}

/// Whether all files could be taken whole.
pub fn error(writer: &mut Writer, textfiles: &[Textfile]) {
    if !textfiles.is_empty() {
        let head = Head::gauge("node_textfile_scrape_error", "whether a file could not be read or taken whole");
        writer.line(head, b"", None, textfiles.iter().any(|textfile| textfile.failed));
    }
}

/// The series, whose families stand together. One that the page has already is the agent's.
pub fn series(writer: &mut Writer, customs: &[Custom]) {
    let known = |custom: &Custom| Some((custom.family.clone()?, custom.any_value()?));
    let mut previous = None;
    let mut is_taken = false;
    for (custom, (family, value)) in customs.iter().filter_map(|custom| Some((custom, known(custom)?))) {
        if previous.as_ref() != Some(&family) {
            is_taken = writer.has(&family.name);
            if !is_taken {
                let kind = kind(writer.format(), family.kind, &family.name);
                writer.family(&family.name, kind, family.help.as_deref());
            }
        }
        if !is_taken {
            writer.series(&custom.series, value);
        }
        previous = Some(family);
    }
}

/// In OpenMetrics, only what ends in `_total` is a counter.
fn kind(format: Format, kind: FamilyKind, family: &str) -> &'static str {
    match (format, kind) {
        (Format::Prometheus, kind) => kind.name(),
        (Format::OpenMetrics, FamilyKind::Counter) if family.ends_with("_total") => "counter",
        (Format::OpenMetrics, FamilyKind::Counter | FamilyKind::Untyped) => "unknown",
        (Format::OpenMetrics, kind) => kind.name(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use siskin_platform::model::Family;

    use super::*;

    fn custom(family: &Arc<Family>, series: &str, value: f64) -> Custom {
        Custom { series: series.to_owned(), value: Some(value), family: Some(Arc::clone(family)), ..Custom::default() }
    }

    fn family(name: &str, kind: FamilyKind, help: Option<&str>) -> Arc<Family> {
        Arc::new(Family { name: name.to_owned(), kind, help: help.map(str::to_owned) })
    }

    #[test]
    fn series_are_shown_as_they_are_and_the_agents_own_win() {
        let jobs = family("jobs_total", FamilyKind::Counter, Some(r"all \\ jobs"));
        let odd = family("odd", FamilyKind::Counter, None);
        let load = family("node_load1", FamilyKind::Gauge, None);
        let customs = [
            custom(&jobs, r#"jobs_total{a="\"x\""}"#, 3.0),
            custom(&jobs, "jobs_total", f64::NAN),
            custom(&load, r#"node_load1{a="b"}"#, 9.0),
            custom(&odd, "odd", 1.0),
        ];
        let page = |format| {
            let mut out = Vec::new();
            let mut writer = Writer::new(&mut out, format);
            writer.line(Head::gauge("node_load1", "load"), b"", None, 0.5);
            series(&mut writer, &customs);
            String::from_utf8(out).unwrap()
        };
        let own = "# HELP node_load1 load\n# TYPE node_load1 gauge\nnode_load1 0.5\n";
        let jobs = "jobs_total{a=\"\\\"x\\\"\"} 3\njobs_total NaN\n";
        assert_eq!(
            page(Format::Prometheus),
            format!(
                "{own}# HELP jobs_total all \\\\ jobs\n# TYPE jobs_total counter\n{jobs}# TYPE odd counter\nodd 1\n"
            )
        );
        assert_eq!(
            page(Format::OpenMetrics),
            format!("{own}# HELP jobs all \\\\ jobs\n# TYPE jobs counter\n{jobs}# TYPE odd unknown\nodd 1\n")
        );
    }
}
