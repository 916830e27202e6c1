//! People's own metrics, shown again as they stand in their files, and those files.

use siskin_platform::model::{Custom, FamilyKind, Periodic, Textfile};

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

/// What the page leaves out: the agent has families of these names itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Shadowed {
    /// How many series.
    pub series: u64,
    /// The family of the first of them.
    pub family: String,
}

/// Counts what is left out.
const SHADOWED: &str = "siskin_textfile_shadowed_series";

/// Whether all files could be taken whole, if there is a directory of them.
pub fn error(writer: &mut Writer, textfiles: &Periodic<Vec<Textfile>>) {
    if let Some(textfiles) = textfiles.known() {
        let head = Head::gauge("node_textfile_scrape_error", "whether a file could not be read or taken whole");
        writer.line(head, b"", None, textfiles.iter().any(|textfile| textfile.failed));
    }
}

/// The series, if there is a directory of them, and how many are left out.
pub fn write(writer: &mut Writer, customs: &Periodic<Vec<Custom>>) -> Option<Shadowed> {
    let shadowed = series(writer, customs.known()?);
    let head =
        Head::gauge(SHADOWED, "series of files that are left out here: the page has families of these names itself");
    writer.line(head, b"", None, shadowed.as_ref().map_or(0, |shadowed| shadowed.series));
    shadowed
}

/// The series, whose families stand together. One that the page has already is the agent's.
fn series(writer: &mut Writer, customs: &[Custom]) -> Option<Shadowed> {
    let known = |custom: &Custom| Some((custom.family.clone()?, custom.any_value()?));
    let mut previous = None;
    let mut is_taken = false;
    let mut shadowed: Option<Shadowed> = None;
    for (custom, (family, value)) in customs.iter().filter_map(|custom| Some((custom, known(custom)?))) {
        if previous.as_ref() != Some(&family) {
            is_taken = family.name == SHADOWED || writer.has(&family.name);
            if !is_taken {
                let kind = kind(writer.format(), family.kind, &family.name);
                writer.family(&family.name, kind, family.help.as_deref());
            }
        }
        if is_taken {
            shadowed.get_or_insert_with(|| Shadowed { series: 0, family: family.name.clone() }).series += 1;
        } else {
            writer.series(&custom.series, value);
        }
        previous = Some(family);
    }
    shadowed
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
        let mut customs = Periodic::default();
        *customs.renew() = vec![
            custom(&jobs, r#"jobs_total{a="\"x\""}"#, 3.0),
            custom(&jobs, "jobs_total", f64::NAN),
            custom(&load, r#"node_load1{a="b"}"#, 9.0),
            custom(&load, r#"node_load1{a="c"}"#, 9.0),
            custom(&odd, "odd", 1.0),
            custom(&family(SHADOWED, FamilyKind::Counter, None), SHADOWED, 9.0),
        ];
        let page = |format| {
            let mut out = Vec::new();
            let mut writer = Writer::new(&mut out, format);
            writer.line(Head::gauge("node_load1", "load"), b"", None, 0.5);
            let shadowed = write(&mut writer, &customs);
            assert_eq!(shadowed, Some(Shadowed { series: 3, family: "node_load1".into() }));
            String::from_utf8(out).unwrap()
        };
        let own = "# HELP node_load1 load\n# TYPE node_load1 gauge\nnode_load1 0.5\n";
        let head = "siskin_textfile_shadowed_series series of files that are left out here: the page has families of";
        let line = "# TYPE siskin_textfile_shadowed_series gauge\nsiskin_textfile_shadowed_series 3\n";
        let end = format!("# HELP {head} these names itself\n{line}");
        let jobs = "jobs_total{a=\"\\\"x\\\"\"} 3\njobs_total NaN\n";
        assert_eq!(
            page(Format::Prometheus),
            format!(
                "{own}# HELP jobs_total all \\\\ jobs\n# TYPE jobs_total counter\n{jobs}# TYPE odd counter\nodd 1\n{end}"
            )
        );
        assert_eq!(
            page(Format::OpenMetrics),
            format!("{own}# HELP jobs all \\\\ jobs\n# TYPE jobs counter\n{jobs}# TYPE odd unknown\nodd 1\n{end}")
        );
    }

    #[test]
    fn an_empty_directory_has_no_error_and_none_has_nothing() {
        let page = |customs: &Periodic<Vec<Custom>>, textfiles: &Periodic<Vec<Textfile>>| {
            let mut out = Vec::new();
            let mut writer = Writer::new(&mut out, Format::Prometheus);
            error(&mut writer, textfiles);
            assert_eq!(write(&mut writer, customs), None);
            String::from_utf8(out).unwrap()
        };
        let (mut customs, mut textfiles) = (Periodic::default(), Periodic::default());
        assert_eq!(page(&customs, &textfiles), "");
        customs.renew().clear();
        textfiles.renew().clear();
        let lines =
            |page: String| page.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
        let fine = ["node_textfile_scrape_error 0", "siskin_textfile_shadowed_series 0"];
        assert_eq!(lines(page(&customs, &textfiles)), fine);
        // Between two readings too.
        customs.hold(false);
        textfiles.hold(false).push(Textfile { failed: true, ..Textfile::default() });
        assert_eq!(lines(page(&customs, &textfiles))[0], "node_textfile_scrape_error 1");
    }
}
